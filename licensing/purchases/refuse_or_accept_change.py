"""Whether a change that a marketplace asks us about is refused: only while it is open there; afterwards it is followed."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from console.errors import DomainError
from console.models import Actor
from licensing.acts.change_plan import change_plan
from licensing.acts.conditions.free_balance_covers_a_reduction import NotCovered
from licensing.acts.order_in_hand import in_hand
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.set_units import set_order_units
from licensing.marketplaces.contract import (
    Action,
    Marketplace,
    Notification,
    Operation,
    OperationStatus,
    Patience,
)
from licensing.models import MarketplaceEvent, Order, Subscription

State = MarketplaceEvent.State


class Refusal(Exception):
    """We do not agree to the change; the sentence is for support and the customer."""


def takes_back(source: Marketplace, said: Notification, operation: Operation) -> bool:
    """Whether the change is to the value that holds there: it undoes one that failed later, and is never refused.

    The body says so first, but only the purchase itself is believed.
    """
    if operation.action != Action.CHANGE_QUANTITY or said.units_before != operation.units:
        return False
    return source.purchase(said.purchase_id, patience=Patience.WEBHOOK).units == operation.units


def refuse_or_accept(
    order: Order, subscription: Subscription, operation: Operation, *, needs_cover: bool, by: Actor, on: date, today: date
) -> tuple[MarketplaceEvent.State, str]:
    """Bring the order to the value of the operation. Returns the state of its event, and why, in words.

    Raises Refusal only while the operation is open there: what the marketplace has decided is followed. Fewer units are refused
    where the free balance has to cover them and does not; another plan where it sells nothing here.
    """
    change = _change_plan if operation.action == Action.CHANGE_PLAN else _change_quantity
    try:
        with transaction.atomic():
            detail = change(order, subscription, operation, needs_cover=needs_cover, by=by, on=on, today=today)
        return State.APPLIED, detail
    except (Refusal, NotCovered) as error:
        if operation.status == OperationStatus.OPEN:
            raise Refusal(str(error)) from error
        return State.WAITING, _("The marketplace has accepted it, so it is followed: %(why)s") % {"why": error}
    except DomainError as error:
        # Not the customer's doing, so no reason to refuse: the purchase itself is read again and followed.
        return State.WAITING, _("Not applied yet: %(why)s") % {"why": error}


def _change_quantity(
    order: Order, subscription: Subscription, operation: Operation, *, needs_cover: bool, by: Actor, on: date, today: date
) -> str:
    units, key = operation.units, f"operation:{operation.external_id}"
    assert units is not None
    if needs_cover:
        held = in_hand(order).running_terms(today)
        if any(term.units_on(max(today, term.starts_on)) > units for term in held):
            reduce_order(order, units=units, only_if_covered=True, by=by, key=f"{key}:reduce", on=on, today=today)
    set_order_units(order, units=units, by=by, key=key, on=on, today=today)
    return _("Set to %(units)s.") % {"units": f"{units:,}"}


def _change_plan(
    order: Order, subscription: Subscription, operation: Operation, *, needs_cover: bool, by: Actor, on: date, today: date
) -> str:
    product = subscription.product(operation.plan_id)
    if product is None:
        raise Refusal(_("The plan “%(plan)s” is not set up here.") % {"plan": operation.plan_id})
    held = in_hand(order).running_terms(today)
    if held and held[0].leader.product == product:
        return _("It is %(product)s already.") % {"product": product}
    change_plan(order, product=product, by=by, key=f"operation:{operation.external_id}", on=on, today=today)
    return _("Changed to %(product)s.") % {"product": product}
