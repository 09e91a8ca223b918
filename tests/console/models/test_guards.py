"""Recorded facts are never edited: the database refuses it to everybody, and so do the models."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from console.models import Act, AppendOnly, FactsAreNeverEdited
from licensing.models import LicenseStatement
from tests.factories import allocate, make_company, make_feature, make_license

FACTS = [model for model in apps.get_models() if issubclass(model, AppendOnly)]
TABLES = [model._meta.db_table for model in FACTS]

EDITS = [
    "UPDATE {table} SET id = id",
    "UPDATE {table} SET id = id WHERE false",
    "DELETE FROM {table}",
    "DELETE FROM {table} WHERE false",
    "TRUNCATE {table} CASCADE",
]

pytestmark = [pytest.mark.django_db, pytest.mark.as_owner]


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def guards() -> dict[str, tuple[str, str]]:
    """Guard -> its table and A for always enabled, O for enabled, D for disabled."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgrelid::regclass::text, tgenabled::text FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgname LIKE 'guard\\_%'"
        )
        return {name: (table, state) for name, table, state in cursor.fetchall()}


def test_the_journal_statements_entries_licenses_and_rates_are_append_only() -> None:
    assert {
        "console_act",
        "licensing_license",
        "licensing_licensestatement",
        "licensing_licenseentry",
        "licensing_companytimezone",
        "licensing_conversionrate",
        "credits_allocationstatement",
        "credits_allocationentry",
        "credits_billingmodelchange",
        "credits_creditrate",
        "credits_payasyougoprice",
    } <= set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_every_append_only_table_has_a_guard_that_is_always_enabled(table: str) -> None:
    assert guards().get(f"guard_{table}") == (table, "A")


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("table", TABLES)
def test_the_owner_of_a_table_cannot_edit_its_facts(table: str, edit: str) -> None:
    with pytest.raises(IntegrityError, match="recorded facts are never edited"), transaction.atomic():
        execute(edit.format(table=table))


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("table", TABLES)
def test_replication_is_no_way_round_the_guards(table: str, edit: str) -> None:
    execute("SET LOCAL session_replication_role = replica")
    with pytest.raises(IntegrityError, match="recorded facts are never edited"), transaction.atomic():
        execute(edit.format(table=table))


def test_facts_that_are_there_cannot_be_edited_either() -> None:
    company = make_company()
    make_license(company=company)
    allocate(company, make_feature().lines.get(), 60)
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # as after the commit: nothing is left to check
    for table in ("console_act", "licensing_licensestatement", "licensing_licenseentry", "credits_allocationentry"):
        for edit in EDITS:
            with pytest.raises(IntegrityError, match=f"on {table} is refused"), transaction.atomic():
                execute(edit.format(table=table))


@pytest.mark.parametrize("model", FACTS)
def test_querysets_of_facts_refuse_to_edit(model: type[models.Model]) -> None:
    rows = model._default_manager.all()
    with pytest.raises(FactsAreNeverEdited):
        rows.update(id=1)
    with pytest.raises(FactsAreNeverEdited):
        rows.delete()
    with pytest.raises(FactsAreNeverEdited):
        rows.bulk_update([], ["id"])
    with pytest.raises(FactsAreNeverEdited):
        rows.none().delete()


def test_a_fact_that_was_read_can_be_neither_saved_nor_deleted() -> None:
    make_license()
    for fact in (LicenseStatement.objects.get(), Act.objects.latest("recorded_at")):
        with pytest.raises(FactsAreNeverEdited, match="Record a further statement"):
            fact.save()
        with pytest.raises(FactsAreNeverEdited):
            fact.save(update_fields=["recorded_at"])
        with pytest.raises(FactsAreNeverEdited):
            fact.delete()


def test_saving_a_fact_with_the_id_of_another_adds_nothing_and_changes_nothing() -> None:
    make_license()
    statement = LicenseStatement.objects.get()
    copy = LicenseStatement(**{field.attname: getattr(statement, field.attname) for field in statement._meta.concrete_fields})
    copy.units = 1
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save()
    assert LicenseStatement.objects.get().units == 1_000


# Tests that commit are followed by a flush, which lifts the guards in the test database only.


@pytest.mark.django_db(transaction=True)
def test_a_flush_empties_the_tables_and_leaves_the_guards_enabled() -> None:
    get_user_model().objects.create_user("someone@example.com", "a password")
    call_command("flush", interactive=False, verbosity=0, allow_cascade=False)
    assert not get_user_model().objects.exists()
    assert {state for _, state in guards().values()} == {"A"}


def test_outside_the_tests_flush_is_refused() -> None:
    tables = {table for table, _ in guards().values()}
    assert tables
    for table in tables:
        with pytest.raises(DatabaseError, match="never edited"), transaction.atomic():
            execute(f"TRUNCATE {table} CASCADE")
