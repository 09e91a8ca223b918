"""When a term ends: whole months counted from the order's first day, or the day after the last one that is named."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils.translation import gettext as _

from console.errors import Refused
from licensing.rules.calendar_arithmetic import months_in_step


def end_of_term(starts_on: date, months: int) -> date:
    """The expiration date of a term of whole months. Refused where it lies beyond the calendar."""
    return end_of_next_term(starts_on, starts_on, months)


def end_of_next_term(first: date, starts_on: date, months: int) -> date:
    """The same of a term that follows others, of an order that began on `first`: in step with that day of the month."""
    try:
        return months_in_step(first, starts_on, months)
    except OverflowError:
        raise Refused(_("The term ends beyond the calendar. Enter an earlier start or fewer months.")) from None


def day_after(day: date) -> date:
    """The expiration date of a term whose last day is named. Refused where it lies beyond the calendar."""
    if day == date.max:
        raise Refused(_("The term ends beyond the calendar. Enter an earlier day."), field="term_ends_on")
    return day + timedelta(days=1)
