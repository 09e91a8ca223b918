"""The formats of exports, and the address of a page's export: its own, with `format` added."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.utils.translation import gettext_lazy


@dataclass(frozen=True)
class Format:
    """How a file is named to people, and to browsers."""

    label: str
    hint: object
    content_type: str


FORMATS = {
    "csv": Format("CSV", gettext_lazy("plain table"), "text/csv; charset=utf-8"),
    "xlsx": Format("XLSX", gettext_lazy("Excel workbook"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "json": Format("JSON", gettext_lazy("for programs"), "application/json"),
}
OF_AN_EXPORT = ("format", "sheet")
NOT_CARRIED = (*OF_AN_EXPORT, "page", "table")
"""What links to an export leave out: all rows that match are exported, whatever part the page shows."""
NO_FILTER = (*NOT_CARRIED, "on", "known", "by")
"""Parameters of an address that narrow nothing."""


def export_address(page: str, written: str, sheet: str = "") -> str:
    """The address of the export of a page whose address, with its parameters, is `page`."""
    parts = urlsplit(page)
    kept = [each for each in parse_qsl(parts.query, keep_blank_values=True) if each[0] not in NOT_CARRIED]
    return f"{parts.path}?{urlencode([*kept, ('format', written), *([('sheet', sheet)] if sheet else [])])}"
