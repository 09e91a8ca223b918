"""The alarm in the log: a job or a mail has waited too long. By the worker, and by whoever answers `/metrics` where it is gone.

No job does this: it would wait with the others.
"""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import datetime

from asgiref.sync import sync_to_async
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from console.jobs.order import Lane
from console.jobs.waiting import Waiting, is_late, jobs_waiting, late_lanes, mails_waiting
from console.logs.lines import fields

logger = logging.getLogger("allotment.alarm")

LOOKS_EVERY, SAYS_EVERY = 30.0, 300.0
"""Seconds. What goes on is told again after the second."""
_told: dict[str, float] = {}


async def watch_what_waits() -> None:
    """For as long as the worker runs."""
    while True:
        await asyncio.sleep(LOOKS_EVERY)
        await sync_to_async(_look, thread_sensitive=False)()


def _look() -> None:
    try:
        now = timezone.now()
        tell_what_is_late(jobs_waiting(now), mails_waiting(), now)
    except (DatabaseError, InterfaceError):
        pass  # who works will notice it, and says so
    finally:
        connection.close()


def tell_what_is_late(jobs: dict[Lane, Waiting], mails: Waiting, now: datetime) -> None:
    """A line for each lane, and for mail, where somebody has waited too long; the same not again for five minutes."""
    for lane in late_lanes(jobs, now):
        _tell("jobs wait too long", lane.value, jobs[lane], now)
    if is_late(mails, now):
        _tell("mails wait too long", "mail", mails, now)


def _tell(words: str, what: str, waiting: Waiting, now: datetime) -> None:
    at = time.monotonic()
    if at - _told.get(what, -SAYS_EVERY) < SAYS_EVERY:
        return
    _told[what] = at
    said = fields(lane=what, waiting=waiting.number, oldest_seconds=round(waiting.seconds(now)))
    logger.error("%s: see docs/operations/metrics.md", words, extra=said)
