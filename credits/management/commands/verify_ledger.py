"""`manage.py verify_ledger`: recompute every profile from the statements and compare it with the entries."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.company_in_hand import for_all
from credits.verify_and_note import note, one_snapshot, verify
from licensing.models import Company

A_HANDFUL = 5


class Command(BaseCommand):
    help = (
        "Recompute what every license supplies and every line takes from the statements, without the code that posted it, and "
        "compare it with the entries on every day. Also checks the journal, references, guards and rules of terms. Changes no "
        "fact, notes when it ran and what came of it; may run while people work. Exits non-zero naming the first difference."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--company", metavar="SLUG", help="only this company")
        parser.add_argument("--all-differences", action="store_true", help="list every difference instead of the first")

    @for_all("the ledger of every company is verified")
    def handle(self, *, company: str | None, all_differences: bool, **options: Any) -> None:
        began = time.monotonic()
        with one_snapshot():
            companies = list(Company.objects.order_by("id").filter(**({"slug": company} if company else {})))
            if company and not companies:
                raise CommandError(f"There is no company with the address name {company}.")
            numbers = {each.pk: number for number, each in enumerate(companies, 1)}

            def tell(begun: Company) -> None:
                if len(companies) > A_HANDFUL:
                    self.stdout.write(f"{numbers[begun.pk]:,} of {len(companies):,}: {begun.name}")

            audit, differences = verify(companies, most=None if all_differences else 1, begins=tell)
        if not company:
            note(companies, differences, began)
        if all_differences:
            for each in differences:
                self.stderr.write(str(each))
        if len(differences) > 1:
            raise CommandError(f"The ledger is wrong: {len(differences):,} differences. The first: {differences[0]}")
        if differences:
            raise CommandError(f"The ledger is wrong. {differences[0]}")
        counts = ", ".join(
            f"{audit.counts[name]:,} {name}" for name in ("companies", "licenses", "lines", "entries", "days compared")
        )
        took = time.monotonic() - began
        self.stdout.write(self.style.SUCCESS(f"Every entry says what the statements say: {counts}; {took:.1f} s."))
