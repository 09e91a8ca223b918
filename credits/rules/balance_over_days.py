"""Dated amounts into totals of a day, a series over a year, below zero since when. Pure: no Django, no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Point:
    """Both totals at the end of a day."""

    day: date
    valid: int
    allocated: int

    @property
    def balance(self) -> int:
        return self.valid - self.allocated


def total_on(changes: Mapping[date, int], day: date) -> int:
    """Sum of the changes up to `day`, that day included."""
    return sum(change for each, change in changes.items() if each <= day)


def series(supply: Mapping[date, int], demand: Mapping[date, int], *, first: date, last: date) -> list[Point]:
    """One point per day of [first, last] on which a total changed, and both ends; earlier changes count in."""
    days = sorted(day for day in supply.keys() | demand.keys() if first < day <= last)
    point = Point(first, total_on(supply, first), total_on(demand, first))
    points = [point]
    for day in days:
        after = Point(day, point.valid + supply.get(day, 0), point.allocated + demand.get(day, 0))
        if (after.valid, after.allocated) != (point.valid, point.allocated):
            points.append(after)
        point = after
    if points[-1].day != last:
        points.append(Point(last, point.valid, point.allocated))
    return points


def points_from(points: Sequence[Point], first: date) -> list[Point]:
    """The series from a later day on, which becomes its first point; all of it where `first` lies before."""
    before = [point for point in points if point.day <= first]
    if not before:
        return list(points)
    return [Point(first, before[-1].valid, before[-1].allocated), *(point for point in points if point.day > first)]


def below_zero_on(supply: Mapping[date, int], demand: Mapping[date, int], *, first: date) -> date | None:
    """The first day from `first` on at whose end more is allocated than valid, as contracted and planned; None if none."""
    days = sorted({first, *(day for day in supply.keys() | demand.keys() if day > first)})
    balance = total_on(supply, first) - total_on(demand, first)
    for day in days:
        if day != first:
            balance += supply.get(day, 0) - demand.get(day, 0)
        if balance < 0:
            return day
    return None


def below_zero_since(points: Sequence[Point]) -> date | None:
    """The day from which the balance has been below zero up to the last point; None when it is not below zero now."""
    since = None
    for point in points:
        if point.balance >= 0:
            since = None
        elif since is None:
            since = point.day
    return since


def over_allocated(points: Sequence[Point]) -> list[tuple[date, date, int]]:
    """(from, to, most) for each stretch of the series in which more is allocated than valid; `to` is not included."""
    found: list[tuple[date, date, int]] = []
    start: date | None = None
    most = 0
    for point in points:
        if point.balance < 0:
            start, most = start or point.day, max(most, -point.balance)
        elif start is not None:
            found.append((start, point.day, most))
            start, most = None, 0
    if start is not None:
        found.append((start, points[-1].day, most))
    return found
