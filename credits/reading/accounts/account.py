"""A company's account: its months in a row, and every movement of one of them. Figures and movements by one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from credits.reading.accounts.movement import COLUMNS_OF_A_MOVEMENT, JOINS_OF_A_MOVEMENT, Movement, movements_in
from credits.rules.accounts.months import Month, Moved, Standing, chain, months_between
from licensing.models import Company

ENTRIES = """
     SELECT 'supply' AS side, id, license_id AS key, NULL::bigint AS line_id, effective_on, change, 0::bigint AS units, act_id,
            recorded_at
       FROM licensing_licenseentry WHERE company_id = %(company)s AND effective_on <= %(today)s
      UNION ALL
     SELECT 'demand', id, feature_id, line_id, effective_on, change, units_change, act_id, recorded_at
       FROM credits_allocationentry WHERE company_id = %(company)s AND effective_on <= %(today)s"""

ACCOUNT = f"""
WITH entries AS ({ENTRIES}),
days AS (
     SELECT entries.*, width_bucket(effective_on, %(firsts)s::date[]) AS held_in,
            width_bucket(recorded_at, %(begins)s::timestamptz[]) AS known_in FROM entries),
placed AS (
     SELECT days.*, greatest(held_in, known_in) AS month,
            coalesce(sum(units) FILTER (WHERE greatest(held_in, known_in) < %(shown)s) OVER (PARTITION BY line_id), 0) AS had
       FROM days),
sums AS (
     SELECT month, coalesce(sum(change) FILTER (WHERE side = 'supply' AND change > 0), 0) AS added,
            coalesce(sum(change) FILTER (WHERE side = 'supply' AND change < 0), 0) AS ended,
            coalesce(sum(change) FILTER (WHERE side = 'demand' AND change > 0), 0) AS allocated,
            coalesce(sum(change) FILTER (WHERE side = 'demand' AND change < 0), 0) AS released,
            count(*) AS number, count(*) FILTER (WHERE held_in = %(shown)s AND month > %(shown)s) AS later
       FROM placed GROUP BY month)
SELECT sums.month, sums.added, sums.ended, sums.allocated, sums.released, sums.number, sums.later, {COLUMNS_OF_A_MOVEMENT}
  FROM sums LEFT JOIN placed AS entry ON entry.month = sums.month AND sums.month = %(shown)s
  {JOINS_OF_A_MOVEMENT}
"""
"""Months are numbered from 1 in their order; 0 is all that came before. What is recorded after the last began stands in it."""
OF_SUMS = 7


@dataclass(frozen=True)
class Account:
    """The months asked for, and every movement of the one that is shown, in the order in which they stand.

    `later` tells of the entries that hold from a day of the month shown, and were recorded after it: in which month they stand,
    and how many; `begun_before` whether anything stands before the first of the months.
    """

    months: Sequence[Month]
    movements: Sequence[Movement] = ()
    later: Sequence[tuple[date, int]] = ()
    begun_before: bool = False


def account(company: Company, *, first: date, today: date, shown: date | None = None) -> Account:
    """The account from the month of `first` to that of `today`, the company's, of which no later day is in it. One statement.

    `shown` is the first day of the month whose movements are wanted.
    """
    months = months_between(first, today)
    values: dict[str, Any] = {
        "company": company.pk,
        "today": today,
        "firsts": months,
        "begins": [company.begin_of(each) for each in months],
        "shown": months.index(shown) + 1 if shown else -1,
    }
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNT, values)
        rows = cursor.fetchall()
    moved: dict[int, Moved] = {}
    later: dict[int, int] = {}
    for number, *sums, late in (row[:OF_SUMS] for row in rows):
        moved[number] = Moved(*map(int, sums))
        if late:
            later[number] = late
    before = moved.pop(0, Moved())
    return Account(
        chain(months, Standing().after(before), {months[number - 1]: each for number, each in moved.items()}),
        movements_in(company, [row[OF_SUMS:] for row in rows if row[OF_SUMS] is not None]),
        [(months[number - 1], count) for number, count in sorted(later.items())],
        bool(before.number),
    )


FIRST_RECORDED = """
SELECT min(earliest) FROM (
       SELECT min(recorded_at) AS earliest FROM licensing_licenseentry WHERE company_id = %(company)s
       UNION ALL
       SELECT min(recorded_at) FROM credits_allocationentry WHERE company_id = %(company)s) AS each_side
"""


def account_begins_on(company: Company) -> date | None:
    """The company's day on which the first movement was recorded: no month before has any. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(FIRST_RECORDED, {"company": company.pk})
        (instant,) = cursor.fetchone()
    return company.day_of(instant) if instant else None
