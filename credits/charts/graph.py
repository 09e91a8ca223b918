"""The history as SVG: both totals as steps, the area where more is allocated than valid, notes, a mark on each day with events.

Lines are drawn in a box of days by thousandths of the height, which the page stretches; words stand at percentages of it and are
never scaled. They are placed for the least width of each of three fits (wide, medium, narrow); the stylesheet shows those of the
fit that the container has. What is ahead is a ground and lines more in the same box (`credits/charts/ahead/`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.templatetags.formats import day as day_in_words
from credits.charts.ahead.parts import Ahead, AheadDrawn, drawn, last_values, named, spread
from credits.charts.ahead.paths import boxes, height, percent, stepped
from credits.charts.notes import Note, Said, overs_said, placed, steps_said
from credits.charts.scale import Fit, Scale, days_named, scale_of, ticks
from credits.charts.short_numbers import fitting, short
from credits.reading.history_rows import HistoryRow
from credits.rules.balance_over_days import Point

HIGH = 268
"""Pixels of the plot's height in the fits that have notes."""
FITS = (Fit("wide", 720, 60), Fit("medium", 440, 60), Fit("narrow", 212, 16))
MOST_NOTES = {"wide": (2, 6), "medium": (1, 3)}
"""Fit -> how many stretches below zero and how many steps have a note there, if there is room."""
END_ROOM = 122
END_SIZE = 13
END_APART = 18
MARK_APART = 12
"""Pixels between the marks of one day."""
MOST_LINKS = 40
"""Days that get a link of their own, the days of supply first; all are in the table."""
MARKS = {
    "added": (gettext_lazy("Credits added"), "M0 6.5l6 11h-12z"),
    "renewal": (gettext_lazy("Renewal"), "M0 6l6 6l-6 6l-6-6z"),
    "expiry": (gettext_lazy("Expiry or reduction"), "M0 17.5l6-11h-12z"),
    "issued": (gettext_lazy("Renewal issued"), "M0 6.5l5.5 5.5l-5.5 5.5l-5.5-5.5z"),
    "suspended": (gettext_lazy("Suspended"), "M-5 6.5h3.5v11h-3.5zM1.5 6.5h3.5v11h-3.5z"),
    "reinstated": (gettext_lazy("Reinstated"), "M-5 6l11 6l-11 6z"),
}
"""Kinds of changes of supply in the order of the key, each with its words and its mark, 24 pixels high around a day at 0."""


@dataclass(frozen=True)
class Key:
    """A mark to explain."""

    name: str
    label: str
    path: str


@dataclass(frozen=True)
class Word:
    """A text at percentages of the plot; `kind` is its class."""

    x: str
    y: str
    text: str
    kind: str = ""


@dataclass(frozen=True)
class Line:
    """A line of a note: at `x` percent and `dx` pixels to its day's side, `y` pixels down.

    `kind` holds its classes: what it says, its side, and the fit it is placed for.
    """

    x: str
    dx: int
    y: float
    text: str
    kind: str


@dataclass(frozen=True)
class Mark:
    """A day with events: where, its kinds with their shift from the day in pixels, and its page."""

    x: str
    kinds: tuple[tuple[str, float], ...]
    url: str
    name: str


@dataclass(frozen=True)
class Graph:
    scale: Scale
    valid: str
    allocated: str
    over: str
    grid: str
    credits: list[Word]
    ends: list[Word]
    days: list[Word]
    """`kind` is the narrowest fit in which the day is named."""
    notes: list[Line]
    marks: list[Mark]
    bars: str
    """Days on which allocations changed, as one path."""
    ahead: AheadDrawn | None = None
    """What is known after the day shown."""

    @property
    def keys(self) -> list[Key]:
        """Which marks there are to explain."""
        there = {kind for mark in self.marks for kind, _shift in mark.kinds}
        return [Key(name, str(label), path) for name, (label, path) in MARKS.items() if name in there]

    @property
    def words(self) -> SafeString:
        """Every text of the picture: there are many, and each is one line."""
        texts = [
            *(f'<text class="graph-credit" y="{each.y}" dx="-10" dy="4">{escape(each.text)}</text>' for each in self.credits),
            *(
                f'<text class="graph-end {each.kind}" x="100%" y="{each.y}" dx="8" dy="4.5">{escape(each.text)}</text>'
                for each in self.ends
            ),
            *(f'<text class="named-{each.kind}" x="{each.x}" y="100%" dy="42">{escape(each.text)}</text>' for each in self.days),
            *(
                f'<text class="{line.kind}" x="{line.x}" dx="{line.dx}" y="{line.y}">{escape(line.text)}</text>'
                for line in self.notes
            ),
        ]
        return SafeString("".join(texts))

    @property
    def links(self) -> SafeString:
        """A link to each day with events around its marks, which the picture defines."""
        links = [
            f'<a href="{escape(mark.url)}" data-sets="on" aria-label="{escape(mark.name)}">{_uses(mark)}</a>'
            for mark in self.marks
        ]
        return SafeString("".join(links))


