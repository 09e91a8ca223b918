"""Calendar arithmetic: whole months later, clamped to the month's end; a chain from the 31st comes back to it. Pure: no clock."""

from __future__ import annotations

from datetime import date


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


def months_in_step(first: date, day: date, months: int) -> date:
    """`day` plus whole months, kept on the day of the month of `first` where `day` is a whole number of months after it.

    Month by month from 31 January: 28 February, then 31 March again, where counting from each day would stay on the 28th.
    Raises OverflowError beyond the calendar.
    """
    before = (day.year - first.year) * 12 + day.month - first.month
    in_step = before >= 0 and add_months(first, before) == day
    return add_months(first, before + months) if in_step else add_months(day, months)
