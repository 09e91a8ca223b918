"""Lines of files: as spreadsheets write them, and what is no file of lines."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from licensing.imports import files
from licensing.imports.files import FORMULA, UnreadableFile, lines_of
from licensing.imports.kind import Line


def read(content: bytes) -> list[tuple[int, list[Any]]]:
    return list(lines_of(BytesIO(content)))


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_head_says_what_stands_between_the_cells(mark: str) -> None:
    text = f'a{mark}b\r\n\r\n"1\n2"{mark}\'=3\r\n{mark}\r\nx{mark}=1+1\r\n'
    assert read(text.encode("utf-8-sig"))[0] == (1, ["a", "b"])
    assert [cells for _number, cells in read(text.encode())] == [["a", "b"], ["1\n2", "=3"], ["x", FORMULA]]


def test_a_workbook_gives_its_values_and_names_its_formulas() -> None:
    assert read(workbook(["a", "b"], [500, date(2026, 3, 31)], [None, None], ["=1+1", " x "])) == [
        (1, ["a", "b"]),
        (2, [500, date(2026, 3, 31)]),
        (4, [FORMULA, "x"]),
    ]


@pytest.mark.parametrize("content", [b"\xff\xfea\x00", b"PK\x03\x04no workbook", b'a,b\n"never closed'])
def test_what_cannot_be_read_is_said_in_words(content: bytes) -> None:
    with pytest.raises(UnreadableFile):
        read(content)


def test_what_is_too_large_once_unpacked_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES_UNPACKED", 1_000)
    with pytest.raises(UnreadableFile, match="too large"):
        read(workbook(["a"]))


def test_too_many_lines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_LINES", 2)
    with pytest.raises(UnreadableFile, match="more than 2 lines"):
        read(b"a\n1\n2\n3\n")


@pytest.mark.parametrize("typed", ["90,000", "90.000", "90 000", "9e4", "-1", "0", "1.5", 1.5, "", FORMULA, True])
def test_a_number_that_is_not_plain_is_wrong(typed: Any) -> None:
    line = Line(2, {"units": typed})
    assert line.whole("units", needed=True) is None
    assert [column for column, _what in line.faults] == ["units"]


@pytest.mark.parametrize("typed", ["31.03.2026", "2026-02-30", "03/31/26", 46112])
def test_a_day_is_written_in_one_way(typed: Any) -> None:
    line = Line(2, {"day": typed})
    assert line.day("day") is None
    assert len(line.faults) == 1


def workbook_with(part: str, text: str | bytes) -> BytesIO:
    """A small workbook of which one part says something else."""
    made, changed = BytesIO(), BytesIO()
    Workbook().save(made)
    with ZipFile(made) as parts, ZipFile(changed, "w", ZIP_DEFLATED) as written:
        for name in parts.namelist():
            written.writestr(name, text if name == part else parts.read(name))
    changed.seek(0)
    return changed


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row>{}</row></sheetData></worksheet>'


@pytest.mark.parametrize(
    ("part", "text", "said"),
    [
        ("xl/worksheets/sheet1.xml", SHEET.format("<c><v>1</v></c>" * 200_000), "more than 100 cells"),
        ("xl/worksheets/sheet1.xml", SHEET.format(f"<c t='inlineStr'><is><t>{'x' * 3_000}</t></is></c>"), "too long"),
        ("xl/styles.xml", " " * 3_000_000, "too large"),
    ],
)
def test_what_would_fill_the_memory_is_refused_before_the_library_sees_it(
    part: str, text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_args: Any, **_more: Any) -> None:
        raise AssertionError("the library made a row of it")

    monkeypatch.setattr("openpyxl.worksheet._read_only.ReadOnlyWorksheet.iter_rows", never)
    with pytest.raises(UnreadableFile, match=said):
        list(lines_of(workbook_with(part, text)))


def test_a_small_file_of_millions_of_empty_rows_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_LINES", 2)
    sheet = BytesIO(b"<sheetData><row/><row/><row/>" + b"<row/>" * 100_000)
    with pytest.raises(UnreadableFile, match="more than 2 lines"):
        files.require_narrow_rows(sheet)


ENTITIES = {
    "of a file": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
    "of ever more": '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY e "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    "of another document": '<!DOCTYPE x SYSTEM "https://elsewhere.example/x.dtd">',
}


@pytest.mark.parametrize("entities", ENTITIES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"])
def test_a_workbook_that_defines_entities_is_refused_before_the_library_sees_it(
    part: str, encoding: str, entities: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_args: Any, **_more: Any) -> None:
        raise AssertionError("the library read it")

    monkeypatch.setattr(files, "load_workbook", never)
    text = f'<?xml version="1.0" encoding="{encoding}"?>{ENTITIES[entities]}<x>&e;</x>'
    with pytest.raises(UnreadableFile, match="what no spreadsheet writes"):
        list(lines_of(workbook_with(part, text.encode(encoding))))
