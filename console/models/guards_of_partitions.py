"""Pieces of SQL for migrations: guards that refuse to edit facts, and references that stay within one company."""

from __future__ import annotations

from django.db.migrations.operations import RunSQL

GUARD_FUNCTION = """
CREATE FUNCTION refuse_to_edit_facts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: recorded facts are never edited; record a further statement instead',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def create_guard_function() -> RunSQL:
    """The one function behind all guards. It knows no exception, setting or role."""
    return RunSQL(GUARD_FUNCTION, "DROP FUNCTION refuse_to_edit_facts()")


def guard_facts(table: str) -> RunSQL:
    """Let the database refuse UPDATE, DELETE and TRUNCATE on `table`, for its owner too.

    Per statement, so that one that would touch no row is refused as well; ENABLE ALWAYS, so that
    `session_replication_role` is no way round.
    """
    name = f"guard_{table}"
    return RunSQL(
        f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_edit_facts(); "
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",
        f"DROP TRIGGER {name} ON {table}",
    )


def guard_partitions(table: str) -> RunSQL:
    """Guard every partition that `table` has by now as `guard_facts` guards the table: statements may name a partition, too.

    For the migration that partitions a guarded table, and for each that adds partitions. Whoever takes a partition out again
    takes its facts out; no trigger can refuse that, `manage.py verify_ledger` finds it.
    """
    each = (
        "DO $$ DECLARE part record; BEGIN FOR part IN "
        f"SELECT relid::regclass AS name, 'guard_' || relname AS guard FROM pg_partition_tree('{table}') "
        "JOIN pg_class ON pg_class.oid = relid WHERE level > 0 LOOP {} END LOOP; END $$"
    )
    guard = (
        "EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %s "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_edit_facts()', part.guard, part.name); "
        "EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', part.name, part.guard);"
    )
    drop = "EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', part.guard, part.name);"
    return RunSQL(each.format(guard), each.format(drop))


def tenant_reference(table: str, column: str, to: str) -> RunSQL:
    """Enforce (company_id, `column`) -> `to` (company_id, id): no row can point into another company.

    The model's own ForeignKey has `db_constraint=False`. Checked at commit, as Django's own references are, because an
    act's row is written last.
    """
    name = f"{table}_{column}_in_same_company"
    return RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (company_id, {column}) "
        f"REFERENCES {to} (company_id, id) DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )
