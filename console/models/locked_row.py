"""Locking a row by a statement that joins nothing: it reads what it locks, and locks what it reads."""

from __future__ import annotations

from django.db import models


def locked_row[Row: models.Model](seen: Row, *at_hand: str) -> Row:
    """The row locked and read anew. One statement.

    What it refers to by one of the names `at_hand` is taken over from `seen` where that was read and is still referred to, as it
    was read then; everything else is read once somebody asks for it. Name only what does not change, or what is read for its id.
    """
    row = type(seen)._base_manager.select_for_update().get(pk=seen.pk)
    for name in at_hand:
        field = row._meta.get_field(name)
        assert isinstance(field, models.ForeignKey)
        if field.is_cached(seen) and getattr(row, field.attname) == getattr(seen, field.attname):
            field.set_cached_value(row, field.get_cached_value(seen))
    return row
