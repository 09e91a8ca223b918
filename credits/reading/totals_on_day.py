"""The two totals of a company on a day, for the paths that ask for nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db import connection

from licensing.models import Company

VALID = """coalesce((SELECT sum(change) FROM licensing_licenseentry
                  WHERE company_id = {company} AND effective_on <= {day}), 0)"""
ALLOCATED = """coalesce((SELECT sum(change) FROM credits_allocationentry
                  WHERE company_id = {company} AND effective_on <= {day}), 0)"""
OF_ONE = {"company": "%(company)s", "day": "%(day)s"}
OF_EACH = {"company": "wanted.company", "day": "wanted.day"}

TOTALS_OF_ONE = f"{VALID}, {ALLOCATED}".format(**OF_ONE)
BALANCE_OF_ONE = f"{VALID} - {ALLOCATED}".format(**OF_ONE)
BALANCE_OF_EACH = f"{VALID} - {ALLOCATED}".format(**OF_EACH)


def totals_on(company: Company, day: date) -> tuple[int, int]:
    """(total valid credits, allocated credits) at the end of a day. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {TOTALS_OF_ONE}", {"company": company.pk, "day": day})
        valid, allocated = cursor.fetchone()
    return int(valid), int(allocated)


def balances_on(days: Mapping[int, date]) -> dict[int, int]:
    """Valid minus allocated credits of companies, by their ids, each at the end of its own day. One statement."""
    with connection.cursor() as cursor:
        if len(days) == 1:  # asked so that the statement names its company
            ((company, day),) = days.items()
            cursor.execute(f"SELECT {BALANCE_OF_ONE}", {"company": company, "day": day})
            return {company: int(cursor.fetchone()[0])}
        cursor.execute(
            f"SELECT wanted.company, {BALANCE_OF_EACH} FROM unnest(%s::bigint[], %s::date[]) AS wanted (company, day)",
            [list(days), list(days.values())],
        )
        return {company: int(balance) for company, balance in cursor.fetchall()}
