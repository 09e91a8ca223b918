"""How often something may be asked for in a stretch of time: exact however many ask at once, from whichever process."""

from __future__ import annotations

from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from console.security.sealing import fingerprints

MINUTE, HOUR, DAY = "%H:%M", "%d.%H", "%m-%d"
"""Stretches, as they are part of the count's name: each has a count of its own, as counting keeps one in the cache for longer."""
KEPT = {MINUTE: 120, HOUR: 2 * 3600, DAY: 2 * 24 * 3600}
"""Seconds; by then the stretch is over."""


def too_often(what: str, *, most: int, in_a: str = MINUTE) -> bool:
    """Count `what`, a name that says who asks for what too; whether that was more than `most` times in the running stretch.

    The cache reads and then writes, so whoever counts the same waits for a lock. It is kept under a fingerprint: names hold
    addresses of people.
    """
    key = fingerprints(f"{what}:{timezone.now():{in_a}}")[0]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"too-often:{key}"])
        times = cache.get(key, 0)
        if times < most:
            cache.set(key, times + 1, KEPT[in_a])
    return bool(times >= most)
