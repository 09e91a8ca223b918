"""The server that comes with Allotment: found, refused, started, taken over, stopped."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from console.embedded_postgres import (
    OWNER,
    SERVING,
    EmbeddedServer,
    PostgresProblem,
    kept_log,
    settings_of_running_server,
    unprivileged_runner,
)
from console.embedded_postgres.processes import is_alive
from console.embedded_postgres.programs import Binaries, find_binaries, refuse_other_major, version_in
from console.embedded_postgres.server import DATABASE
from console.embedded_postgres.unprivileged_runner import choose_runner, namespace_runner, users_without_rights, works
from console.settings_from_environment import database_from_url

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run the server as somebody else")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    found = EmbeddedServer(tmp_path / "a folder's data", throwaway=True)
    yield found
    found.stop()


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("postgres (PostgreSQL) 18.6", "18.6"),
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18"),
        ("nothing", None),
    ],
)
def test_the_version_is_read_from_what_postgres_says(said: str, version: str | None) -> None:
    assert version_in(said) == version


def test_a_server_older_than_15_is_refused_with_the_fix() -> None:
    with pytest.raises(PostgresProblem, match=r"14\.9 in /old is too old: install PostgreSQL 15 or newer, or .* DATABASE_URL"):
        find_binaries(lambda: iter([Path("/old")]), lambda folder: "14.9")


def test_an_old_server_is_passed_over_for_a_newer_one() -> None:
    versions = {Path("/broken"): None, Path("/old"): "14.9", Path("/new"): "16.1"}
    assert find_binaries(lambda: iter(versions), versions.get) == Binaries(Path("/new"), 16, "16.1")


def test_no_server_at_all_is_said_with_the_fix() -> None:
    with pytest.raises(PostgresProblem, match="No PostgreSQL runs on this machine"):
        find_binaries(lambda: iter([]), lambda folder: None)


def test_data_of_another_major_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    old = tmp_path / "postgres-17"
    old.mkdir()
    (old / "PG_VERSION").write_text("17\n")
    with pytest.raises(PostgresProblem, match="belongs to PostgreSQL 17, but the server here is 18"):
        refuse_other_major(tmp_path, 18)
    assert [path.name for path in tmp_path.iterdir()] == ["postgres-17"]


def test_data_of_another_major_version_under_our_name_is_refused(tmp_path: Path) -> None:
    mine = tmp_path / "postgres-18"
    mine.mkdir()
    (mine / "PG_VERSION").write_text("17\n")
    with pytest.raises(PostgresProblem, match="belongs to PostgreSQL 17"):
        refuse_other_major(tmp_path, 18)


def test_older_data_beside_our_own_is_no_obstacle(tmp_path: Path) -> None:
    for major in ("17", "18"):
        (tmp_path / f"postgres-{major}").mkdir()
        (tmp_path / f"postgres-{major}" / "PG_VERSION").write_text(major)
    refuse_other_major(tmp_path, 18)


def test_it_starts_is_found_and_leaves_nothing_behind(server: EmbeddedServer) -> None:
    server.start()
    sockets, pid = server.sockets, server.pid
    assert sockets is not None
    assert sockets.stat().st_mode & 0o777 == 0o700
    found = settings_of_running_server(server.data)
    assert found is not None
    assert found["HOST"] == str(sockets)
    with server.connect(DATABASE) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SELECT datcollate FROM pg_database WHERE datname = current_database()").fetchone() == (
            "C.UTF-8",
        )
    server.stop()
    assert not sockets.exists()
    assert pid is not None
    assert not is_alive(pid)
    assert settings_of_running_server(server.data) is None


def test_its_log_is_for_its_owner_alone_and_repeats_no_value_of_a_statement_that_failed(server: EmbeddedServer) -> None:
    server.data.mkdir(parents=True)
    server.log_path.write_text("of an earlier start")
    server.log_path.chmod(0o644)
    server.start()
    with server.connect(DATABASE) as connection:
        connection.execute(TABLES)
    for role in (OWNER, SERVING):
        with server.connect(DATABASE, role) as connection:
            failed = {fails(connection, statement) for statement in FAILING}
            failed.add(fails(connection, "INSERT INTO kept VALUES (%s, %s)", [CANARY, "a number"]))
            connection.execute("BEGIN")
            failed |= {fails(connection, f"DECLARE here CURSOR FOR SELECT {CANARY}"), fails(connection, f"SELECT '{CANARY}'")}
            connection.execute("ROLLBACK")
            with pytest.raises(psycopg.Error), connection.cursor().copy("COPY kept FROM STDIN") as copy:
                copy.write(f"{CANARY}\tno number\n")
        assert len(failed) > 18  # each kind is one of its own
    log = server.log_path.read_text()
    assert CANARY not in log
    assert kept_log.with_values(log.splitlines()) == []
    assert "ready to accept connections" in log
    assert server.log_path.stat().st_mode & 0o777 == 0o600


CANARY = "janedoe_at_customer"
TABLES = """
CREATE TABLE kept (address text PRIMARY KEY CHECK (address NOT LIKE '%!%'), number int NOT NULL, short varchar(3),
                   EXCLUDE USING btree (number WITH =));
