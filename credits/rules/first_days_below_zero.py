"""On which days a balance fell below zero. Pure: no Django, no database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date


def first_days_below_zero(changes: Mapping[date, int]) -> list[date]:
    """The first day of each stretch below zero, in order; `changes` are those of the balance, day by day."""
    found, balance = [], 0
    for day in sorted(changes):
        before, balance = balance, balance + changes[day]
        if balance < 0 <= before:
            found.append(day)
    return found
