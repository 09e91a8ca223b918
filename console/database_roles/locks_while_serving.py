"""Migrating while others serve: nobody waits long for a lock, and only one migrates at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connections

LONGEST_WAIT = "1s"
MIGRATING = 0x616C6C6F74  # one lock for whoever migrates this database

LONG_TRANSACTIONS = """
SELECT pid, usename, date_trunc('second', clock_timestamp() - xact_start)::text
  FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start < clock_timestamp() - interval '1 second'
 ORDER BY xact_start LIMIT 1
"""


class LockNotHad:
    """A lock that was not to be had in time."""

    @staticmethod
    def is_why(error: Exception) -> bool:
        return isinstance(error.__cause__, psycopg.errors.LockNotAvailable)


@contextmanager
def one_at_a_time(using: str, pause: Callable[[float], object] = time.sleep) -> Iterator[None]:
    """Another that migrates the same database is waited for; from then on no lock is waited for longer than `LONGEST_WAIT`.

    Holds for the connection, and until the end. The owner connects directly: behind a pooler that hands on connections between
    transactions, neither would hold.
    """
    with connections[using].cursor() as cursor:
        # Asked again and again: who waits within a statement is itself waited for by CREATE INDEX CONCURRENTLY.
        while not _lock(cursor):
            pause(0.5)
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LONGEST_WAIT])
    try:
        yield
    finally:
        if connections[using].is_usable():
            with connections[using].cursor() as cursor:
                cursor.execute("RESET lock_timeout")
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATING])


def _lock(cursor: Any) -> bool:
    cursor.execute("SELECT pg_try_advisory_lock(%s)", [MIGRATING])
    (had,) = cursor.fetchone()
    return bool(had)


def what_holds_it_up(using: str) -> str:
    """A sentence about the longest transaction under way."""
    with connections[using].cursor() as cursor:
        cursor.execute(LONG_TRANSACTIONS)
        found = cursor.fetchone()
    if not found:
        return "What held it is gone by now."
    pid, role, lasts = found
    return f"The longest transaction has lasted {lasts} (process {pid} of the server, role {role})."
