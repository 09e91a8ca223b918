"""The first day on which a balance is below zero, by how much, and which entries of that day cause it. Pure, and exact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from credits.rules.balance_over_days import below_zero_on, total_on


class SupplyMove(Protocol):
    """What a license adds or takes on a day; no day for all that came before a window."""

    @property
    def order_id(self) -> int: ...
    @property
    def license_id(self) -> int: ...
    @property
    def day(self) -> date | None: ...
    @property
    def change(self) -> int: ...


class DemandMove(Protocol):
    """What a requirement line adds or takes on a day."""

    @property
    def line_id(self) -> int: ...
    @property
    def day(self) -> date | None: ...
    @property
    def change(self) -> int: ...


@dataclass(frozen=True)
class Cause:
    """What lowers the balance on the day: an order that counts less, or a line that takes more; `change` is below zero."""

    kind: str
    """order or line"""
    id: int
    change: int
    licenses: tuple[int, ...] = ()
    """Of an order: those that count less than the day before."""


@dataclass(frozen=True)
class Runway:
    """The balance is below zero at the end of `day`, by `short` credits, for the first time from the day shown on.

    `since` is the day itself, or where the balance was below zero on the day shown already, the day on which it fell; None
    where that was before all that was read. The causes are those of that day, the largest first.
    """

    day: date
    short: int
    since: date | None
    causes: tuple[Cause, ...]


def runway_of(supply: Iterable[SupplyMove], demand: Iterable[DemandMove], *, on: date) -> Runway | None:
    """None where what is contracted covers what is allocated and planned on every day from `on` on."""
    supply, demand = list(supply), list(demand)
    valid, allocated = by_day(supply), by_day(demand)
    day = below_zero_on(valid, allocated, first=on)
    if day is None:
        return None
    since = day if day > on else fell_on(valid, allocated, on)
    causes = () if since is None else causes_on(supply, demand, since)
    return Runway(day, total_on(allocated, day) - total_on(valid, day), since, causes)


def by_day(moves: Iterable[SupplyMove] | Iterable[DemandMove]) -> dict[date, int]:
    """The changes of each day; those without a day on the first of the calendar."""
    totals: dict[date, int] = defaultdict(int)
    for move in moves:
        totals[move.day or date.min] += move.change
    return dict(totals)


def fell_on(supply: Mapping[date, int], demand: Mapping[date, int], day: date) -> date | None:
    """The day on which the balance fell below zero, where it is so at the end of `day`; None where it was from the beginning."""
    balance, since = 0, None
    for each in sorted(each for each in supply.keys() | demand.keys() if each <= day):
        before, balance = balance, balance + supply.get(each, 0) - demand.get(each, 0)
        if balance < 0 <= before:
            since = each
    return since if balance < 0 and since != date.min else None


def causes_on(supply: Iterable[SupplyMove], demand: Iterable[DemandMove], day: date) -> tuple[Cause, ...]:
    """Orders that count less than the day before, a renewal set against what it replaces, and lines that take more."""
    orders: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    lines: dict[int, int] = defaultdict(int)
    for move in supply:
        if move.day == day:
            orders[move.order_id][move.license_id] += move.change
    for taken in demand:
        if taken.day == day:
            lines[taken.line_id] += taken.change
    found = []
    for order, licenses in orders.items():
        if (change := sum(licenses.values())) < 0:
            found.append(Cause("order", order, change, tuple(sorted(pk for pk, each in licenses.items() if each < 0))))
    found += [Cause("line", line, -change) for line, change in lines.items() if change > 0]
    return tuple(sorted(found, key=lambda cause: (cause.change, cause.kind, cause.id)))
