"""What a web process is started with: its socket, and how its threads are freed of what the database keeps them waiting for."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, connections

from console.web_server import listening
from console.web_server.listening import WAITING, CannotListen, Shared, open_socket
from console.web_server.process import statement_canceller
from tests.processes import until


@pytest.mark.django_db(transaction=True)
def test_a_statement_is_cancelled_from_another_thread_and_the_connection_goes_on() -> None:
    cancellers: list[Callable[[], None]] = []

    def work() -> int:
        cancellers.append(statement_canceller())
        try:
            with connection.cursor() as cursor:
                with pytest.raises(OperationalError, match="canceling statement due to user request"):
                    cursor.execute("SELECT pg_sleep(300)")
                cursor.execute("SELECT 42")
                return int(cursor.fetchone()[0])
        finally:
            connections.close_all()

    def sleeps() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
            return bool(cursor.fetchone()[0])

    with ThreadPoolExecutor(1) as threads:
        worked = threads.submit(work)
        until(sleeps, "a statement that waits")
        cancellers[0]()
        assert worked.result(30) == 42


def test_canceling_where_nothing_is_asked_does_nothing() -> None:
    made: list[Callable[[], None]] = []
    thread = threading.Thread(target=lambda: made.append(statement_canceller()))
    thread.start()
    thread.join()
    made[0]()


def test_the_socket_that_systemd_holds_is_taken_and_children_hear_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as theirs:
        monkeypatch.setattr(listening, "FIRST_PASSED", os.dup(theirs.fileno()))
        for name, value in {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"}.items():
            monkeypatch.setenv(name, value)
        with open_socket("127.0.0.1:1") as found:
            assert found.getsockname() == theirs.getsockname()
        assert not [name for name in os.environ if name.startswith("LISTEN_")]


def test_a_socket_meant_for_another_process_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTEN_PID", "1")
    monkeypatch.setenv("LISTEN_FDS", "1")
    with pytest.raises(CannotListen, match="nonsense"):
        open_socket("nonsense")


def test_many_connections_may_wait_though_a_process_takes_few_at_a_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as opened, Shared(fileno=os.dup(opened.fileno())) as shared:
        shared.listen(8)  # as asyncio does
        waits = [socket.create_connection(shared.getsockname()) for _ in range(100)]
        for each in waits:
            each.close()
    assert WAITING > 100
