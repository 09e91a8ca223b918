"""Checks of the database itself: the guards and the tenant references, computed from the models.

A guard is per statement, and fires for the table that the statement names: partitions and tables that inherit are named by
themselves too, so each needs its own. A partition taken out again (DETACH) keeps its guard and its constraints, and is found by
them: what it holds counts nowhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.apps import apps
from django.db import connection, models

from console.models import AppendOnly
from console.models.guards_in_sql import GUARD_FUNCTION
from credits.verification.difference import Difference
from licensing.models import Order, TenantRow

# What pg_trigger.tgtype adds up.
FOR_EACH_ROW, BEFORE, DELETE, UPDATE, TRUNCATE = 1, 2, 8, 16, 32


BELOW = """
ARRAY(
    WITH RECURSIVE below(top, part) AS (
            SELECT inhparent, inhrelid FROM pg_inherits
            UNION
            SELECT below.top, pg_inherits.inhrelid FROM below JOIN pg_inherits ON pg_inherits.inhparent = below.part
         )
    SELECT ARRAY[top::regclass::text, part::regclass::text]
      FROM below JOIN pg_class ON pg_class.oid = below.part AND relkind IN ('r', 'p', 'f')
     ORDER BY 1
)
"""
"""Pairs of a table and one below it, at any depth: its partitions and what inherits from it."""


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
        cursor.execute(f"SELECT ARRAY(SELECT prosrc FROM pg_proc WHERE proname = 'refuse_to_edit_facts'), {BELOW}")
        bodies, pairs = cursor.fetchone()
    below = _by_top(pairs)
    guards = [each for guard in expected_guards() for each in (guard, *_guards_below(guard, below[guard.table]))]
    for guard in guards:
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
    functions = {guard.function for guard in guards}
    guarded = {table for (table, _name), (_kind, function, *_) in found.items() if function in functions}
    yield from _taken_out("guards", guarded - _tables_of_models(below))
    body = GUARD_FUNCTION.split("$$")[1]
    if bodies != [body]:
        yield Difference("guards", "function refuse_to_edit_facts", "the function of the migration", "another one")


def _by_top(pairs: Iterable[Iterable[str]]) -> dict[str, list[str]]:
    """Table -> those below it."""
    below: dict[str, list[str]] = defaultdict(list)
    for top, part in pairs:
        below[top].append(part)
    return below


def _guards_below(guard: Guard, tables: Iterable[str]) -> Iterator[Guard]:
    """The same guard on each of these; a guard for each row has one name everywhere, since the database copies it itself."""
    for table in tables:
        own_name = guard.name.replace(guard.table, table.rpartition(".")[2].strip('"'))
        yield guard._replace(table=table, name=guard.name if guard.kind & FOR_EACH_ROW else own_name)


def _tables_of_models(below: dict[str, list[str]]) -> set[str]:
    """Every table of a model, with what is below it."""
    tables = {model._meta.db_table for model in apps.get_models()}
    return tables | {part for table in tables for part in below[table]}


def _taken_out(check: str, tables: Iterable[str]) -> Iterator[Difference]:
    for table in sorted(tables):
        found = "a table of its own: attach it again, what it holds counts nowhere"
        yield Difference(check, f"table {table}", "a partition of a table of ours", found)


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
    """Each (company_id, x_id) -> (company_id, id) is there and validated, on every table below, too."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT {BELOW}, conrelid::regclass::text, conname, confrelid::regclass::text, convalidated,
                   ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS key (number, position)
                         JOIN pg_attribute ON attrelid = conrelid AND attnum = number ORDER BY position),
                   ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY AS key (number, position)
                         JOIN pg_attribute ON attrelid = confrelid AND attnum = number ORDER BY position)
            FROM (SELECT 1) AS one
            LEFT JOIN pg_constraint ON contype = 'f' AND conname LIKE '%\\_in\\_same\\_company'
            """
        )
        rows = cursor.fetchall()
    found = {(table, name): tuple(rest) for _, table, name, *rest in rows if table}
    below = _by_top(rows[0][0])
    yield from _taken_out("tenant-references", {table for table, _ in found} - _tables_of_models(below))
    expected = expected_tenant_references()
    for reference in [each for top in expected for each in (top, *(top._replace(table=part) for part in below[top.table]))]:
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
