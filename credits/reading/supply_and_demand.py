"""Reading both streams of one company in steps, supply per license and demand per line, and what is planned after the day shown.

Two statements, however many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from django.db import connection

from credits.reading.price_lists.list_awaited import AWAITED, ListAwaited
from credits.rules.balance_over_days import Point, series
from credits.rules.runway.runway import Runway, runway_of
from licensing.models import Company
from licensing.rules.a_year_before import a_year_before


@dataclass(frozen=True)
class SupplyStep:
    """Credits a license adds or takes on a day; `day` is None for all that came before the window."""

    license_id: int
    order_id: int
    order_name: str
    channel: str
    product_name: str
    converted: bool
    kind: str
    day: date | None
    change: int
    act: str
    begins: bool = False
    """Whether `day` is the license's start date."""
    ends: bool = False
    """Whether `day` is the license's expiration date."""


@dataclass(frozen=True)
class DemandStep:
    """Units and credits a line adds or takes on a day; `day` is None for all that came before the window."""

    line_id: int
    feature_id: int
    day: date | None
    units_change: int
    change: int
    act: str


@dataclass(frozen=True)
class PlannedUnits:
    """A statement that stands for a day after the one shown: `units` of a line from `day` on."""

    line_id: int
    feature_id: int
    day: date
    units: int


SUPPLY = """
SELECT license.id, license.order_id, coalesce(nullif(bought.name, ''), ordered.name), bought.channel, product.name,
       product.kind = 'seats', license.kind, steps.day, steps.change, steps.act, NULL::date, NULL::date
  FROM (
        SELECT entry.license_id, CASE WHEN entry.effective_on > %(first)s THEN entry.effective_on END AS day,
               sum(entry.change) AS change, (array_agg(act.name ORDER BY entry.recorded_at DESC))[1] AS act
          FROM licensing_licenseentry AS entry
          JOIN console_act AS act ON act.company_id = entry.company_id AND act.id = entry.act_id
         WHERE entry.company_id = %(company)s
           AND (%(known_at)s::timestamptz IS NULL OR entry.recorded_at <= %(known_at)s)
         GROUP BY 1, 2
       ) AS steps
  JOIN licensing_license AS license ON license.company_id = %(company)s AND license.id = steps.license_id
  JOIN licensing_product AS product ON product.id = license.product_id
  JOIN licensing_order AS bought ON bought.company_id = %(company)s AND bought.id = license.order_id
  JOIN licensing_product AS ordered ON ordered.id = bought.product_id
UNION ALL
(SELECT DISTINCT ON (license_id) license_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, starts_on, expires_on
   FROM licensing_licensestatement
  WHERE company_id = %(company)s AND starts_on IS NOT NULL
    AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
  ORDER BY license_id, recorded_at DESC, id DESC)
 ORDER BY 8 NULLS FIRST, 1
"""
"""The steps, and then the dates of each license: a scan of its own, so that no join depends on the planner's guesses."""

DEMAND = f"""
SELECT entry.line_id, entry.feature_id, CASE WHEN entry.effective_on > %(first)s THEN entry.effective_on END AS day,
       sum(entry.units_change), sum(entry.change), (array_agg(act.name ORDER BY entry.recorded_at DESC))[1], false
  FROM credits_allocationentry AS entry
  JOIN console_act AS act ON act.company_id = entry.company_id AND act.id = entry.act_id
 WHERE entry.company_id = %(company)s
   AND (%(known_at)s::timestamptz IS NULL OR entry.recorded_at <= %(known_at)s)
 GROUP BY 1, 2, 3
UNION ALL
(SELECT DISTINCT ON (said.line_id, said.effective_on)
        said.line_id, said.feature_id, said.effective_on, said.units, NULL, NULL, true
   FROM credits_allocationstatement AS said
  WHERE said.company_id = %(company)s AND said.effective_on > %(on)s AND said.withdraws_id IS NULL
    AND (%(known_at)s::timestamptz IS NULL OR said.recorded_at <= %(known_at)s)
    AND NOT EXISTS (SELECT FROM credits_allocationstatement AS later
                     WHERE later.company_id = %(company)s AND later.withdraws_id = said.id
                       AND (%(known_at)s::timestamptz IS NULL OR later.recorded_at <= %(known_at)s))
  ORDER BY said.line_id, said.effective_on, said.recorded_at DESC, said.id DESC)
UNION ALL
SELECT NULL, NULL, NULL, done, companies, to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), NULL
  FROM {AWAITED}
   AND (%(known_at)s::timestamptz IS NULL OR started_at <= %(known_at)s)
 ORDER BY 3 NULLS FIRST, 1
"""
"""The steps; what is planned: of one day the last statement that nobody withdrew; a price list that the company waits for."""


