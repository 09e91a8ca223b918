"""A company's account by months: what opens each, what moves in it, and what closes it. Pure: no clock, no database.

A movement stands on the later of its day and the day on which it was recorded. So a month closes with what held at the end of its
last day as it was known then: nothing that is recorded afterwards stands in it, and each month opens with what the one
before closed with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from licensing.rules.calendar_arithmetic import add_months


def stands_on(effective_on: date, recorded_on: date) -> date:
    """The day on which a movement stands in the account; `recorded_on` is the company's day at its recording."""
    return max(effective_on, recorded_on)


def is_correction(effective_on: date, recorded_on: date) -> bool:
    """Whether it holds from a day of a month that was over when it was recorded."""
    return effective_on < recorded_on.replace(day=1)


def first_of(day: date) -> date:
    return day.replace(day=1)


def months_between(first: date, last: date) -> list[date]:
    """The first days of the months of both days and of all between; none where the last is earlier."""
    months = []
    month = first_of(first)
    while month <= last:
        months.append(month)
        month = add_months(month, 1)
    return months


@dataclass(frozen=True)
class Moved:
    """Whole credits that so many movements (`number`) add up to: supply `added` and `ended`, demand `allocated` and `released`.

    What ended and what was released is negative or 0.
    """

    added: int = 0
    ended: int = 0
    allocated: int = 0
    released: int = 0
    number: int = 0

    @property
    def valid_change(self) -> int:
        return self.added + self.ended

    @property
    def allocated_change(self) -> int:
        return self.allocated + self.released

    @property
    def balance_change(self) -> int:
        return self.valid_change - self.allocated_change


@dataclass(frozen=True)
class Standing:
    """What is valid and what is allocated, in whole credits."""

    valid: int = 0
    allocated: int = 0

    @property
    def balance(self) -> int:
        return self.valid - self.allocated

    def after(self, moved: Moved) -> Standing:
        return replace(self, valid=self.valid + moved.valid_change, allocated=self.allocated + moved.allocated_change)


@dataclass(frozen=True)
class Month:
    """A month of the account; `first` is its first day."""

    first: date
    opening: Standing
    moved: Moved

    @property
    def closing(self) -> Standing:
        return self.opening.after(self.moved)

    @property
    def last(self) -> date:
        return add_months(self.first, 1) - timedelta(days=1)


def chain(months: Iterable[date], opening: Standing, moved: Mapping[date, Moved]) -> list[Month]:
    """The months in a row, each opening with what the one before closed with; one without movements opens and closes alike.

    `months` are first days without a gap, `moved` what stands in each of them.
    """
    chained = []
    for first in months:
        month = Month(first, opening, moved.get(first, Moved()))
        chained.append(month)
        opening = month.closing
    return chained
