"""What the changes of a company, day by day, come to on a day, and when its balance is below zero. Knows no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Changes:
    """Day -> change of valid credits, and of allocated ones. The first days hold all that came before."""

    supply: dict[date, int] = field(default_factory=dict)
    demand: dict[date, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Outlook:
    """Totals at the end of a day; the first day from there on below zero; since when it is so already."""

    valid: int
    allocated: int
    runway_on: date | None
    below_since: date | None


def outlook_of(changes: Changes, on: date, *, first: date) -> Outlook:
    """In one pass. `below_since` is None where the balance was below zero on the day `first` already, which holds all before."""
    supply, demand = changes.supply, changes.demand
    valid = allocated = 0
    since = runway = known = None
    for day in sorted({*supply, *demand}):
        if day > on and known is None:
            known = (valid, allocated)
            if valid < allocated:
                runway = on
                break
        was_below = valid < allocated
        valid += supply.get(day, 0)
        allocated += demand.get(day, 0)
        if day <= on:
            if valid >= allocated:
                since = None
            elif not was_below:
                since = day
        elif valid < allocated:
            runway = day
            break
    if known is None:
        known = (valid, allocated)
        runway = on if valid < allocated else None
    return Outlook(*known, runway, since if known[0] < known[1] and since != first else None)
