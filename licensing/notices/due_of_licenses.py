"""What there is to tell of licenses: by the calendar, that a term expires soon or expired; by the journal, what acts changed.

A job asks after each act, and every hour; nothing depends on the hour. A term is told of as one: its license, with what tops it
up. The company's own day decides. What a job missed is made good as long as it is of use: that something expires soon until it
has expired, that it expired for 30 days, what an act changed for two days after it was recorded.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import OuterRef, Q, Subquery

from licensing.acts.order_in_hand import OrderInHand, Term
from licensing.models import Activation, Company, License, LicenseStatement, Order, Product
from licensing.notices.changes.acts_to_tell import RecentActs, recent_acts
from licensing.notices.changes.facts_of_orders import names
from licensing.notices.changes.kinds_of_changes import CHANGES, register_kinds
from licensing.notices.changes.news_of_orders import news_of_order
from licensing.notices.kinds import EXPIRED, EXPIRES_SOON, METERED, REFUSED
from licensing.notices.sources import Source, register
from licensing.notices.telling import News
from licensing.purchases.bought_at import BoughtAt, bought_at
from licensing.rules.license_profile import LicenseFacts
from licensing.rules.license_status import EXPIRES_SOON_DAYS, days_left
from licensing.rules.to_be_renewed import renews_by_itself
from licensing.rules.units_in_words import in_units

KINDS = tuple(each.name for each in (EXPIRES_SOON, EXPIRED, REFUSED, *CHANGES))
OF_LASTING = [
    LicenseStatement.Kind.CANCELLED,
    LicenseStatement.Kind.REINSTATED,
    LicenseStatement.Kind.RENEWAL_ON,
    LicenseStatement.Kind.RENEWAL_OFF,
]
"""Statements of what is told as long as it is so; that an order is suspended is so, however long ago it was said."""
TRIAL_EXPIRES_SOON_DAYS = 15
OF_USE_DAYS = 30
"""For so long after it happened a company is still told of an expiration."""
RENEWAL_MAY_BE_LATE = timedelta(days=1)
"""Of a term that renews by itself: marketplaces announce a renewal up to hours after the old term has ended."""


@dataclass(frozen=True)
class _Look:
    """What is read of the companies' orders, and when."""

    days: dict[int, date]
    orders: dict[int, tuple[Order, list[License]]]
    facts: dict[int, LicenseFacts]
    bought_at: dict[int, BoughtAt]
    recent: RecentActs


def license_news(companies: Collection[Company], now: datetime) -> list[News]:
    """What there is to tell of the companies' licenses. Three statements, four with purchases at marketplaces."""
    days = {company.pk: company.day_of(now) for company in companies}
    return _news_of_all(days, now, recent_acts(days, now)) if days else []


def lasting_news(companies: Collection[Company], now: datetime) -> list[News]:
    """The same without what acts changed. One statement less."""
    days = {company.pk: company.day_of(now) for company in companies}
    return _news_of_all(days, now, RecentActs(now)) if days else []


def _news_of_all(days: dict[int, date], now: datetime, recent: RecentActs) -> list[News]:
    look = _orders_to_look_at(days, now, recent)
    return [
        news
        for order, licenses in look.orders.values()
        for news in _news_of_order(
            OrderInHand(order, licenses, {each.pk: look.facts[each.pk] for each in licenses}), look, days[licenses[0].company_id]
        )
    ]


def _orders_to_look_at(days: dict[int, date], now: datetime, recent: RecentActs) -> _Look:
    """Orders that expire or expired near today, of which an act said something of late, or that were ever suspended."""
    statements = LicenseStatement.objects.filter(company__in=list(days))
    first = min(days.values()) - timedelta(days=OF_USE_DAYS)
    last = max(days.values()) + timedelta(days=EXPIRES_SOON_DAYS)
    near = statements.filter(
        Q(expires_on__gt=first, expires_on__lte=last)
        | Q(state=LicenseStatement.State.SUSPENDED)
        | Q(kind__in=OF_LASTING, recorded_at__gt=now - timedelta(days=OF_USE_DAYS))
        | Q(act__in=list(recent.acts))
    )
    activations = Activation.objects.filter(company=OuterRef("company"), license=OuterRef("pk"), person__isnull=False)
    licenses = list(
        License.objects.filter(company__in=list(days))
        .filter(order__in=near.values("license__order"))
        .select_related("order__product", "product")
        .annotate(activated_by=Subquery(activations.order_by("issued_at", "brought_at").values("person")[:1]))
        .order_by("id")
    )
    orders: dict[int, tuple[Order, list[License]]] = {}
    for license in licenses:
        orders.setdefault(license.order_id, (license.order, []))[1].append(license)
    facts = statements.facts_by_license(licenses)
    return _Look(days, orders, facts, bought_at(order for order, _licenses in orders.values()), recent)


def _news_of_order(held: OrderInHand, look: _Look, today: date) -> list[News]:
    found = news_of_order(held, look.recent, today)
    followed = look.bought_at[held.order.pk].followed
    for term in held.terms():
        if not term.counts_on(term.last_day) or term.units_at(term.last_day) == 0:
            continue
        if _expires_soon(held, term, today, followed):
            found.append(_news(EXPIRES_SOON.name, held, term))
        elif _expired(held, term, today, followed):
            found.append(_news(EXPIRED.name, held, term))
    return found


def _expires_soon(held: OrderInHand, term: Term, today: date, followed: bool) -> bool:
    if not term.starts_on <= today < term.expires_on or _is_renewed(held, term, today):
        return False
    if _renews(held, term, today, followed):
        return False
    return days_left(term.leader_facts, today) <= (TRIAL_EXPIRES_SOON_DAYS if term.leader.trial else EXPIRES_SOON_DAYS)


def _expired(held: OrderInHand, term: Term, today: date, followed: bool) -> bool:
    late = RENEWAL_MAY_BE_LATE if _renews(held, term, term.last_day, followed) else timedelta()
    first, end = term.expires_on + late, term.expires_on + timedelta(days=OF_USE_DAYS)
    return first <= today < end and not _is_renewed(held, term, today)


def _is_renewed(held: OrderInHand, term: Term, today: date) -> bool:
    """Whether the term that follows was issued and is not cancelled."""
    following = held.renewal_of(term)
    return following is not None and following.counts_from(max(today, following.starts_on))


def _renews(held: OrderInHand, term: Term, day: date, followed: bool) -> bool:
    return renews_by_itself(term.renews_on(day), as_bought=held.order.renews, followed=followed)


def _news(kind: str, held: OrderInHand, term: Term) -> News:
    last = term.last_day
    facts = {**_facts(held, term, last), "expires_on": str(term.expires_on), "last_on": str(last)}
    if term.leader.product.kind == Product.Kind.PAY_AS_YOU_GO:
        facts[METERED] = "yes"
    return News(term.leader.company_id, kind, f"license:{term.leader.pk}:{term.expires_on}", facts)


def _facts(held: OrderInHand, term: Term, day: date) -> dict[str, str | int]:
    return {**names(held.order, term.leader), "units": in_units(term.units_on(day), term.leader.product.unit)}


LICENSES = Source(KINDS, license_news, lasting_news)


def register_source() -> None:
    register_kinds()
    register(LICENSES)
