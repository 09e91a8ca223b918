"""Seal everything that is sealed anew, under the first key; and count what still hangs on another.

Safe while the console runs: until the old keys are taken away both are accepted, and a row that somebody changes meanwhile is
looked at again, never written over. Ended halfway, it goes on from where it is when it is called again: what is under the first
key already is left alone. None of these columns belongs to a recorded fact, so the role that serves may do it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet

from console.security.at_rest.sealed_columns import (
    SealedColumn,
    fingerprint_of,
    opens,
    sealed_anew,
    sealed_columns,
    under_the_first_key,
)
from console.security.sealing import NotOurs

AT_ONCE = 500
"""Rows that are read, and changed in one transaction."""
LOOKS = 3
"""So often a row is looked at that somebody changes in the same moment."""


@dataclass
class Done:
    """How far one column has come."""

    label: str
    rows: int = 0
    sealed: int = 0
    not_opened: list[Any] = field(default_factory=list)
    """Keys of the rows that no key opens. They are left as they are."""


@dataclass(frozen=True)
class Former:
    """Rows of one column that the first key alone does not open or find."""

    label: str
    rows: int
    """Those that would not open, or not be found, without a former key that is there."""
    lost: int
    """Those that no key opens."""


def seal_anew() -> Iterator[Done]:
    """One report per column and batch, the same object growing; the last one of a column is whole."""
    for model, column in sealed_columns():
        done = Done(label_of(model, column))
        for rows in _batches(model, column):
            with transaction.atomic():
                for row in rows:
                    _seal_row(model, column, row, done)
            yield done
        if not done.rows:
            yield done


def on_former_keys() -> list[Former]:
    """Where rows hang on another key than the first, known or not. Reads everything sealed: some 20 µs a row, 500 a statement."""
    found = []
    for model, column in sealed_columns():
        rows = lost = 0
        for batch in _batches(model, column):
            for row in batch:
                if not _is_done(column, row):
                    there = opens(row[column.name])
                    rows += there
                    lost += not there
        found.append(Former(label_of(model, column), rows, lost))
    return [each for each in found if each.rows or each.lost]


def opened_by_no_key() -> str:
    """Where something kept opens with none of the keys, and how much: "3 activation codes (…), …"; empty where all opens."""
    return ", ".join(f"{each.lost:,} {each.label}" for each in on_former_keys() if each.lost)


def label_of(model: type[Model], column: SealedColumn) -> str:
    return f"{model._meta.verbose_name_plural} ({model._meta.db_table}.{column.name})"


def _names(column: SealedColumn) -> list[str]:
    return ["pk", column.name, *([column.fingerprint] if column.fingerprint else [])]


def _rows(model: type[Model], column: SealedColumn) -> QuerySet[Any, dict[str, Any]]:
    found = model._default_manager.filter(column.where).order_by("pk")
    if model._meta.get_field(column.name).get_internal_type() != "JSONField":
        found = found.exclude(**{column.name: ""})
    return found.values(*_names(column))


def _batches(model: type[Model], column: SealedColumn) -> Iterator[list[dict[str, Any]]]:
    """One statement for each batch, in the order of the primary key."""
    rows = _rows(model, column)
    batch = list(rows[:AT_ONCE])
    while batch:
        yield batch
        batch = list(rows.filter(pk__gt=batch[-1]["pk"])[:AT_ONCE])


def _is_done(column: SealedColumn, row: dict[str, Any]) -> bool:
    if not under_the_first_key(row[column.name]):
        return False
    return not column.fingerprint or row[column.fingerprint] == fingerprint_of(row[column.name])


def _seal_row(model: type[Model], column: SealedColumn, row: dict[str, Any] | None, done: Done) -> None:
    assert row is not None
    pk, found = row["pk"], row
    done.rows += 1
    for _look in range(LOOKS):
        try:
            if _is_done(column, found):
                return
            changed = {column.name: sealed_anew(found[column.name])}
            if column.fingerprint:
                changed[column.fingerprint] = fingerprint_of(changed[column.name])
        except NotOurs:
            done.not_opened.append(pk)
            return
        as_read = {"pk": pk, column.name: found[column.name]}
        if model._default_manager.filter(**as_read).update(**changed):
            done.sealed += 1
            return
        again = _rows(model, column).filter(pk=pk).first()
        if again is None:  # gone, or no longer sealed
            return
        found = again
    done.not_opened.append(pk)
