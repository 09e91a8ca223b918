"""Short questions for tests of the rules: what do the posted entries sum to on a day?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Sum

from credits.models import AllocationEntry, CreditRequirement
from licensing.credit_questions import free_balance
from licensing.models import Company, License, LicenseEntry, LicenseStatement
from licensing.rules.license_profile import LicenseFacts
from tests.factories import SYSTEM, TODAY, new_key


def day(number: int) -> date:
    """`number` days after TODAY."""
    return TODAY + timedelta(days=number)


def does(act: Callable, *args: Any, today: date = TODAY, **kwargs: Any) -> Any:
    """Perform an act by the system under a new key."""
    return act(*args, today=today, **{"by": SYSTEM, "key": new_key(), **kwargs})


def _sum(rows: Any, on: date, column: str = "change") -> int:
    return rows.up_to(on).aggregate(total=Sum(column))["total"] or 0


def valid(company: Company, on: date) -> int:
    return _sum(LicenseEntry.objects.for_company(company), on)


def allocated(company: Company, on: date) -> int:
    return _sum(AllocationEntry.objects.for_company(company), on)


def line_credits(company: Company, line: CreditRequirement, on: date) -> int:
    return _sum(AllocationEntry.objects.for_company(company).filter(line=line), on)


def line_units(company: Company, line: CreditRequirement, on: date) -> int:
    return _sum(AllocationEntry.objects.for_company(company).filter(line=line), on, "units_change")


def license_credits(license: License, on: date) -> int:
    return _sum(LicenseEntry.objects.filter(license=license), on)


def balance(company: Company, on: date) -> int:
    return free_balance(company, on)


def facts(license: License) -> LicenseFacts:
    return LicenseStatement.objects.facts_by_license([license])[license.pk]


def licenses(company: Company) -> list[License]:
    return list(License.objects.for_company(company).order_by("id"))


def database_clock() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
