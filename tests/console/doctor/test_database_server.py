"""What the doctor says of a server: our own, with the settings of `make run`, has nothing; each deviation is named."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker

from console.database_roles.signed_on_as_owner import ACCOUNT, sign_on
from console.doctor.subjects import database_server
from console.embedded_postgres import OWNER, SERVING, EmbeddedServer
from tests.processes import until


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    folder = Path(tempfile.mkdtemp(prefix="allotment-doctor-"))
    folder.chmod(0o711)
    server = EmbeddedServer(folder / "server")
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def signed_on(server: EmbeddedServer, django_db_blocker: DjangoDbBlocker) -> Iterator[EmbeddedServer]:
    """As the role that serves, which owns nothing there."""
    account: dict[str, Any] = {**dict.fromkeys(ACCOUNT, ""), "OPTIONS": {}}
    with django_db_blocker.unblock():
        before = sign_on(account | {"USER": SERVING, "HOST": str(server.sockets), "PORT": "5432", "NAME": "allotment"})
        try:
            yield server
        finally:
            sign_on(before)


def said() -> dict[str, str]:
    return {each.name: each.what for each in database_server.database_server()}


def alter(server: EmbeddedServer, sql: str) -> None:
    with server.connect("postgres", OWNER) as own:
        own.execute(sql)
        own.execute("SELECT pg_reload_conf()")


def test_our_own_server_is_as_it_should_be(signed_on: EmbeddedServer) -> None:
    assert said() == {}


SETTINGS = {
    "log_statement": "all",
    "log_min_error_statement": "error",
    "log_min_duration_statement": "250",
    "log_transaction_sample_rate": "0.5",
    "log_min_duration_sample": "100",
    "log_error_verbosity": "verbose",
    "fsync": "off",
    "full_page_writes": "off",
}


@pytest.mark.parametrize("name", SETTINGS)
def test_each_setting_that_tells_values_or_loses_facts_is_named(name: str, signed_on: EmbeddedServer) -> None:
    alter(signed_on, f"ALTER SYSTEM SET {name} = '{SETTINGS[name]}'")
    try:
        until(lambda: asked(f"SHOW {name}") != "on" and bool(said()), name)
        (found,) = database_server.database_server()
        assert found.name == f"database.{name.replace('_', '-')}"
        assert found.what.startswith(f"{name} is {SETTINGS[name]}")
        alter(signed_on, found.fix.partition(";")[0])  # the first of its lines is a statement that mends it
        until(lambda: said() == {}, f"the fix of {name}")
    finally:
        alter(signed_on, f"ALTER SYSTEM RESET {name}")


def test_errors_of_the_console_in_the_log_are_named_with_a_fix_for_its_role_alone(signed_on: EmbeddedServer) -> None:
    alter(signed_on, f"ALTER ROLE {SERVING} RESET log_min_messages")
    connection.close()
    try:
        (found,) = database_server.database_server()
        assert (found.name, found.severity) == ("database.log-min-messages", "warn")
        assert "ALTER SYSTEM" not in found.fix
        alter(signed_on, found.fix)
        connection.close()
        assert said() == {}
    finally:
        alter(signed_on, f"ALTER ROLE {SERVING} SET log_min_messages = 'log'")


def asked(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def test_a_sample_of_statements_is_named_only_where_one_is_taken(signed_on: EmbeddedServer) -> None:
    alter(signed_on, "ALTER SYSTEM SET log_min_duration_sample = '100'")
    try:
        until(lambda: list(said()) == ["database.log-min-duration-sample"], "the sample")
        alter(signed_on, "ALTER SYSTEM SET log_statement_sample_rate = '0'")
        until(lambda: said() == {}, "no sample")
    finally:
        alter(signed_on, "ALTER SYSTEM RESET log_min_duration_sample")
        alter(signed_on, "ALTER SYSTEM RESET log_statement_sample_rate")


def test_another_time_zone_is_named(signed_on: EmbeddedServer) -> None:
    alter(signed_on, "ALTER DATABASE allotment SET timezone = 'Europe/Berlin'")
    connection.close()
    try:
        assert said() == {"database.time-zone": "Its time zone is Europe/Berlin."}
    finally:
        alter(signed_on, "ALTER DATABASE allotment RESET timezone")


@pytest.mark.parametrize(
    ("encoding", "name", "words"),
    [
        ("LATIN1", "database.encoding", "Its encoding is LATIN1, not UTF8."),
        ("SQL_ASCII", "database.encoding", "Its encoding is SQL_ASCII, not UTF8."),
        ("UTF8", "database.locale", "Its LC_CTYPE is C: it knows no letters but a to z."),
    ],
)
def test_letters_that_cannot_be_kept_or_compared_are_named(
    encoding: str, name: str, words: str, signed_on: EmbeddedServer
) -> None:
    alter(signed_on, f"CREATE DATABASE odd TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'")
    before = sign_on({"NAME": "odd"} | {each: connection.settings_dict[each] for each in ACCOUNT if each != "NAME"})
    try:
        assert said() == {name: words}
    finally:
        sign_on(before)
        alter(signed_on, "DROP DATABASE odd WITH (FORCE)")


def test_a_changed_order_of_letters_is_named(signed_on: EmbeddedServer) -> None:
    """As after an upgrade of the machine's own library."""
    alter(signed_on, "UPDATE pg_database SET datcollversion = '0.1' WHERE datname = 'allotment'")
    try:
        found = said()
    finally:
        alter(signed_on, "UPDATE pg_database SET datcollversion = NULL WHERE datname = 'allotment'")
    assert list(found) in ([], ["database.collation-changed"])  # a library without versions knows none


def test_an_old_server_and_clocks_that_differ_are_named(signed_on: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_server, "OLDEST_MAJOR", 99)
    now = database_server.clock
    monkeypatch.setattr(database_server, "clock", lambda: now() + 90)
    found = {each.name: each for each in database_server.database_server()}
    assert list(found) == ["database.too-old", "database.clock"]
    assert found["database.too-old"].what.endswith("; 99 is the oldest that is known to work.")
    assert found["database.clock"].what == "The clock of the database differs from this machine's by 90 s."
    assert settings.AZURE_CLOCK_LEEWAY < 90
    assert found["database.clock"].severity == "wrong"
