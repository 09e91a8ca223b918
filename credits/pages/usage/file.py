"""A file of units in use, looked at line by line: feature, line, units, day."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO, StringIO
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from credits.acts.usage.observe import FIRST_DAY, MOST_OBSERVATIONS, Observation
from credits.models import CreditRequirement
from licensing.errors import in_words
from licensing.imports.files import FORMULA, UnreadableFile, lines_of
from licensing.imports.kind import Column, Line, by_columns

COLUMNS = (
    Column("feature", "", "email-sensor", needed=True),
    Column("line", "", ""),
    Column("units", "", "250", needed=True),
    Column("day", "", "2026-11-20", needed=True),
)
MOST_BYTES = 400_000
MOST_BYTES_UNPACKED = 8_000_000
"""Of a workbook: some lines take a tenth of it, and whoever records may not keep the server unpacking."""


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

    @property
    def text(self) -> str:
        """Its lines as they are typed: what was chosen as a file is mended and recorded as a text."""
        text = StringIO()
        if self.lines:
            writer = csv.writer(text, lineterminator="\n")
            writer.writerows([[each.name for each in COLUMNS], *(each.cells for each in self.lines)])
        return text.getvalue()


def read_file(
    content: bytes, lines: Mapping[str, Sequence[CreditRequirement]], known: Mapping[tuple[int, date], int], *, today: date
) -> FileRead:
    """CSV or XLSX. `lines` are the catalogue's by feature slug, `known` is (line id, day) -> units as recorded last. Free."""
    if not content.strip():
        return FileRead(refused=_("Choose a file, or type its lines."))
    if len(content) > MOST_BYTES:
        return FileRead(refused=_too_long())
    try:
        of_file = by_columns(COLUMNS, lines_of(BytesIO(content), most_unpacked=MOST_BYTES_UNPACKED))
        rows = list(islice(of_file, MOST_OBSERVATIONS + 1))
    except UnreadableFile as error:
        return FileRead(refused=str(error))
    if not rows:
        return FileRead(refused=_("The file has a head and no lines."))
    found: list[LineRead] = []
    first: dict[tuple[int, date], int] = {}
    for row in rows:
        said = _read(row, lines, today)
        if said is not None:
            other = first.setdefault((said.line, said.day), row.number)
            if other != row.number:
                row.wrong("day", _("Line %(other)s states this for the same day, too.") % {"other": other})
        cells = tuple(_typed(row.cells.get(each.name)) for each in COLUMNS)
        if row.faults or said is None:
            found.append(LineRead(row.number, cells, " ".join(what for _column, what in row.faults)))
        else:
            found.append(LineRead(row.number, cells, "", said, known.get((said.line, said.day)) == said.units))
    read = FileRead(found)
    return FileRead(refused=_too_long()) if len(rows) > MOST_OBSERVATIONS or len(read.text) > MOST_BYTES else read


def _too_long() -> str:
    return _("The file is too long. Give it in parts of at most %(most)s lines.") % {"most": f"{MOST_OBSERVATIONS:,}"}


def _typed(value: Any) -> str:
    if value is None or value is FORMULA:
        return "" if value is None else "="
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def _read(row: Line, lines: Mapping[str, Sequence[CreditRequirement]], today: date) -> Observation | None:
    """What a line states; None where that is not clear, and then `row.faults` says why."""
    feature, line = row.text("feature", needed=True), row.text("line")
    units, day = row.whole("units", least=0, needed=True), row.day("day", needed=True)
    found = [each for each in lines.get(feature, ()) if not line or each.slug == line]
    if feature and feature not in lines:
        row.wrong("feature", _("The catalogue has no feature “%(value)s”.") % {"value": feature[:60]})
    elif feature and len(found) != 1:
        names = ", ".join(each.slug for each in lines[feature])
        row.wrong("line", _("Write one of these as the line: %(names)s.") % {"names": names})
    if day is not None and day < FIRST_DAY:
        row.wrong("day", _("Write a day since 2000."))
    elif day is not None and day > today:
        row.wrong("day", _("What is in use on %(day)s is not known yet.") % {"day": in_words(day)})
    if row.faults or units is None or day is None:
        return None
    return Observation(found[0].pk, day, units)
