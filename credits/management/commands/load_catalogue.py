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
from credits.acts.price_list.load_price_list import apply_price_list, load_price_list
from credits.acts.price_list.load_report import LoadReport
from credits.acts.price_list.reprice import SLICE, Slice
from credits.acts.price_list.state_price_list import state_price_list
from credits.catalogue.files_and_rows import REFERENCE_FOLDER, CatalogueError
from credits.catalogue.read_catalogue import read_catalogue
from credits.demo.played_apps import plays_apps, with_played_apps
from credits.models import Offering
from credits.reading.price_lists.preview import CompanyWouldChange, preview_price_list

CATALOGUE = Actor.system("Catalogue")
A_HANDFUL = 20


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
        parser.add_argument(
            "--preview",
            action="store_true",
            help="list every company and feature whose allocation would change, who would go below zero, and what each converted "
            "license will be worth at its next renewal; write nothing",
        )
        parser.add_argument("--label", default="", help="what people call this version of the price list")
        parser.add_argument("--at-once", type=int, default=SLICE, help="companies that are re-priced in one transaction")
        parser.add_argument("--resume", action="store_true", help="go on applying the price list whose application was ended")

    @for_all("a price list concerns every company")
    def handle(
        self, *, folder: Path | None, reference: bool, if_empty: bool, correction: str, label: str, resume: bool, **options: Any
    ) -> None:
        loud = options["verbosity"] > 0
        if resume:
            self.resume(at_once=options["at_once"], loud=loud)
            return
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
        only_looks = options["check"] or options["preview"]
        about: dict[str, Any] = {"correction": bool(correction), "reason": correction, "key": str(uuid4()), "by": CATALOGUE}
        try:
            if only_looks:
                found = preview_price_list(catalogue, correction=bool(correction))
                with transaction.atomic():
                    report = state_price_list(catalogue, **about)
                    transaction.set_rollback(True)
            else:
                report = load_price_list(
                    catalogue,
                    label=label,
                    companies_at_once=options["at_once"],
                    tell=self.progress if loud else lambda done: None,
                    **about,
                )
        except DomainError as error:
            raise CommandError(str(error)) from error
        if loud:
            self.tell(report, everything=options["verbosity"] > 1)
        if only_looks:
            for company in found.companies():
                self.tell_of(company, whole=options["preview"])
            self.stdout.write("Checked only: nothing was written.")

    def resume(self, *, at_once: int, loud: bool) -> None:
        report = LoadReport()
        apply_price_list(report, by=CATALOGUE, companies_at_once=at_once, tell=self.progress if loud else lambda done: None)
        if loud:
            self.tell(report, everything=False)

    def progress(self, done: Slice) -> None:
        if done.companies > len(done.repriced) + A_HANDFUL:
            self.stdout.write(f"{done.done:,} of {done.companies:,} companies are done")
            self.stdout.flush()

    def tell(self, report: LoadReport, *, everything: bool) -> None:
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

    def tell_of(self, company: CompanyWouldChange, *, whole: bool) -> None:
        """A line for a company; the `whole` also says by feature and day, when below zero, and what renewals will be worth."""
        if company.features:
            self.stdout.write(f"{company.name}: {company.change:+,} credits allocated")
        if not whole:
            return
        for feature in company.features:
            for day, change in feature.changes:
                self.stdout.write(f"  {company.name}, {feature.name}: {change:+,} credits from {day}")
        if company.below_zero is not None:
            self.stdout.write(f"  {company.name} would go below zero on {company.below_zero.day}: {company.below_zero.balance:,}")
        for each in company.renewals:
            self.stdout.write(f"  {company.name}, {each.in_words}")
