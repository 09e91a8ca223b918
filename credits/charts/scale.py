"""Where days and credits lie in the graph, and what its axes say. Pure: fractions of the plot, pixels only for words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from console.templatetags.formats import day_as
from credits.charts.text_width import width
from credits.rules.balance_over_days import Point

LEAST_TOP = 5
"""Of the axis of credits, which has whole numbers alone."""
ROOM_ABOVE = 1.2
"""How far the axis goes beyond the largest value: notes stand there."""
MOST_TICKS = 5
AXIS_SIZE = 12
SHORT = 100
"""Windows of up to so many days name days, not months."""
APART_DAYS = (7, 14, 28, 56)
APART_MONTHS = (1, 2, 3, 4, 6, 12, 24, 48, 96, 192, 384, 768, 1536)
GAP = 10
"""Pixels between two words of an axis."""


@dataclass(frozen=True)
class Scale:
    """A window of days by credits from 0 to `top`."""

    first: date
    last: date
    top: int

    @property
    def days(self) -> int:
        return max((self.last - self.first).days, 1)

    def across(self, day: date) -> float:
        """From 0 at the first day to 1 at the last."""
        return (day - self.first).days / self.days

    def down(self, credits: int) -> float:
        """From 0 at the top to 1 at zero credits."""
        return 1 - credits / self.top


def scale_of(points: Sequence[Point]) -> Scale:
    largest = max([LEAST_TOP, *(point.valid for point in points), *(point.allocated for point in points)])
    return Scale(points[0].day, points[-1].day, largest * int(ROOM_ABOVE * 10) // 10)


def ticks(top: int) -> list[int]:
    """0 and at most five round numbers up to `top`."""
    one = 1
    while True:
        for step in (one, 2 * one, *((one * 5 // 2,) if one >= 10 else ()), 5 * one):
            if top // step <= MOST_TICKS:
                return list(range(0, top + 1, step))
        one *= 10


@dataclass(frozen=True)
class Fit:
    """A range of widths: the least of the plot, in pixels, and how far words may reach past its ends."""

    name: str
    wide: float
    beyond: float


@dataclass(frozen=True)
class DayNamed:
    """A day of the axis; `fit` is the narrowest in which it is named, and it is named in all wider ones."""

    day: date
    text: str
    fit: str


def days_named(scale: Scale, fits: Sequence[Fit]) -> list[DayNamed]:
    """Days of the axis with their names, evenly apart, as many as fit beside each other; `fits` the widest first.

    The first of months, January with its year; in a short window days.
    """
    apart, choices = 1, APART_DAYS if scale.days <= SHORT else APART_MONTHS
    narrowest: dict[date, str] = {}
    for fit in fits:
        for candidate in (each for each in choices if each % apart == 0):
            named = [day for day in _days(scale, candidate) if _reaches(scale, day, fit)]
            if _free(scale, named, fit.wide):
                apart = candidate
                narrowest |= dict.fromkeys((day for day in named if day in narrowest or fit is fits[0]), fit.name)
                break
    return [DayNamed(day, _name(scale, day), fit) for day, fit in sorted(narrowest.items())]


def _reaches(scale: Scale, day: date, fit: Fit) -> bool:
    x, half = scale.across(day) * fit.wide, width(_name(scale, day), AXIS_SIZE) / 2
    return x + half <= fit.wide + fit.beyond and x - half >= -fit.beyond


def _free(scale: Scale, days: list[date], wide: float) -> bool:
    placed = [(scale.across(day) * wide, width(_name(scale, day), AXIS_SIZE) / 2) for day in days]
    return all(one[0] + one[1] + GAP <= two[0] - two[1] for one, two in pairwise(placed))


def _days(scale: Scale, apart: int) -> list[date]:
    """Days from the last one back in a short window, else the firsts of months, January among them."""
    if scale.days <= SHORT:
        return [scale.last - timedelta(days=each) for each in range(0, scale.days + 1, apart)][::-1]
    return [month for month in _months(scale.first, scale.last) if (month.year * 12 + month.month - 1) % apart == 0]


def _name(scale: Scale, day: date) -> str:
    return day_as(day, "M j" if scale.days <= SHORT else "M Y" if day.month == 1 else "M")


def _months(first: date, last: date) -> list[date]:
    """The firsts of the months inside the window."""
    months = []
    day = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    while day <= last:
        months.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    return months