@dataclass(frozen=True)
class Ledger:
    """Both streams of one company in steps: all before the window as one, then day by day, the future included."""

    on: date
    first: date
    supply: list[SupplyStep]
    demand: list[DemandStep]
    planned: list[PlannedUnits] = field(default_factory=list)
    """What stands for days after `on`, by day."""
    awaits: ListAwaited | None = None
    """The price list that its demand does not follow yet."""

    @cached_property
    def supply_by_day(self) -> dict[date, int]:
        return _by_day(self.supply, self.first)

    @cached_property
    def demand_by_day(self) -> dict[date, int]:
        return _by_day(self.demand, self.first)

    @cached_property
    def points(self) -> list[Point]:
        """The history: one point per day of the window that changed, and both ends."""
        return series(self.supply_by_day, self.demand_by_day, first=self.first, last=self.on)

    @cached_property
    def runway(self) -> Runway | None:
        """The first day from `on` on that is below zero, with its cause; None where there is none."""
        return runway_of(self.supply, self.demand, on=self.on)

    def line_totals(self) -> dict[int, tuple[int, int]]:
        """line id -> (units, credits) allocated on the day shown."""
        totals: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for step in self.demand:
            if step.day is None or step.day <= self.on:
                totals[step.line_id][0] += step.units_change
                totals[step.line_id][1] += step.change
        return {line_id: (units, credits) for line_id, (units, credits) in totals.items()}


def _by_day(steps: Iterable[SupplyStep] | Iterable[DemandStep], first: date) -> dict[date, int]:
    totals: dict[date, int] = defaultdict(int)
    for step in steps:
        totals[step.day or first] += step.change
    return dict(totals)


def ledger(company: Company, *, on: date, known_at: datetime | None = None, first: date | None = None) -> Ledger:
    """Supply and demand of a company with a window of one year back from `on`, or from `first`. Two statements."""
    first = first or a_year_before(on)
    values: dict[str, Any] = {"company": company.pk, "first": first, "on": on, "known_at": known_at}
    with connection.cursor() as cursor:
        cursor.execute(SUPPLY, values)
        supply = _supply(cursor.fetchall())
        cursor.execute(DEMAND, values)
        rows = cursor.fetchall()
    demand = [
        DemandStep(line_id, feature_id, day, int(units), int(credits), act)
        for line_id, feature_id, day, units, credits, act, planned in rows
        if planned is False
    ]
    plans = [
        PlannedUnits(line_id, feature_id, day, int(units)) for line_id, feature_id, day, units, *_, planned in rows if planned
    ]
    awaits = [
        ListAwaited(datetime.fromisoformat(since).replace(tzinfo=UTC), int(done), int(companies))
        for _line, _feature, _day, done, companies, since, planned in rows
        if planned is None
    ]
    return Ledger(on, first, supply, demand, plans, awaits[0] if awaits else None)


def _supply(rows: list[tuple]) -> list[SupplyStep]:
    """The steps of licenses, each told whether its day begins or ends its license."""
    dates = {license_id: (starts_on, expires_on) for license_id, order_id, *_, starts_on, expires_on in rows if order_id is None}
    steps = []
    for license_id, order_id, name, channel, product, converted, kind, day, change, act, _, _ in rows:
        if order_id is not None:
            starts_on, expires_on = dates.get(license_id, (None, None))
            begins, ends = day is not None and day == starts_on, day is not None and day == expires_on
            steps.append(
                SupplyStep(license_id, order_id, name, channel, product, converted, kind, day, int(change), act, begins, ends)
            )
    return steps
