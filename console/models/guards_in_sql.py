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
