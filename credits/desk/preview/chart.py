"""The totals before and after an act as one picture: valid after, valid before dashed, allocated dotted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from console.templatetags.formats import day_as
from credits.charts.ahead.paths import percent, stepped
from credits.charts.scale import scale_of, ticks
from credits.charts.short_numbers import short
from credits.rules.balance_over_days import Point

DAYS_NAMED = 5


@dataclass(frozen=True)
class Mark:
    """A word at a place of an axis, in percent."""

    at: str
    words: str


@dataclass(frozen=True)
class Chart:
    """Paths in a box of `days` by a thousand; words at percentages of it."""

    days: int
    valid_before: str
    valid_after: str
    allocated_before: str
    allocated_after: str
    today: int
    grid: str
    credits: list[Mark]
    named: list[Mark]


def chart_of(before: Sequence[Point], after: Sequence[Point], *, today: date) -> Chart:
    """Both series go over the same days."""
    scale = scale_of([*before, *after])

    def path(points: Sequence[Point], of: str) -> str:
        return stepped(scale, [(point.day, getattr(point, of)) for point in points])

    levels = [(credits, scale.down(credits)) for credits in ticks(scale.top)]
    days = [scale.first + (scale.last - scale.first) * number / DAYS_NAMED for number in range(DAYS_NAMED)]
    return Chart(
        days=scale.days,
        valid_before=path(before, "valid"),
        valid_after=path(after, "valid"),
        allocated_before=path(before, "allocated"),
        allocated_after=path(after, "allocated"),
        today=(today - scale.first).days,
        grid="".join(f"M0 {down * 1000:.1f}H{scale.days}" for _credits, down in levels),
        credits=[Mark(percent(down), short(credits)) for credits, down in levels],
        named=[Mark(percent(scale.across(day)), day_as(day, "M Y")) for day in days],
    )
