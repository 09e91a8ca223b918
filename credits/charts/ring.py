"""The ring as SVG: a slice for each of the largest offerings, the rest in one, and around it what valid credits do not cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import cos, pi, sin

from django.utils.translation import gettext as _

from console.templatetags.formats import percent
from credits.charts.short_numbers import short, whole
from credits.charts.slices import slices_of
from credits.charts.text_width import width
from credits.reading.annual_credits import LegendRow
from credits.reading.credit_summary import CreditSummary

SIZE = 244
"""Pixels of the picture, which is never scaled."""
OUTER = 106.0
HOLE = 0.7
INSET = 0.045
"""How far an arc around the ring pushes it in, at each side, as a part of its diameter."""
SHRUNK = 1 - 2 * INSET
ARC_HOLE = 0.955
CENTER_ROOM = 128
"""Pixels across the hole where the number stands."""


@dataclass(frozen=True)
class RingSlice:
    """A slice: the offering it filters by ("other" for the rest, "" for none), its color's slot, its outline."""

    slug: str
    slot: int
    path: str
    dimmed: bool = False

    @property
    def pattern(self) -> str:
        """What keeps more than eight hues apart, by the name of its definition."""
        return "" if self.slot <= 8 else "stripes" if self.slot <= 16 else "dots"


@dataclass(frozen=True)
class Ring:
    slices: list[RingSlice]
    arc: str
    number: str
    of_valid: str
    is_short: bool

    @property
    def patterns(self) -> set[str]:
        return {each.pattern for each in self.slices if each.pattern}


def ring_of(legend: Sequence[LegendRow], summary: CreditSummary, chosen: str = "") -> Ring:
    """The picture of a day; `chosen` is the offering the features are filtered by: the other slices are dimmed."""
    allocated = summary.allocated_credits
    uncovered = min(summary.shortfall, allocated)
    outer = OUTER * SHRUNK if uncovered else OUTER
    found = slices_of(legend)
    raised = next((each.slug for each in found if chosen in each.offerings), "") if chosen else ""
    slices, done = [], 0
    for each in found:
        path = _slice(done / allocated, (done + each.credits) / allocated, outer, outer * HOLE)
        slices.append(RingSlice(each.slug, each.slot, path, bool(raised) and each.slug != raised))
        done += each.credits
    share = summary.allocated_share_of_valid
    number = whole(allocated)
    return Ring(
        slices=slices or [RingSlice("", 0, _slice(0, 1, outer, outer * HOLE))],
        arc=_slice(1 - uncovered / allocated, 1, OUTER, OUTER * ARC_HOLE) if uncovered else "",
        number=number if width(number, 30, 650) <= CENTER_ROOM else short(allocated),
        of_valid=_of_valid(share) if share is not None else _("no valid credits"),
        is_short=summary.current_balance < 0,
    )


def _of_valid(share: Decimal) -> str:
    shortened = f"{short(int(share))}%"
    for words in (_("%(share)s of valid") % {"share": each} for each in (percent(share), shortened)):
        if width(words, 14, 600) <= CENTER_ROOM:
            return words
    return shortened


def _slice(start: float, end: float, outer: float, inner: float) -> str:
    """The outline between two fractions of the turn, clockwise from twelve; of a whole turn a circle and its hole."""
    if end - start > 0.999999:
        return _circle(outer, 1) + _circle(inner, 0)
    large = int(end - start > 0.5)
    (ax, ay), (bx, by) = _at(start, outer), _at(end, outer)
    (cx, cy), (dx, dy) = _at(end, inner), _at(start, inner)
    return (
        f"M{ax:.2f} {ay:.2f}A{outer:.2f} {outer:.2f} 0 {large} 1 {bx:.2f} {by:.2f}"
        f"L{cx:.2f} {cy:.2f}A{inner:.2f} {inner:.2f} 0 {large} 0 {dx:.2f} {dy:.2f}Z"
    )


def _circle(radius: float, sweep: int) -> str:
    top, bottom = SIZE / 2 - radius, SIZE / 2 + radius
    half = f"A{radius:.2f} {radius:.2f} 0 1 {sweep}"
    return f"M{SIZE / 2} {top:.2f}{half} {SIZE / 2} {bottom:.2f}{half} {SIZE / 2} {top:.2f}Z"


def _at(turn: float, radius: float) -> tuple[float, float]:
    angle = 2 * pi * turn - pi / 2
    return SIZE / 2 + radius * cos(angle), SIZE / 2 + radius * sin(angle)
