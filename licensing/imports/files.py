"""Lines of a file, one after the other: CSV as spreadsheets write it, and XLSX. Knows nothing of what the lines are about.

    for number, cells in lines_of(file): ...        # file: open, at its beginning; cells: str, int, float, bool, date or None

A formula is no value: it comes as `FORMULA`. What cannot be read at all raises UnreadableFile, in words.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from io import TextIOWrapper
from typing import IO, Any
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext as _
from openpyxl import load_workbook

MOST_LINES = 500_000
MOST_BYTES_UNPACKED = 512 * 1024 * 1024
MOST_BYTES_OF_WORDS = 64 * 1024 * 1024
"""Of the words that the cells of a workbook share, which are the one thing held in memory."""
MOST_BYTES_OF_THE_REST = 2 * 1024 * 1024
"""Of each other part, such as the styles: the library makes a hundred times as much of them in memory."""
MOST_CELLS = 100
LONGEST_CELL = 2_000
WORDS = "xl/sharedStrings.xml"
ZIP = b"PK\x03\x04"
FORMULA = object()

type Cells = list[Any]


class UnreadableFile(Exception):
    """Why a file is no list of lines, in words."""


def lines_of(file: IO[bytes], *, most_unpacked: int | None = None) -> Iterator[tuple[int, Cells]]:
    """(number of the line, its cells), the head included; lines without any value are left out. Holds one at a time.

    `most_unpacked` are the bytes that a workbook may come to, MOST_BYTES_UNPACKED where nothing is said.
    """
    begins = file.read(4)
    file.seek(0)
    for number, cells in _of_workbook(file, most_unpacked or MOST_BYTES_UNPACKED) if begins == ZIP else _of_csv(file):
        if number > MOST_LINES + 1:
            raise UnreadableFile(_("The file has more than %(most)s lines. Divide it.") % {"most": f"{MOST_LINES:,}"})
        if len(cells) > MOST_CELLS:
            raise UnreadableFile(_("Line %(line)s has more than %(most)s cells.") % {"line": number, "most": MOST_CELLS})
        if any(isinstance(each, str) and len(each) > LONGEST_CELL for each in cells):
            raise UnreadableFile(_("Line %(line)s has a cell that is too long.") % {"line": number})
        if any(each not in (None, "") for each in cells):
            yield number, cells


def _of_csv(file: IO[bytes]) -> Iterator[tuple[int, Cells]]:
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        head = text.readline(65_536)
        text.seek(0)
        reader = csv.reader(text, delimiter=max(",;\t", key=head.count), strict=True)
        before = 0
        for cells in reader:
            number, before = before + 1, reader.line_num
            yield number, [_cell(each) for each in cells]
    except UnicodeDecodeError as error:
        raise UnreadableFile(_("The file is not UTF-8. Save it as “CSV UTF-8”, or as XLSX.")) from error
    except csv.Error as error:
        raise UnreadableFile(
            _("Line %(line)s is no line of CSV: %(what)s.") % {"line": reader.line_num, "what": error}
        ) from error
    finally:
        text.detach()


def _cell(text: str) -> Any:
    """As it was meant: an apostrophe before a sign, which our own exports write, says that it is a text."""
    text = text.strip()
    if text.startswith("="):
        return FORMULA
    return text[1:] if text[:1] == "'" and text[1:2] in "=+-@" and len(text) > 1 else text


def _of_workbook(file: IO[bytes], most_unpacked: int) -> Iterator[tuple[int, Cells]]:
    try:
        with ZipFile(file) as parts:
            sizes = {each.filename: each.file_size for each in parts.infolist()}
        rest = [size for name, size in sizes.items() if not name.startswith("xl/worksheets/") and name != WORDS]
        too_large = sum(sizes.values()) > most_unpacked or sizes.get(WORDS, 0) > MOST_BYTES_OF_WORDS
        if too_large or max(rest, default=0) > MOST_BYTES_OF_THE_REST:
            raise UnreadableFile(_("The workbook is too large once it is unpacked. Save it as CSV, or divide it."))
        with ZipFile(file) as parts:
            for each in parts.namelist():
                with parts.open(each) as part:
                    require_no_entities(part)
        file.seek(0)
        book = load_workbook(file, read_only=True, keep_links=False)
        with ZipFile(file) as parts, parts.open(book.worksheets[0]._worksheet_path) as sheet:
            require_narrow_rows(sheet)
    except UnreadableFile:
        raise
    except Exception as error:  # whatever the library trips over: it is no workbook
        raise UnreadableFile(_("The file cannot be read as a workbook. Save it as XLSX or as CSV.")) from error
    try:
        worksheet = book.worksheets[0]
        worksheet.reset_dimensions()
        for number, row in enumerate(worksheet.iter_rows(), 1):
            yield number, [_of_worksheet(each) for each in row]
    except (BadZipFile, ValueError, KeyError, IndexError, SyntaxError) as error:
        raise UnreadableFile(_("The workbook is damaged. Save it once more, or as CSV.")) from error
    finally:
        book.close()


class _Begun(Exception):
    """The first element of a part has begun, before which alone entities can be defined."""


def require_no_entities(part: IO[bytes]) -> None:
    """No spreadsheet defines entities: they name files, or make much out of little. Raises UnreadableFile. Free."""

    def defines(*_said: Any) -> None:
        raise UnreadableFile(_("The workbook holds what no spreadsheet writes (a document type). Save it once more, or as CSV."))

    def begins(*_said: Any) -> None:
        raise _Begun

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler, parser.StartElementHandler = defines, begins
    with suppress(_Begun, expat.ExpatError):  # a picture, say
        parser.ParseFile(part)


def require_narrow_rows(sheet: IO[bytes]) -> None:
    """Read a worksheet's text once, before the library does, which makes a whole row in memory. Raises UnreadableFile."""
    line, cells, letters = 0, 0, 0

    def begins(name: str, attributes: dict[str, str]) -> None:
        nonlocal line, cells, letters
        if name.endswith("row"):
            line, cells = line + 1, 0
            if line > MOST_LINES + 1:  # here too, as millions of empty ones unpack from a small file
                raise UnreadableFile(_("The file has more than %(most)s lines. Divide it.") % {"most": f"{MOST_LINES:,}"})
        elif name in ("c", "x:c"):
            cells, letters = cells + 1, 0
            if cells > MOST_CELLS:
                raise UnreadableFile(_("Line %(line)s has more than %(most)s cells.") % {"line": line, "most": MOST_CELLS})

    def said(text: str) -> None:
        nonlocal letters
        letters += len(text)
        if letters > LONGEST_CELL:
            raise UnreadableFile(_("Line %(line)s has a cell that is too long.") % {"line": line})

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.CharacterDataHandler = begins, said
    parser.ParseFile(sheet)


def _of_worksheet(cell: Any) -> Any:
    if cell.data_type == "f":
        return FORMULA
    value = cell.value
    if isinstance(value, datetime) and not isinstance(value, date | str):
        return value
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date()
    return value.strip() if isinstance(value, str) else value
