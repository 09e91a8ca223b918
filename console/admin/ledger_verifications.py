"""When the ledger was verified and what was found, and when a backup was made, for support."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from console.admin.read_only import ReadOnlyAdmin
from console.models import BackupNote, LedgerVerification


@admin.register(LedgerVerification)
class LedgerVerificationAdmin(ReadOnlyAdmin):
    """A row for each verification of all companies, by night or by command."""

    note = gettext_lazy("With differences: tell whoever operates the console at once; nothing is changed by hand.")
    fields = ["ended_at", ("seconds", "companies", "differences"), "first"]
    list_display = ["ended_at", "companies", "differences", "seconds"]
    search_fields = ["first"]
    search_help_text = gettext_lazy("What the first difference says")
    date_hierarchy = "ended_at"
    ordering = ["-ended_at", "-pk"]


@admin.register(BackupNote)
class BackupNoteAdmin(ReadOnlyAdmin):
    """Backups that were heard of."""

    note = gettext_lazy("What makes a backup says so, by manage.py note_backup. The console makes none itself.")
    list_display = ["made_at", "what"]
    search_fields = ["what"]
    search_help_text = gettext_lazy("What was backed up")
    ordering = ["-made_at"]
