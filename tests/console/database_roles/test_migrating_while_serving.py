"""`migrate` beside web and worker: it keeps nobody waiting, touches nothing that is right already, and mends what is weaker."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from console.database_roles import locks_while_serving
from console.database_roles.grants import facts, grant, privileges_on
from console.database_roles.guards_put_back import put_guards_back
from console.database_roles.locks_while_serving import LockNotHad, one_at_a_time
from console.management.commands.migrate import PAUSES, Command
from credits.verification.guards_and_references import check_guards
from tests.roles import owner_cursor

pytestmark = [pytest.mark.django_db, pytest.mark.as_owner]

KEEPS_NOBODY_WAITING = {"AccessShareLock", "RowShareLock", "RowExclusiveLock"}
"""Of a table: what reading and writing rows takes."""


def run(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def test_one_that_has_nothing_to_do_takes_no_lock_that_a_page_would_wait_for() -> None:
    call_command("migrate", verbosity=0, interactive=False)  # one transaction with what follows: it still has all that it took
    taken = run("SELECT DISTINCT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'")
    assert {mode for (mode,) in taken} <= KEEPS_NOBODY_WAITING


def test_what_the_serving_role_holds_already_is_not_granted_anew() -> None:
    with CaptureQueriesContext(connection) as asked:
        grant(settings.DATABASE_SERVING_ROLE)
    assert [each["sql"] for each in asked if not each["sql"].lstrip().startswith("SELECT")] == []


FACT = "licensing_licenseentry"


@pytest.mark.parametrize(
    "changed",
    [
        f"GRANT UPDATE ON {FACT} TO {{role}}",
        f"GRANT UPDATE (effective_on) ON {FACT} TO {{role}}",
        f"GRANT SELECT ON {FACT} TO PUBLIC",
        f"REVOKE INSERT ON {FACT} FROM {{role}}",
        f"GRANT INSERT ON {FACT} TO {{role}} WITH GRANT OPTION",
        f"REVOKE USAGE ON SEQUENCE {FACT}_id_seq FROM {{role}}",
        f"GRANT UPDATE ON SEQUENCE {FACT}_id_seq TO {{role}}",
        "GRANT CREATE ON SCHEMA public TO {role}",
        "REVOKE EXECUTE ON FUNCTION refuse_to_edit_facts() FROM {role}",
        "GRANT TEMPORARY ON DATABASE {database} TO PUBLIC",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE INSERT ON TABLES FROM {role}",
    ],
)
def test_what_somebody_changed_is_put_right(changed: str) -> None:
    assert FACT in facts()
    role = settings.DATABASE_SERVING_ROLE
    before = held()
    run(changed.format(role=role, database=connection.settings_dict["NAME"]))
    assert held() != before
    grant(role)
    assert held() == before
    assert privileges_on(FACT, []) == "SELECT, INSERT"


def held() -> list[Any]:
    """The privileges there are, in any order of who holds them."""
    return run(
        f"SELECT 'table', ARRAY(SELECT a::text FROM unnest(relacl) AS a ORDER BY 1),"
        f"       ARRAY(SELECT attacl::text FROM pg_attribute WHERE attrelid = pg_class.oid AND attacl <> '{{}}')"
        f"  FROM pg_class WHERE oid IN ('{FACT}'::regclass, '{FACT}_id_seq'::regclass)"
        " UNION ALL SELECT 'function', ARRAY(SELECT a::text FROM unnest(proacl) AS a ORDER BY 1), NULL"
        "  FROM pg_proc WHERE proname = 'refuse_to_edit_facts'"
        " UNION ALL SELECT 'schema', ARRAY(SELECT a::text FROM unnest(nspacl) AS a ORDER BY 1), NULL"
        "  FROM pg_namespace WHERE nspname = 'public'"
        " UNION ALL SELECT 'database', ARRAY(SELECT a::text FROM unnest(datacl) AS a ORDER BY 1), NULL"
        "  FROM pg_database WHERE datname = current_database()"
        " UNION ALL SELECT 'later', ARRAY(SELECT a::text FROM unnest(defaclacl) AS a ORDER BY 1), NULL FROM pg_default_acl"
        " ORDER BY 1, 2"
    )


@pytest.mark.parametrize("weaker", ["DISABLE TRIGGER USER", "ENABLE TRIGGER USER"])
def test_guards_that_loading_data_left_weaker_hold_for_everybody_again(weaker: str) -> None:
    run(f"ALTER TABLE {FACT} {weaker}")
    assert [each.where for each in check_guards()] == [f"table {FACT}"]
    put_guards_back("default")
    assert list(check_guards()) == []
    with CaptureQueriesContext(connection) as asked:
        put_guards_back("default")
    assert len(asked) == 1


def test_a_table_in_use_is_waited_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks_while_serving, "LONGEST_WAIT", "20ms")
    with owner_cursor(commit=False) as reader:
        reader.execute(f"SELECT count(*) FROM {FACT}")
        with one_at_a_time("default"), pytest.raises(OperationalError) as caught, transaction.atomic():
            run(f"LOCK TABLE {FACT} IN ACCESS EXCLUSIVE MODE")
    assert LockNotHad.is_why(caught.value)


def lock_not_had() -> OperationalError:
    error = OperationalError("canceling statement due to lock timeout")
    error.__cause__ = psycopg.errors.LockNotAvailable()
    return error


def test_it_tries_again_and_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    errors = [lock_not_had(), lock_not_had()]
    paused: list[float] = []
    monkeypatch.setattr(Migrate, "handle", lambda *args, **options: errors and (_ for _ in ()).throw(errors.pop()))
    monkeypatch.setattr(Command, "pause", staticmethod(paused.append))
    call_command("migrate", "console", verbosity=0)
    assert paused == [1, 2]
    assert capsys.readouterr().err.splitlines() == [
        f"A table is in use: migrate lets it go and tries again in {seconds} s." for seconds in paused
    ]


def test_it_gives_up_in_the_end_with_a_sentence_that_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[float] = []
    monkeypatch.setattr(Migrate, "handle", lambda *args, **options: (_ for _ in ()).throw(lock_not_had()))
    monkeypatch.setattr(Command, "pause", staticmethod(paused.append))
    with pytest.raises(CommandError, match=r"is done stays done\. .+ End that, then run migrate again\."):
        call_command("migrate", "console", verbosity=0)
    assert paused == [*PAUSES]


def test_another_that_migrates_is_waited_for() -> None:
    waited: list[float] = []
    with owner_cursor(commit=False) as other:
        other.execute("SELECT pg_try_advisory_lock(%s)", [locks_while_serving.MIGRATING])
        assert other.fetchone() == (True,)

        def pause(seconds: float) -> None:
            waited.append(seconds)
            other.execute("SELECT pg_advisory_unlock(%s)", [locks_while_serving.MIGRATING])

        with one_at_a_time("default", pause):
            assert len(waited) == 1
            other.execute("SELECT pg_try_advisory_lock(%s)", [locks_while_serving.MIGRATING])
            assert other.fetchone() == (False,)
    assert run(f"SELECT pg_try_advisory_lock({locks_while_serving.MIGRATING})") == [(True,)]
    run(f"SELECT pg_advisory_unlock({locks_while_serving.MIGRATING})")
