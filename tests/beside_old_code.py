"""Which migrations the code before them lives with: it goes on reading and writing while they run, and for a while after.

First expand, then contract: a release adds what it needs so that the one before it need not know; a later one takes away what no
running code asks for. What the rules refuse may still be harmless: a migration then says why, in its attribute `beside_old_code`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.postgres import operations as postgres
from django.db import connection, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED
from django.db.models.functions import Now

HARMLESS = (
    migrations.AlterModelOptions,
    migrations.AlterModelManagers,
    migrations.AlterModelTableComment,
    migrations.RemoveIndex,
    migrations.RenameIndex,
    postgres.RemoveIndexConcurrently,
    postgres.ValidateConstraint,
)

REFUSED: dict[type[Operation], str] = {
    migrations.RemoveField: "old code still reads the column: take it out of the model first, drop it a release later",
    migrations.RenameField: "old code knows the column by its old name only: add another, write both, drop the old one later",
    migrations.RenameModel: "old code knows the table by its old name only: name it with db_table",
    migrations.AlterModelTable: "old code knows the table by its old name only",
    migrations.DeleteModel: "old code still reads the table: drop it a release later",
    migrations.AlterUniqueTogether: "an index is built while nobody can write: use UniqueConstraint, and say why it is harmless",
    migrations.AlterIndexTogether: "an index is built while nobody can write: use AddIndexConcurrently",
    migrations.AlterOrderWithRespectTo: "old code does not write the new column",
    migrations.AddIndex: "an index is built while nobody can write: use AddIndexConcurrently, and atomic = False",
    migrations.AddConstraint: "old code may write what it forbids, and the table is read through while nobody can write",
    postgres.AddConstraintNotValid: "old code may write what it forbids",
    migrations.RunPython: "rows are written: in slices, so that old code may read and write each of them before and after?",
}


def refusals(migration: migrations.Migration, state: ProjectState, new: set[tuple[str, str]] | None = None) -> Iterator[str]:
    """What of a migration the code before it does not live with. `state` is before it, and after it at the end.

    `new` are the models, as (app, name), that this code does not know: those a migration may treat as it likes; it adds to them.
    """
    new = set() if new is None else new
    yield from _refusals(migration, migration.operations, state, new)


def _refusals(migration: migrations.Migration, operations: Any, state: ProjectState, new: set[tuple[str, str]]) -> Iterator[str]:
    app = migration.app_label
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            copied = state.clone()
            yield from _refusals(migration, operation.database_operations, copied, new)
            for each in operation.state_operations:
                yield from _in_state_alone(app, each, state)
                each.state_forwards(app, state)
            continue
        after = state.clone()
        operation.state_forwards(app, after)
        why = _why(migration, operation, state, after, new)
        operation.state_forwards(app, state)
        if why:
            yield f"{operation.describe()}: {why}"


def _why(
    migration: migrations.Migration, operation: Operation, before: ProjectState, after: ProjectState, new: set[tuple[str, str]]
) -> str:
    app = migration.app_label
    if isinstance(operation, migrations.CreateModel):
        new.add((app, operation.name_lower))
        return ""
    if isinstance(operation, HARMLESS):
        return ""
    if isinstance(operation, migrations.RunSQL):
        return _of_sql(operation, before, new)
    model = getattr(operation, "model_name", getattr(operation, "name", "")).lower()
    if (app, model) in new and not isinstance(operation, migrations.RunPython):
        return ""
    if isinstance(operation, postgres.AddIndexConcurrently):
        return "" if not migration.atomic else "it needs atomic = False in the migration"
    if isinstance(operation, migrations.AddField):
        return _of_new_field(operation.field)
    if isinstance(operation, migrations.AlterField):
        fields = [state.apps.get_model(app, model)._meta.get_field(operation.name) for state in (before, after)]
        return _of_altered_field(*fields)
    return REFUSED.get(type(operation), "the rules do not know it")


def _of_new_field(field: models.Field[Any, Any]) -> str:
    if field.many_to_many:
        return ""
    if isinstance(field, models.GeneratedField):
        return "the whole table is written anew while nobody can read it"
    default = getattr(field, "db_default", NOT_PROVIDED)
    if not field.null and default is NOT_PROVIDED:
        return "old code writes rows without it: let it be null, or give it a db_default"
    if default is not NOT_PROVIDED and hasattr(default, "resolve_expression") and not isinstance(default, models.Value | Now):
        return "a default that differs from row to row writes the whole table anew"
    if field.unique or getattr(field, "db_index", False):
        return "its index is built while nobody can write: db_index=False, and AddIndexConcurrently after it"
    if getattr(field, "remote_field", None) and getattr(field, "db_constraint", False):
        return "the table is read through for its foreign key while nobody can write: db_constraint=False, or say why"
    return ""


def _of_altered_field(before: Any, after: Any) -> str:
    if before.column != after.column:
        return "old code knows the column by its old name only"
    if before.null and not after.null:
        return "old code may write null: fill it and let new code write it first, demand it a release later"
    if before.db_default is not NOT_PROVIDED and after.db_default is NOT_PROVIDED and not after.null:
        return "old code may leave it to the default"
    types = (before.db_type(connection), after.db_type(connection))
    if types[0] != types[1] and not _wider(*types):
        return f"from {types[0]} to {types[1]} the whole table is written anew, and old code may write what does not fit"
    for name, what in {"unique": "its index", "db_index": "its index", "db_constraint": "its foreign key"}.items():
        if getattr(after, name, False) and not getattr(before, name, False):
            return f"{what} is made while nobody can write"
    return ""


def _wider(before: str, after: str) -> bool:
    """What PostgreSQL takes without touching the rows."""
    lengths = [re.fullmatch(r"varchar\((\d+)\)", each) for each in (before, after)]
    if lengths[0] and lengths[1]:
        return int(lengths[1][1]) >= int(lengths[0][1])
    return bool(lengths[0]) and after == "text"


def _of_sql(operation: migrations.RunSQL, state: ProjectState, new: set[tuple[str, str]]) -> str:
    """Statements about tables that old code does not know are free; such a table may refer to others."""
    text = re.sub(r"REFERENCES \w+", "", str(operation.sql))
    tables = {model.options.get("db_table") or f"{app}_{name}": (app, name) for (app, name), model in state.models.items()}
    known = sorted(table for table, model in tables.items() if model not in new and re.search(rf"\b{table}\b", text))
    if known:
        return f"what it does to {', '.join(known)} nobody can compute: say why old code lives with it"
    return ""


def _in_state_alone(app: str, operation: Operation, state: ProjectState) -> Iterator[str]:
    """The model forgets a field, the table keeps the column: then rows are written without it."""
    if isinstance(operation, migrations.RemoveField):
        field = state.models[app, operation.model_name_lower].fields[operation.name_lower]
        if not field.null and field.db_default is NOT_PROVIDED:
            yield f"{operation.describe()}: new code writes rows without it: let the column be null, or give it a default, first"
