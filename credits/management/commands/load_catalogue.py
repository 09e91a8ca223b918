"""`manage.py load_catalogue FOLDER`: load a catalogue of six CSV files; docs/catalogue.md describes them."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from console.company_in_hand import for_all
from console.errors import DomainError
from console.models import Actor
from credits.acts.price_list.load_price_list import load_price_list
from credits.acts.price_list.load_report import LoadReport
from credits.catalogue.files_and_rows import REFERENCE_FOLDER, CatalogueError
from credits.catalogue.read_catalogue import read_catalogue
from credits.demo.played_apps import plays_apps, with_played_apps
from credits.models import Offering


class Command(BaseCommand):
    help = "Load offerings, features, products and rates from a folder of CSV files. Loading again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, help="the folder with the six CSV files")
        parser.add_argument("--reference", action="store_true", help="load the reference catalogue the project ships")
        parser.add_argument("--if-empty", action="store_true", help="do nothing when a catalogue is loaded already")
        parser.add_argument(
            "--correction",
            metavar="REASON",
            default="",
            help="the list corrects rates that are listed already: what is allocated from their day on is re-priced",
        )
        parser.add_argument("--check", action="store_true", help="report what would change, write nothing")

    @for_all("a price list concerns every company")
    def handle(
        self, *, folder: Path | None, reference: bool, check: bool, if_empty: bool, correction: str, **options: Any
    ) -> None:
        if reference == (folder is not None):
            raise CommandError("Name a folder, or --reference for the catalogue the project ships.")
        if if_empty and Offering.objects.exists():
            return
        try:
            catalogue = read_catalogue(folder or REFERENCE_FOLDER)
            if plays_apps() and (folder is None or folder.resolve() == REFERENCE_FOLDER.resolve()):
                catalogue = with_played_apps(catalogue)
        except CatalogueError as error:
            raise CommandError(str(error)) from error
        try:
            with transaction.atomic():
                report = load_price_list(
                    catalogue,
                    by=Actor.system("Catalogue"),
                    key=str(uuid4()),
                    correction=bool(correction),
                    reason=correction,
                )
                transaction.set_rollback(check)
        except DomainError as error:
            raise CommandError(str(error)) from error
        if options["verbosity"] > 0:
            self.tell(report, check=check, everything=options["verbosity"] > 1)

    def tell(self, report: LoadReport, *, check: bool, everything: bool) -> None:
        if report.is_empty:
            self.stdout.write("The catalogue says what is loaded already; nothing changes.")
        for verb, found in (("added", report.added), ("changed", report.changed)):
            for kind, rows in found.items():
                self.stdout.write(f"{len(rows)} {kind} {verb}")
                shown = rows if everything or len(rows) <= 10 else rows[:0]
                for row in shown:
                    self.stdout.write(f"  {row}")
        for company, change in report.repriced:
            self.stdout.write(f"{company}: {change:+,} credits allocated")
        if check:
            self.stdout.write("Checked only: nothing was written.")
