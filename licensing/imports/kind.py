"""What an import of a kind of rows is made of: its columns, what is wrong with a line, and what writes the lines that are right.

KINDS["orders"]         # registered by the apps as they start: see `offer`
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from console.allowed_text import first_refused
from console.models import ActInProgress, Actor
from licensing.imports.files import FORMULA, Cells, UnreadableFile
from licensing.models import Company, ImportRun
from licensing.rules.units_times_rate import MAX_UNITS

WHOLE = re.compile(r"\d{1,12}", re.ASCII)
WHOLE_OF_ANY_SIZE = re.compile(r"[-−]?\d+", re.ASCII)
SEPARATED = re.compile(r"\d{1,3}([.,'’ \u00a0\u202f]\d{3})+", re.ASCII)
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
YES, NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})


@dataclass(frozen=True)
class Column:
    """`name` is what stands in the head, `says` what belongs into it, `example` a value for the template."""

    name: str
    says: str | Promise
    example: str
    needed: bool = False


@dataclass
class Line:
    """A line by the names of its columns. `said` is what is kept of it until it is written; None for one that adds nothing."""

    number: int
    cells: dict[str, Any]
    faults: list[tuple[str, str]] = field(default_factory=list)
    company: int | None = None
    key: str = ""
    said: dict[str, Any] | None = None

    def wrong(self, column: str, what: str) -> None:
        """Name what is wrong with a column, and what to do."""
        self.faults.append((column, what))

    def text(self, column: str, *, most: int = 150, needed: bool = False) -> str:
        value = self.cells.get(column)
        if value is FORMULA:
            self.wrong(column, _("This is a formula. Write its result as a value."))
            return ""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        found = "" if value is None else str(value)
        if len(found) > most:
            self.wrong(column, _("Write at most %(most)s characters.") % {"most": most})
        elif found and first_refused(found):
            self.wrong(column, _("This holds a character that nobody sees. Type it anew."))
        elif needed and not found:
            self.wrong(column, _("Fill this in."))
        return found

    def whole(self, column: str, *, least: int = 1, most: int = MAX_UNITS, needed: bool = False) -> int | None:
        """A whole number: 90000. “90,000” and “90.000” are read in two ways, and so in none."""
        value = self.text(column, needed=needed)
        if not value:
            return None
        if SEPARATED.fullmatch(value):
            self.wrong(column, _("“%(value)s” can be read in two ways. Write it without separators.") % {"value": value})
        elif not WHOLE_OF_ANY_SIZE.fullmatch(value):
            self.wrong(column, _("“%(value)s” is no whole number. Write it as 90000.") % {"value": value[:40]})
        elif not WHOLE.fullmatch(value) or not least <= int(value) <= most:
            self.wrong(
                column, _("Write a whole number from %(least)s to %(most)s.") % {"least": f"{least:,}", "most": f"{most:,}"}
            )
        else:
            return int(value)
        return None

    def day(self, column: str, *, needed: bool = False) -> date | None:
        value = self.cells.get(column)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        found = self.text(column, needed=needed)
        try:
            if found and ISO_DAY.fullmatch(found):
                return date.fromisoformat(found)
        except ValueError:
            pass
        if found:
            self.wrong(column, _("“%(value)s” is no day. Write it as 2026-03-31.") % {"value": found[:40]})
        return None

    def choice(self, column: str, *, otherwise: bool | None = False) -> bool | None:
        """Yes or no; `otherwise` where nothing is said."""
        value = self.text(column).lower()
        if not value:
            return otherwise
        if value not in YES | NO:
            self.wrong(column, _("Write yes or no."))
        return value in YES


def by_columns(columns: Iterable[Column], lines: Iterator[tuple[int, Cells]]) -> Iterator[Line]:
    """The lines by the names in the head. UnreadableFile for a head that lacks a column, or has one that nobody knows."""
    columns = tuple(columns)
    head = next(lines, None)
    names = [str(each or "").strip().lower() for each in head[1]] if head else []
    while names and not names[-1]:
        names.pop()
    known = {each.name for each in columns}
    if lacking := [each.name for each in columns if each.needed and each.name not in names]:
        raise UnreadableFile(_("Name the columns in the first line: it lacks %(columns)s.") % {"columns": ", ".join(lacking)})
    if strange := [each for each in names if each not in known or names.count(each) > 1]:
        raise UnreadableFile(
            _("The first line names “%(column)s”, which is no column here, or is there twice.") % {"column": strange[0][:60]}
        )
    for number, cells in lines:
        line = Line(number, dict(zip(names, cells, strict=False)))
        if any(each not in (None, "") for each in cells[len(names) :]):
            line.wrong(names[-1], _("The line has more cells than the head has columns."))
        yield line


@dataclass(frozen=True)
class Slice:
    """Lines of some companies that are written now, an act each; `today` by company. `acts` is empty for lines of none."""

    run: ImportRun
    by: Actor
    acts: Sequence[ActInProgress]
    today: dict[int, date]

    def arrays(self) -> dict[str, Any]:
        """For statements of SQL: what tells the act of each company, side by side."""
        return {
            "run": self.run.pk,
            "companies": [each.company.pk for each in self.acts],
            "acts": [each.id for each in self.acts],
            "instants": [each.recorded_at for each in self.acts],
            "days": [self.today[each.company.pk] for each in self.acts],
        }


@dataclass(frozen=True)
class Kind:
    """`read` judges some lines at once and fills in what is kept of them; `write` writes those of a slice of companies.

    `write_without` writes the lines that are about no company. `once` says of a key what is wrong where two lines have it, as
    (column, sentence).
    """

    name: str
    label: str | Promise
    columns: tuple[Column, ...]
    read: Callable[[Sequence[Line]], None]
    write: Callable[[Slice], None]
    once: tuple[str, str | Promise]
    also_once: tuple[str, str, str | Promise] | None = None
    """The same of something else that is kept of a line: (its name, column, sentence)."""
    write_without: Callable[[ImportRun, Actor], None] | None = None
    locks: Callable[[], Iterable[str]] = tuple
    """Locks that come before those of companies, by their texts."""


KINDS: dict[str, Kind] = {}


def offer(kind: Kind) -> None:
    KINDS[kind.name] = kind


@dataclass(frozen=True)
class OfCompany:
    """A company that lines name, with its today."""

    pk: int
    today: date


def companies_named(lines: Sequence[Line], now: datetime, column: str = "company") -> dict[str, OfCompany]:
    """Business id -> the company, of those that the lines name; a line that names none there is wrong. Two statements."""
    names = {line.number: line.text(column, most=60) for line in lines}
    rows = Company.objects.filter(business_id__in={each for each in names.values() if each}).prefetch_related("time_zones")
    found = {row.business_id: OfCompany(row.pk, row.day_of(now)) for row in with_zones(rows)}
    for line in lines:
        name = names[line.number]
        if name and name not in found:
            line.wrong(column, _("No company has the business ID “%(value)s”. Import the company first.") % {"value": name[:60]})
        elif name:
            line.company = found[name].pk
    return found


def with_zones(companies: Iterable[Company]) -> Iterable[Company]:
    """Each with its zones at hand, as `Company.zone_spans` reads them; they are prefetched."""
    for company in companies:
        company.__dict__["zone_rows"] = [
            {"at": each.effective_at.isoformat(), "zone": each.time_zone}
            for each in sorted(company.time_zones.all(), key=lambda each: each.pk)
        ]
        yield company
