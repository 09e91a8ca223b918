"""How long a cancellation lasts: said again of each later day on which something else had been said of the state."""

from __future__ import annotations

from datetime import date

from console.models import ActInProgress
from licensing.acts.order_in_hand import OrderInHand
from licensing.models import License, LicenseStatement
from licensing.rules.license_profile import LicenseFacts


def say_cancelled(act: ActInProgress, held: OrderInHand, license: License, day: date, *, for_good: bool = False) -> bool:
    """State a cancellation that lasts: repeated on each later day on which something else had been said of the state.

    One of the order lasts until it was undone, as may be recorded already; one of the license alone, `for_good`, whatever
    was said. False where the license is cancelled on all those days already, and nothing had to be said.
    """
    facts = held.facts[license.pk]
    until = None if for_good else cancelled_until(facts, day)
    days = {day} | {each.day for each in facts.said if each.state and each.day > day}
    wanting = {each for each in days if (until is None or each < until) and facts.state_on(each) != "cancelled"}
    if for_good:
        wanting.add(day)  # also where the order is cancelled already: an undo leaves what ended by itself
    for each in sorted(wanting):
        held.say(act, license, LicenseStatement.Kind.CANCELLED, each, state="cancelled")
    return bool(wanting)


def cancelled_until(facts: LicenseFacts, day: date) -> date | None:
    """How long a cancellation of the order from a day lasts: until a later day from which one was undone; else for good."""
    return min((each for each in facts.undone_on if each > day), default=None)
