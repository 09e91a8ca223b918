"""A table on its way out of the console: what it is, its columns, its rows. Knows no format.

    Sheet("features", _("Features"), (text("feature", _("Feature")), number("credits", _("Credits"))), rows)

Rows are those of the screen: cells as values, never as words that were made for people, so that numbers stay numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise

type Cell = str | int | Decimal | date | datetime | None


class Kind(StrEnum):
    """What a column holds: str, int (whole, signed), Decimal as exact as it is, date, datetime."""

    TEXT = "text"
    NUMBER = "number"
    DECIMAL = "decimal"
    DAY = "day"
    INSTANT = "instant"


@dataclass(frozen=True)
class Column:
    """`name` is its key in JSON and never changes; `label` is what people read above it."""

    name: str
    label: str
    kind: Kind


def text(name: str, label: Any) -> Column:
    return Column(name, str(label), Kind.TEXT)


def number(name: str, label: Any) -> Column:
    """Whole numbers: credits, units."""
    return Column(name, str(label), Kind.NUMBER)


def decimal(name: str, label: Any) -> Column:
    """Rates, prices, percentages: exact, never rounded here."""
    return Column(name, str(label), Kind.DECIMAL)


def day(name: str, label: Any) -> Column:
    return Column(name, str(label), Kind.DAY)


def instant(name: str, label: Any) -> Column:
    """Told in the zone of the sheet."""
    return Column(name, str(label), Kind.INSTANT)


@dataclass(frozen=True)
class Sheet:
    """A table. `rows` is read once, in order; each row has a cell per column, None where there is nothing to say.

    Rows may be a generator, for tables that are too long to be held: `length` then says how many it will give.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Cell]]
    length: int | None = None
    file_name: str = ""
    """What a file of it is named after, where that is not `name`: of which of many it is."""
    company_id: int | None = None
    """Whose rows they all are, where a page of staff's shows rows of one company: it stands in that company's record."""

    def read(self) -> Iterator[list[Cell]]:
        """The rows, once. A text is a plain one: a lazy sentence is told, so that nothing passes as what is no text."""
        for row in self.rows:
            yield [cell if cell is None or type(cell) in PLAIN else _plain(cell) for cell in row]

    @property
    def number_of_rows(self) -> int:
        if self.length is not None:
            return self.length
        if not isinstance(self.rows, Sized):
            raise TypeError(f"How many rows the sheet {self.name} has is recorded before the first is written: state its length.")
        return len(self.rows)


PLAIN = (str, int, Decimal, date, datetime)


def _plain(cell: object) -> Cell:
    if isinstance(cell, str | Promise):
        return str.__str__(str(cell))
    raise TypeError(f"A cell of a sheet is text, a number, a day or an instant, not {type(cell).__name__}.")


@dataclass(frozen=True)
class About:
    """What a sheet shows, so that a file read alone still says it: filled in from the request by `export_of`.

    `known_at` is None for what is known now; `filters` are the other parameters of the page's address; `zone_at` is the zone in
    which an instant is told.
    """

    page: str
    computed_at: datetime
    zone_at: Callable[[datetime], tzinfo]
    company: str = ""
    company_slug: str = ""
    day: date | None = None
    known_at: datetime | None = None
    filters: tuple[tuple[str, str], ...] = ()

    def told(self, instant: datetime) -> datetime:
        """The instant as the page tells it, to the second."""
        return instant.astimezone(self.zone_at(instant)).replace(microsecond=0)

    @property
    def time_zone(self) -> str:
        return str(self.zone_at(self.computed_at))
