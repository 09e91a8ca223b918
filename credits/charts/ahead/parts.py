"""The part of the graph from the day shown on: ground, three lines, where more is allocated than contracted, and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _

from credits.charts.ahead.paths import boxes, percent, stepped
from credits.charts.notes import Note, Said
from credits.charts.scale import Scale
from credits.reading.history_rows import HistoryRow
from credits.rules.balance_over_days import Point
from credits.rules.runway.forecast import ForecastPoint

SHOWN_WIDE, SHOWN_HIGH = 920, 268


@dataclass(frozen=True)
class Ahead:
    """What is known of the days after the one shown; `rows` newest first, `label` names the day shown."""

    points: tuple[ForecastPoint, ...]
    rows: tuple[HistoryRow, ...]
    label: str
    beyond: str
    """What the days after it are called."""

    @property
    def contracted(self) -> list[Point]:
        return [Point(each.day, each.valid, each.allocated) for each in self.points]

    @property
    def renewed(self) -> list[Point]:
        return [Point(each.day, each.renewed, each.allocated) for each in self.points]

    @property
    def has_renewals(self) -> bool:
        """Whether what is to be renewed makes any difference."""
        return any(each.renewed != each.valid for each in self.points)


@dataclass(frozen=True)
class AheadDrawn:
    """Paths in the box of the graph; `start` is the day shown, in days from the first."""

    start: int
    at: str
    contracted: str
    renewed: str
    """Empty where it is the same."""
    planned: str
    short: str
    hatch: str
    """By how much stripes of pixels are stretched into the box, about as wide and high as it is shown."""


def drawn(scale: Scale, ahead: Ahead) -> AheadDrawn:
    start = (ahead.points[0].day - scale.first).days
    return AheadDrawn(
        start=start,
        at=percent(scale.across(ahead.points[0].day)),
        contracted=stepped(scale, [(each.day, each.valid) for each in ahead.points]),
        renewed=stepped(scale, [(each.day, each.renewed) for each in ahead.points]) if ahead.has_renewals else "",
        planned=stepped(scale, [(each.day, each.allocated) for each in ahead.points]),
        short=boxes(scale, ahead.contracted),
        hatch=f"scale({scale.days / SHOWN_WIDE:.4f} {1000 / SHOWN_HIGH:.4f})",
    )


def named(ahead: Ahead, scale: Scale) -> list[Note]:
    """The day shown and what comes after it, at the top of the plot, at both sides of the line between them."""
    day = ahead.points[0].day
    at = scale.across(day)
    levels = (scale.top, scale.top)
    return [
        Note(Said(day, levels, (ahead.label,), (600,), ("day",)), at, False, 0.0),
        Note(Said(day, levels, (ahead.beyond,), (400,), ("what",)), at, True, 0.0),
    ]


def last_values(ahead: Ahead) -> list[tuple[str, int, str]]:
    """(words, credits, kind) for the right end of each line."""
    last = ahead.points[-1]
    found = [(_("%s contracted"), last.valid, "is-valid"), (_("%s allocated"), last.allocated, "is-allocated")]
    return [(_("%s if renewed"), last.renewed, "is-valid"), *found] if ahead.has_renewals else found


def spread(places: Sequence[float], apart: float, high: float) -> list[float]:
    """Places from the top down, at least so far apart, none beyond the height."""
    found = list(places)
    for number in range(1, len(found)):
        found[number] = max(found[number], found[number - 1] + apart)
    limit = high
    for number in reversed(range(len(found))):
        found[number] = min(found[number], limit)
        limit = found[number] - apart
    assert all(two - one >= apart - 1e-6 for one, two in pairwise(found))
    return found
