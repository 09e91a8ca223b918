"""What all tests share: a throw-away server, a flush that the guards let pass, and a browser."""

import os
import re
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from _pytest.nodeid import coerce_node_id
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django import DjangoDbBlocker

from console.embedded_postgres import EmbeddedServer, kept_log
from console.settings_from_environment import database_from_url
from console.vendor import held
from licensing.marketplaces import marketplace
from licensing.marketplaces.practice import tokens
from tests import asked_in_hand, roles
from tests.in_process import InProcess, in_process
from tests.purchases import open_shop

# Playwright's synchronous calls run an event loop in the test's thread, where Django then refuses its database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

SERVER = pytest.StashKey[tuple[EmbeddedServer, Path]]()
VALUES = pytest.StashKey[list[str]]()
"""Lines of the server's log that should not be there."""


def pytest_configure(config: pytest.Config) -> None:
    """Start one throw-away server for this run; pytest-xdist's workers find it in their environment."""
    if hasattr(config, "workerinput") or config.option.collectonly or "TEST_DATABASE_URL" in os.environ:
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end in order, and the server with us
    folder = Path(tempfile.mkdtemp(prefix="allotment-tests-"))
    folder.chmod(0o711)  # as root, the server runs as somebody else, who must reach its data
    server = EmbeddedServer(folder / "server", throwaway=True)
    config.stash[SERVER] = server, folder
    server.start()
    os.environ["TEST_DATABASE_URL"] = server.owner_url
    connections.settings["default"].update(database_from_url(server.owner_url))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """What the tests made fail left no value of a statement in the server's log."""
    if found := session.config.stash.get(SERVER, None):
        lines = kept_log.with_values(found[0].log_path.read_text(errors="replace").splitlines())
        if lines:
            session.config.stash[VALUES] = lines
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if lines := config.stash.get(VALUES, []):
        terminalreporter.section("PostgreSQL's log may hold values of statements", red=True)
        for line in lines[:20]:
            terminalreporter.line(line)
        terminalreporter.line(f"{len(lines)} lines in all")


def pytest_unconfigure(config: pytest.Config) -> None:
    if found := config.stash.get(SERVER, None):
        server, folder = found
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked as a group runs in one worker, which makes what it shares once.

    pytest-xdist 3.8 writes the group's name into `_nodeid`, which pytest reads no more since 9.2: the scheduler is never told.
    """
    for item in items:
        if (named := vars(item).get("_nodeid")) and named != item.nodeid:
            item._id = coerce_node_id(named)  # type: ignore[attr-defined]


# --- Database


LOCKS = re.compile(r"\s*(SELECT|WITH)\b.*\bFOR (UPDATE|NO KEY UPDATE|SHARE|KEY SHARE)\b", re.DOTALL)


def locks_without_joining(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    """Fail a statement that locks rows and joins: it reads more than it locks, and where rows are far apart it locks nothing."""
    if "FOR " in (text := str(sql)) and LOCKS.match(text):
        assert " JOIN " not in text, f"A statement that locks joins nothing (use locked_row): {text}"
    return execute(sql, params, many, context)


@receiver(connection_created)
def watch_what_locks(connection: BaseDatabaseWrapper, **kwargs: object) -> None:
    if locks_without_joining not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, locks_without_joining)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock():
        roles.make_serving_role()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database, made by its owner; tests ask it as the role that serves. From here on every statement is watched."""
    with django_db_blocker.unblock():
        roles.made_by_owner()
    with flush_by_owner(), asked_in_hand.watched():
        yield
    with django_db_blocker.unblock():
        connections.close_all()
        roles.sign_on_as(owner=True)
        # From outside: a browser's kept-open connection may hold a thread of the live server, and its session, a moment longer.
        with connection._nodb_cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s",
                [connection.settings_dict["NAME"]],
            )


@pytest.fixture(autouse=True)
def _vendor_states_nothing() -> Iterator[None]:
    """What a test states of the vendor's own holds for no other; and where nothing is stated, nothing is asked for it."""
    held.hold({}, seconds=float("inf"))
    yield
    held.hold({}, seconds=float("inf"))


@pytest.fixture(autouse=True)
def _asked_in_hand() -> Iterator[None]:
    """No page, act, job or command asks a tenant table without its company in hand, also where it swallowed the exception."""
    asked_in_hand.slips()
    yield
    assert asked_in_hand.slips() == []


JOBS_TOO = "TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers, procrastinate_workers"
"""Django does not manage these tables, so it does not empty them."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before the fixtures of a test, and so before its transaction."""
    roles.want(owner=item.get_closest_marker("as_owner") is not None)


@contextmanager
def flush_by_owner() -> Iterator[None]:
    """Transactional tests end with TRUNCATE, which only the owner may do, and which the guards refuse to the owner as well.

    In a test database only, they are lifted for it: the guard function knows no exception; its triggers are disabled and
    enabled again in the transaction of the flush.
    """
    original = BaseDatabaseOperations.execute_sql_flush

    def flush(self: BaseDatabaseOperations, sql_list: Iterable[str]) -> None:
        assert str(self.connection.settings_dict["NAME"]).startswith("test_")
        guards = guard_triggers()
        tables = sorted({table for table, _ in guards})
        lift = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables]
        restore = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables]
        always = [f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}" for table, name in guards]
        with roles.owner_cursor() as cursor:
            for sql in [*lift, *sql_list, *restore, *always, JOBS_TOO]:
                cursor.execute(sql)

    BaseDatabaseOperations.execute_sql_flush = flush  # type: ignore[method-assign]
    try:
        yield
    finally:
        BaseDatabaseOperations.execute_sql_flush = original  # type: ignore[method-assign]


def guard_triggers() -> list[tuple[str, str]]:
    """Table and name of each guard, quoted for SQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, quote_ident(tgname) FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgname LIKE 'guard\\_%' ORDER BY 1, 2"
        )
        return cursor.fetchall()


# --- The practice marketplace


@pytest.fixture(scope="session")
def practice_key() -> str:
    """Making an RSA key takes longer than most tests."""
    return tokens.new_private_key()


@pytest.fixture
def shop(db: None, monkeypatch: pytest.MonkeyPatch, practice_key: str) -> Iterator[InProcess]:
    """The practice marketplace sells what the console knows, and both reach each other without a network."""
    monkeypatch.setattr(tokens, "new_private_key", lambda: practice_key)
    marketplace.cache_clear()  # it keeps access tokens and key sets of earlier tests
    monkeypatch.setattr(marketplace("azure"), "_sleep", lambda seconds: None)  # between the tries of a call
    open_shop()
    with in_process() as network:
        yield network
    marketplace.cache_clear()


# --- Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window. Use `page` unless a test needs several people at once."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        pytest.fail("No Chromium: run `make test`, or name one in CHROMIUM.")
    quiet = ["background-networking", "component-update", "sync", "quic", "gpu"]
    flags = ["--headless=new", "--no-first-run", *(f"--disable-{name}" for name in quiet)]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")  # Chromium's sandbox refuses root
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a person of its own: no cookies of other tests."""
    context = browser.new_context()
    yield context.new_page()
    context.close()
