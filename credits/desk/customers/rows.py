"""The companies of a page, or of a slice of an export, with their figures of today: each by its own day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import batched

from django.db import connection
from django.db.models import Count, QuerySet

from credits.desk.addresses import company_address
from licensing.admin.related_tables import give_zones
from licensing.models import Company, Membership
from licensing.reading.next_expirations import NextExpiration, next_expirations

SOON = timedelta(days=30)
ROWS_AT_ONCE = 500

TODAY = """
SELECT DISTINCT ON (company_id) company_id, (%(now)s::timestamptz AT TIME ZONE time_zone)::date AS day
  FROM licensing_companytimezone
 ORDER BY company_id, effective_at <= %(now)s DESC, CASE WHEN effective_at <= %(now)s THEN effective_at END DESC, effective_at
"""
"""Each company's own day."""

NEGATIVE = f"""
WITH today AS ({TODAY}),
     posted AS (
        SELECT entry.company_id, entry.change FROM licensing_licenseentry AS entry
          JOIN today ON today.company_id = entry.company_id WHERE entry.effective_on <= today.day
        UNION ALL
        SELECT entry.company_id, -entry.change FROM credits_allocationentry AS entry
          JOIN today ON today.company_id = entry.company_id WHERE entry.effective_on <= today.day)
SELECT company_id FROM posted GROUP BY company_id HAVING sum(change) < 0
"""
EXPIRING = f"""
WITH today AS ({TODAY}),
     step AS (
        SELECT entry.company_id, entry.effective_on, entry.license_id, sum(entry.change) AS change
          FROM licensing_licenseentry AS entry JOIN today ON today.company_id = entry.company_id
         WHERE entry.effective_on > today.day AND entry.effective_on <= today.day + {SOON.days}
         GROUP BY entry.company_id, entry.effective_on, entry.license_id)
SELECT DISTINCT company_id FROM step WHERE change < 0
"""
FILTERS = {"negative": NEGATIVE, "expiring": EXPIRING}
"""Ids of the companies that are so, by a statement that reads the entries of all of them: asked only where somebody filters."""

FIGURES = """
WITH wanted (company_id, day) AS (SELECT * FROM unnest(%(companies)s::bigint[], %(days)s::date[]))
SELECT wanted.company_id,
       coalesce((SELECT sum(change) FROM licensing_licenseentry
                  WHERE company_id = wanted.company_id AND effective_on <= wanted.day), 0),
       coalesce((SELECT sum(change) FROM credits_allocationentry
                  WHERE company_id = wanted.company_id AND effective_on <= wanted.day), 0)
  FROM wanted
"""


@dataclass(frozen=True)
class CustomerRow:
    """Credits of the company's own today."""

    name: str
    business_id: str
    slug: str
    provider: str
    provider_url: str
    url: str
    valid: int
    allocated: int
    expiration: NextExpiration | None
    expires_soon: bool
    people: int

    @property
    def balance(self) -> int:
        return self.valid - self.allocated


def that_are(state: str, now: datetime) -> list[int]:
    """The ids of the companies that a filter leaves. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(FILTERS[state], {"now": now})
        return [pk for (pk,) in cursor.fetchall()]


def figures_of(companies: Iterable[Company], now: datetime) -> dict[int, tuple[int, int]]:
    """Valid and allocated credits of each by its id, on its own day. Two statements, none for none."""
    shown = list(companies)
    if not shown:
        return {}
    give_zones(shown)
    return _on_days({each.pk: each.day_of(now) for each in shown})


def _on_days(days: dict[int, date]) -> dict[int, tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, {"companies": list(days), "days": list(days.values())})
        return {pk: (int(valid), int(allocated)) for pk, valid, allocated in cursor.fetchall()}


def customer_rows(companies: Iterable[Company], now: datetime) -> list[CustomerRow]:
    """In the order given; they were read with their parents. Four statements, none for none."""
    shown = list(companies)
    if not shown:
        return []
    give_zones(shown)
    days: dict[int, date] = {each.pk: each.day_of(now) for each in shown}
    figures = _on_days(days)
    expirations = next_expirations(days)
    held = Membership.objects.filter(company__in=list(days)).values("company").annotate(number=Count("pk")).order_by()
    people = {each["company"]: each["number"] for each in held}
    rows = []
    for each in shown:
        expiration = expirations.get(each.pk)
        rows.append(
            CustomerRow(
                name=each.name,
                business_id=each.business_id,
                slug=each.slug,
                provider=each.parent.name if each.parent else "",
                provider_url=company_address(each.parent.slug, each.parent.pk) if each.parent else "",
                url=company_address(each.slug, each.pk),
                valid=figures[each.pk][0],
                allocated=figures[each.pk][1],
                expiration=expiration,
                expires_soon=expiration is not None and not expiration.renewed and expiration.on <= days[each.pk] + SOON,
                people=people.get(each.pk, 0),
            )
        )
    return rows


def all_rows(companies: QuerySet[Company], now: datetime) -> Iterator[CustomerRow]:
    """The same of all of them, some hundred at a time."""
    for some in batched(companies.iterator(chunk_size=ROWS_AT_ONCE), ROWS_AT_ONCE, strict=False):
        yield from customer_rows(some, now)
