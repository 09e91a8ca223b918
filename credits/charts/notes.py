"""What stands beside the lines of the graph, and where: by measured width, so that no note meets another, a line or an edge.

Places are pixels of a plot that is `wide` (the narrowest for which the notes are meant) and `high`. A note keeps to a day, so in
a wider plot notes only move apart: what is clear of the others at the narrowest and in the limit is so at every width between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from credits.charts.scale import Scale
from credits.charts.short_numbers import fitting, short
from credits.charts.text_width import cut, width
from credits.reading.history_rows import HistoryRow
from credits.rules.balance_over_days import Point, over_allocated

SIZE = 12
LINE = 15
"""Pixels from one line of a note to the next."""
LONGEST = 170
"""Pixels of a note's words; longer names are cut."""
ASIDE = 6
"""Pixels between a day and its note, and around each note."""
WIDEST = 4000


@dataclass(frozen=True)
class Said:
    """What one note says, in one or two lines: of `day`, whose step goes between two levels of credits."""

    day: date
    levels: tuple[int, int]
    lines: tuple[str, ...]
    weights: tuple[int, ...]
    kinds: tuple[str, ...]
    """Of each line: what, step, fall or over."""

    @property
    def width(self) -> float:
        return max(width(text, SIZE, weight) for text, weight in zip(self.lines, self.weights, strict=True))

    @property
    def height(self) -> int:
        return LINE * len(self.lines)


@dataclass(frozen=True)
class Note:
    """A note with its place: `at` in fractions of the plot's width, to whose right or left it stands; `top` in pixels."""

    said: Said
    at: float
    to_the_right: bool
    top: float

    def edges(self, wide: float) -> tuple[float, float]:
        """Its left and right edge in a plot of that width."""
        x = self.at * wide
        return (x + ASIDE, x + ASIDE + self.said.width) if self.to_the_right else (x - ASIDE - self.said.width, x - ASIDE)

    @property
    def bottom(self) -> float:
        return self.top + self.said.height


def steps_said(rows: Iterable[HistoryRow], first: date) -> list[Said]:
    """A note for each day on which supply changed, the largest step first: the whole step, by its kind."""
    found = []
    for row in rows:
        told = [event for event in row.events if event.note and event.change]
        step = sum(event.change for event in told)
        if row.day <= first or not told:
            continue
        if len(told) == 1:
            room = LONGEST - (width(" " + told[0].what, SIZE) if told[0].what else 0)
            what = f"{cut(told[0].named, max(room, LONGEST / 3), SIZE)} {told[0].what}".strip()
        else:
            what = ngettext("%(number)s change", "%(number)s changes", len(told)) % {"number": f"{len(told):,}"}
        sign = "+" if step > 0 else ""
        lines = (what, sign + fitting(step, LONGEST, SIZE, 600))
        found.append(Said(row.day, (row.valid - step, row.valid), lines, (400, 600), ("what", "fall" if step < 0 else "step")))
    return sorted(found, key=lambda each: -abs(each.levels[1] - each.levels[0]))


def overs_said(points: Sequence[Point]) -> list[Said]:
    """A sentence for each stretch in which more was allocated than valid, the worst first."""
    found = []
    for start, end, most in sorted(over_allocated(points), key=lambda each: -each[2]):
        within = [point for point in points if start <= point.day < end] or [points[-1]]
        text = _("Over by up to %(credits)s") % {"credits": fitting(most, LONGEST, SIZE, 600)}
        if width(text, SIZE, 600) > LONGEST:
            text = _("Over by up to %(credits)s") % {"credits": short(most)}
        levels = (min(point.valid for point in within), max(point.allocated for point in within))
        found.append(Said(start, levels, (text,), (600,), ("over",)))
    return found


def placed(
    said: Iterable[Said],
    scale: Scale,
    points: Sequence[Point],
    *,
    wide: float,
    high: float,
    taken: Iterable[Note] = (),
    also: Sequence[Point] = (),
) -> list[Note]:
    """As many of these notes as find a free place, the first ones first, and before them those `taken` that are inside.

    `points` are the lines that notes stay clear of, `also` further ones.
    """
    notes = [note for note in taken if _inside(note, wide, high)]
    lines = [_stretches(each, scale) for each in (points, also)]
    for each in said:
        for note in _places(each, scale, lines, wide, high):
            if _inside(note, wide, high) and all(_apart(note, other, wide) for other in notes):
                notes.append(note)
                break
    return notes


type Stretch = tuple[float, float, int, int]
"""Where it begins and ends, as fractions of the width, and the values of both lines there."""


def _stretches(points: Sequence[Point], scale: Scale) -> list[Stretch]:
    edges = [*(scale.across(point.day) for point in points), 1.0]
    return [(begin, end, each.valid, each.allocated) for (begin, end), each in zip(pairwise(edges), points, strict=True)]


def _places(said: Said, scale: Scale, lines: Iterable[Sequence[Stretch]], wide: float, high: float) -> Iterable[Note]:
    """Where a note may stand: above all lines it would meet, or below them, at either side of its day."""
    at = scale.across(said.day)
    for to_the_right in (True, False):
        note = Note(said, at, to_the_right, 0.0)
        left, right = (edge / wide for edge in note.edges(wide))
        met = [level for line in lines for level in _levels(line, left - ASIDE / wide, right + ASIDE / wide)]
        above = scale.down(max(*met, *said.levels)) * high - ASIDE - said.height
        below = scale.down(min(*met, *said.levels)) * high + ASIDE
        for top in (below, above) if said.kinds == ("over",) else (above, below):
            yield Note(said, at, to_the_right, top)
    if said.levels[1] < said.levels[0]:
        yield from _before_a_fall(said, scale, lines, wide, high)


def _before_a_fall(said: Said, scale: Scale, lines: Iterable[Sequence[Stretch]], wide: float, high: float) -> Iterable[Note]:
    """Left of the step down, where it ends, if all lines run above it there."""
    note = Note(said, scale.across(said.day), False, scale.down(said.levels[1]) * high - said.height - ASIDE)
    left, right = (edge / wide for edge in note.edges(wide))
    met = [level for line in lines for level in _levels(line, left - ASIDE / wide, right)]
    if not met or note.top >= scale.down(min(met)) * high + ASIDE:
        yield note


def _levels(line: Sequence[Stretch], left: float, right: float) -> list[int]:
    """The values of both lines anywhere between two fractions of the width."""
    return [level for begin, end, *levels in line if begin <= right and end >= left for level in levels]


def _inside(note: Note, wide: float, high: float) -> bool:
    left, right = note.edges(wide)
    return left >= 0 and right <= wide and note.top >= 0 and note.bottom <= high - 2


def _apart(note: Note, other: Note, wide: float) -> bool:
    """Whether two notes are clear of each other at this width and at every greater one."""
    if note.bottom + 2 <= other.top or other.bottom + 2 <= note.top:
        return True
    at_both = [(note.edges(each), other.edges(each)) for each in (wide, WIDEST)]
    return all(one[1] + ASIDE <= two[0] for one, two in at_both) or all(two[1] + ASIDE <= one[0] for one, two in at_both)
