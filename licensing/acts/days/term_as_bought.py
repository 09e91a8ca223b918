"""The first day and the end of a term as it was bought: calendar dates that a marketplace names, or whole months."""

from __future__ import annotations

from datetime import date

from licensing.acts.days.end_of_a_term import day_after, end_of_term
from licensing.models import Order

NAMES_ITS_TERM = {Order.Channel.AZURE, Order.Channel.AWS}


def term_of(order: Order, today: date) -> tuple[date, date]:
    """(starts_on, expires_on) of an order activated today.

    A marketplace names calendar dates, never converted between zones; its license starts at the earlier of the term's start and
    today. Where nobody names an end, the term is whole months from the start.
    """
    starts_on = order.term_starts_on or today
    if order.channel in NAMES_ITS_TERM:
        starts_on = min(starts_on, today)
    if order.term_ends_on is not None:
        return starts_on, day_after(order.term_ends_on)
    assert order.term_months is not None
    return starts_on, end_of_term(starts_on, order.term_months)
