"""From an amount on each day to the entries still to be posted. Pure: no Django, no database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date


def changes_of(amount_on: Callable[[date], int], days: set[date]) -> dict[date, int]:
    """The signed changes of an amount that only changes on `days` and is 0 before the first of them."""
    changes: dict[date, int] = {}
    before = 0
    for day in sorted(days):
        amount = amount_on(day)
        if amount != before:
            changes[day] = amount - before
        before = amount
    return changes


def missing(wanted: Mapping[date, int], posted: Mapping[date, int]) -> dict[date, int]:
    """What has still to be posted, per day, so that the sums of `posted` become those of `wanted`; no zeros."""
    differences = {day: wanted.get(day, 0) - posted.get(day, 0) for day in sorted(wanted.keys() | posted.keys())}
    return {day: change for day, change in differences.items() if change}
