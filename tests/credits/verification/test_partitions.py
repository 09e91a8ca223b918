"""Guards and references of partitioned tables: a statement may name a partition, and a partition may be taken out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.operations import RunSQL

from console.models.guards_in_sql import guard_facts, tenant_reference
from console.models.guards_of_partitions import guard_partitions
from credits.verification.guards_and_references import check_guards, check_tenant_references
from licensing.models import LicenseEntry
from tests.factories import make_license

pytestmark = [pytest.mark.django_db, pytest.mark.as_owner]

TABLE = "licensing_licenseentry"
PARTS = [f"{TABLE}_p0", f"{TABLE}_p1", f"{TABLE}_p1a"]
LEAVES = [f"{TABLE}_p0", f"{TABLE}_p1a"]


def execute(sql: str | RunSQL) -> None:
    with connection.cursor() as cursor:
        cursor.execute(str(sql.sql) if isinstance(sql, RunSQL) else sql)


@pytest.fixture
def partitioned() -> Iterator[None]:
    """Supply in partitions by company, one of them in partitions again, before anybody guards them."""
    make_license()
    make_license()
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # as after the commit: a table with checks to come cannot be changed
    execute(
        f"""
        ALTER TABLE {TABLE} RENAME TO {TABLE}_whole;
        CREATE TABLE {TABLE} (LIKE {TABLE}_whole INCLUDING DEFAULTS) PARTITION BY HASH (company_id);
        CREATE TABLE {TABLE}_p0 PARTITION OF {TABLE} FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE {TABLE}_p1 PARTITION OF {TABLE} FOR VALUES WITH (MODULUS 2, REMAINDER 1) PARTITION BY HASH (company_id);
        CREATE TABLE {TABLE}_p1a PARTITION OF {TABLE}_p1 FOR VALUES WITH (MODULUS 1, REMAINDER 0);
        INSERT INTO {TABLE} SELECT * FROM {TABLE}_whole;
        DROP TABLE {TABLE}_whole;
        """
    )
    execute(guard_facts(TABLE))
    execute(tenant_reference(TABLE, "license_id", "licensing_license"))
    execute(tenant_reference(TABLE, "act_id", "console_act"))
    yield
    execute("SET CONSTRAINTS ALL IMMEDIATE")


EDITS = [
    "UPDATE {table} SET change = change + 1",
    "UPDATE ONLY {table} SET change = change WHERE false",
    "DELETE FROM {table}",
    "TRUNCATE {table}",
]


def wrong() -> list[str]:
    return [str(each) for check in (check_guards, check_tenant_references) for each in check()]


def missing_guards() -> list[str]:
    return [f"table {part}: expected the trigger guard_{part}, found no such trigger [guards]" for part in PARTS]


def test_a_guard_of_the_whole_lets_its_partitions_be_changed_and_the_auditor_names_each(partitioned: None) -> None:
    assert LicenseEntry.objects.count() == 4
    for edit in (EDITS[0], EDITS[2], EDITS[3]):
        with transaction.atomic():
            for part in LEAVES:
                execute(edit.format(table=part))  # passes: that is why they must have their own
            transaction.set_rollback(True)
        with pytest.raises(IntegrityError, match="never edited"), transaction.atomic():
            execute(edit.format(table=TABLE))
    assert wrong() == missing_guards()


@pytest.mark.parametrize("role", ["origin", "replica"])
def test_guarded_partitions_can_be_changed_under_no_name(partitioned: None, role: str) -> None:
    execute(guard_partitions(TABLE))
    execute(guard_partitions(TABLE))  # once more, as for partitions that came later
    assert wrong() == []
    execute(f"SET LOCAL session_replication_role = {role}")
    for table in (TABLE, *PARTS):
        for edit in EDITS:
            with pytest.raises(IntegrityError, match=f"on {table} is refused"), transaction.atomic():
                execute(edit.format(table=table))
    assert LicenseEntry.objects.count() == 4


def test_a_partition_that_came_later_is_named_until_it_is_guarded(partitioned: None) -> None:
    execute(f"ALTER TABLE {TABLE} DETACH PARTITION {TABLE}_p1; DROP TABLE {TABLE}_p1")
    execute(guard_partitions(TABLE))
    execute(f"CREATE TABLE {TABLE}_late PARTITION OF {TABLE} FOR VALUES WITH (MODULUS 2, REMAINDER 1)")
    assert [f"the trigger guard_{TABLE}_late" in each for each in wrong()] == [True]
    execute(guard_partitions(TABLE))
    assert wrong() == []


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        (f"ALTER TABLE {TABLE}_p0 DISABLE TRIGGER USER", f"the trigger guard_{TABLE}_p0 enabled ALWAYS, found tgenabled = D"),
        (f"DROP TRIGGER guard_{TABLE}_p1a ON {TABLE}_p1a", f"the trigger guard_{TABLE}_p1a, found no such trigger"),
        (
            f"CREATE OR REPLACE TRIGGER guard_{TABLE}_p0 BEFORE UPDATE ON {TABLE}_p0"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_edit_facts()",
            f"the trigger guard_{TABLE}_p0 to refuse every change",
        ),
    ],
)
def test_a_guard_of_a_partition_that_is_not_in_force_is_named(partitioned: None, break_it: str, expected: str) -> None:
    execute(guard_partitions(TABLE))
    execute(break_it)
    assert any(expected in each for each in wrong())


@pytest.mark.parametrize("guarded", [True, False])
def test_a_partition_taken_out_is_named(partitioned: None, guarded: bool) -> None:
    """By its guard where it has one, and by the references that it keeps."""
    if guarded:
        execute(guard_partitions(TABLE))
    execute(f"ALTER TABLE {TABLE} DETACH PARTITION {TABLE}_p0")
    checks = {
        each.check for check in (check_guards, check_tenant_references) for each in check() if each.where == f"table {PARTS[0]}"
    }
    assert checks == ({"guards", "tenant-references"} if guarded else {"tenant-references"})
    assert any("attach it again" in each for each in wrong())
    if guarded:
        with pytest.raises(IntegrityError, match="never edited"), transaction.atomic():
            execute(f"DELETE FROM {TABLE}_p0")
    execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {TABLE}_p0 FOR VALUES WITH (MODULUS 2, REMAINDER 0)")
    assert wrong() == ([] if guarded else missing_guards())


def test_what_inherits_from_a_guarded_table_needs_guards_and_references_too() -> None:
    execute("CREATE TABLE licensing_licensestatement_old () INHERITS (licensing_licensestatement)")
    execute("CREATE TABLE licensing_order_old () INHERITS (licensing_order)")
    expected = [each.partition("expected ")[2].partition(",")[0] for each in wrong() if "_old" in each]
    assert expected == [
        "the trigger guard_licensing_licensestatement_old",
        "the trigger guard_licensing_order",
        "the trigger guard_licensing_order_old_as_a_whole",
        "the constraint licensing_licensestatement_act_id_in_same_company",
        "the constraint licensing_licensestatement_license_id_in_same_company",
        "the constraint licensing_licensestatement_withdraws_id_in_same_company",
    ]
