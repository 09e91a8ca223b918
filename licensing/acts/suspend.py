"""Acts: suspend, reinstate and cancel an order: every license of it that has not expired, renewals not yet begun included."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, ActInProgress, Actor
from licensing.access import require_support
from licensing.acts.change_units import say_cancelled
from licensing.acts.order_in_hand import STATE_KINDS, activated, day_of_event, finish_with, in_hand, licenses_of, say
from licensing.models import License, Order
from licensing.rules.license_profile import LicenseFacts, Said


def suspend_order(order: Order, *, today: date, by: Actor, key: str, on: date | None = None, reason: str = "") -> list[License]:
    """No credits from the day on, until reinstated. Cancelled licenses stay cancelled."""
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
    """Credits again from the day on. After a cancellation only support's undo, with a reason, reinstates."""
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
    """No credits from the day on, for good. The row keeps its contracted expiration date."""
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
    """Returns the licenses whose state was stated; none is a success too, unless all have expired."""
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
    changed = []
    for license, term in running:
        facts = held.facts[license.pk]
        if undo_cancellation:
            if held.plan_was_changed(term):
                continue
            _say_reinstated(act, license, facts, day)
        elif state == "cancelled":
            if not say_cancelled(act, license, facts, day):
                continue
        elif facts.state_on(day) == "cancelled" or facts.state_said_on(day) == state:
            continue
        else:
            # Also where it is so already: a statement of an earlier day may still come.
            say(act, license, STATE_KINDS[state], day, state=state)
        changed.append(license)
    return finish_with(act, changed, today)


def _say_reinstated(act: ActInProgress, license: License, facts: LicenseFacts, day: date) -> None:
    """Undo every cancellation from the day on: from then on the state is what it would be had none been stated."""
    others = [each for each in facts.said if each.state != "cancelled"]
    without = LicenseFacts((*others, Said(kind="reinstated", day=day, state="active")))
    for each in sorted({day} | {said.day for said in facts.said if said.state == "cancelled" and said.day > day}):
        state = without.state_on(each)
        say(act, license, STATE_KINDS[state], each, state=state)
