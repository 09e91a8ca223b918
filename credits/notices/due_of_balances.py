"""What there is to tell of the balance: below zero, and going below zero within 60 days by what is contracted and planned.

Each crossing is told once, by its day. That the balance recovers ends it; should it fall again later, that is another one. A day
that moves away is no news; one that comes nearer is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy

from licensing.models import Company, Permission
from licensing.notices.kinds import ALLOCATIONS, ASK, BUY, NoticeKind, register
from licensing.notices.sources import Source
from licensing.notices.sources import register as register_among_sources
from licensing.notices.telling import News

BELOW_ZERO = NoticeKind(
    name="below-zero",
    label=gettext_lazy("Balance below zero"),
    told_to=Permission.ALLOCATE,
    icon="alert-triangle",
    tone="danger",
    title=gettext_lazy("The balance of credits has been below zero since %(since_on)s"),
    sentence=gettext_lazy("%(shortfall)s more credits are allocated than are valid. Nothing is blocked."),
    next_step=gettext_lazy("Lower allocations, or buy credits."),
    ways=(ALLOCATIONS, BUY, ASK),
    contact="sales",
    page="credits:annual-credits",
)
GOES_BELOW_ZERO = NoticeKind(
    name="goes-below-zero",
    label=gettext_lazy("Balance goes below zero"),
    told_to=Permission.ALLOCATE,
    icon="hourglass",
    tone="warning",
    title=gettext_lazy("The balance of credits goes below zero on %(crosses_on)s"),
    sentence=gettext_lazy(
        "By what is contracted and planned, %(shortfall)s more credits are allocated than are valid from that day on. "
        "Nothing will be blocked."
    ),
    next_step=gettext_lazy("Before that day, renew or buy credits, or lower allocations."),
    ways=(ALLOCATIONS, BUY, ASK),
    contact="sales",
    page="credits:annual-credits",
)
KINDS = (BELOW_ZERO.name, GOES_BELOW_ZERO.name)
AHEAD = timedelta(days=60)


BALANCES = """
WITH asked(company_id, day) AS (SELECT * FROM unnest(%(companies)s::bigint[], %(days)s::date[])),
     change(company_id, day, change) AS (
        SELECT company_id, day, sum(change)
          FROM (
                SELECT company_id, effective_on AS day, change
                  FROM licensing_licenseentry WHERE company_id = ANY(%(companies)s)
                UNION ALL
                SELECT company_id, effective_on, -change
                  FROM credits_allocationentry WHERE company_id = ANY(%(companies)s)
                UNION ALL
                SELECT company_id, day, 0 FROM asked
               ) AS entry
         GROUP BY 1, 2
     ),
     balance(company_id, day, balance, before) AS (
        SELECT company_id, day, total, coalesce(lag(total) OVER (PARTITION BY company_id ORDER BY day), 0)
          FROM (SELECT company_id, day, sum(change) OVER (PARTITION BY company_id ORDER BY day) AS total FROM change) AS running
     )
SELECT company_id, day, balance
  FROM balance LEFT JOIN asked USING (company_id, day)
 WHERE (balance < 0) <> (before < 0) OR asked.day IS NOT NULL
 ORDER BY company_id, day
"""
"""The days on which a company's balance crosses zero, either way, and its today."""


def balance_news(companies: Collection[Company], now: datetime) -> list[News]:
    """What holds of the companies' balances. One statement."""
    today = {company.pk: company.day_of(now) for company in companies}
    points: dict[int, list[tuple[date, int]]] = defaultdict(list)
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"companies": list(today), "days": list(today.values())}
        cursor.execute(BALANCES, values)
        for company_id, day, balance in cursor.fetchall():
            points[company_id].append((day, int(balance)))
    return [news for pk, day in today.items() for news in _news_of(pk, day, points[pk])]


def _news_of(company_id: int, today: date, points: list[tuple[date, int]]) -> list[News]:
    balance = next(balance for day, balance in points if day == today)
    if balance < 0:
        return [_below_zero(company_id, _since(points, today), balance)]
    ahead = [(day, then) for day, then in points if today < day <= today + AHEAD and then < 0]
    return [_goes_below_zero(company_id, *ahead[0])] if ahead else []


def _since(points: list[tuple[date, int]], today: date) -> date:
    """The day from which the balance has been below zero up to today, where it is."""
    since = today
    for day, balance in reversed([each for each in points if each[0] <= today]):
        if balance >= 0:
            break
        since = day
    return since


def _below_zero(company_id: int, since: date, balance: int) -> News:
    return News(
        company_id,
        BELOW_ZERO.name,
        f"balance:{since}",
        {"since_on": str(since), "shortfall": -balance},
        told_by=lambda told: told >= since,  # a late statement may move the day back; it is the same crossing
    )


def _goes_below_zero(company_id: int, crosses: date, balance: int) -> News:
    return News(
        company_id,
        GOES_BELOW_ZERO.name,
        f"forecast:{crosses}",
        {"crosses_on": str(crosses), "shortfall": -balance},
        told_by=lambda told: told <= crosses,
    )


BALANCES_OF_COMPANIES = Source(KINDS, balance_news)


def register_source() -> None:
    register(BELOW_ZERO, GOES_BELOW_ZERO)
    register_among_sources(BALANCES_OF_COMPANIES)
