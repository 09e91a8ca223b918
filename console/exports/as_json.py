"""A sheet as JSON: what it shows, then its rows as objects, by names that never change. docs/exports.md has the schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from console.exports.sheet import About, Cell, Sheet

SCHEMA = "allotment.sheet.v1"
ROWS_AT_ONCE = 500


def as_json(sheet: Sheet, about: About) -> Iterator[bytes]:
    """Its bytes, some hundred rows at a time."""
    head = {
        "schema": SCHEMA,
        "sheet": sheet.name,
        "title": sheet.title,
        "company": {"slug": about.company_slug, "name": about.company} if about.company_slug else None,
        "page": about.page,
        "day": _plain(about.day, about),
        "known_at": _plain(about.known_at, about),
        "computed_at": _plain(about.computed_at, about),
        "time_zone": about.time_zone,
        "filters": [{"name": name, "value": value} for name, value in about.filters],
        "columns": [{"name": each.name, "label": each.label, "kind": each.kind.value} for each in sheet.columns],
    }
    yield f'{json.dumps(head, ensure_ascii=False)[:-1]}, "rows": ['.encode()
    names = [each.name for each in sheet.columns]
    waiting: list[str] = []
    number = 0
    for number, row in enumerate(sheet.read(), 1):
        values = {name: _plain(cell, about) for name, cell in zip(names, row, strict=True)}
        waiting.append(f"{',' if number > 1 else ''}\n{json.dumps(values, ensure_ascii=False)}")
        if len(waiting) == ROWS_AT_ONCE:
            yield "".join(waiting).encode()
            waiting.clear()
    # Counted, not stated: a list that is streamed may have grown since it was asked for.
    yield f'{"".join(waiting)}\n], "number_of_rows": {number}}}\n'.encode()


def _plain(cell: Cell, about: About) -> str | int | float | None:
    """Numbers as numbers, days and instants as ISO 8601."""
    if isinstance(cell, datetime):
        return about.told(cell).isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    return cell
