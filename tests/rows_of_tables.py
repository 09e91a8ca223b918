"""What tables hold, asked in one statement however many they are: tests compare it before and after, hundreds of times.

before = digests(all_tables())                   # table -> a digest of its rows
before = all_rows().about([company, person])     # model -> key -> text of each row that is or points to one of these
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.db import connection, models

from tests.test_architecture import APPS

Row = tuple[str, str]
"""Label of its model, and its key as text."""


def ours() -> list[type[models.Model]]:
    return [each for label in APPS for each in apps.get_app_config(label).get_models()]


# --- Digests


@cache
def all_tables() -> frozenset[str]:
    """Every table of the database, whoever's it is. Tests make none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace")
        return frozenset(name for (name,) in cursor.fetchall())


def digests(tables: Iterable[str]) -> dict[str, str]:
    """Each of the tables with a digest of its rows."""
    names = sorted(tables)
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(map(_digest, names)))
        return dict(zip(names, cursor.fetchone(), strict=True))


def _digest(table: str) -> str:
    text = 't::text COLLATE "C"'
    return f"(SELECT md5(coalesce(string_agg({text}, chr(10) ORDER BY {text}), '')) FROM \"{table}\" AS t)"


# --- Rows, and what points to them


@dataclass
class AllRows:
    """Each row as the text of its columns, and which rows point to it; those are asked about several things."""

    texts: dict[Row, str]
    pointing: dict[Row, list[Row]]

    def about(self, roots: Iterable[models.Model]) -> dict[str, dict[str, str]]:
        """Every row that is one of `roots` or points to one, directly or through others: label of its model -> key -> text."""
        shown: dict[str, dict[str, str]] = defaultdict(dict)
        found: set[Row] = set()
        fresh = {(each._meta.label, str(each.pk)) for each in roots}
        while fresh:
            found |= fresh
            fresh = {row for each in fresh for row in self.pointing.get(each, ())} - found
        for label, key in found & self.texts.keys():
            shown[label][key] = self.texts[label, key]
        return dict(shown)


def all_rows(*, passing: Collection[str] = (), of_all_apps: bool = False) -> AllRows:
    """Of our own apps, or of all; without the columns that are `passing`."""
    statement, targets = _statement(frozenset(passing), of_all_apps)
    texts: dict[Row, str] = {}
    pointing: dict[Row, list[Row]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(statement)
        for label, key, references, text in cursor.fetchall():
            row = (label, key)
            texts[row] = text
            for target, value in zip(targets[label], references, strict=True):
                if value is not None:
                    pointing[target, value].append(row)
    return AllRows(texts, pointing)


@cache
def _statement(passing: frozenset[str], of_all_apps: bool) -> tuple[str, dict[str, list[str]]]:
    """It reads label, key, references and text of each row; and by label, what each of the references leads to."""
    selects, targets = [], {}
    for model in apps.get_models() if of_all_apps else ours():
        meta = model._meta
        assert meta.pk is not None
        references = [each for each in meta.concrete_fields if each.is_relation]
        assert all(each.target_field.primary_key for each in references), meta.label  # type: ignore[attr-defined]
        targets[meta.label] = [each.related_model._meta.label for each in references]  # type: ignore[union-attr]
        keys = ", ".join(f't."{each.column}"::text' for each in references)
        columns = ", ".join(f't."{each.column}"' for each in meta.concrete_fields if each.attname not in passing)
        selects.append(
            f"SELECT '{meta.label}', t.\"{meta.pk.column}\"::text, ARRAY[{keys}]::text[], ROW({columns})::text"
            f' FROM "{meta.db_table}" AS t'
        )
    return "\nUNION ALL ".join(selects), targets
