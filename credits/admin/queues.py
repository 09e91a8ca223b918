"""The list of what support has to see to, as rows: the workbench tells it in words."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from console.admin import ReadOnlyAdmin
from credits.models import DeskItem, DeskLook


@admin.register(DeskItem)
class DeskItemAdmin(ReadOnlyAdmin):
    """Found by a look, over when a look finds it no more; marked read on the workbench."""

    note = gettext_lazy("The workbench tells these in words. What is over stays for 30 days.")
    list_display = ["kind", "company", "subject", "since", "found_at", "ended_at", "read_act"]
    list_select_related = ["company", "read_act"]
    list_filter = ["kind", ("ended_at", admin.EmptyFieldListFilter), ("read_act", admin.EmptyFieldListFilter)]
    search_fields = ["company__name", "subject"]
    search_help_text = gettext_lazy("Company, or what it is about")
    ordering = ["-found_at", "-pk"]


@admin.register(DeskLook)
class DeskLookAdmin(ReadOnlyAdmin):
    """When the list was made last."""

    list_display = ["looked_at", "seconds"]
    search_fields = ["looked_at"]
    search_help_text = gettext_lazy("When")
