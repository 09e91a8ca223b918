"""By how much the balance changes on which days, all that is recorded, what is to come included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from credits.reading.price_lists.list_awaited import AWAITED, ListAwaited
from licensing.models import Company

CHANGES = """
SELECT effective_on, sum(change)
  FROM (
        SELECT effective_on, change, recorded_at FROM licensing_licenseentry WHERE company_id = %(company)s
        UNION ALL
        SELECT effective_on, -change, recorded_at FROM credits_allocationentry WHERE company_id = %(company)s
       ) AS changes
 WHERE %(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s
 GROUP BY effective_on
"""


def changes_of_balance(company: Company, *, known_at: datetime | None = None) -> dict[date, int]:
    """Day -> change of valid minus allocated credits. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGES, {"company": company.pk, "known_at": known_at})
        return {day: int(change) for day, change in cursor.fetchall()}


@dataclass(frozen=True)
class BalanceAndLines:
    """Day -> change of valid minus allocated credits, and line id -> day -> change of what the line takes of it.

    `awaits` is the price list that these do not follow yet.
    """

    changes: dict[date, int]
    lines: dict[int, dict[date, int]]
    awaits: ListAwaited | None = None


CHANGES_AND_LINES = f"""
SELECT line_id, effective_on, sum(change), NULL::timestamptz, NULL::integer, NULL::integer
  FROM (
        SELECT NULL::bigint AS line_id, effective_on, change FROM licensing_licenseentry WHERE company_id = %(company)s
        UNION ALL
        SELECT CASE WHEN line_id = ANY(%(lines)s) THEN line_id END, effective_on, -change
          FROM credits_allocationentry WHERE company_id = %(company)s
       ) AS changes
 GROUP BY line_id, effective_on
UNION ALL
SELECT NULL, NULL, NULL, started_at, done, companies FROM {AWAITED}
"""


def balance_and_lines(company: Company, lines: Iterable[int]) -> BalanceAndLines:
    """The same, and what of it these lines take by their entries. One statement."""
    changes: dict[date, int] = {}
    of_lines: dict[int, dict[date, int]] = {line: {} for line in lines}
    awaits = None
    with connection.cursor() as cursor:
        cursor.execute(CHANGES_AND_LINES, {"company": company.pk, "lines": list(of_lines)})
        for line, day, change, *awaited in cursor.fetchall():
            if day is None:
                awaits = ListAwaited(*awaited)
                continue
            changes[day] = changes.get(day, 0) + int(change)
            if line is not None:
                of_lines[line][day] = -int(change)
    return BalanceAndLines(changes, of_lines, awaits)
