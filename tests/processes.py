"""Real processes on a test's database: web servers, and a worker that may be killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import psycopg
import requests
from django.db import connection, connections

from console.launch.proof_of_start import free_port

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 90
_pause = threading.Event()


def until(holds: Callable[[], bool], what: str | Callable[[], str], seconds: float = PATIENCE) -> None:
    """Wait for a condition; one that never comes true is a failure, named by `what`, or told by it."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what() if callable(what) else f"{what} did not happen within {seconds:.0f} s"
        _pause.wait(0.05)


def elsewhere(work: Callable[[], object]) -> None:
    """Run what needs an event loop of its own in a thread of its own: a browser's may run in this one."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result(PATIENCE)


def database_url() -> str:
    """The test's own database, for another process."""
    found = connection.settings_dict
    options = {"host": str(found["HOST"]), **({"port": str(found["PORT"])} if found["PORT"] else {})}
    login = quote(str(found["USER"])) + (f":{quote(str(found['PASSWORD']))}" if found["PASSWORD"] else "")
    return f"postgresql://{login}@/{quote(str(found['NAME']))}?" + "&".join(f"{k}={quote(v)}" for k, v in options.items())


def environment(port: int) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "console.settings.test",
        "TEST_DATABASE_URL": database_url(),
        "PORT": str(port),
        "PYTHONPATH": str(ROOT),
        "DATABASE_POOL_SIZE": "0",
    }


def start(command: list[str], port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=environment(port), stdin=subprocess.DEVNULL, start_new_session=True
    )


def end(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGKILL) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
    process.wait(30)


@contextlib.contextmanager
def web(workers: int = 3) -> Iterator[str]:
    """The console in several processes; gives its address."""
    port = free_port()
    command = ["-m", "console.web_server", "--listen", f"127.0.0.1:{port}", "--processes", str(workers), "--threads", "4"]
    process = start(command, port)
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        with contextlib.suppress(requests.ConnectionError, requests.Timeout):
            return requests.get(f"{address}/healthz", timeout=20).status_code == 200
        return False

    try:
        until(answers, "the first page")
        yield address
    finally:
        end(process)


@contextlib.contextmanager
def worker(address: str) -> Iterator[subprocess.Popen[bytes]]:
    """The worker of the console at `address`, whose practice marketplace it asks."""
    port = int(address.rpartition(":")[2])
    process = start(["manage.py", "work", "--grace=5"], port)
    try:
        yield process
    finally:
        end(process)


def backends(*, waiting: bool = False) -> list[int]:
    """Processes of the server that serve anybody but this test; `waiting` only those that wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND (NOT %s OR wait_event_type = 'Lock')",
            [waiting],
        )
        return [pid for (pid,) in cursor.fetchall()]


def kill_backends(pids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", [pids])


@contextlib.contextmanager
def locked(table: str, pk: object) -> Iterator[None]:
    """Somebody else holds a row, on a connection of its own, until the block ends."""
    with psycopg.connect(database_url()) as other:
        other.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR UPDATE", [pk])
        yield
        other.rollback()
