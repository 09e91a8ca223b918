"""A sheet as CSV: RFC 4180, UTF-8 with its mark. Texts stand in quotation marks, numbers never do.

A text that a spreadsheet would take for a formula gets an apostrophe before it, as people type it themselves. A number is written
by its type and needs none: −500 is -500.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from io import StringIO

from console.exports.sheet import About, Cell, Sheet

BYTE_ORDER_MARK = "\ufeff".encode()
"""By it spreadsheets know UTF-8."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\N{MINUS SIGN}", "|", "%")
"""What a formula begins with, in full width too, and what starts a program by the old exchange of data between programs."""
ROWS_AT_ONCE = 500


def as_csv(sheet: Sheet, about: About) -> Iterator[bytes]:
    """Its bytes, some hundred rows at a time; what came before the row that is read now is gone."""
    written = StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_STRINGS)
    writer.writerow([neutral(each.label) for each in sheet.columns])
    yield BYTE_ORDER_MARK + _taken(written)
    for number, row in enumerate(sheet.read(), 1):
        writer.writerow([_written(each, about) for each in row])
        if number % ROWS_AT_ONCE == 0:
            yield _taken(written)
    if rest := _taken(written):
        yield rest


def csv_text(sheet: Sheet, about: About) -> str:
    """The same as a text with ends of lines as mails have them, without the mark."""
    return b"".join(as_csv(sheet, about)).decode("utf-8-sig").replace("\r\n", "\n")


def neutral(cell: str) -> str:
    """The text as a spreadsheet keeps it: a text. Blanks before a sign hide nothing."""
    return f"'{cell}" if cell.startswith(FORMULA) or cell.lstrip().startswith(FORMULA) else cell


def _written(cell: Cell, about: About) -> object:
    if isinstance(cell, str):
        return neutral(cell)
    if isinstance(cell, datetime):
        return about.told(cell).isoformat()
    if isinstance(cell, Decimal):  # exact, without the zeros that a column of the database adds
        return cell.to_integral_value() if cell == cell.to_integral_value() else cell.normalize()
    return cell.isoformat() if isinstance(cell, date) else cell


def _taken(written: StringIO) -> bytes:
    found = written.getvalue().encode()
    written.seek(0)
    written.truncate()
    return found
