"""What suspending, reinstating and canceling an order have in common, and undoing a cancellation: lock, key, what runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, ActInProgress, Actor, Reason
from licensing.access import require_support
from licensing.acts.days.day_of_an_outside_event import day_of_event
from licensing.acts.order_in_hand import OrderInHand, activated, finish_with, in_hand, licenses_of
from licensing.models import License, Order
from licensing.rules.terms import Term

SayState = Callable[[ActInProgress, OrderInHand, list[tuple[License, Term]], date], list[License]]
"""What an act says of the licenses that have not expired on its day, each with its term; returns those of which it said it."""


@as_act
def change_state(
    name: str,
    order: Order,
    say: SayState,
    *,
    today: date,
    by: Actor,
    key: str,
    on: date | None,
    reason: Reason,
    note: str,
    before: Callable[[Order], None] | None = None,
) -> list[License]:
    """Returns the licenses whose state was stated; of a cancellation none is a success too, unless all have expired.

    `before` is asked before anything of the order is read, and may refuse.
    """
    require_support(by)
    order, company = activated(order)
    act = Act.begin(name, scope=company, key=key, by=by, reason=reason, note=note, stated={"order": order, "on": on})
    if act.done:
        return licenses_of(act)
    if before is not None:
        before(order)
    held, day = in_hand(order), day_of_event(on, today)
    running = [(license, term) for term in held.terms() for license in term.licenses if held.facts[license.pk].expires_on > day]
    if not running:
        raise Refused(_("Every license of the order has expired."))
    return finish_with(act, held, say(act, held, running, day), today)
