"""The whole history of a feature: what it was allocated, at which rate, what that took, and what was in use, day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from credits.acts.feature_in_hand import FeatureInHand
from credits.models import CreditRequirement
from credits.rules.billing_model import billed_pay_as_you_go_on
from credits.rules.rate_of_a_line import rate_on
from credits.rules.units_in_use import Observed, in_use_on


@dataclass(frozen=True)
class LineOnDay:
    """A line from a day on, until the next row of it. `in_use` is what was observed last, None before it was."""

    day: date
    units: int
    rate: Decimal | None
    credits: int
    in_use: int | None
    pay_as_you_go: bool
    observed_on: date | None = None


@dataclass(frozen=True)
class LineOverTime:
    """A line with a row for each day on which something of it changed, by day."""

    line: CreditRequirement
    rows: Sequence[LineOnDay]


def feature_over_time(held: FeatureInHand, observed: Mapping[int, Sequence[Observed]], until: date) -> list[LineOverTime]:
    """The lines that ever had units or were observed up to a day. Free: all that decides it is in hand."""
    found = []
    for line, rates in held.rates.items():
        facts, seen = held.facts_of(line), observed.get(line.pk, ())
        units, credits = facts.steps()
        began = min([*units, *(each.day for each in seen)], default=None)
        if began is None or began > until:
            continue
        days = {
            *units,
            *credits,
            *(each.day for each in seen),
            *(each.day for each in rates),
            *(each.day for each in held.switches),
        }
        rows: list[LineOnDay] = []
        for day in sorted(day for day in days if began <= day <= until):
            latest = in_use_on(seen, day)
            row = LineOnDay(
                day,
                facts.units_on(day),
                rate_on(rates, day),
                facts.credits_on(day),
                latest.units if latest else None,
                billed_pay_as_you_go_on(held.switches, day),
                latest.day if latest else None,
            )
            if not rows or _differs(rows[-1], row):
                rows.append(row)
        found.append(LineOverTime(line, rows))
    return found


def _differs(before: LineOnDay, row: LineOnDay) -> bool:
    """An observation of the same units again is told too: it says that it still held."""
    return (row.units, row.rate, row.credits, row.in_use, row.pay_as_you_go, row.observed_on) != (
        before.units,
        before.rate,
        before.credits,
        before.in_use,
        before.pay_as_you_go,
        before.observed_on,
    )
