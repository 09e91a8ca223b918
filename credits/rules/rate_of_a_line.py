"""What a requirement line takes on each day, from what was stated about it. Pure: no Django, no database.

Units of a day are those of the latest day not after it that has a standing statement, of one day the last recorded; a rate is
the latest one valid not after the day. The profile is ceil(units x rate), and 0 while the feature is billed pay-as-you-go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from credits.rules.billing_model import Switch, billed_pay_as_you_go_on
from licensing.rules.changes_to_post import changes_of
from licensing.rules.units_times_rate import credits_for


@dataclass(frozen=True)
class Allotted:
    """One allocation statement: `units` from `day` on, or the withdrawal of the statement with id `withdraws`."""

    id: int
    day: date
    units: int | None
    withdraws: int | None = None


@dataclass(frozen=True)
class RateFrom:
    """Credits per unit from a day on; None says that the line is no longer listed, whose last rate then stays."""

    day: date
    credits_per_unit: Decimal | None
    until: date | None = None


def not_withdrawn(statements: Sequence[Allotted]) -> list[Allotted]:
    """The statements of units that nobody withdrew, in the order they were recorded."""
    withdrawn = {each.withdraws for each in statements if each.withdraws is not None}
    return [each for each in statements if each.withdraws is None and each.id not in withdrawn]


def standing(statements: Sequence[Allotted]) -> list[Allotted]:
    """The statements that hold, by day: withdrawn ones left out, of one day the last recorded.

    `statements` are in the order they were recorded.
    """
    by_day = {each.day: each for each in not_withdrawn(statements)}
    return [by_day[day] for day in sorted(by_day)]


def plans_of(statements: Sequence[Allotted], switches: Sequence[Switch]) -> list[Allotted]:
    """What can be withdrawn: statements nobody withdrew, less the 0 units that a switch of the billing model stated.

    That 0 is part of the switch: without it, the units of the time before would come back when the contract ends.
    """
    switched = {switch.day for switch in switches}
    return [each for each in not_withdrawn(statements) if each.units or each.day not in switched]


def units_on(statements: Sequence[Allotted], day: date) -> int:
    """Units of the latest standing statement not after `day`; 0 before the first."""
    units = 0
    for each in standing(statements):
        if each.day > day:
            break
        units = each.units or 0
    return units


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


@dataclass(frozen=True)
class LineFacts:
    """All that decides what a line takes; statements and rates in the order they were recorded."""

    statements: tuple[Allotted, ...]
    rates: tuple[RateFrom, ...]
    switches: tuple[Switch, ...] = ()

    def units_on(self, day: date) -> int:
        return 0 if billed_pay_as_you_go_on(self.switches, day) else units_on(self.statements, day)

    def credits_on(self, day: date) -> int:
        return credits_for(self.units_on(day), rate_on(self.rates, day))

    def steps(self) -> tuple[dict[date, int], dict[date, int]]:
        """The profile as its changes: (day -> units, day -> credits), nothing where nothing changes."""
        days = {each.day for each in self.statements} | {each.day for each in self.rates}
        for switch in self.switches:
            days.add(switch.day)
            if switch.contract:
                for first, end in switch.contract.periods:
                    days |= {first, end}
        return changes_of(self.units_on, days), changes_of(self.credits_on, days)
