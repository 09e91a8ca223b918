"""A file of units in use, looked at line by line: feature, line, units, day."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO

from django.utils.translation import gettext as _

from credits.acts.usage.observe import MOST_OBSERVATIONS, Observation
from credits.models import CreditRequirement
from credits.pages.allocation.form import WHOLE_NUMBER
from licensing.errors import in_words
from licensing.rules.units_times_rate import MAX_UNITS

COLUMNS = ("feature", "line", "units", "day")
MOST_CHARACTERS = 400_000


@dataclass(frozen=True)
class LineRead:
    """A line of the file as it stands there; `fault` says what is wrong with it, else `observation` what it states."""

    number: int
    cells: tuple[str, ...]
    fault: str = ""
    observation: Observation | None = None
    known: bool = False
    """Recorded already: it adds nothing."""


@dataclass(frozen=True)
class FileRead:
    """`refused` where it cannot be read at all; then there are no lines."""

    lines: Sequence[LineRead] = ()
    refused: str = ""

    @property
    def faults(self) -> list[LineRead]:
        return [each for each in self.lines if each.fault]

    @property
    def new(self) -> list[LineRead]:
        return [each for each in self.lines if not each.fault and not each.known]

    @property
    def observations(self) -> list[Observation]:
        return [each.observation for each in self.lines if each.observation is not None]


def read_file(
    text: str, lines: Mapping[str, Sequence[CreditRequirement]], known: Mapping[tuple[int, date], int], *, today: date
) -> FileRead:
    """`lines` are the catalogue's by feature slug, `known` is (line id, day) -> units as recorded last. Free."""
    if not text.strip():
        return FileRead(refused=_("Choose a file, or type its lines."))
    if len(text) > MOST_CHARACTERS:
        return FileRead(refused=_too_long())
    try:
        reader = csv.reader(StringIO(text.removeprefix("\ufeff")), delimiter=_delimiter(text), strict=True)
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error:
        return FileRead(refused=_("This is no CSV file: a quotation mark is not closed, or stands within a cell."))
    head = [cell.casefold() for cell in rows[0][1]]
    if sorted(head) != sorted(COLUMNS):
        return FileRead(refused=_("Begin with a line that names the columns: feature, line, units, day."))
    if len(rows) - 1 > MOST_OBSERVATIONS:
        return FileRead(refused=_too_long())
    if len(rows) == 1:
        return FileRead(refused=_("The file has a head and no lines."))
    found: list[LineRead] = []
    first: dict[tuple[int, date], int] = {}
    for number, row in rows[1:]:
        each = _read(number, dict(zip(head, row, strict=False)), lines, today)
        said = each.observation
        if said is not None:
            key = said.line, said.day
            if key in first:
                words = _("Line %(other)s states this for the same day, too.") % {"other": first[key]}
                each = LineRead(number, each.cells, words)
            else:
                first[key] = number
                each = LineRead(number, each.cells, observation=said, known=known.get(key) == said.units)
        found.append(each)
    return FileRead(found)


def _too_long() -> str:
    return _("The file is too long. Give it in parts of at most %(most)s lines.") % {"most": f"{MOST_OBSERVATIONS:,}"}


def _delimiter(text: str) -> str:
    head = text.lstrip("\ufeff").partition("\n")[0]
    return max(",;\t", key=head.count)


def _read(number: int, cells: Mapping[str, str], lines: Mapping[str, Sequence[CreditRequirement]], today: date) -> LineRead:
    shown = tuple(cells.get(name, "") for name in COLUMNS)
    feature, line, units, day = shown
    if feature not in lines:
        return LineRead(number, shown, _("The catalogue has no feature “%(value)s”.") % {"value": feature[:60]})
    found = [each for each in lines[feature] if not line or each.slug == line]
    if len(found) != 1:
        names = ", ".join(each.slug for each in lines[feature])
        return LineRead(number, shown, _("Write one of these as the line: %(names)s.") % {"names": names})
    if not WHOLE_NUMBER.fullmatch(units) or len(units) > 20 or int(units.replace(",", "")) > MAX_UNITS:
        words = _("Write the units as a whole number from 0 to %(most)s.") % {"most": f"{MAX_UNITS:,}"}
        return LineRead(number, shown, words)
    try:
        on = date.fromisoformat(day) if len(day) == len("2026-11-20") else None
    except ValueError:
        on = None
    if on is None or on.year < 2000:
        return LineRead(number, shown, _("Write the day like 2026-11-20."))
    if on > today:
        words = _("What is in use on %(day)s is not known yet.") % {"day": in_words(on)}
        return LineRead(number, shown, words)
    return LineRead(number, shown, observation=Observation(found[0].pk, on, int(units.replace(",", ""))))
