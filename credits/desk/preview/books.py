"""The books of one company as a preview reads them, and its figures before and after an act.

before, after = books_of(company, today), books_of(company, today)
on_company(before, after) -> OnCompany(figures=…, history=…, chart=…)
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.db import connection
from django.utils.translation import gettext as _

from console.admin.preview.effect import Figure, OnCompany, Step
from console.templatetags import formats
from credits.desk.preview.chart import chart_of
from credits.rules.balance_over_days import Point, below_zero_on, over_allocated, points_from, series
from licensing.models import Company

BY_DAY = """
SELECT TRUE, effective_on, sum(change) FROM licensing_licenseentry WHERE company_id = %(company)s GROUP BY effective_on
UNION ALL
SELECT FALSE, effective_on, sum(change) FROM credits_allocationentry WHERE company_id = %(company)s GROUP BY effective_on
"""
SHOWN_BEFORE, SHOWN_AFTER = timedelta(days=365), timedelta(days=365)
MOST_DAYS_AHEAD = 8
"""Coming days that the figures name; the history has all of a year."""


@dataclass(frozen=True)
class Books:
    """All changes of valid and of allocated credits, day -> change."""

    company: Company
    today: date
    supply: dict[date, int]
    demand: dict[date, int]

    @cached_property
    def _days(self) -> list[date]:
        return sorted(self.supply.keys() | self.demand.keys())

    @cached_property
    def past(self) -> list[Point]:
        """From the first entry to yesterday; empty where there is none."""
        yesterday = self.today - timedelta(days=1)
        if not self._days or self._days[0] > yesterday:
            return []
        return series(self.supply, self.demand, first=self._days[0], last=yesterday)

    def on(self, day: date) -> Point:
        return series(self.supply, self.demand, first=day, last=day)[0]

    @property
    def lowest(self) -> Point | None:
        """The day with the lowest balance before today, the first of several."""
        return min(self.past, key=lambda point: (point.balance, point.day), default=None)

    @property
    def days_below_zero(self) -> int:
        """Days before today at whose end more was allocated than valid."""
        if not self.past:
            return 0
        # The last point is a day of its own, which no later one closes.
        last = self.past[-1]
        closed = sum((end - start).days for start, end, _most in over_allocated(self.past))
        return closed + (last.balance < 0)

    @property
    def runway_on(self) -> date | None:
        return below_zero_on(self.supply, self.demand, first=self.today)

    @property
    def lowest_ahead(self) -> int:
        """The lowest balance from today on."""
        last = max([self.today, *self._days])
        return min(point.balance for point in series(self.supply, self.demand, first=self.today, last=last))

    @property
    def changing_ahead(self) -> set[date]:
        last = max([self.today, *self._days])
        return {point.day for point in series(self.supply, self.demand, first=self.today, last=last)} - {self.today}


def books_of(company: Company, today: date) -> Books:
    """As recorded at this moment. One statement, which locks nothing."""
    found: dict[bool, dict[date, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(BY_DAY, {"company": company.pk})
        for is_supply, day, change in cursor.fetchall():
            found[is_supply][day] = int(change)
    return Books(company, today, found[True], found[False])


def on_company(before: Books, after: Books) -> OnCompany:
    """What became of the company's figures."""
    history = _history(before, after)
    return OnCompany(
        id=after.company.pk,
        name=after.company.name,
        today=after.today,
        figures=tuple(_figures(before, after)),
        history=history,
        chart=chart_of(*(_shown(each, history) for each in (before, after)), today=after.today),
    )


def _figures(before: Books, after: Books) -> list[Figure]:
    was, now = before.on(before.today), after.on(after.today)
    figures = [
        Figure("valid", _("Total valid, today"), was.valid, now.valid),
        Figure("allocated", _("Allocated, today"), was.allocated, now.allocated),
        Figure("balance", _("Balance, today"), was.balance, now.balance),
    ]
    low, lowest = before.lowest, after.lowest
    if low or lowest:
        balances = low and low.balance, lowest and lowest.balance
        days = low and low.day, lowest and lowest.day
        figures += [
            Figure("lowest", _("Lowest balance so far"), balances[0], balances[1]),
            Figure("lowest-on", _("Its day"), days[0], days[1], "day"),
            Figure("days-below-zero", _("Days below zero so far"), before.days_below_zero, after.days_below_zero, "days"),
        ]
    figures.append(Figure("runway", _("Below zero from, as planned"), before.runway_on, after.runway_on, "day"))
    ahead = sorted(before.changing_ahead | after.changing_ahead)
    differing = [day for day in ahead if before.on(day) != after.on(day)]
    for day in sorted((differing or ahead)[:MOST_DAYS_AHEAD]):
        label = _("Balance from %(day)s, as planned") % {"day": formats.day(day)}
        figures.append(Figure(f"balance-{day}", label, before.on(day).balance, after.on(day).balance))
    return figures


def _history(before: Books, after: Books) -> tuple[Step, ...]:
    first, last = after.today - SHOWN_BEFORE, after.today + SHOWN_AFTER
    both: list[list[Point]] = [series(each.supply, each.demand, first=first, last=last) for each in (before, after)]
    days = sorted({point.day for points in both for point in points} | {after.today})
    steps = []
    for day in days:
        was, now = (points_from(points, day)[0] for points in both)
        steps.append(Step(day, was.valid, now.valid, was.allocated, now.allocated))
    return tuple(steps)


def _shown(books: Books, history: tuple[Step, ...]) -> list[Point]:
    return series(books.supply, books.demand, first=history[0].day, last=history[-1].day)
