"""`manage.py seed_demo`: the demo companies and people, told up to today."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from console.company_in_hand import for_all
from console.people.demo_password import DEMO_PASSWORD
from credits.demo.loading import CannotLoad, Loaded, hold_back_others, load_demo
from credits.demo.people import PEOPLE
from credits.reading.annual_credits import credit_summary
from licensing.models import Company, Membership
from licensing.models.membership import roles_label


class Command(BaseCommand):
    help = "Load four demo companies with a year of events that ends today, and people who can sign in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there is any company")
        parser.add_argument(
            "--even-in-production", action="store_true", help="also where DEBUG is off: the demo password is public"
        )

    @for_all("the demo tells several companies")
    def handle(self, *, if_empty: bool, even_in_production: bool, **options: Any) -> None:
        if not (settings.DEBUG or settings.DEMO or even_in_production):
            raise CommandError(
                "DEBUG is off, and the password of the demo people is public: nothing was loaded. Where that is wanted,"
                " add --even-in-production or set DEMO=true."
            )
        with transaction.atomic():
            hold_back_others()
            if if_empty and Company.objects.exists():
                if options["verbosity"]:
                    self.stdout.write("There are companies already; nothing was loaded.")
                return
            try:
                loaded = load_demo(timezone.now())
            except CannotLoad as error:
                raise CommandError(str(error)) from error
        if options["verbosity"]:
            self.tell(loaded)

    def tell(self, loaded: list[Loaded]) -> None:
        for each in loaded:
            summary = credit_summary(each.company, on=each.today)
            self.stdout.write(
                f"{each.company.name} ({each.company.slug}): {summary.total_valid_credits:,} valid,"
                f" {summary.allocated_credits:,} allocated, balance {summary.current_balance:,}"
            )
        self.stdout.write(f"\nDemo sign-ins, all with the password {DEMO_PASSWORD}:")
        roles: dict[str, list[str]] = {person.email: [] for person in PEOPLE}
        memberships = Membership.objects.filter(user__email__in=roles).select_related("user", "company")
        for membership in memberships.order_by("company__name"):
            roles[membership.user.email].append(f"{membership.company}: {roles_label(membership.roles)}")
        for person in PEOPLE:
            what = "support staff (/admin/)" if person.is_support else "; ".join(roles[person.email])
            self.stdout.write(f"  {person.email:<27}{person.name:<18}{what}")
