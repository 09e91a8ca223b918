"""On which days a total of an order's units holds: from the day it is stated for until the next one for which one is."""

from __future__ import annotations

from datetime import date

from console.models import ActInProgress
from licensing.acts.order_in_hand import OrderInHand
from licensing.models import LicenseStatement
from licensing.rules.terms import Term


def first_day_changed(term: Term, day: date) -> date:
    """From which of its days an act of `day` changes the units of a term; of one not begun, from the first."""
    return max(day, term.starts_on)


def days_changed(held: OrderInHand, term: Term, day: date) -> list[date]:
    """The days on which a total stated for `day` has to be looked for: each on which the term's units can change until it ends.

    A total holds until the next day for which one was stated, whatever of the licenses was stated for a day in between.
    """
    until = held.next_total_after(day)
    return term.change_days(first_day_changed(term, day), term.expires_on if until is None else min(until, term.expires_on))


def say_total(act: ActInProgress, held: OrderInHand, units: int, day: date) -> None:
    held.say(act, held.licenses[0], LicenseStatement.Kind.TOTAL, day, total_units=units)
