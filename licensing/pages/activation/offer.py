"""The purchase, whatever its channel, as the review page shows it, with why it cannot be activated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.errors import DomainError
from console.templatetags import formats
from licensing.acts.convert_at_rate_in_force import converted
from licensing.acts.days.end_of_a_term import end_of_term
from licensing.acts.days.term_as_bought import term_of
from licensing.errors import PurchaseIsOver
from licensing.marketplaces.contract import PurchaseStatus
from licensing.models import Activation, Order, Product, Subscription
from licensing.purchases.why_a_purchase_cannot_be_activated import lapses_at, why_not
from licensing.rules.units_in_words import in_units
from licensing.rules.units_times_rate import credits_for


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


def months_in_words(months: int) -> str:
    return ngettext("%(months)d month", "%(months)d months", months) % {"months": months}
