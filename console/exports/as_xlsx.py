"""A sheet as a workbook: the rows, and a sheet About with what they show. Written row by row, into a file that closing deletes.

A text is stored as a string whatever it begins with: openpyxl takes one that begins with "=" for a formula unless told otherwise.
"""

from __future__ import annotations

import os
from datetime import date, datetime
from decimal import Decimal
from tempfile import NamedTemporaryFile
from typing import IO, Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from console.exports.sheet import About, Cell, Column, Kind, Sheet

FORMATS = {
    Kind.TEXT: "@",
    Kind.NUMBER: "#,##0",
    Kind.DECIMAL: "General",
    Kind.DAY: "yyyy-mm-dd",
    Kind.INSTANT: "yyyy-mm-dd hh:mm:ss",
}
WIDTHS = {Kind.TEXT: 32, Kind.NUMBER: 14, Kind.DECIMAL: 14, Kind.DAY: 12, Kind.INSTANT: 20}
ROWS_OF_A_WORKSHEET = 1_048_575
"""Below its head: what follows stands on a further worksheet."""
LONGEST_TEXT = 32_767
"""Characters that a cell holds."""
NOT_IN_A_TITLE = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


def as_xlsx(sheet: Sheet, about: About) -> IO[bytes]:
    """A file that is open at its beginning; closing it deletes it. Reads all rows, and holds one at a time."""
    book = Workbook(write_only=True)
    title = sheet.title.translate(NOT_IN_A_TITLE).strip("' ")[:25] or "Rows"
    worksheet, cells = _begun(book, title, sheet.columns)
    for number, row in enumerate(sheet.read()):
        if number and number % ROWS_OF_A_WORKSHEET == 0:
            worksheet, cells = _begun(book, f"{title} {number // ROWS_OF_A_WORKSHEET + 1}", sheet.columns)
        worksheet.append([None if value is None else _filled(cell, value, about) for cell, value in zip(cells, row, strict=True)])
    _say_what_it_shows(book, sheet, about)
    with NamedTemporaryFile(suffix=".xlsx", delete=False) as file:
        try:
            book.save(file.name)
            return open(file.name, "rb")
        finally:
            os.unlink(file.name)


def _begun(book: Any, title: str, columns: tuple[Column, ...]) -> tuple[Any, list[Any]]:
    """A worksheet with its head, and a cell per column, which every row fills anew: a row is written as it is appended.

    What concerns columns and the frozen row is written before any row.
    """
    worksheet = book.create_sheet(title)
    for place, column in enumerate(columns, 1):
        worksheet.column_dimensions[get_column_letter(place)].width = max(WIDTHS[column.kind], len(column.label) + 2)
    worksheet.freeze_panes = "A2"
    head = []
    for column in columns:
        cell = _text(worksheet, column.label)
        cell.font = Font(bold=True)
        if column.kind in (Kind.NUMBER, Kind.DECIMAL):
            cell.alignment = Alignment(horizontal="right")
        head.append(cell)
    worksheet.append(head)
    return worksheet, [_empty(worksheet, column.kind) for column in columns]


def _empty(worksheet: Any, kind: Kind) -> Any:
    cell = WriteOnlyCell(worksheet)
    cell.number_format = FORMATS[kind]
    return cell


def _filled(cell: Any, value: Cell, about: About) -> Any:
    if isinstance(value, str):
        return _as_text(cell, value)
    written = cell.number_format
    # A workbook knows no zones; About names it.
    cell.value = about.told(value).replace(tzinfo=None) if isinstance(value, datetime) else value
    cell.number_format = written  # a day brings a format of its own
    return cell


def _text(worksheet: Any, value: str) -> Any:
    return _as_text(WriteOnlyCell(worksheet), value)


def _as_text(cell: Any, value: str) -> Any:
    plain = ILLEGAL_CHARACTERS_RE.sub("", value).replace("\r\n", "\n").replace("\r", "\n")  # XML has one end of line
    cell.value = plain[:LONGEST_TEXT]
    cell.data_type = "s"
    return cell


def _say_what_it_shows(book: Any, sheet: Sheet, about: About) -> None:
    worksheet = book.create_sheet("About")
    worksheet.column_dimensions["A"].width = 18
    worksheet.column_dimensions["B"].width = 60
    said: list[tuple[str, str | int | Decimal | date | datetime | None]] = [
        (_("Table"), sheet.title),
        (_("Company"), about.company or None),
        (_("Day"), about.day),
        (_("As known at"), about.known_at),
        (_("Computed at"), about.computed_at),
        (_("Time zone"), about.time_zone),
        (_("Page"), about.page),
        (_("Rows"), sheet.number_of_rows),
        *((name, value) for name, value in about.filters),
    ]
    kinds = {int: Kind.NUMBER, date: Kind.DAY, datetime: Kind.INSTANT}
    for label, value in said:
        if value is not None:
            name = _text(worksheet, label)
            name.font = Font(bold=True)
            kind = kinds.get(type(value), Kind.TEXT)
            worksheet.append([name, _filled(_empty(worksheet, kind), value, about)])
