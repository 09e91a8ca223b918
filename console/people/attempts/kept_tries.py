"""When something was tried lately: instants under a name, exact however many try at once, from whichever process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache
from django.db import connection, transaction

from console.security.sealing import fingerprints

MOST_KEPT = 200
"""Instants under one name; the latest ones."""


@contextmanager
def held(*names: str) -> Iterator[list[str]]:
    """Their keys, while nobody else looks at or changes any of them: fingerprints, as names hold addresses of people."""
    keys = [fingerprints(f"tries:{name}")[0] for name in names]
    with transaction.atomic(), connection.cursor() as cursor:
        for key in sorted(keys):  # in one order, so that no two wait for each other
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"tries:{key}"])
        yield keys


def tries(key: str, now: float, *, within: int) -> list[float]:
    """Of the last `within` seconds, the earliest first; seconds since 1970."""
    return [each for each in cache.get(key, []) if each > now - within]


def keep(key: str, instants: list[float], *, within: int) -> None:
    """For no longer than they count, as strangers may leave many."""
    if instants:
        cache.set(key, instants[-MOST_KEPT:], within)
    else:
        cache.delete(key)
