"""Pieces of SQL for migrations: the guards of the partitions of a table of facts."""

from __future__ import annotations

from django.db.migrations.operations import RunSQL


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
