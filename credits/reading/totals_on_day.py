"""The two totals of a company on a day, for the paths that ask for nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from credits.reading.price_lists.list_awaited import AWAITED, ListAwaited
from licensing.models import Company

VALID = """coalesce((SELECT sum(change) FROM licensing_licenseentry
                  WHERE company_id = {company} AND effective_on <= {day}{known}), 0)"""
ALLOCATED = """coalesce((SELECT sum(change) FROM credits_allocationentry
                  WHERE company_id = {company} AND effective_on <= {day}{known}), 0)"""
KNOWN = " AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)"
OF_ONE = {"company": "%(company)s", "day": "%(day)s", "known": ""}
OF_ONE_AS_KNOWN = {**OF_ONE, "known": KNOWN}
OF_EACH = {"company": "wanted.company", "day": "wanted.day", "known": ""}

TOTALS_OF_ONE = f"{VALID}, {ALLOCATED}".format(**OF_ONE_AS_KNOWN)
BALANCE_OF_ONE = f"{VALID} - {ALLOCATED}".format(**OF_ONE)
BALANCE_OF_EACH = f"{VALID} - {ALLOCATED}".format(**OF_EACH)

TOTALS_AND_LINES = f"""
SELECT NULL, {TOTALS_OF_ONE}, (SELECT json_build_array(started_at, done, companies) FROM {AWAITED}
   AND (%(known_at)s::timestamptz IS NULL OR started_at <= %(known_at)s))
UNION ALL
SELECT line_id, NULL, sum(change), NULL FROM credits_allocationentry
 WHERE company_id = %(company)s AND line_id = ANY(%(lines)s) AND effective_on <= %(day)s{KNOWN} GROUP BY line_id
"""


@dataclass(frozen=True)
class Totals:
    """Total valid and allocated credits at the end of a day, and line id -> credits that a line takes by its entries.

    `awaits` is the price list that these do not follow yet.
    """

    valid: int
    allocated: int
    lines: dict[int, int]
    awaits: ListAwaited | None


def totals_on(company: Company, day: date, lines: Iterable[int] = (), *, known_at: datetime | None = None) -> Totals:
    """The totals, and what of them these lines take. One statement."""
    values: dict[str, Any] = {"company": company.pk, "day": day, "lines": list(lines), "known_at": known_at}
    with connection.cursor() as cursor:
        cursor.execute(TOTALS_AND_LINES, values)
        rows = cursor.fetchall()
    valid, allocated, awaited = next(totals for line, *totals in rows if line is None)
    of_lines = {line: int(credits) for line, _valid, credits, _awaited in rows if line is not None}
    awaits = ListAwaited(datetime.fromisoformat(awaited[0]), *awaited[1:]) if awaited else None
    return Totals(int(valid), int(allocated), of_lines, awaits)


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
