"""The worker: three lanes in one process, each with slots of its own, so that nobody waits behind mass work.

    people   3 slots   activations and what marketplaces wait for
    post     1 slot    mails that somebody waits for
    rest     2 slots   everything, those too while nothing else is due; the highest priority first

It goes on until it is told to end, then lets its jobs finish. Where its connection breaks it signs on anew, after a second, then
after longer. It asks PostgreSQL to be woken (LISTEN) and keeps sessions: no pooler that shares those between clients may stand
between the two, which is what `DATABASE_WORKER_URL` is for.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector

from console.jobs.alarm import watch_what_waits
from console.jobs.line_per_job import line_per_job
from console.jobs.order import Lane

logger = logging.getLogger("allotment.jobs")


@dataclass(frozen=True)
class Slots:
    """So many jobs of these queues at a time, or of all. `listens`: woken at once by a job; the rest is looked for."""

    name: str
    jobs: int
    queues: list[str] | None
    listens: bool


LANES = (
    Slots("people", 3, [Lane.PEOPLE.value], listens=True),
    Slots("post", 1, [Lane.POST.value], listens=True),
    # Ten thousand mails that are queued at once would wake it ten thousand times, and the other two would wait for that.
    Slots("rest", 2, None, listens=False),
)
LOOKS_EVERY = 1.0
"""Seconds: jobs that fall due, and those of a lane that does not listen."""
STEADY_AFTER, LONGEST_WAIT = 60.0, 15.0
MOST_CONNECTIONS = 4
"""Of the lanes together, for fetching and finishing jobs; each job has one more, and each lane that listens."""


class WorkerConnector(PsycopgConnector):
    """What the lanes ask goes through connections of theirs; what a job queues goes with what the job writes, or not at all."""

    def __init__(self, of_jobs: BaseConnector, **pool: Any) -> None:
        super().__init__(**pool)
        self._of_jobs = of_jobs

    def get_sync_connector(self) -> BaseConnector:
        return self._of_jobs


class LaneEnded(Exception):
    """A lane has ended without having been told to."""


async def keep_working(grace: float) -> None:
    """Until SIGTERM or SIGINT; jobs then have `grace` seconds to finish. What they leave is queued again by the next worker."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # A thread for each slot and for the watch: on a small machine there would be fewer, and lanes would wait for each other.
    loop.set_default_executor(ThreadPoolExecutor(sum(each.jobs for each in LANES) + 2, "job"))
    logger.info("the worker has begun")
    wait = 1.0
    while not stop.is_set():
        began = loop.time()
        try:
            await _work(stop, grace)
        except Exception as error:  # whatever broke: the next attempt finds out whether it still is
            if loop.time() - began > STEADY_AFTER:
                wait = 1.0
            reason = type(error.__cause__ or error).__name__
            logger.error("the worker lost its connection (%s); it signs on anew in %.0f s", reason, wait)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait)
            wait = min(2 * wait, LONGEST_WAIT)
    logger.info("the worker has ended")


async def _work(stop: asyncio.Event, grace: float) -> None:
    """All lanes until `stop`; raises as soon as one of them ends by itself."""
    pool = {"min_size": 1, "max_size": MOST_CONNECTIONS, "name": "worker"}
    connector = WorkerConnector(app.connector, kwargs=connector_params(), **pool)
    with app.replace_connector(connector):
        async with app.open_async():
            tasks = [asyncio.create_task(each) for each in (*map(_lane(grace), LANES), watch_what_waits())]
            told_to_end = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait([*tasks, told_to_end], return_when=asyncio.FIRST_COMPLETED)
                ended = [each for each in tasks if each.done()]
            finally:
                for each in (*tasks, told_to_end):
                    each.cancel()  # a lane takes it as the request to finish its jobs
                await asyncio.gather(*tasks, told_to_end, return_exceptions=True)
            if ended and not stop.is_set():
                raise LaneEnded from ended[0].exception()


def _lane(grace: float) -> Callable[[Slots], Coroutine[Any, Any, None]]:
    of_all: dict[str, Any] = {
        "fetch_job_polling_interval": LOOKS_EVERY,
        "shutdown_graceful_timeout": grace,
        "delete_jobs": "successful",
        "install_signal_handlers": False,
        "worker_middleware": [line_per_job],
    }

    def run(slots: Slots) -> Coroutine[Any, Any, None]:
        own: dict[str, Any] = {"name": slots.name, "queues": slots.queues, "concurrency": slots.jobs}
        return app.run_worker_async(**of_all, **own, listen_notify=slots.listens)

    return run
