"""Acts: suspend, reinstate and cancel an order: every license of it that has not expired, renewals not yet begun included."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, ActInProgress, Actor
from licensing.access import require_support
from licensing.acts.dates_of_terms import day_of_event
from licensing.acts.order_in_hand import STATE_KINDS, OrderInHand, activated, finish_with, in_hand, licenses_of
from licensing.models import License, Order
from licensing.rules.terms import Term


def suspend_order(order: Order, *, today: date, by: Actor, key: str, on: date | None = None, reason: str = "") -> list[License]:
    """No credits from the day on, until reinstated. Cancelled licenses stay cancelled. Refused where it is so already."""
    return _change_state("order.suspend", order, "suspended", today=today, by=by, key=key, on=on, reason=reason)


def reinstate_order(
    order: Order,
    *,
    today: date,
    by: Actor,
    key: str,
    on: date | None = None,
    reason: str = "",
    undo_cancellation: bool = False,
) -> list[License]:
    """Credits again from the day on. Refused where the order is not suspended on it.

    After a cancellation only support's undo, with a reason, reinstates. It takes back what was cancelled of the order, never what
    a reduction or a change of plan cancelled; refused where nothing is, and where two terms would then count on one day.
    """
    if undo_cancellation:
        require_support(by, reason=reason)
    return _change_state(
        "order.undo-cancellation" if undo_cancellation else "order.reinstate",
        order,
        "active",
        today=today,
        by=by,
        key=key,
        on=on,
        reason=reason,
        undo_cancellation=undo_cancellation,
    )


def cancel_order(order: Order, *, today: date, by: Actor, key: str, on: date | None = None, reason: str = "") -> list[License]:
    """No credits from the day on, for good. The row keeps its contracted expiration date.

    Recorded late, it lasts until a later day from which a cancellation was undone already.
    """
    return _change_state("order.cancel", order, "cancelled", today=today, by=by, key=key, on=on, reason=reason)


@as_act
def _change_state(
    name: str,
    order: Order,
    state: str,
    *,
    today: date,
    by: Actor,
    key: str,
    on: date | None,
    reason: str,
    undo_cancellation: bool = False,
) -> list[License]:
    """Returns the licenses whose state was stated; of a cancellation none is a success too, unless all have expired."""
    require_support(by)
    order, company = activated(order)
    act = Act.begin(name, scope=company, key=key, by=by, reason=reason, stated={"order": order, "on": on})
    if act.done:
        return licenses_of(act)
    if undo_cancellation and Order.objects.filter(transferred_from=order).exists():
        raise Refused(_("The order was moved to another company; its credits are there."))
    held, day = in_hand(order), day_of_event(on, today)
    running = [(license, term) for term in held.terms() for license in term.licenses if held.facts[license.pk].expires_on > day]
    if not running:
        raise Refused(_("Every license of the order has expired."))
    if undo_cancellation:
        changed = _undo_cancellation(act, held, running, day)
    elif state == "cancelled":
        changed = cancel_licenses(act, held, day)
    else:
        changed = _state(act, held, [license for license, _term in running], day, state)
    return finish_with(act, held, changed, today)


def cancel_licenses(act: ActInProgress, held: OrderInHand, day: date) -> list[License]:
    """Cancel, within an act, every license of the order that has not expired. Returns those that were not cancelled already."""
    return [
        license for license in held.licenses if held.facts[license.pk].expires_on > day and held.say_cancelled(act, license, day)
    ]


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
