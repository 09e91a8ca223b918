"""Calendar arithmetic: the same day a year before, whole months later. Pure: no clock, no database."""

from __future__ import annotations

from datetime import date


def a_year_before(day: date) -> date:
    """The same calendar day of the previous year; 29 February becomes 28 February. Never 365 days."""
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)


def add_months(day: date, months: int) -> date:
    """`day` plus whole months, clamped to the month's end: 29 Feb 2028 + 12 months is 28 Feb 2029.

    Raises OverflowError beyond the calendar (year 9999).
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        raise OverflowError("The date lies beyond the calendar.")
    first = date(year, month + 1, 1)
    for length in (31, 30, 29, 28):
        try:
            last = first.replace(day=length)
        except ValueError:
            continue
        return first.replace(day=min(day.day, last.day))
    raise AssertionError("a month has at least 28 days")
