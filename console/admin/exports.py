"""A list of the support desk as a sheet: the rows that its search and filters leave, in its columns, values as values.

Streamed: a list may have all rows of a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from html import unescape
from itertools import batched
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.db.models import Count, Max, Min, QuerySet
from django.http import HttpRequest
from django.utils.html import strip_tags
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from console.exports.sheet import Cell, Column, Kind, Sheet

ROWS_AT_ONCE = 500
type Reads = Callable[[Any], Cell]


class ListThatReadsMore(ChangeList):
    """A list whose columns tell what does not stand in its rows: it is read for a page, or for a slice of an export, at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        self.read_more(self.result_list)

    def read_more(self, rows: list[Any]) -> None:
        """Leave on each row what the columns read."""
        raise NotImplementedError


def changelist_sheet(desk: admin.ModelAdmin[Any], request: HttpRequest, columns: list[Any]) -> Sheet:
    """`columns` are those of the list as they were stated. Two statements: how many there are, and the rows as they are read."""
    found = desk.get_changelist_instance(request)
    made = [_column(desk, each) for each in columns]
    length, company_id = how_many_of_whom(found.queryset, _names_company(desk.opts))
    return Sheet(
        desk.opts.model_name or "",
        str(capfirst(desk.opts.verbose_name_plural)),
        tuple(column for column, _reads in made),
        _rows(found, [reads for _column, reads in made]),
        length,
        company_id=company_id,
    )


def how_many_of_whom(rows: QuerySet[Any], company: str) -> tuple[int, int | None]:
    """How many rows there are, and the id of the company that each of them names in its column `company`, where it is one.

    Without a column there is none. One statement.
    """
    if not company:
        return rows.count(), None
    found = rows.order_by().aggregate(rows=Count("*"), named=Count(company), first=Min(company), last=Max(company))
    one = found["first"] == found["last"] and found["named"] == found["rows"]
    return found["rows"], found["first"] if one else None


def _names_company(opts: Any) -> str:
    """The column by which rows of a model say whose they are; empty where they are nobody's."""
    if opts.label_lower == "licensing.company":
        return "pk"
    return "company_id" if any(each.attname == "company_id" for each in opts.concrete_fields) else ""


def _rows(found: ChangeList, reads: list[Reads]) -> Iterator[list[Cell]]:
    for slice_of_rows in batched(found.queryset.iterator(chunk_size=ROWS_AT_ONCE), ROWS_AT_ONCE, strict=False):
        rows = list(slice_of_rows)
        if isinstance(found, ListThatReadsMore):
            found.read_more(rows)
        for row in rows:
            yield [read(row) for read in reads]


def _column(desk: admin.ModelAdmin[Any], stated: Any) -> tuple[Column, Reads]:
    """A column of the model with its own value; what the desk computes as the words it shows."""
    label = str(capfirst(str(label_for_field(stated, desk.model, desk))))
    name = stated if isinstance(stated, str) else stated.__name__
    field = next((each for each in desk.opts.concrete_fields if each.name == name), None)
    if field is None:
        return Column(name.strip("_"), label, Kind.TEXT), _computed(desk, stated)
    if field.choices:
        return Column(name, label, Kind.TEXT), lambda row: _words(getattr(row, f"get_{name}_display")())
    kind = _kind_of(field)
    if kind is Kind.TEXT:
        return Column(name, label, kind), lambda row: _words(getattr(row, name))
    return Column(name, label, kind), lambda row: getattr(row, field.attname)


def _kind_of(field: models.Field[Any, Any]) -> Kind:
    if isinstance(field, models.ForeignKey) or field.primary_key:
        return Kind.TEXT
    for type_of_field, kind in (
        (models.DateTimeField, Kind.INSTANT),  # a DateField too, so it comes first
        (models.DateField, Kind.DAY),
        (models.DecimalField, Kind.DECIMAL),
        (models.IntegerField, Kind.NUMBER),
    ):
        if isinstance(field, type_of_field):
            return kind
    return Kind.TEXT


def _computed(desk: admin.ModelAdmin[Any], stated: Any) -> Reads:
    def read(row: Any) -> Cell:
        if callable(stated):
            return _words(stated(row))
        if hasattr(desk, stated):
            return _words(getattr(desk, stated)(row))
        value = getattr(row, stated)
        return _words(value() if callable(value) else value)

    return read


def _words(value: Any) -> str | None:
    """What is said of a value, without the links that it stands in."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value)
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return unescape(strip_tags(text)).strip() if hasattr(value, "__html__") else text
