"""What a service provider is told of its customers: that one is over its threshold. Each crossing once, by its day.

A customer that comes below it again ends the crossing; should it rise again later, that is another one. So does a threshold that
is taken away, and a customer that closes itself or goes to another provider.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.utils.translation import gettext_lazy

from console.company_in_hand import for_customers_of
from credits.models import ThresholdStatement
from credits.reading.customers.customers import changes_of
from credits.rules.thresholds import MONTHS, Threshold, over_by, over_since, threshold_on
from licensing.models import Company, CompanyTimeZone, Permission
from licensing.notices.kinds import NoticeKind, register
from licensing.notices.sources import Source
from licensing.notices.sources import register as register_among_sources
from licensing.notices.telling import News
from licensing.rules.calendar_arithmetic import add_months

OVER_THRESHOLD = NoticeKind(
    name="over-threshold",
    label=gettext_lazy("Customer over its threshold"),
    told_to=Permission.CUSTOMERS,
    icon="alert-triangle",
    tone="warning",
    title=gettext_lazy("%(customer)s has been over its threshold since %(since_on)s"),
    sentence=gettext_lazy("It had %(over)s credits more allocated than its threshold when this was told. Nothing is blocked."),
    next_step=gettext_lazy("Talk to the customer about what it allocates, or state another threshold."),
    contact="sales",
    page="credits:customers",
)

STATED = dict[tuple[int, int], list[Threshold]]
"""(provider, customer) -> what was stated, in the order in which it was recorded."""


def threshold_news(companies: Collection[Company], now: datetime) -> list[News]:
    """Of each of the companies, which of its customers are over their thresholds now. One statement for none, at most three."""
    stated: STATED = {}
    rows = ThresholdStatement.objects.filter(company__in=[each.pk for each in companies]).order_by("recorded_at", "id")
    for provider, customer, day, kind, credits in rows.values_list(
        "company_id", "customer_id", "effective_on", "kind", "credits"
    ):
        stated.setdefault((provider, customer), []).append(Threshold(day, kind, credits))
    return list(_news(stated, now, companies)) if stated else []


def _news(stated: STATED, now: datetime, companies: Collection[Company]) -> Iterator[News]:
    zones = CompanyTimeZone.objects.of_outer_company("pk")
    customers = (
        Company.objects.filter(pk__in={customer for _provider, customer in stated}, closed_to_provider=False)
        .annotate(zone_rows=ArraySubquery(zones))
        .order_by("pk")
    )
    looked_after = [each for each in customers if (each.parent_id, each.pk) in stated]
    days = {each.pk: each.day_of(now) for each in looked_after}
    firsts = {each.pk: add_months(min(said.day for said in stated[_key(each)]), -MONTHS) for each in looked_after}
    if not firsts:
        return
    with _customers_in_hand(companies):
        changes = changes_of(firsts)
    for each in looked_after:
        said, demand, day = stated[_key(each)], changes[each.pk].demand, days[each.pk]
        since = over_since(said, demand, day)
        if since is not None:
            yield _over(each, since, over_by(threshold_on(said, day), demand, day))


def _key(customer: Company) -> tuple[int, int]:
    return customer.parent_id or 0, customer.pk


def _customers_in_hand(companies: Collection[Company]) -> AbstractContextManager[None]:
    """A page asks for its own company, which it narrows to the customers of that one; a job asks for many with all in hand."""
    return for_customers_of(next(iter(companies))) if len(companies) == 1 else nullcontext()


def _over(customer: Company, since: date, over: int) -> News:
    facts: dict[str, Any] = {"customer": customer.name, "since_on": str(since), "over": over}
    return News(
        customer.parent_id or 0,
        OVER_THRESHOLD.name,
        f"threshold:{customer.pk}:{since}",
        facts,
        told_by=lambda told: told >= since,  # a late statement may move the day back; it is the same crossing
    )


THRESHOLDS_OF_CUSTOMERS = Source((OVER_THRESHOLD.name,), threshold_news)


def register_source() -> None:
    register(OVER_THRESHOLD)
    register_among_sources(THRESHOLDS_OF_CUSTOMERS)