CREATE TABLE refers (address text REFERENCES kept);
CREATE TABLE parts (day date) PARTITION BY RANGE (day);
CREATE TYPE kind AS ENUM ('one', 'two');
CREATE FUNCTION refuse(said text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused: %', said; END $$;
CREATE FUNCTION warn(said text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'careful: %', said; RETURN 1 / 0; END $$;
GRANT ALL ON kept, refers, parts TO allotment_web;
"""
FAILING = [
    f"INSERT INTO kept VALUES ('{CANARY}', 1), ('{CANARY}', 2)",
    f"INSERT INTO kept VALUES ('{CANARY}!', 1)",
    f"INSERT INTO kept VALUES ('{CANARY}', NULL)",
    f"INSERT INTO kept VALUES ('{CANARY}', 1), ('{CANARY} too', 1)",
    f"INSERT INTO kept VALUES ('a', 1, '{CANARY}')",
    f"INSERT INTO refers VALUES ('{CANARY}')",
    f"INSERT INTO parts VALUES ('2026-01-01') RETURNING '{CANARY}'",
    f"SELECT '{CANARY}'::int",
    f"SELECT '{CANARY}'::date",
    f"SELECT '{CANARY}'::uuid",
    f"""SELECT '{{"{CANARY}'::jsonb""",
    f"SELECT '{CANARY}'::kind",
    f"SELECT '{CANARY}'::int[]",
    f"SELECT '({CANARY}' ~ '({CANARY}'",
    f"SELECT convert_from('\\xff'::bytea || '{CANARY}', 'UTF8')",
    f"SELECT {CANARY} FROM kept",
    f"SELECT * FROM {CANARY}",
    f"SELECT {CANARY}()",
    f"SELEKT '{CANARY}'",
    f"SELECT '{CANARY}",
    f"SELECT refuse('{CANARY}')",
    f"SELECT warn('{CANARY}')",
    f"SET {CANARY}.x.y = '{CANARY}'; SET timezone = '{CANARY}'",
    f"SET statement_timeout = '20ms'; SELECT pg_sleep(9), '{CANARY}'",
]
"""A statement for each way in which one fails, with a value that its message, its detail or its context would repeat."""


def fails(connection: psycopg.Connection[Any], statement: str, parameters: list[str] | None = None) -> str:
    """The message that the client gets, which the log has not."""
    with pytest.raises(psycopg.Error) as raised:
        connection.execute(statement.encode(), parameters)
    return f"{type(raised.value).__name__} {str(raised.value).partition(CANARY)[0]}"


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ("2026-03-04 12:00:00.000 UTC [7] LOG:  database system is ready to accept connections", False),
        ("2026-03-04 12:00:00.000 UTC [7] FATAL:  terminating connection due to administrator command", False),
        ("2026-03-04 12:00:00.000 UTC [7] LOG:  checkpoint complete: wrote 3 buffers (0.0%)", False),
        ('2026-03-04 12:00:00.000 UTC [7] ERROR:  invalid input syntax for type integer: "x"', True),
        ("2026-03-04 12:00:00.000 UTC [7] STATEMENT:  SELECT 1", True),
        ("2026-03-04 12:00:00.000 UTC [7] DETAIL:  Key (email)=(x) already exists.", True),
        ("2026-03-04 12:00:00.000 UTC [7] LOG:  statement: SELECT 1", True),
        ("2026-03-04 12:00:00.000 UTC [7] LOG:  duration: 3.1 ms  statement: SELECT 1", True),
        ("2026-03-04 12:00:00.000 UTC [7] LOG:  execute <unnamed>: SELECT 1", True),
        ("\tFROM kept WHERE address = 'x'", True),
    ],
)
def test_a_line_that_may_hold_a_value_is_told_from_what_the_server_says_of_itself(line: str, holds: bool) -> None:
    assert kept_log.with_values([line]) == ([line] if holds else [])


def test_its_log_is_put_aside_after_a_day_and_when_it_is_long(server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.start()
    before = server.data / "postgres.before.log"
    server.shorten_log()
    assert not before.exists()
    for say in ("a_day_ago", "too_much"):
        says(server, say)
        if say == "a_day_ago":
            server.log_since -= kept_log.KEPT_SECONDS
        else:
            monkeypatch.setattr(kept_log, "MOST_BYTES", 10)
        server.shorten_log()
        assert (say in before.read_text(), server.log_path.stat().st_size) == (True, 0)
        assert before.stat().st_mode & 0o777 == 0o600
        assert server.log_since > time.monotonic() - 60
    says(server, "afterwards")
    assert "\0" not in (said := server.log_path.read_text())
    assert "afterwards" in said


def says(server: EmbeddedServer, word: str) -> None:
    """Let it write a word into its log."""
    with server.connect(DATABASE) as connection:
        connection.execute("SET log_min_messages = 'warning'")
        with pytest.raises(psycopg.Error):
            connection.execute(f"SELECT {word}")


def test_a_server_that_a_killed_start_has_left_is_taken_over(server: EmbeddedServer) -> None:
    server.start()
    later = EmbeddedServer(server.data, throwaway=True)
    later.start()
    assert (later.adopted, later.pid) == (True, server.pid)
    later.stop()
    assert not server.is_alive()


def test_it_starts_again_with_its_data_after_it_was_killed(server: EmbeddedServer) -> None:
    server.throwaway = False
    server.start()
    with server.connect(DATABASE) as connection:
        connection.execute("CREATE TABLE kept (number int)")
    assert server.pid is not None
    assert server.process is not None
    os.kill(server.pid, signal.SIGKILL)
    server.process.wait()
    left = server.sockets
    later = EmbeddedServer(server.data, throwaway=True)
    later.start()
    try:
        assert not later.adopted
        assert left is not None
        assert not left.exists()
        with later.connect(DATABASE) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    finally:
        later.stop()


def test_a_folder_of_an_earlier_version_gets_the_role_that_serves_and_one_with_too_many_rights_loses_them(
    server: EmbeddedServer,
) -> None:
    for change in (f"DROP ROLE {SERVING}", f"ALTER ROLE {SERVING} SUPERUSER CREATEROLE CREATEDB BYPASSRLS"):
        server.start()
        with server.connect(DATABASE) as connection:
            connection.execute(change)
        later = EmbeddedServer(server.data, throwaway=True)
        later.start()  # takes over the server that runs, as after a start that was killed
        with later.connect(DATABASE, SERVING) as connection:
            rights = "rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
            assert connection.execute(f"SELECT {rights} FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
        later.stop()
        assert not server.is_alive()


def test_the_console_is_given_the_role_that_serves_and_migrations_the_owner(server: EmbeddedServer) -> None:
    server.start()
    for found, role in (
        (settings_of_running_server(server.data), SERVING),
        (settings_of_running_server(server.data, OWNER), OWNER),
    ):
        assert found is not None
        assert found["USER"] == role
    assert database_from_url(server.url)["USER"] == SERVING
    assert database_from_url(server.owner_url)["USER"] == OWNER


def test_a_process_id_that_is_another_programs_by_now_is_no_server(tmp_path: Path) -> None:
    cluster = tmp_path / "postgres-18"
    cluster.mkdir()
    (cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster}\n0\n5432\n/nowhere\n\n\nready\n")
    assert settings_of_running_server(tmp_path) is None


@as_root
@pytest.mark.parametrize("way", ["as_user", "in_namespace", "from_copy"])
def test_each_way_for_root_runs_the_server_and_keeps_its_data(
    way: str, server: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`tmp_path` is of mode 0700 above, so the first way is given a folder that others may pass through."""
    if way == "as_user":
        server.data = Path("/tmp") / f"allotment-test-{os.getpid()}"
    binaries = find_binaries()
    candidates = users_without_rights() if way != "in_namespace" else [namespace_runner()]
    probe = server.data / "probe-of-ways"
    possible = any(works(runner, binaries, probe) for runner in candidates) if way != "from_copy" else bool(candidates)
    if not possible:
        pytest.skip("this machine does not allow it")
    if way == "in_namespace":
        monkeypatch.setattr(unprivileged_runner, "users_without_rights", list)
    if way == "from_copy":
        nobody_can = unprivileged_runner.works
        monkeypatch.setattr(unprivileged_runner, "COPY_HOMES", (Path("/var/tmp"),))
        monkeypatch.setattr(
            unprivileged_runner, "works", lambda runner, found, cluster: found != binaries and nobody_can(runner, found, cluster)
        )
    try:
        for _ in range(2):
            server.start()
            assert server.runner_name == way
            with server.connect(DATABASE) as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
                connection.execute("INSERT INTO kept VALUES (1)")
                rows = connection.execute("SELECT count(*) FROM kept").fetchone()
            server.stop()
        assert rows == (2,)
    finally:
        server.stop()
        for cluster in server.data.glob("postgres-*"):
            if cluster.is_symlink():
                remove(Path(os.readlink(cluster)).parent)
        if way == "as_user":
            remove(server.data)


@as_root
def test_a_copy_that_is_gone_is_said_and_nothing_made_anew(tmp_path: Path) -> None:
    cluster = tmp_path / "postgres-18"
    cluster.symlink_to(tmp_path / "gone" / "data")
    with pytest.raises(PostgresProblem, match="which is gone"):
        choose_runner(find_binaries(), cluster)


def remove(folder: Path) -> None:
    deadline = time.monotonic() + 5
    while folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
