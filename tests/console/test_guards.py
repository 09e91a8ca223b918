"""The guards of append-only tables are in force in the test database, also after a flush has lifted them."""

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from tests.conftest import guard_triggers


def states() -> dict[str, str]:
    """Guard -> A for always enabled, O for enabled, D for disabled."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'guard\\_%'")
        return {name: state.decode() if isinstance(state, bytes) else state for name, state in cursor.fetchall()}


@pytest.mark.django_db(transaction=True)
def test_a_flush_empties_the_tables_and_leaves_the_guards_enabled() -> None:
    get_user_model().objects.create_user("someone@example.com", "a password")
    call_command("flush", interactive=False, verbosity=0, allow_cascade=False)
    assert not get_user_model().objects.exists()
    assert set(states().values()) == {"A"}


@pytest.mark.django_db
def test_every_guarded_table_refuses_truncate() -> None:
    tables = {table for table, _ in guard_triggers()}
    assert tables
    for table in tables:
        with pytest.raises(DatabaseError, match="never edited"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")
