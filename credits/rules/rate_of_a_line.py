"""The rate of a line on a day; one that is no longer listed keeps its last rate. Pure: no Django, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class RateFrom:
    """Credits per unit from a day on; None says that the line is no longer listed, whose last rate then stays."""

    day: date
    credits_per_unit: Decimal | None
    until: date | None = None


def rate_on(rates: Sequence[RateFrom], day: date) -> Decimal:
    """The rate of a day; a line that is no longer listed keeps its last one. 0 before the first.

    `rates` are in the order they were recorded; of one day the last recorded holds.
    """
    found: RateFrom | None = None
    for each in rates:
        if each.credits_per_unit is not None and each.day <= day and (found is None or each.day >= found.day):
            found = each
    return found.credits_per_unit if found and found.credits_per_unit is not None else Decimal(0)


def listed_on(rates: Sequence[RateFrom], day: date) -> bool:
    """Whether the line takes units on a day: a price list in force then lists it."""
    found: RateFrom | None = None
    for each in rates:
        if each.day <= day and (found is None or each.day >= found.day):
            found = each
    return found is not None and found.credits_per_unit is not None and (found.until is None or day < found.until)
