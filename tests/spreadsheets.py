"""Exports as other programs read them: CSV and JSON by Python's readers, workbooks by openpyxl; all three come out alike."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

from django.http import HttpResponse
from openpyxl import load_workbook

FORMATS = ("csv", "xlsx", "json")


@dataclass
class ReadSheet:
    """Rows by the labels of columns: in CSV numbers are Decimal, in JSON and XLSX what they are; days and instants are text."""

    labels: list[str]
    rows: list[dict[str, Any]]
    about: dict[str, Any] = field(default_factory=dict)

    def column(self, label: str) -> list[Any]:
        return [row[label] for row in self.rows]

    def sum(self, label: str) -> Decimal:
        return sum((Decimal(str(each)) for each in self.column(label) if each not in (None, "")), Decimal(0))


def body_of(response: HttpResponse) -> bytes:
    """The whole of an answer, streamed or not."""
    return b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]


def read_sheet(response: HttpResponse, written: str) -> ReadSheet:
    assert response.status_code == 200, response.status_code
    return {"csv": read_csv, "xlsx": read_xlsx, "json": read_json}[written](body_of(response))


def read_csv(content: bytes) -> ReadSheet:
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\r\n")
    text = content.decode("utf-8-sig")
    labels, *rows = csv.reader(StringIO(text, newline=""), quoting=csv.QUOTE_STRINGS)
    plain = [label.removeprefix("'") for label in labels]
    return ReadSheet(plain, [dict(zip(plain, row, strict=True)) for row in rows])


def read_xlsx(content: bytes) -> ReadSheet:
    book = load_workbook(BytesIO(content))
    rows_sheet, about = book.worksheets[0], book["About"]
    for worksheet in book.worksheets:
        for row in worksheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row), "a formula"
    labels, *rows = [[_plain(cell) for cell in row] for row in rows_sheet.iter_rows()]
    said = {str(name): value for name, value in about.iter_rows(values_only=True)}
    return ReadSheet(list(labels), [dict(zip(labels, row, strict=True)) for row in rows], said)


def read_json(content: bytes) -> ReadSheet:
    told = json.loads(content)
    labels = {each["name"]: each["label"] for each in told["columns"]}
    assert all(list(row) == list(labels) for row in told["rows"])
    assert told.pop("number_of_rows") == len(told["rows"])
    rows = [{labels[name]: value for name, value in row.items()} for row in told.pop("rows")]
    return ReadSheet(list(labels.values()), rows, told)


def _plain(cell: Any) -> Any:
    """Days and instants are both read as instants: the format says which it is, at midnight too."""
    if isinstance(cell.value, datetime) and "h" not in cell.number_format:
        return cell.value.date().isoformat()
    return cell.value.isoformat() if isinstance(cell.value, date | datetime) else cell.value
