"""`manage.py note_backup`: what has made a backup says so, and support sees when the last one was."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from console.company_in_hand import for_all
from console.models import BackupNote

KEPT = 400
"""Notes; the oldest go."""


class Command(BaseCommand):
    help = (
        "Notes that a backup was made just now. Call it where the backup is made, after it succeeded; support's health page"
        " tells when the last one was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", nargs="?", default="", help="a word on what it is, as 'dump' or 'base backup'")

    @for_all("a backup is of all companies")
    def handle(self, *args: Any, **options: Any) -> None:
        note = BackupNote.objects.create(what=options["what"][:200])
        note.refresh_from_db()
        kept = BackupNote.objects.order_by("-made_at").values("pk")[:KEPT]
        BackupNote.objects.exclude(pk__in=kept).delete()
        self.stdout.write(f"Noted: {note}.")
