"""Tables of what belongs to an object, and the links between the admin's pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from console.templatetags.formats import credits

ROWS_OF_A_TABLE = 25
"""How many rows a page shows of what belongs to an object; the rest is one link away."""


@dataclass(frozen=True)
class Table:
    """Rows that belong to the object of a page, read-only. Numbers are shown right-aligned."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    more_url: str = ""
    empty: str = ""

    @property
    def heads(self) -> list[tuple[str, bool]]:
        """The columns, with whether each holds numbers."""
        first = self.rows[0] if self.rows else [""] * len(self.columns)
        return [(column, is_number(cell)) for column, cell in zip(self.columns, first, strict=True)]

    @property
    def lines(self) -> list[list[tuple[Any, bool]]]:
        """Cells as they are written, with whether each is a number."""
        return [[(credits(cell) if is_number(cell) else cell, is_number(cell)) for cell in row] for row in self.rows]

    @property
    def labeled(self) -> list[list[tuple[str, Any, bool]]]:
        """The same cells, each after the name of its column."""
        return [[(name, *cell) for name, cell in zip(self.columns, line, strict=True)] for line in self.lines]


def is_number(cell: Any) -> bool:
    return isinstance(cell, int) and not isinstance(cell, bool)


def table_of(
    title: str,
    rows: QuerySet[Any],
    columns: Mapping[str, Callable[[Any], Any]],
    *,
    more_url: str,
    empty: str = "",
) -> Table:
    """The first rows of a queryset, each column by its function. One statement if the queryset selects what they need."""
    return Table(
        title,
        list(columns),
        [[cell(row) for cell in columns.values()] for row in rows[:ROWS_OF_A_TABLE]],
        more_url,
        empty or _("None."),
    )


def link_to(row: Model | None, text: Any = None) -> SafeString | str:
    """A link to a row's page in the admin; nothing for no row."""
    if row is None:
        return ""
    return format_html('<a href="{}">{}</a>', page_url(row), row if text is None else text)


def page_url(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def list_url(model: type[Model], **filters: Any) -> str:
    """The list of a model, filtered by exact values."""
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{url}?{urlencode(filters)}" if filters else url
