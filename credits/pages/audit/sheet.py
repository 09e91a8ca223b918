"""The audit log as a file: all lines that match, read some hundred at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from console.exports.sheet import Cell, Sheet, instant, text
from credits.pages.audit.rows import rows_of
from credits.reading.audit.kinds import LABELS
from credits.reading.audit.lines import Asked, lines_of
from licensing.models import Company

ROWS_AT_ONCE = 500


def audit_sheet(company: Company, asked: Asked, length: int, absolute: Callable[[str], str]) -> Sheet:
    """`length` is how many match: so many are written, the latest, also where further ones come meanwhile."""
    columns = (
        instant("at", _("When")),
        text("who", _("Who")),
        text("what", _("What")),
        text("kind", _("Kind")),
        text("by_support", _("By support")),
        text("note", _("Note")),
        text("before", _("Before")),
        text("after", _("After")),
        text("network", _("Network address")),
        text("device", _("Device")),
        text("address", _("Address")),
    )
    return Sheet("audit-log", _("Audit log"), columns, _rows(company, asked, length, absolute), length=length)


def _rows(company: Company, asked: Asked, length: int, absolute: Callable[[str], str]) -> Iterator[list[Cell]]:
    for offset in range(0, length, ROWS_AT_ONCE):
        lines = lines_of(company, asked, limit=min(ROWS_AT_ONCE, length - offset), offset=offset)
        for row in rows_of(company, lines):
            said: list[Any] = [row.who, row.text, str(LABELS.get(row.kind, _("Others"))), _("Yes") if row.by_support else None]
            shows = row.entries_url or row.request_url
            rest = [
                row.note,
                row.before,
                row.after,
                row.network,
                row.device,
                absolute(shows) if shows else "",
            ]
            yield [row.at, *said, *(each or None for each in rest)]
