"""The customers of a service provider with their figures of a day: one level down, and of those that are open to it.

Each is read on its own today, or all on the day that is asked for. What they are sorted and counted by is computed for all of
them; their year is at hand for the few that a page shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection

from console.company_in_hand import for_customers_of
from credits.models import ThresholdStatement
from credits.reading.customers.outlook import Changes, outlook_of
from credits.rules.balance_over_days import Point, series
from credits.rules.thresholds import Threshold, limit_on, threshold_on
from licensing.models import Company, CompanyTimeZone
from licensing.models.company_settings.statement import read_required_factors
from licensing.reading.next_expirations import NextExpiration, next_expirations
from licensing.rules.a_year_before import a_year_before

SOON = timedelta(days=30)

CHANGES = """
SELECT moved.company_id, CASE WHEN moved.effective_on > asked.first THEN moved.effective_on ELSE asked.first END,
       sum(moved.supply), sum(moved.demand)
  FROM unnest(%(companies)s::bigint[], %(firsts)s::date[]) AS asked (company_id, first)
  JOIN (SELECT company_id, effective_on, sum(change) AS supply, NULL::numeric AS demand
          FROM licensing_licenseentry
         WHERE company_id = ANY(%(companies)s) AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
         GROUP BY 1, 2
        UNION ALL
        SELECT company_id, effective_on, NULL, sum(change)
          FROM credits_allocationentry
         WHERE company_id = ANY(%(companies)s) AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
         GROUP BY 1, 2) AS moved ON moved.company_id = asked.company_id
 GROUP BY 1, 2
 ORDER BY 1, 2
"""
"""What both streams of each company do, day by day; all that came before its first day on that day."""

UNREAD = """
SELECT notice.company_id, count(*)
  FROM licensing_notice AS notice
 WHERE notice.company_id = ANY(%(companies)s) AND notice.resolved_at IS NULL
   AND NOT EXISTS (SELECT FROM licensing_noticedelivery AS told
                    WHERE told.company_id = notice.company_id AND told.notice_id = notice.id AND told.read_at IS NOT NULL)
 GROUP BY 1
"""
"""What holds, and nobody of the company has read yet."""


@dataclass(frozen=True)
class Customer:
    """A company that is looked after, on `day`; credits are whole.

    `runway_on` is the first day from `day` on at whose end more is allocated than valid, `below_since` the day on which the
    balance fell below zero where it is so already (None where that was more than a year before). `limit` is what its threshold
    comes to on that day, None without one or where there is none yet. `unread` notices hold, and nobody of the company has read
    them.
    """

    company: Company
    day: date
    valid: int
    allocated: int
    runway_on: date | None
    below_since: date | None
    expiration: NextExpiration | None
    unread: int
    threshold: Threshold | None
    limit: int | None
    changes: Changes = field(repr=False, compare=False)

    @property
    def balance(self) -> int:
        return self.valid - self.allocated

    @property
    def runway_days(self) -> int | None:
        return None if self.runway_on is None else (self.runway_on - self.day).days

    @property
    def over_by(self) -> int:
        return 0 if self.limit is None else max(0, self.allocated - self.limit)

    @property
    def expires_soon(self) -> bool:
        """Within 30 days, whether it is renewed or not."""
        return self.expiration is not None and self.expiration.on <= self.day + SOON

    @cached_property
    def year(self) -> list[Point]:
        """Both totals over the year that ends on the day. Free."""
        return series(self.changes.supply, self.changes.demand, first=a_year_before(self.day), last=self.day)


def customers_of(provider: Company) -> list[Company]:
    """All companies that it looks after, also those that are closed to it, with their zones and the factor they require.

    Two statements.
    """
    zones = CompanyTimeZone.objects.of_outer_company("pk")
    found: list[Company] = list(Company.objects.filter(parent=provider).annotate(zone_rows=ArraySubquery(zones)).order_by("pk"))
    with for_customers_of(provider):
        read_required_factors(each for each in found if not each.closed_to_provider)
    return found


def read_customers(
    provider: Company, companies: Collection[Company], days: Mapping[int, date], *, known_at: datetime | None = None
) -> list[Customer]:
    """The figures of those of `companies` that are open to `provider`, each on its day, in the order given.

    Four statements, however many, with the provider in hand; thresholds are the provider's own.
    """
    shown = [each for each in companies if not each.closed_to_provider]
    if not shown:
        return []
    days = {each.pk: days[each.pk] for each in shown}
    stated = thresholds_of(provider, known_at=known_at)
    with for_customers_of(provider):
        changes = changes_of({pk: a_year_before(day) for pk, day in days.items()}, known_at=known_at)
        expirations = next_expirations(days, known_at=known_at)
        unread = _unread(days)
    found = []
    for each in shown:
        day, moved = days[each.pk], changes[each.pk]
        outlook = outlook_of(moved, day, first=a_year_before(day))
        threshold = threshold_on(stated.get(each.pk, ()), day)
        found.append(
            Customer(
                company=each,
                day=day,
                valid=outlook.valid,
                allocated=outlook.allocated,
                runway_on=outlook.runway_on,
                below_since=outlook.below_since,
                expiration=expirations.get(each.pk),
                unread=unread.get(each.pk, 0),
                threshold=threshold,
                limit=limit_on(threshold, moved.demand, day),
                changes=moved,
            )
        )
    return found


def thresholds_of(provider: Company, *, known_at: datetime | None = None) -> dict[int, list[Threshold]]:
    """What a provider stated of each customer, by its id, in the order in which it was recorded. One statement."""
    found: dict[int, list[Threshold]] = defaultdict(list)
    rows = ThresholdStatement.objects.for_company(provider).known_at(known_at).order_by("recorded_at", "id")
    for customer, day, kind, credits in rows.values_list("customer_id", "effective_on", "kind", "credits"):
        found[customer].append(Threshold(day, kind, credits))
    return dict(found)


def changes_of(firsts: Mapping[int, date], *, known_at: datetime | None = None) -> dict[int, Changes]:
    """What changes on each day, by company; what came before a company's first day stands on that. One statement."""
    found = {pk: Changes() for pk in firsts}
    with connection.cursor() as cursor:
        cursor.execute(CHANGES, {"companies": list(firsts), "firsts": list(firsts.values()), "known_at": known_at})
        for pk, day, supply, demand in cursor.fetchall():
            if supply is not None:
                found[pk].supply[day] = int(supply)
            if demand is not None:
                found[pk].demand[day] = int(demand)
    return found


def _unread(companies: Collection[int]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(UNREAD, {"companies": list(companies)})
        return dict(cursor.fetchall())