def graph_of(
    points: Sequence[Point], rows: Sequence[HistoryRow], url_of: Callable[[date], str], ahead: Ahead | None = None
) -> Graph:
    """The picture of a window, and of what is ahead where it is shown; `rows` newest first, `url_of` the page of a day."""
    shown = [*points, *(ahead.contracted + ahead.renewed if ahead else [])]
    scale = scale_of(shown)
    whole = [*points[:-1], *ahead.contracted] if ahead else points
    rows = [*ahead.rows, *rows] if ahead else rows
    overs, steps = overs_said(points), steps_said(rows, points[0].day)
    taken = named(ahead, scale) if ahead else []
    return Graph(
        scale=scale,
        valid=stepped(scale, [(point.day, point.valid) for point in points]),
        allocated=stepped(scale, [(point.day, point.allocated) for point in points]),
        over=boxes(scale, points),
        grid="".join(f"M0 {height(scale, tick)}H{scale.days}" for tick in ticks(scale.top)),
        credits=[Word("0", percent(scale.down(tick)), short(tick)) for tick in ticks(scale.top)],
        ends=_ends_ahead(scale, ahead) if ahead else _ends(scale, points[-1]),
        days=[Word(percent(scale.across(each.day)), "100%", each.text, each.fit) for each in days_named(scale, FITS)],
        notes=[
            line
            for fit in FITS
            for note in placed(
                _most(overs, steps, fit),
                scale,
                whole,
                wide=fit.wide,
                high=HIGH,
                taken=taken if fit.name in MOST_NOTES else [],
                also=ahead.renewed if ahead else (),
            )
            for line in _lines(note, fit)
        ],
        marks=_marks(scale, rows, url_of),
        bars="".join(
            f"M{(row.day - scale.first).days} 0V1" for row in rows if any(event.marker == "changed" for event in row.events)
        ),
        ahead=drawn(scale, ahead) if ahead else None,
    )


def _uses(mark: Mark) -> str:
    uses = ""
    for kind, shift in mark.kinds or (("day", 0),):
        moved = f' transform="translate({shift})"' if shift else ""
        uses += f'<use href="#mark-{kind}" x="{mark.x}"{moved}/>'
    return uses


def _ends_ahead(scale: Scale, ahead: Ahead) -> list[Word]:
    labels = sorted(last_values(ahead), key=lambda each: -each[1])
    places = spread([max(scale.down(value) * HIGH, END_APART) for _words, value, _kind in labels], END_APART, HIGH)
    return [
        Word("100%", percent(y / HIGH), fitting(value, END_ROOM, END_SIZE, 600, words), kind)
        for y, (words, value, kind) in zip(places, labels, strict=True)
    ]


def _ends(scale: Scale, last: Point) -> list[Word]:
    """Both last values right of their lines, pushed apart where these lie close, and never beyond the plot's height."""
    labels = [
        (scale.down(last.valid) * HIGH, _("%s valid"), last.valid, "is-valid"),
        (scale.down(last.allocated) * HIGH, _("%s allocated"), last.allocated, "is-allocated"),
    ]
    if last.allocated > last.valid:
        labels.reverse()
    (upper, *_one), (lower, *_two) = labels
    if lower - upper < END_APART:
        middle = min(max((upper + lower) / 2, END_APART), HIGH - END_APART / 2)
        upper, lower = middle - END_APART / 2, middle + END_APART / 2
    return [
        Word("100%", percent(y / HIGH), fitting(value, END_ROOM, END_SIZE, 600, words), kind)
        for y, (_y0, words, value, kind) in zip((upper, lower), labels, strict=True)
    ]


def _most(overs: list[Said], steps: list[Said], fit: Fit) -> list[Said]:
    few, many = MOST_NOTES.get(fit.name, (0, 0))
    return [*overs[:few], *steps[:many]]


def _lines(note: Note, fit: Fit) -> list[Line]:
    side, anchor = (6, "note-start") if note.to_the_right else (-6, "note-end")
    step = note.said.height / len(note.said.lines)
    return [
        Line(percent(note.at), side, round(note.top + step * (number + 0.78), 1), text, f"note-{kind} {anchor} at-{fit.name}")
        for number, (text, kind) in enumerate(zip(note.said.lines, note.said.kinds, strict=True))
    ]


def _marks(scale: Scale, rows: Sequence[HistoryRow], url_of: Callable[[date], str]) -> list[Mark]:
    """Days with events in the order of time; where there are more than a picture holds, those of supply, the latest first."""
    found = []
    for row in rows:
        kinds = tuple(kind for kind in MARKS if any(event.marker == kind for event in row.events))
        shifted = tuple((kind, MARK_APART * (number - (len(kinds) - 1) / 2)) for number, kind in enumerate(kinds))
        happened = [event for event in row.events if event.marker]
        if happened:
            named = f"{day_in_words(row.day)}: {'; '.join(event.text for event in happened[:2])}"
            if len(happened) > 2:
                named += "; " + _("and %(number)s more") % {"number": len(happened) - 2}
            found.append((row.day, Mark(percent(scale.across(row.day)), shifted, url_of(row.day), named)))
    found.sort(key=lambda each: (not each[1].kinds, -each[0].toordinal()))
    return [mark for _day, mark in sorted(found[:MOST_LINKS], key=lambda each: each[0])]
