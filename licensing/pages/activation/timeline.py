"""What the activation wizard shows: its steps, the purchase in words, the companies to choose from, what has happened so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.errors import DomainError
from console.templatetags import formats
from licensing import credit_questions
from licensing.acts.convert_at_rate_in_force import converted
from licensing.acts.days.end_of_a_term import end_of_term
from licensing.acts.days.term_as_bought import term_of
from licensing.credit_questions import Keeping
from licensing.errors import PurchaseIsOver
from licensing.marketplaces.contract import PurchaseStatus
from licensing.models import Activation, Company, Membership, Order, Permission, Product, Subscription
from licensing.purchases.mirror import lapses_at, why_not
from licensing.rules.units_in_words import in_units
from licensing.rules.units_times_rate import credits_for


@dataclass(frozen=True)
class Step:
    label: str
    note: str
    state: str
    """done, current or ahead."""


def steps(activation: Activation | None, *, at: int, note: str = "") -> list[Step]:
    """The three steps, `at` counting from 1; 4 is past the last."""
    labels = [_("Find the purchase"), _("Review and choose a company"), _("Done")]
    channel = str(Order.Channel(activation.channel).label) if activation else ""
    notes = [
        channel if at > 1 else _("Step 1 of 3"),
        (str(activation.company) if activation and activation.company else "") if at > 2 else _("Step 2 of 3"),
        note or _("Credits count at once"),
    ]
    states = ["done" if number < at else "current" if number == at else "ahead" for number in (1, 2, 3)]
    return [Step(*each) for each in zip(labels, notes, states, strict=True)]


@dataclass(frozen=True)
class Offer:
    """The purchase, whatever its channel, as the review page shows it. `credits` is None for what adds none by itself."""

    channel: str
    product: Product | None
    plan: str
    name: str
    external_id: str
    units: int
    unit: str
    credits: int | None
    rate: Decimal | None
    trial: bool
    months: int
    starts_on: date | None
    expires_on: date | None
    renews: bool
    beneficiary: str
    bought_by: str
    bought_at: datetime | None
    activate_before: datetime | None
    status: str
    problem: str
    """Why it cannot be activated; empty when it can."""

    @property
    def in_seats(self) -> bool:
        return self.product is not None and self.product.kind == Product.Kind.SEATS

    @property
    def stopped(self) -> bool:
        """Suspended or cancelled at its marketplace: what it would bring, and when it would renew, holds no more."""
        return self.status in (PurchaseStatus.SUSPENDED, PurchaseStatus.UNSUBSCRIBED)

    @property
    def one_user_is_one_credit(self) -> bool:
        return self.product is not None and self.product.kind == Product.Kind.CREDITS and not self.trial


def offer_of(activation: Activation, today: date) -> Offer:
    """The purchase of an activation that has found it. At most two statements."""
    if activation.subscription is not None:
        return _of_subscription(activation.subscription, today)
    assert activation.order is not None
    return _of_order(activation.order, today)


def _of_subscription(row: Subscription, today: date) -> Offer:
    product = row.product()
    starts_on = row.term_starts_on or today
    ends = row.term_ends_on + timedelta(days=1) if row.term_ends_on else end_of_term(starts_on, row.term_months or 12)
    units = 1 if row.units is None else row.units
    rate, credits, problem = _worth(product, units, trial=row.trial, starts_on=starts_on)
    return Offer(
        channel=str(Order.Channel(row.channel).label),
        product=product,
        plan=row.plan_id,
        name=row.name,
        external_id=row.external_id,
        units=units,
        unit=in_units(units, product.unit, with_number=False) if product else _("units"),
        credits=credits,
        rate=rate,
        trial=row.trial,
        months=row.term_months or 12,
        starts_on=starts_on,
        expires_on=ends,
        renews=row.renews is not False,
        beneficiary=row.beneficiary_email,
        bought_by=row.purchaser_email or row.beneficiary_email,
        bought_at=row.bought_at,
        activate_before=lapses_at(row),
        status=row.status,
        problem=why_not(row, product) or _over(row, today) or problem,
    )


def _over(row: Subscription, today: date) -> str:
    over = row.order_id is None and row.term_ends_on is not None and row.term_ends_on < today
    return str(PurchaseIsOver(row.term_ends_on, charged=True)) if over and row.term_ends_on else ""


def _of_order(order: Order, today: date) -> Offer:
    starts_on, expires_on = term_of(order, today)
    rate, credits, problem = _worth(order.product, order.units, trial=order.trial, starts_on=starts_on)
    if expires_on <= today:
        problem = _("The term of this order is over; it expired on %(day)s.") % {"day": formats.day(expires_on)}
    return Offer(
        channel=str(Order.Channel(order.channel).label),
        product=order.product,
        plan="",
        name=order.name,
        external_id=order.external_id,
        units=order.units,
        unit=in_units(order.units, order.product.unit, with_number=False),
        credits=credits,
        rate=rate,
        trial=order.trial,
        months=order.term_months or 12,
        starts_on=starts_on,
        expires_on=expires_on,
        renews=order.renews,
        beneficiary="",
        bought_by="",
        bought_at=None,
        activate_before=None,
        status=PurchaseStatus.PENDING if order.company_id is None else PurchaseStatus.SUBSCRIBED,
        problem=problem,
    )


def _worth(product: Product | None, units: int, *, trial: bool, starts_on: date) -> tuple[Decimal | None, int | None, str]:
    if product is None:
        return None, None, ""
    try:
        rate, credits = converted(product, units, trial=trial, starts_on=starts_on)
    except DomainError as error:
        return None, None, str(error)
    return (rate, credits_for(units, rate), "") if rate is not None else (None, 0 if trial else credits, "")


NOT_IN_SEATS = "-"
"""Nothing has to be said of what is not sold in seats: its credits are what was bought."""


@dataclass(frozen=True)
class Choice:
    """A company that may receive the license."""

    company: Company
    balance: int
    would_be: int
    chosen: bool
    keeping: Keeping
    becomes_available: int
    """Of the credits the license brings, those that keeping its use leaves; below zero where it takes more."""

    @property
    def takes_more(self) -> int:
        """Credits that keeping its use takes beyond those the license brings."""
        return max(0, -self.becomes_available)


@dataclass(frozen=True)
class Companies:
    choices: list[Choice]
    others: list[Membership]
    """Where the person is a member without the licensing permission."""
    reserved: Company | None = None

    @property
    def asks_for_use(self) -> bool:
        """Whether what the seats pay for can be kept in use in any of the companies."""
        return any(each.keeping.asked for each in self.choices)


def companies_for(
    memberships: list[Membership], offer: Offer, *, chosen: str, keeps_use: bool = True, reserved: Company | None = None
) -> Companies:
    """Where the person has the licensing permission, with what the balance would become. One statement; five for seats."""
    allowed = [each for each in memberships if Permission.LICENSING.allowed_to(each.roles)]
    others = [each for each in memberships if each not in allowed]
    if reserved is not None:
        allowed = [each for each in allowed if each.company_id == reserved.pk]
    now = timezone.now()
    days = {each.company_id: each.company.day_of(now) for each in allowed}
    balances = credit_questions.free_balances(days) if days else {}
    counts_now = [each for each in allowed if offer.starts_on is None or offer.starts_on <= days[each.company_id]]
    if not chosen and len(allowed) == 1:
        chosen = allowed[0].company.slug
    keeping = _keeping(offer, days)
    choices = []
    for each in allowed:
        pk, brings = each.company_id, offer.credits or 0
        takes = keeping[pk].credits
        change = brings - takes if keeps_use else brings
        choices.append(
            Choice(
                each.company,
                balances[pk],
                balances[pk] + (change if each in counts_now else 0),
                each.company.slug == chosen,
                keeping[pk],
                brings - takes,
            )
        )
    return Companies(choices, others, reserved)


def _keeping(offer: Offer, days: dict[int, date]) -> dict[int, Keeping]:
    """What keeping its use would do in each company; of what is not sold in seats, and of what cannot be activated, nothing."""
    product = offer.product
    if product is None or product.kind != Product.Kind.SEATS or offer.starts_on is None or offer.problem or not days:
        return dict.fromkeys(days, Keeping(why_not=NOT_IN_SEATS))
    return credit_questions.keeping_previews(product, units=offer.units, trial=offer.trial, starts_on=offer.starts_on, days=days)


@dataclass(frozen=True)
class Happened:
    """One line of the timeline. `at` is None for what is still to come."""

    at: datetime | None
    icon: str
    title: str
    text: str


def timeline(activation: Activation, offer: Offer) -> list[Happened]:
    """What has been confirmed so far, and what is still awaited, in its order."""
    seller, units = offer.channel, f"{offer.units:,} {offer.unit}"
    if offer.one_user_is_one_credit and activation.subscription_id:
        units = ngettext("%(number)s user", "%(number)s users", offer.units) % {"number": f"{offer.units:,}"}
    running = activation.state == Activation.State.ACTIVATING
    events = []
    if offer.bought_at:
        text = _("%(who)s subscribed with %(units)s.") % {"who": offer.bought_by or _("The buyer"), "units": units}
        events.append(Happened(offer.bought_at, "receipt", _("Bought in %(seller)s") % {"seller": seller}, text))
    text = (
        _("%(seller)s confirmed %(name)s and its quantity.") if activation.subscription_id else _("The code belongs to %(name)s.")
    )
    found = {"seller": seller, "name": offer.name or offer.external_id}
    events.append(Happened(activation.found_at, "search", _("Purchase found"), text % found))
    company = activation.company
    chose = _("%(who)s chose %(company)s.") % {"who": activation.person, "company": company} if company else _("Waiting for you.")
    events.append(Happened(activation.confirmed_at, "user", _("Reviewed and confirmed"), chose))
    if activation.subscription_id:
        text = _("The marketplace reports the subscription as active. Billing starts there.")
        waits = _("Asking the marketplace; this takes a moment.") if running else _("The marketplace has not confirmed it.")
        title = _("Activated at %(seller)s") % {"seller": seller}
        events.append(Happened(activation.accepted_at, "switch-horizontal", title, text if activation.accepted_at else waits))
    waits = _("Follows at once.") if running else _("No license was issued.")
    counts = _("Its credits count from the start of the term.") if offer.credits else _("It is valid from the start of the term.")
    issued = counts if activation.issued_at else waits
    events.append(Happened(activation.issued_at, "license", _("License issued"), issued))
    return events


def months_in_words(months: int) -> str:
    return ngettext("%(months)d month", "%(months)d months", months) % {"months": months}
