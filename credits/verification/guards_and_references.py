"""Checks of the database itself: the guards and the tenant references, computed from the models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.apps import apps
from django.db import connection, models

from console.models import AppendOnly
from console.models.guards_in_sql import GUARD_FUNCTION
from credits.verification.difference import Difference
from licensing.models import Order, TenantRow

# What pg_trigger.tgtype adds up.
FOR_EACH_ROW, BEFORE, DELETE, UPDATE, TRUNCATE = 1, 2, 8, 16, 32


class Guard(NamedTuple):
    table: str
    name: str
    kind: int
    function: str


def expected_guards() -> list[Guard]:
    """One on every table of an append-only model, two on orders, which may be activated once."""
    facts = BEFORE | UPDATE | DELETE | TRUNCATE
    orders = Order._meta.db_table
    return [
        *(
            Guard(table, f"guard_{table}", facts, "refuse_to_edit_facts")
            for table in sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnly))
        ),
        Guard(orders, f"guard_{orders}", FOR_EACH_ROW | BEFORE | UPDATE | DELETE, "refuse_to_change_order"),
        Guard(orders, f"guard_{orders}_as_a_whole", BEFORE | TRUNCATE, "refuse_to_edit_facts"),
    ]


def check_guards() -> Iterator[Difference]:
    """Each guard is there, enabled ALWAYS, refuses UPDATE, DELETE and TRUNCATE, and its function knows no exception."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT tgrelid::regclass::text, tgname, tgtype, proname, tgenabled::text, tgqual IS NULL AND tgattr = ''
            FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
            WHERE NOT tgisinternal AND tgname LIKE 'guard\\_%'
            """
        )
        found = {(table, name): tuple(rest) for table, name, *rest in cursor.fetchall()}
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'refuse_to_edit_facts'")
        bodies = [body for (body,) in cursor.fetchall()]
    for guard in expected_guards():
        where = f"table {guard.table}"
        if (guard.table, guard.name) not in found:
            yield Difference("guards", where, f"the trigger {guard.name}", "no such trigger")
            continue
        kind, function, enabled, without_condition = found[guard.table, guard.name]
        # pg_trigger.tgenabled: O is the default, which session_replication_role = replica walks around; D is disabled.
        if enabled != "A":
            yield Difference("guards", where, f"the trigger {guard.name} enabled ALWAYS", f"tgenabled = {enabled}")
        if (kind, function, without_condition) != (guard.kind, guard.function, True):
            yield Difference(
                "guards", where, f"the trigger {guard.name} to refuse every change", f"tgtype = {kind}, function {function}"
            )
    body = GUARD_FUNCTION.split("$$")[1]
    if bodies != [body]:
        yield Difference("guards", "function refuse_to_edit_facts", "the function of the migration", "another one")


class TenantReference(NamedTuple):
    table: str
    name: str
    column: str
    to: str


def expected_tenant_references() -> list[TenantReference]:
    """One for every reference of a tenant row to a row that names its company."""
    found = []
    for model in apps.get_models():
        if not issubclass(model, TenantRow):
            continue
        for field in model._meta.local_fields:
            if isinstance(field, models.ForeignKey) and _names_its_company(field.related_model):
                table, column = model._meta.db_table, field.column
                name = f"{table}_{column}_in_same_company"
                found.append(TenantReference(table, name, column, field.related_model._meta.db_table))
    return sorted(found)


def check_tenant_references() -> Iterator[Difference]:
    """Each (company_id, x_id) -> (company_id, id) is there and validated."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT conrelid::regclass::text, conname, confrelid::regclass::text, convalidated,
                   ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS key (number, position)
                         JOIN pg_attribute ON attrelid = conrelid AND attnum = number ORDER BY position),
                   ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY AS key (number, position)
                         JOIN pg_attribute ON attrelid = confrelid AND attnum = number ORDER BY position)
            FROM pg_constraint WHERE contype = 'f' AND conname LIKE '%\\_in\\_same\\_company'
            """
        )
        found = {(table, name): tuple(rest) for table, name, *rest in cursor.fetchall()}
    for reference in expected_tenant_references():
        where = f"table {reference.table}"
        if (reference.table, reference.name) not in found:
            yield Difference("tenant-references", where, f"the constraint {reference.name}", "no such constraint")
            continue
        to, validated, columns, to_columns = found[reference.table, reference.name]
        if not validated:
            yield Difference("tenant-references", where, f"the constraint {reference.name} validated", "not validated")
        if (to, columns, to_columns) != (reference.to, ["company_id", reference.column], ["company_id", "id"]):
            yield Difference(
                "tenant-references",
                where,
                f"(company_id, {reference.column}) to refer to {reference.to} (company_id, id)",
                f"({', '.join(columns)}) to {to} ({', '.join(to_columns)})",
            )


def _names_its_company(model: type[models.Model]) -> bool:
    return any(field.attname == "company_id" for field in model._meta.local_concrete_fields)
