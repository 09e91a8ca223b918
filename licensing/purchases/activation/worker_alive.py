"""Whether somebody is at an activation: a lock of their session with the database, which ends with them.

A worker that is killed lets go of it at once, with its connection; so what it left is taken up without waiting for the end of
its lease. The lock decides nothing else: where it is lost, by a pool of connections or a restart, passes are doubled, and they
bear that.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection

TRY = "SELECT pg_try_advisory_lock(%s)"
LET_GO = "SELECT pg_advisory_unlock(%s)"
HELD = """
SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks
 WHERE locktype = 'advisory' AND granted AND objsubid = 1
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def lock_key(pk: UUID | str) -> int:
    """Of the lock: 64 bits of the activation's id."""
    return int.from_bytes(UUID(str(pk)).bytes[:8], signed=True)


def hold(pk: UUID | str) -> bool:
    """Take the lock for this session, beyond the transaction; False where another session has it. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(TRY, [lock_key(pk)])
        return bool(cursor.fetchone()[0])


def let_go(pk: UUID | str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LET_GO, [lock_key(pk)])


def at_it() -> set[int]:
    """The keys of all locks that somebody has now. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(HELD)
        return {key for (key,) in cursor.fetchall()}
