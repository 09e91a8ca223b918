"""Act: undo a cancellation of an order, which support alone may: what it takes back, and what stays cancelled."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.errors import Refused
from console.models import ActInProgress, Actor, Reason
from licensing.access import require_support
from licensing.acts.order_in_hand import STATE_KINDS, OrderInHand
from licensing.acts.state.change_state import change_state
from licensing.models import License, Order
from licensing.rules.terms import Term


def undo_cancellation_of(
    order: Order,
    *,
    today: date,
    by: Actor,
    key: str,
    on: date | None = None,
    reason: Reason = "",
    note: str = "",
) -> list[License]:
    """Reinstate after a cancellation: support alone, with a reason. See `reinstate_order`, which calls it."""
    require_support(by, reason=reason)
    return change_state(
        "order.undo-cancellation",
        order,
        _undo_cancellation,
        today=today,
        by=by,
        key=key,
        on=on,
        reason=reason,
        note=note,
        before=_require_not_transferred,
    )


def _require_not_transferred(order: Order) -> None:
    if Order.objects.succeeding(order).exists():
        raise Refused(_("The order was moved to another company; its credits are there."))


def _undo_cancellation(act: ActInProgress, held: OrderInHand, running: list[tuple[License, Term]], day: date) -> list[License]:
    changed = []
    for license, term in running:
        facts, ends_on = held.facts[license.pk], ended_by_itself_on(term, license)
        days = {day} | {said.day for said in facts.said if said.state == "cancelled" and said.day > day}
        days = {each for each in days if ends_on is None or each < ends_on}
        if not any(facts.state_on(each) == "cancelled" for each in days):
            continue
        held.say(act, license, STATE_KINDS["active"], day, state="active")
        for each in sorted(days - {day}):
            state = held.facts[license.pk].state_meant_on(each)
            held.say(act, license, STATE_KINDS[state], each, state=state)
        changed.append(license)
    if not changed:
        raise Refused(_("Nothing of the order is cancelled on that day or later that could be undone."), field="on")
    return changed


def ended_by_itself_on(term: Term, license: License) -> date | None:
    """The day from which a license stays cancelled whatever is undone: reduced to nothing, or of a plan that was changed."""
    return term.ends_of(license)
