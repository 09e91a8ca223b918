"""What there is to tell of licenses: activated, expires soon, expired, suspended, cancelled. A job asks every hour; nothing
depends on the hour.

A term is told of as one: its license, with what tops it up. The company's own day decides. What a job missed is made good as long
as it is of use: that something expires soon until it has expired, that it expired or was suspended for 30 days, that an order was
activated or cancelled for two days after it was recorded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from console.company_in_hand import for_all
from licensing.acts.order_in_hand import OrderInHand, Term
from licensing.models import Activation, Company, License, LicenseStatement, Notice, Order, Product
from licensing.notices.kinds import ACTIVATED, CANCELLED, EXPIRED, EXPIRES_SOON, REFUSED, SUSPENDED
from licensing.notices.telling import News, bring_up_to_date
from licensing.notices.words_of_notices import PERSON
from licensing.purchases.bought_at import BoughtAt, bought_at
from licensing.rules.license_profile import LicenseFacts
from licensing.rules.license_status import EXPIRES_SOON_DAYS, days_left
from licensing.rules.to_be_renewed import renews_by_itself
from licensing.rules.units_in_words import in_units

KINDS = tuple(each.name for each in (ACTIVATED, EXPIRES_SOON, EXPIRED, SUSPENDED, CANCELLED, REFUSED))
TRIAL_EXPIRES_SOON_DAYS = 15
OF_USE_DAYS = 30
"""For so long after it happened a company is still told of an expiration or a suspension; so long a notice stands at least."""
RECENTLY = timedelta(days=2)
"""For so long after it was recorded a company is still told of an activation or a cancellation: history is no news."""
RENEWAL_MAY_BE_LATE = timedelta(days=1)
"""Of a term that renews by itself: marketplaces announce a renewal up to hours after the old term has ended."""


@dataclass(frozen=True)
class _Look:
    """What is read of the companies' orders, and when."""

    now: datetime
    days: dict[int, date]
    orders: dict[int, tuple[Order, list[License]]]
    facts: dict[int, LicenseFacts]
    bought_at: dict[int, BoughtAt]

    def is_recent(self, instant: datetime | None) -> bool:
        return instant is not None and self.now - RECENTLY < instant <= self.now


@for_all("notices are told to a batch of companies at once")
def tell_of_licenses(companies: Collection[Company], now: datetime) -> list[Notice]:
    """Tell these companies what is due. Three statements where nothing changed, however many there are; four with purchases at
    marketplaces.
    """
    return bring_up_to_date(companies, kinds=KINDS, news=license_news(companies, now), now=now)


def license_news(companies: Collection[Company], now: datetime) -> list[News]:
    """What holds of the companies' licenses. Two statements, three with purchases at marketplaces."""
    days = {company.pk: company.day_of(now) for company in companies}
    if not days:
        return []
    look = _orders_to_look_at(days, now)
    return [
        news
        for order, licenses in look.orders.values()
        for news in _news_of_order(OrderInHand(order, licenses, look.facts), look, days[licenses[0].company_id])
    ]


def _orders_to_look_at(days: dict[int, date], now: datetime) -> _Look:
    """Orders that expire or expired near today, were activated or cancelled of late, or were ever suspended."""
    statements = LicenseStatement.objects.filter(company__in=list(days))
    first = min(days.values()) - timedelta(days=OF_USE_DAYS)
    last = max(days.values()) + timedelta(days=EXPIRES_SOON_DAYS)
    near = statements.filter(
        Q(expires_on__gt=first, expires_on__lte=last)
        | Q(state=LicenseStatement.State.SUSPENDED)
        | Q(state=LicenseStatement.State.CANCELLED, recorded_at__gt=now - timedelta(days=OF_USE_DAYS))
    )
    cancelled = LicenseStatement.objects.filter(
        company=OuterRef("company"), license=OuterRef("pk"), state=LicenseStatement.State.CANCELLED
    )
    activations = Activation.objects.filter(company=OuterRef("company"), license=OuterRef("pk"), person__isnull=False)
    licenses = list(
        License.objects.filter(company__in=list(days))
        .filter(Q(order__in=near.values("license__order")) | Q(order__activated_at__gt=now - RECENTLY))
        .select_related("order__product", "product", "act__actor")
        .annotate(
            activated_by=Subquery(activations.order_by("issued_at", "brought_at").values("person")[:1]),
            cancelled_at=Subquery(cancelled.order_by("-recorded_at").values("recorded_at")[:1]),
        )
        .order_by("id")
    )
    orders: dict[int, tuple[Order, list[License]]] = {}
    for license in licenses:
        orders.setdefault(license.order_id, (license.order, []))[1].append(license)
    facts = statements.facts_by_license(licenses)
    return _Look(now, days, orders, facts, bought_at(order for order, _licenses in orders.values()))


