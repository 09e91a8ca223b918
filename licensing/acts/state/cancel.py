"""Act: cancel an order: every license of it that has not expired, renewals not yet begun included."""

from __future__ import annotations

from datetime import date

from console.models import ActInProgress, Actor, Reason
from licensing.acts.order_in_hand import OrderInHand
from licensing.acts.state.cancelled_on_later_days import say_cancelled
from licensing.acts.state.change_state import change_state
from licensing.models import License, Order
from licensing.rules.terms import Term


def cancel_order(
    order: Order,
    *,
    today: date,
    by: Actor,
    key: str,
    on: date | None = None,
    reason: Reason = "",
    note: str = "",
) -> list[License]:
    """No credits from the day on, for good. The row keeps its contracted expiration date.

    Recorded late, it lasts until a later day from which a cancellation was undone already.
    """
    return change_state("order.cancel", order, _cancel, today=today, by=by, key=key, on=on, reason=reason, note=note)


def _cancel(act: ActInProgress, held: OrderInHand, _running: list[tuple[License, Term]], day: date) -> list[License]:
    return cancel_licenses(act, held, day)


def cancel_licenses(act: ActInProgress, held: OrderInHand, day: date) -> list[License]:
    """Cancel, within an act, every license of the order that has not expired. Returns those that were not cancelled already."""
    return [
        license for license in held.licenses if held.facts[license.pk].expires_on > day and say_cancelled(act, held, license, day)
    ]
