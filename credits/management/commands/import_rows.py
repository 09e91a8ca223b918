"""`manage.py import_rows KIND FILE [--dry-run]`: companies, people, orders, codes or allocations from CSV or XLSX.

Ends with 0 when all is right, 1 when lines are wrong or something failed, and says on standard error how far it is.
"""

from __future__ import annotations

import hashlib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.company_in_hand import for_all
from console.models import Actor
from licensing.imports.import_rows import carry_out
from licensing.imports.kind import KINDS
from licensing.models import ImportRun


class Command(BaseCommand):
    help = "Import rows from a CSV or XLSX file. Nothing is written when a line is wrong; the same file again adds nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=sorted(KINDS))
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would be imported, write nothing")

    @for_all("an import concerns many companies")
    def handle(self, *, kind: str, file: Path, dry_run: bool, **options: Any) -> None:
        try:
            with file.open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
                opened.seek(0)
                run = ImportRun.objects.create(kind=kind, file_name=file.name[-150:], digest=digest, to_import=not dry_run)
                report = carry_out(run, opened, by=Actor.system("Import"), tell=self.progress)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}. Name a file that can be read.") from error
        for line, column, what in report.faults:
            self.stdout.write(f"line {line}, column {column}: {what}")
        if report.wrong > len(report.faults):
            self.stdout.write(f"… and {report.wrong - len(report.faults):,} more.")
        if not report.is_right:
            raise CommandError(report.ended_by or f"{report.wrong:,} faults: nothing was written.")
        for each in report.companies:
            before, after = each["before"]["balance"], each["after"]["balance"]
            self.stdout.write(
                f"{each['company']} ({each['business_id']}): {each['lines']:,} lines, balance {before:,} -> {after:,}"
            )
        written = "would be added; nothing was written" if dry_run else "were added"
        self.stdout.write(f"{report.adds:,} of {report.lines:,} lines {written}, {report.recorded:,} were recorded already.")

    def progress(self, run: ImportRun) -> None:
        self.stderr.write(f"{run.get_state_display()}: {run.lines_read:,} lines read")
