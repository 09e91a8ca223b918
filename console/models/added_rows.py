"""Adding many rows at once, each with its own id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import connection, models


def added_rows[Row: models.Model](rows: Iterable[Row], *, known_by: tuple[str, ...]) -> list[Row]:
    """Add the rows and give each its id. One statement, as `bulk_create`; none for no rows.

    `known_by` names the columns that tell the rows apart: the ids come back with them. The order in which RETURNING answers is
    promised nowhere, so an id is never taken by its place. Rows that are alike in all of `known_by` must be alike in everything.
    """
    added = list(rows)
    if not added:
        return added
    model: Any = type(added[0])
    fields = [each for each in model._meta.local_concrete_fields if not each.primary_key]
    told = [model._meta.pk, *(model._meta.get_field(name) for name in known_by)]
    ids: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    at_once = connection.ops.bulk_batch_size(fields, added)
    for start in range(0, len(added), at_once):
        for pk, *values in model._base_manager._insert(added[start : start + at_once], fields=fields, returning_fields=told):
            ids[tuple(values)].append(pk)
    for row in added:
        row.pk = ids[tuple(getattr(row, name) for name in known_by)].pop()
        row._state.adding, row._state.db = False, connection.alias
    return added
