"""How often something may be asked for in a stretch of time: a count in the cache, for what costs little if it is miscounted."""

from __future__ import annotations

from django.core.cache import cache
from django.utils import timezone

MINUTE, HOUR = "%H:%M", "%d.%H"
"""Stretches, as they are part of the count's name: each has a count of its own, as counting keeps one in the cache for longer."""


def too_often(what: str, *, most: int, in_a: str = MINUTE) -> bool:
    """Count `what`, a name that says who asks for what too; whether that was more than `most` times in the running stretch."""
    key = f"{what}:{timezone.now():{in_a}}"
    cache.add(key, 0)
    try:
        return cache.incr(key) > most
    except ValueError:  # it ended between the two
        return False
