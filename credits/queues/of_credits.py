"""What companies' credits have for support: balances below zero, and what expires within 30 days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Prefetch

from credits.models import DeskItem
from credits.notices.due_of_balances import BELOW_ZERO, balance_news
from credits.queues.found import Found, midnight
from licensing.models import Company, CompanyTimeZone
from licensing.models.order import number_of

Kind = DeskItem.Kind
AHEAD = timedelta(days=30)

NEGATIVE = """
SELECT company_id
  FROM (SELECT company_id, effective_on, change FROM licensing_licenseentry WHERE company_id = ANY(%(companies)s)
        UNION ALL
        SELECT company_id, effective_on, -change FROM credits_allocationentry WHERE company_id = ANY(%(companies)s)) AS entry
  JOIN unnest(%(companies)s::bigint[], %(days)s::date[]) AS asked (company_id, day) USING (company_id)
 WHERE effective_on <= day
 GROUP BY company_id
HAVING sum(change) < 0
"""
FALLS = """
WITH asked (company_id, day) AS (SELECT * FROM unnest(%(companies)s::bigint[], %(days)s::date[])),
     step AS (
        SELECT entry.company_id, license_id, effective_on, sum(change) AS change
          FROM licensing_licenseentry AS entry JOIN asked ON asked.company_id = entry.company_id
         WHERE entry.company_id = ANY(%(companies)s) AND effective_on > day AND effective_on <= day + %(ahead)s
         GROUP BY entry.company_id, license_id, effective_on
     ),
     fall AS (
        SELECT step.company_id, order_id, effective_on, sum(change) FILTER (WHERE change < 0) AS falls,
               sum(sum(change)) OVER (PARTITION BY step.company_id, effective_on) AS in_all
          FROM step JOIN licensing_license AS license ON license.company_id = step.company_id AND license.id = license_id
         WHERE license.company_id = ANY(%(companies)s)
         GROUP BY step.company_id, order_id, effective_on
     )
SELECT fall.company_id, order_id, sold.channel, sold.external_id, sold.name, effective_on, -falls, in_all
  FROM fall JOIN licensing_order AS sold ON sold.id = order_id
 WHERE falls < 0
"""
"""Per order and day on which licenses of it count less than before: by how much, and what all of the company do on that day."""


def of_credits(now: datetime) -> list[Found]:
    """Of all companies, each by its own today. Four statements, five where a balance is below zero."""
    rows = CompanyTimeZone.objects.order_by("id")
    companies = list(Company.objects.prefetch_related(Prefetch("time_zones", queryset=rows, to_attr="spans_read")))
    days = {each.pk: _today(each, now) for each in companies}
    return [*_below_zero({each.pk: each for each in companies}, days, now), *_expiring(days)] if days else []


def _today(company: Any, now: datetime) -> date:
    company.zone_rows = [{"at": row.effective_at.isoformat(), "zone": row.time_zone} for row in company.spans_read]
    day: date = company.day_of(now)
    return day


def _asked(days: Mapping[int, date]) -> dict[str, Any]:
    return {"companies": list(days), "days": list(days.values()), "ahead": AHEAD.days}


def _below_zero(companies: Mapping[int, Company], days: Mapping[int, date], now: datetime) -> list[Found]:
    """Since when is computed for those alone that are below zero: it takes all entries in their order."""
    with connection.cursor() as cursor:
        cursor.execute(NEGATIVE, _asked(days))
        negative = [pk for (pk,) in cursor.fetchall()]
    found = []
    for news in balance_news([companies[pk] for pk in negative], now) if negative else []:
        if news.kind == BELOW_ZERO.name:
            since = date.fromisoformat(str(news.facts["since_on"]))
            facts = {"shortfall": news.facts["shortfall"], "day": str(since)}
            subject = f"company:{news.company_id}"
            found.append(Found(Kind.BELOW_ZERO, subject, 20, midnight(since), news.company_id, facts))
    return found


def _expiring(days: Mapping[int, date]) -> list[Found]:
    """What at least as much follows on the same day is the least urgent of all: nothing falls."""
    with connection.cursor() as cursor:
        cursor.execute(FALLS, _asked(days))
        rows = cursor.fetchall()
    found = []
    for company, order, channel, external_id, name, on, credits, in_all in rows:
        facts = {
            "order": number_of(channel, external_id),
            "order_id": order,
            "name": name,
            "credits": int(credits),
            "falls": int(-in_all) if in_all < 0 else 0,
            "day": str(on),
        }
        rank = 50 if in_all < 0 else 90
        found.append(Found(Kind.EXPIRING, f"order:{order}:{on}", rank, midnight(on), company, facts))
    return found