def _news_of_order(held: OrderInHand, look: _Look, today: date) -> list[News]:
    found = []
    if look.is_recent(held.order.activated_at):
        found.append(_activation(held, today))
    cancelled = _cancellation(held, look, today)
    if cancelled is not None:
        found.append(cancelled)
    followed = look.bought_at[held.order.pk].followed
    suspended: dict[date, list[Term]] = defaultdict(list)
    for term in held.terms():
        if not term.counts_on(term.last_day) or term.units_at(term.last_day) == 0:
            continue
        if _expires_soon(held, term, today, followed):
            found.append(_news(EXPIRES_SOON.name, held, term))
        elif _expired(held, term, today, followed):
            found.append(_news(EXPIRED.name, held, term))
        since = _suspended_since(term, today)
        if since is not None:
            suspended[since].append(term)
    if suspended:
        found.append(_suspension(held, suspended, today))
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
        term.leader.company_id,
        SUSPENDED.name,
        f"order:{held.order.pk}:{since}",
        {**_facts(held, term, today), "suspended_on": str(since)},
        to_tell=since > today - timedelta(days=OF_USE_DAYS),
        told_by=lambda told: told >= since,
    )


def _activation(held: OrderInHand, today: date) -> News:
    """Told once for the order, by the license it began with; whatever becomes of it, that it was activated stays true."""
    license = next(each for each in held.licenses if each.kind in (License.Kind.INITIAL, License.Kind.GOODWILL))
    facts = held.facts[license.pk]
    said = {
        **_names(held, license),
        "worth": _worth(license, facts.issued.units or 0, facts.issued.credits or 0),
        "starts_on": str(facts.starts_on),
        "last_on": str(facts.last_day),
        **_by_whom(license),
    }
    until = today + timedelta(days=OF_USE_DAYS)
    return News(license.company_id, ACTIVATED.name, f"order:{held.order.pk}", said, holds_until=until)


def _by_whom(license: License) -> dict[str, str | int]:
    """The person who activated it, who at a marketplace's purchase is behind the marketplace's act; else the machine."""
    person = license.act.actor_id or getattr(license, "activated_by", None)
    return {"by": license.act.by_whom} if person is None else {PERSON: str(person)}


def _cancellation(held: OrderInHand, look: _Look, today: date) -> News | None:
    """None unless every license of the order that is not over is cancelled: one may also be given up or replaced by another.

    One for the order. A day that moves back by a late statement is the same cancellation; an undone one is over.
    """
    terms = [term for term in held.terms() if term.expires_on > today]
    if not terms or any(term.standing(today) for term in terms):
        return None
    begun = {each.pk: held.facts[each.pk].state_since(term.day_for(each, today)) for term in terms for each in term.licenses}
    since = max(day for day in begun.values() if day is not None)
    term = next(term for term in terms if any(begun[each.pk] == since for each in term.licenses))
    lost = [held.facts[each.pk].quantity_on(since) for each in term.licenses if begun[each.pk] == since]
    recorded = [getattr(each, "cancelled_at", None) for each in held.licenses]
    return News(
        term.leader.company_id,
        CANCELLED.name,
        f"order:{held.order.pk}:{since}",
        {
            **_names(held, term.leader),
            "worth": _worth(term.leader, sum(each.units or 0 for each in lost), sum(each.credits or 0 for each in lost)),
            "cancelled_on": str(since),
        },
        to_tell=any(look.is_recent(each) for each in recorded),
        told_by=lambda told: told >= since,
    )


def _worth(license: License, units: int, credits: int) -> str:
    """The units, with the credits they are converted to where that is another number."""
    written = in_units(units, license.product.unit)
    if license.trial or not credits or (license.product.kind == Product.Kind.CREDITS and credits == units):
        return written
    return _("%(units)s (%(credits)s)") % {"units": written, "credits": in_units(credits, "credit")}


def _news(kind: str, held: OrderInHand, term: Term) -> News:
    last = term.last_day
    facts = {**_facts(held, term, last), "expires_on": str(term.expires_on), "last_on": str(last)}
    return News(term.leader.company_id, kind, f"license:{term.leader.pk}:{term.expires_on}", facts)


def _facts(held: OrderInHand, term: Term, day: date) -> dict[str, str | int]:
    return {**_names(held, term.leader), "units": in_units(term.units_on(day), term.leader.product.unit)}


def _names(held: OrderInHand, license: License) -> dict[str, str | int]:
    return {
        "license": str(license.pk),
        "name": held.order.name or license.product.name,
        "order": held.order.external_id,
    }
