"""The files of a catalogue folder, each read by itself: its lines, and every problem that one line shows alone."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from credits.catalogue.allowed_cells import Refused
from credits.catalogue.columns_of_each_file import FORMATS, Format
from credits.catalogue.files_and_rows import CatalogueProblem


@dataclass
class Line:
    """A line of a file: where it starts, its cells as text, and the row they make (None if a cell was refused)."""

    number: int
    cells: Mapping[str, str]
    row: Any = None


@dataclass
class Sheet:
    """One file as far as it could be read. References into an incomplete file are not judged: the target may be
    in the part that is missing, and one broken file should not fill the list with consequences."""

    file: str
    lines: list[Line] = field(default_factory=list)
    complete: bool = False

    def rows(self) -> Iterator[tuple[Line, Any]]:
        """Lines whose cells were all accepted, with their rows."""
        return ((line, line.row) for line in self.lines if line.row is not None)

    def keys(self, *columns: str) -> set[tuple[str, ...]]:
        """What these columns hold, lines with other problems included."""
        return {tuple(line.cells[column] for column in columns) for line in self.lines}


class Reading:
    """The problems found so far, and the six sheets."""

    def __init__(self, folder: Path) -> None:
        self.problems: list[CatalogueProblem] = []
        self.sheets = {form.file: self._read(folder, form) for form in FORMATS}

    def refuse(self, file: str, line: int | None, column: str | None, message: str) -> None:
        self.problems.append(CatalogueProblem(file, line, column, message))

    def _read(self, folder: Path, form: Format) -> Sheet:
        sheet = Sheet(form.file)
        text = self._text_of(folder, form.file)
        if text is None:
            return sheet
        records = csv.reader(io.StringIO(text, newline=""), strict=True)
        header: list[str] | None = None
        try:
            for number, cells in _numbered(records):
                if header is None:
                    header = cells
                    if not self._accept_header(form, header):
                        return sheet
                elif len(cells) != len(header):
                    self.refuse(
                        form.file,
                        number,
                        None,
                        f"has {len(cells)} cells where the header has {len(header)}. "
                        "Put a cell that contains a comma in double quotes.",
                    )
                else:
                    sheet.lines.append(self._line(form, number, dict(zip(header, cells, strict=True))))
        except csv.Error as error:
            self.refuse(
                form.file, records.line_num, None, f"is not well-formed CSV ({error}). Check the double quotes here and above."
            )
            return sheet
        if header is None:
            wanted = ",".join(column.name for column in form.columns)
            self.refuse(form.file, None, None, f"is empty. Its first line must be the header: {wanted}")
            return sheet
        sheet.complete = True
        return sheet

    def _text_of(self, folder: Path, file: str) -> str | None:
        try:
            data = (folder / file).read_bytes()
        except FileNotFoundError:
            self.refuse(file, None, None, "is missing. Add it; a file without entries needs only its header.")
            return None
        except OSError as error:
            self.refuse(file, None, None, f"cannot be read ({error.strerror}).")
            return None
        try:
            return data.decode("utf-8-sig")  # spreadsheets put a byte order mark in front of UTF-8
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            self.refuse(file, line, None, 'is not UTF-8. Save the file as "CSV UTF-8".')
            return None

    def _accept_header(self, form: Format, header: list[str]) -> bool:
        """Whether every wanted column is there, once, and no other."""
        known = [column.name for column in form.columns]
        if len(header) == 1 and ";" in header[0]:
            self.refuse(form.file, 1, None, "is separated by semicolons. Save the file with commas.")
            return False
        before = len(self.problems)
        for name in (column.name for column in form.columns if not column.may_be_missing):
            if name not in header:
                self.refuse(form.file, 1, name, "the column is missing. Add it to the header.")
        for name in dict.fromkeys(header):
            if name not in known:
                self.refuse(form.file, 1, name, f"the column is not known. Remove it, or use one of: {', '.join(known)}.")
            elif header.count(name) > 1:
                self.refuse(form.file, 1, name, "the column appears twice. Keep one of them.")
        return len(self.problems) == before

    def _line(self, form: Format, number: int, cells: dict[str, str]) -> Line:
        line = Line(number, cells)
        values: dict[str, Any] = {}
        for column in form.columns:
            cell = cells.get(column.name, "")
            if cell == "":
                values[column.name] = column.when_empty
                if column.required:
                    self.refuse(form.file, number, column.name, "is empty. Fill it in.")
                    values.pop(column.name)
                continue
            try:
                values[column.name] = column.read(cell)
            except Refused as refused:
                self.refuse(form.file, number, column.name, str(refused))
        if len(values) == len(form.columns):
            line.row = form.row(**values)
        return line


def _numbered(records: Any) -> Iterator[tuple[int, list[str]]]:
    """Records with the line they start on (a quoted cell may span lines), cells stripped, empty records left out."""
    start = 1
    for record in records:
        cells = [cell.strip() for cell in record]
        if any(cells):  # spreadsheets leave lines of nothing but commas behind
            yield start, cells
        start = records.line_num + 1
