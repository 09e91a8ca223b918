"""What there is to tell of licenses: expires soon, expired, suspended. A job asks every hour; nothing depends on the hour.

A term is told of as one: its license, with what tops it up. The company's own day decides. What a job missed is made good as long
as it is of use: that something expires soon until it has expired, that it expired or was suspended for 30 days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db.models import Q

from licensing.license_profile import LicenseFacts
from licensing.license_status import EXPIRES_SOON_DAYS, days_left
from licensing.models import Company, License, LicenseStatement, Notice, Order
from licensing.notices.kinds import EXPIRED, EXPIRES_SOON, REFUSED, SUSPENDED
from licensing.notices.telling import News, bring_up_to_date
from licensing.order_terms import OrderInHand, Term
from licensing.units import in_units

KINDS = (EXPIRES_SOON.name, EXPIRED.name, SUSPENDED.name, REFUSED.name)
TRIAL_EXPIRES_SOON_DAYS = 15
OF_USE_DAYS = 30
"""For so long after it happened a company is still told of an expiration or a suspension."""
RENEWAL_MAY_BE_LATE = timedelta(days=1)
"""Of a term that renews by itself: marketplaces announce a renewal up to hours after the old term has ended."""


def tell_of_licenses(companies: Collection[Company], now: datetime) -> list[Notice]:
    """Tell these companies what is due. Three statements where nothing changed, however many there are."""
    return bring_up_to_date(companies, kinds=KINDS, news=license_news(companies, now), now=now)


def license_news(companies: Collection[Company], now: datetime) -> list[News]:
    """What holds of the companies' licenses. Two statements."""
    days = {company.pk: company.day_of(now) for company in companies}
    if not days:
        return []
    orders, facts = _orders_to_look_at(days)
    return [
        news
        for order, licenses in orders.values()
        for news in _news_of_order(OrderInHand(order, licenses, facts), days[licenses[0].company_id])
    ]


def _orders_to_look_at(days: dict[int, date]) -> tuple[dict[int, tuple[Order, list[License]]], dict[int, LicenseFacts]]:
    """Orders that expire or expired near today, or were ever suspended; and what was said about their licenses."""
    statements = LicenseStatement.objects.filter(company__in=list(days))
    first = min(days.values()) - timedelta(days=OF_USE_DAYS)
    last = max(days.values()) + timedelta(days=EXPIRES_SOON_DAYS)
    near = statements.filter(Q(expires_on__gt=first, expires_on__lte=last) | Q(state=LicenseStatement.State.SUSPENDED))
    licenses = list(
        License.objects.filter(company__in=list(days), order__in=near.values("license__order"))
        .select_related("order__product", "product")
        .order_by("id")
    )
    orders: dict[int, tuple[Order, list[License]]] = {}
    for license in licenses:
        orders.setdefault(license.order_id, (license.order, []))[1].append(license)
    return orders, statements.facts_by_license(licenses)


def _news_of_order(held: OrderInHand, today: date) -> list[News]:
    found = []
    suspended: dict[date, list[Term]] = defaultdict(list)
    for term in held.terms():
        if term.units_on(term.opener_facts.last_day) == 0:
            continue
        if _expires_soon(held, term, today):
            found.append(_news(EXPIRES_SOON.name, held, term))
        elif _expired(held, term, today):
            found.append(_news(EXPIRED.name, held, term))
        since = _suspended_since(term, today)
        if since is not None:
            suspended[since].append(term)
    if suspended:
        found.append(_suspension(held, suspended, today))
    return found


def _expires_soon(held: OrderInHand, term: Term, today: date) -> bool:
    if not term.starts_on <= today < term.expires_on or _is_renewed(held, term, today) or _renews(held, term, today):
        return False
    return days_left(term.opener_facts, today) <= (TRIAL_EXPIRES_SOON_DAYS if term.opener.trial else EXPIRES_SOON_DAYS)


def _expired(held: OrderInHand, term: Term, today: date) -> bool:
    late = RENEWAL_MAY_BE_LATE if _renews(held, term, term.opener_facts.last_day) else timedelta()
    first, end = term.expires_on + late, term.expires_on + timedelta(days=OF_USE_DAYS)
    return first <= today < end and not _is_renewed(held, term, today)


def _is_renewed(held: OrderInHand, term: Term, today: date) -> bool:
    """Whether the term that follows was issued and is not cancelled."""
    following = [each for each in held.licenses if each.renewal_of_id == term.opener.pk]
    return any(held.facts[each.pk].state_on(max(today, held.facts[each.pk].starts_on)) != "cancelled" for each in following)


def _renews(held: OrderInHand, term: Term, day: date) -> bool:
    """Whether the term renews by itself: as was said last, else as bought."""
    standing = term.standing(day) or term.licenses
    said = [held.facts[each.pk].renews_on(term.day_for(each, day)) for each in standing]
    return next((each for each in said if each is not None), held.order.renews)


def _suspended_since(term: Term, today: date) -> date | None:
    """The day from which the term is suspended; None when it is not, or is over."""
    if today >= term.expires_on:
        return None
    facts = [term.facts[each.pk] for each in term.standing(today)]
    since = [each.state_since(today) for each in facts if each.state_on(today) == "suspended" and each.units_on(today)]
    return min((each for each in since if each is not None), default=None)


def _suspension(held: OrderInHand, suspended: dict[date, list[Term]], today: date) -> News:
    """One for the order, whatever terms it has. A day that moves back by a late statement is the same suspension."""
    since = min(suspended)
    term = min((each for terms in suspended.values() for each in terms), key=lambda each: each.starts_on)
    return News(
        term.opener.company_id,
        SUSPENDED.name,
        f"order:{held.order.pk}:{since}",
        {**_facts(held, term, today), "suspended_on": str(since)},
        to_tell=since > today - timedelta(days=OF_USE_DAYS),
        told_by=lambda told: told >= since,
    )


def _news(kind: str, held: OrderInHand, term: Term) -> News:
    last = term.opener_facts.last_day
    facts = {**_facts(held, term, last), "expires_on": str(term.expires_on), "last_on": str(last)}
    return News(term.opener.company_id, kind, f"license:{term.opener.pk}:{term.expires_on}", facts)


def _facts(held: OrderInHand, term: Term, day: date) -> dict[str, str | int]:
    product = term.opener.product
    return {
        "license": str(term.opener.pk),
        "name": held.order.name or product.name,
        "order": held.order.external_id,
        "units": in_units(term.units_on(day), product.unit),
    }
