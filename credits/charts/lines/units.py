"""Units of a line over time as SVG: what is allocated, and what was observed to be in use, both as steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from credits.charts.ahead.paths import height, percent, stepped
from credits.charts.scale import Scale, ticks

LEAST_TOP = 4


@dataclass(frozen=True)
class Tick:
    """A round number of units: `y` in thousandths of the height, `down` in percent of it."""

    units: int
    y: str
    down: str


@dataclass(frozen=True)
class UnitsDrawn:
    """Paths in a box of `days` by 1000; `in_use` is empty where nothing is known."""

    scale: Scale
    allocated: str
    in_use: str
    ticks: list[Tick]


def units_drawn(
    allocated: Sequence[tuple[date, int]], in_use: Sequence[tuple[date, int]], *, first: date, last: date
) -> UnitsDrawn:
    """Both are steps by day, of `allocated` one on `first`; each holds until the next, the last one to `last`."""
    largest = max([LEAST_TOP, *(units for _day, units in (*allocated, *in_use))])
    scale = Scale(first, last, largest * 11 // 10 + 1)
    return UnitsDrawn(
        scale,
        allocated=_to_the_end(scale, allocated),
        in_use=_to_the_end(scale, in_use) if in_use else "",
        ticks=[Tick(each, height(scale, each), percent(scale.down(each))) for each in ticks(scale.top)],
    )


def _to_the_end(scale: Scale, steps: Sequence[tuple[date, int]]) -> str:
    return stepped(scale, steps) + (f"H{scale.days}" if len(steps) > 1 else "")
