"""The rules of the profiles, written a second time: what a license supplies, and a line takes, on a day.

Deliberately not the modules the acts use. Pure: rows in (anything with the columns), numbers out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any


def rounded_up(units: int, rate: Decimal) -> int:
    """ceil(units x rate), exact."""
    total = units * Fraction(rate)
    return -(-total.numerator // total.denominator)


class Timeline[Value]:
    """Values by the day they hold from, until the next one; of one day the one told last."""

    def __init__(self, told: Iterable[tuple[date, Value]]) -> None:
        last_of_day = dict(told)
        self.days = sorted(last_of_day)
        self.values = [last_of_day[day] for day in self.days]

    def on(self, day: date) -> Value | None:
        """What holds on a day; None before the first."""
        count = bisect_right(self.days, day)
        return self.values[count - 1] if count else None


class LicenseHistory:
    """What a license's statements, in the order they were recorded, say about each day."""

    def __init__(self, recorded: Sequence[Any]) -> None:
        # A withdrawal may be withdrawn itself: it counts while no later row that counts names it.
        named_by = {each.withdraws_id: each.id for each in recorded if each.withdraws_id}
        said = [each for each in recorded if not each.withdraws_id and _is_on(each.id, named_by)]
        self.said = said
        self.issued = next((each for each in said if each.kind == "issued"), None)
        quantities = [each for each in said if each.units is not None]
        # Units said of every day, as those a license was issued with are: what was recorded of them before counts no more.
        reset = max((n for n, each in enumerate(quantities) if each.kind == "issued" or each.every_day), default=0)
        self.base = quantities[reset] if quantities else None
        self.quantities = Timeline((each.effective_on, each) for each in quantities[reset + 1 :])
        self.states = Timeline((each.effective_on, each) for each in said if each.state)
        dated = [each for each in said if each.starts_on is not None]
        # Dates hold for every day, whatever day their statement names. Without any, the license has no day.
        self.starts_on: date = dated[-1].starts_on if dated else date.max
        self.expires_on: date = dated[-1].expires_on if dated else date.min

    def ids(self) -> set[int]:
        """Of the statements that stand."""
        return {each.id for each in self.said}

    def state_on(self, day: date) -> str:
        said = self.states.on(day)
        return said.state if said else "active"

    def units_on(self, day: date) -> int:
        said = self.quantities.on(day) or self.base
        return said.units if said else 0

    def credits_on(self, day: date) -> int:
        """What the license supplies on a day."""
        if not self.starts_on <= day < self.expires_on or self.state_on(day) in ("suspended", "cancelled"):
            return 0
        said = self.quantities.on(day) or self.base
        return said.credits if said else 0

    def holds(self, day: date) -> bool:
        """Whether a day is one of its days."""
        return self.starts_on <= day < self.expires_on

    def runs_on(self, day: date) -> bool:
        """Whether it has begun and neither ended nor been cancelled; what is suspended has not ended."""
        return self.holds(day) and self.state_on(day) != "cancelled"

    def days(self) -> set[date]:
        """Every day on which anything above can change."""
        stated = {day for each in self.said for day in (each.effective_on, each.starts_on, each.expires_on)}
        return {day for day in stated if day is not None}


class Billing:
    """How one feature is billed on each day."""

    def __init__(self, changes: Iterable[Any], contracts: Mapping[int, Sequence[LicenseHistory]]) -> None:
        """`contracts`: change id -> the licenses of the contract it was made under, renewals included."""
        self.changes = Timeline((change.effective_on, change) for change in changes)
        self.contracts = contracts

    def pay_as_you_go_on(self, day: date) -> bool:
        change = self.changes.on(day)
        if change is None or change.model != "pay-as-you-go":
            return False
        return any(contract.runs_on(day) for contract in self.contracts[change.id])

    def days(self) -> set[date]:
        return {*self.changes.days, *(day for each in self.contracts.values() for history in each for day in history.days())}


def _is_on(id: int, named_by: Mapping[int, int]) -> bool:
    return id not in named_by or not _is_on(named_by[id], named_by)


class LineHistory:
    """What a line's statements and rates, in the order they were recorded, say about each day."""

    def __init__(self, said: Sequence[Any], rates: Sequence[Any], billing: Billing | None) -> None:
        # A withdrawal may be withdrawn itself. Each row is named once, by a later one: it stands while that one does not.
        named_by = {each.withdraws_id: each.id for each in said if each.withdraws_id}
        self.units = Timeline(
            (each.effective_on, each.units) for each in said if not each.withdraws_id and _is_on(each.id, named_by)
        )
        # A line that is no longer listed keeps its last rate: rows that end a listing do not count.
        self.rates = Timeline((each.valid_from, each.credits_per_unit) for each in rates if each.credits_per_unit is not None)
        self.billing = billing

    def units_on(self, day: date) -> int:
        """What the line takes on a day, in units: none while its feature is billed pay-as-you-go."""
        if self.billing is not None and self.billing.pay_as_you_go_on(day):
            return 0
        return self.units.on(day) or 0

    def credits_on(self, day: date) -> int:
        """The same in credits; 0 before the line's first rate."""
        return rounded_up(self.units_on(day), self.rates.on(day) or Decimal(0))

    def days(self) -> set[date]:
        """Every day on which anything above can change."""
        return {*self.units.days, *self.rates.days, *(self.billing.days() if self.billing else ())}
