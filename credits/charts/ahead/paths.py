"""Paths in the box of the graph: days across, thousandths of the height down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from credits.charts.scale import Scale
from credits.rules.balance_over_days import Point


def percent(part: float) -> str:
    return f"{part * 100:.3f}".rstrip("0").rstrip(".") + "%"


def height(scale: Scale, credits: int) -> str:
    """Thousandths of the height, with as many places as tell whole credits apart up to a hundred million."""
    return f"{scale.down(credits) * 1000:.6f}".rstrip("0").rstrip(".")


def stepped(scale: Scale, values: Sequence[tuple[date, int]]) -> str:
    """One path: across to each day, then up or down to its value; one value goes all across."""
    path = f"M{(values[0][0] - scale.first).days} {height(scale, values[0][1])}"
    for day, value in values[1:]:
        path += f"H{(day - scale.first).days}V{height(scale, value)}"
    return path if len(values) > 1 else f"{path}H{scale.days}"


def boxes(scale: Scale, points: Sequence[Point]) -> str:
    """A box from each day on which more is allocated than valid to the next change."""
    path = ""
    for point, following in pairwise(points):
        if point.balance < 0:
            start, end = ((each.day - scale.first).days for each in (point, following))
            path += f"M{start} {height(scale, point.valid)}H{end}V{height(scale, point.allocated)}H{start}Z"
    return path
