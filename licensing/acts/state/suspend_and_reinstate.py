"""Acts: suspend and reinstate an order: every license of it that has not expired, renewals not yet begun included."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.errors import Refused
from console.models import ActInProgress, Actor, Reason
from licensing.acts.order_in_hand import STATE_KINDS, OrderInHand
from licensing.acts.state.change_state import change_state
from licensing.acts.state.undo_cancellation import undo_cancellation_of
from licensing.models import License, Order
from licensing.rules.terms import Term


def suspend_order(
    order: Order,
    *,
    today: date,
    by: Actor,
    key: str,
    on: date | None = None,
    reason: Reason = "",
    note: str = "",
) -> list[License]:
    """No credits from the day on, until reinstated. Cancelled licenses stay cancelled. Refused where it is so already."""
    return change_state("order.suspend", order, _suspend, today=today, by=by, key=key, on=on, reason=reason, note=note)


def reinstate_order(
    order: Order,
    *,
    today: date,
    by: Actor,
    key: str,
    on: date | None = None,
    reason: Reason = "",
    note: str = "",
    undo_cancellation: bool = False,
) -> list[License]:
    """Credits again from the day on. Refused where the order is not suspended on it.

    After a cancellation only support's undo, with a reason, reinstates. It takes back what was cancelled of the order, never what
    a reduction or a change of plan cancelled; refused where nothing is, and where two terms would then count on one day.
    """
    if undo_cancellation:
        return undo_cancellation_of(order, today=today, by=by, key=key, on=on, reason=reason, note=note)
    return change_state("order.reinstate", order, _reinstate, today=today, by=by, key=key, on=on, reason=reason, note=note)


def _suspend(act: ActInProgress, held: OrderInHand, running: list[tuple[License, Term]], day: date) -> list[License]:
    return _state(act, held, [license for license, _term in running], day, "suspended")


def _reinstate(act: ActInProgress, held: OrderInHand, running: list[tuple[License, Term]], day: date) -> list[License]:
    return _state(act, held, [license for license, _term in running], day, "active")


def _state(act: ActInProgress, held: OrderInHand, licenses: list[License], day: date, state: str) -> list[License]:
    """Say that the licenses which are not cancelled on the day are suspended, or active, from it on."""
    standing = [each for each in licenses if held.facts[each.pk].state_on(day) != "cancelled"]
    if not standing:
        raise Refused(_("The order is cancelled on that day. Undo the cancellation first."), field="on")
    if all(held.facts[each.pk].state_on(day) == state for each in standing):
        if state == "suspended":
            raise Refused(_("The order is suspended on that day already. Choose a day before the suspension."), field="on")
        raise Refused(_("The order is not suspended on that day. Choose a day on which it is."), field="on")
    for license in standing:
        held.say(act, license, STATE_KINDS[state], day, state=state)
        _repeat_for_days_restated(act, held, license, day)
    return standing


def _repeat_for_days_restated(act: ActInProgress, held: OrderInHand, license: License, day: date) -> None:
    """An undo said for the days of what it took back how things stood then: those are no days that anybody meant."""
    for each in sorted({said.day for said in held.facts[license.pk].said if said.state and said.day > day}):
        facts = held.facts[license.pk]
        state = facts.state_meant_on(each)
        if facts.state_on(each) not in ("cancelled", state):
            held.say(act, license, STATE_KINDS[state], each, state=state)
