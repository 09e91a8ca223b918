"""Migrations run while the code before them serves: what it would not live with is refused, or says why it is harmless."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.postgres import operations as postgres
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.functions import Now, Random, Upper

from console.models.guards_in_sql import guard_facts, tenant_reference
from tests.beside_old_code import refusals

RELEASED = {"console": 8, "licensing": 16, "credits": 6, "practice": 2}
"""The last migration of each app in the latest release: code of that release lives with all that come after them."""


def test_code_of_the_latest_release_lives_with_every_migration_since() -> None:
    loader = MigrationLoader(None)
    new: set[tuple[str, str]] = set()
    wrong = []
    for app, name in loader.graph._generate_plan(loader.graph.leaf_nodes(), at_end=True):
        if app not in RELEASED or int(name[:4]) <= RELEASED[app]:
            continue
        migration = loader.get_migration(app, name)
        found = list(refusals(migration, loader.project_state((app, name), at_end=False), new))
        reason = getattr(migration, "beside_old_code", "")
        if found and not reason:
            wrong += [f"{app}.{name}: {each}" for each in found]
        if reason and not found:
            wrong.append(f"{app}.{name} says why it is harmless, but nothing of it is refused: take beside_old_code out")
    assert wrong == [], "\n".join(
        ["", *wrong, "Expand first, contract a release later, or say in beside_old_code why it is harmless."]
    )


def test_the_latest_release_is_one_that_is_here() -> None:
    loader = MigrationLoader(None)
    numbers = {app: max(int(name[:4]) for each, name in loader.graph.nodes if each == app) for app in RELEASED}
    assert {app: number for app, number in RELEASED.items() if number > numbers[app]} == {}


def known() -> ProjectState:
    """What the code before knows: one model."""
    state = ProjectState()
    fields: list[tuple[str, Any]] = [
        ("id", models.BigAutoField(primary_key=True)),
        ("word", models.CharField(max_length=20)),
        ("maybe", models.CharField(max_length=20, null=True)),
        ("kept", models.IntegerField(db_default=0)),
    ]
    state.add_model(ModelState("shop", "Note", fields))
    return state


def refused(*operations: Any, atomic: bool = True) -> str:
    kind = type("Migration", (migrations.Migration,), {"operations": list(operations), "atomic": atomic})
    return "\n".join(refusals(kind("0002_more", "shop"), known()))


def added(field: Any) -> Any:
    return migrations.AddField("note", "more", field)


def altered(name: str, field: Any) -> Any:
    return migrations.AlterField("note", name, field)


NEW = migrations.CreateModel("Book", [("id", models.BigAutoField(primary_key=True)), ("word", models.TextField())])
INDEX = models.Index(fields=["word"], name="by_word")
NEVER_EMPTY = models.CheckConstraint(condition=~models.Q(word=""), name="never_empty")


@pytest.mark.parametrize(
    "operations",
    [
        [NEW],
        [NEW, guard_facts("shop_book"), tenant_reference("shop_book", "note_id", "shop_note")],
        [NEW, migrations.AddIndex("book", INDEX), migrations.AddConstraint("book", NEVER_EMPTY)],
        [NEW, migrations.AddField("book", "more", models.TextField()), migrations.RemoveField("book", "word")],
        [added(models.TextField(null=True))],
        [added(models.TextField(db_default=""))],
        [added(models.DateTimeField(db_default=Now()))],
        [added(models.ForeignKey("shop.Note", models.PROTECT, null=True, db_index=False, db_constraint=False))],
        [altered("word", models.CharField(max_length=40))],
        [altered("word", models.TextField())],
        [altered("word", models.CharField(max_length=20, null=True))],
        [altered("word", models.CharField(max_length=20, choices=[("a", "A")]))],
        [migrations.AlterModelOptions("note", {"ordering": ["id"]})],
        [migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("note", "maybe")])],
        [migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("note", "kept")])],
    ],
)
def test_what_expands_is_let_pass(operations: list[Any]) -> None:
    assert refused(*operations) == ""


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        (migrations.RemoveField("note", "maybe"), "drop it a release later"),
        (migrations.RenameField("note", "word", "words"), "old name only"),
        (migrations.RenameModel("Note", "Words"), "old name only"),
        (migrations.AlterModelTable("note", "words"), "old name only"),
        (migrations.DeleteModel("Note"), "drop it a release later"),
        (migrations.AddIndex("note", INDEX), "AddIndexConcurrently"),
        (postgres.AddIndexConcurrently("note", INDEX), "atomic = False"),
        (migrations.AddConstraint("note", NEVER_EMPTY), "may write what it forbids"),
        (postgres.AddConstraintNotValid("note", NEVER_EMPTY), "may write what it forbids"),
        (migrations.RunPython(migrations.RunPython.noop), "in slices"),
        (migrations.RunSQL("UPDATE shop_note SET word = ''"), "what it does to shop_note"),
        (guard_facts("shop_note"), "what it does to shop_note"),
        (added(models.TextField()), "give it a db_default"),
        (added(models.TextField(default="")), "give it a db_default"),
        (added(models.FloatField(db_default=Random())), "writes the whole table anew"),
        (added(models.TextField(null=True, db_index=True)), "its index is built"),
        (added(models.TextField(null=True, unique=True)), "its index is built"),
        (added(models.ForeignKey("shop.Note", models.PROTECT, null=True)), "its index is built"),
        (added(models.ForeignKey("shop.Note", models.PROTECT, null=True, db_index=False)), "foreign key"),
        (
            added(models.GeneratedField(expression=Upper("word"), output_field=models.TextField(), db_persist=True)),
            "written anew",
        ),
        (altered("maybe", models.CharField(max_length=20)), "old code may write null"),
        (altered("word", models.CharField(max_length=10)), "what does not fit"),
        (altered("word", models.IntegerField()), "what does not fit"),
        (altered("word", models.CharField(max_length=20, db_column="words")), "old name only"),
        (altered("word", models.CharField(max_length=20, unique=True)), "its index is made"),
        (altered("kept", models.IntegerField()), "leave it to the default"),
        (
            migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("note", "word")]),
            "new code writes rows without it",
        ),
        (
            migrations.SeparateDatabaseAndState(database_operations=[migrations.RemoveField("note", "maybe")]),
            "drop it a release later",
        ),
    ],
)
def test_what_the_code_before_does_not_live_with_is_refused(operation: Any, why: str) -> None:
    assert why in refused(operation)


def test_an_index_made_while_others_write_is_let_pass() -> None:
    assert refused(postgres.AddIndexConcurrently("note", INDEX), atomic=False) == ""
