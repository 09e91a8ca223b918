"""Where a year that ends on a day begins. Pure: no clock, no database."""

from __future__ import annotations

from datetime import date


def a_year_before(day: date) -> date:
    """The same calendar day of the previous year; 29 February becomes 28 February. Never 365 days."""
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)
