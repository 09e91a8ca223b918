"""Acts: suspend, reinstate and cancel an order: every license of it that has not expired, renewals not yet begun included."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from console.errors import Refused
from console.models import Act, Actor
from licensing.access import require_support
from licensing.models import License, LicenseStatement, Order
from licensing.order_terms import activated, day_of_event, in_hand, post_and_tell, say
from licensing.quantity import say_cancelled


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


KINDS = {
    "active": LicenseStatement.Kind.REINSTATED,
    "suspended": LicenseStatement.Kind.SUSPENDED,
}


@transaction.atomic
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
    order = activated(order)
    act = Act.begin(name, scope=order.company, key=key, by=by, reason=reason, stated={"order": order, "on": on})
    if act.done:
        return list(License.objects.for_company(act.company).filter(pk__in=act.result["licenses"]).order_by("id"))
    held, day = in_hand(order), day_of_event(on, today)
    running = [(license, term) for term in held.terms() for license in term.licenses if held.facts[license.pk].expires_on > day]
    if not running:
        raise Refused(_("Every license of the order has expired."))
    changed = []
    for license, term in running:
        facts, from_day = held.facts[license.pk], term.day_for(license, day)
        now = facts.state_on(from_day)
        if now == "cancelled" and not undo_cancellation:
            continue
        if state == "cancelled":
            say_cancelled(act, license, term, day)
        elif now != state:
            say(act, license, KINDS[state], from_day, state=state)
        else:
            continue
        changed.append(license)
    post_and_tell(act, changed, today)
    act.finish(licenses=[license.pk for license in changed])
    return changed
