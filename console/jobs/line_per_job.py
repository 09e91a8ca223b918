"""Every job leaves a line and is counted: its name, id and attempt, how long it waited and took, and what came of it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from procrastinate.contrib.django import app
from procrastinate.job_context import JobContext

from console.logs.lines import fields
from console.logs.under_way import UnderWay, under_way
from console.metrics.counted import count_job

logger = logging.getLogger("allotment.jobs")

WAITED = """
SELECT extract(epoch FROM max(at) FILTER (WHERE type = 'started')
                          - greatest(max(at) FILTER (WHERE type IN ('deferred', 'deferred_for_retry', 'retried')),
                                     %(scheduled_at)s::timestamptz))::float AS seconds
  FROM procrastinate_events WHERE job_id = %(job)s
"""
"""From the moment it could have begun to the one at which it did."""


async def line_per_job(call_next: Callable[[], Awaitable[Any]], context: JobContext, worker: Any) -> Any:
    """Around each job of a lane, on the event loop."""
    job = context.job
    asked = UnderWay(f"job-{job.id}")
    outer, began = under_way.set(asked), perf_counter()
    result, error = "done", ""
    try:
        return await call_next()
    except BaseException as problem:
        result, error = _what_came(context, problem), type(problem).__name__
        raise
    finally:
        seconds = perf_counter() - began
        await _tell(context, result, error, seconds, asked)
        under_way.reset(outer)


def _what_came(context: JobContext, problem: BaseException) -> str:
    """`again` where it will be tried again, `failed` where not. The worker decides the same way."""
    task = app.tasks.get(context.job.task_name)
    again = task is not None and isinstance(problem, Exception) and task.get_retry_exception(exception=problem, job=context.job)
    return "again" if again else "failed"


async def _tell(context: JobContext, result: str, error: str, seconds: float, asked: UnderWay) -> None:
    job = context.job
    waited: float | None = None
    try:
        found = await app.connector.execute_query_one_async(WAITED, job=job.id, scheduled_at=job.scheduled_at)
        waited = found["seconds"]
    except Exception:  # the line is worth more than the number
        logger.debug("nobody knows how long job %s waited", job.id, exc_info=True)
    count_job(job.task_name, job.queue, result, seconds, waited, asked.statements)
    said = fields(
        job=job.task_name,
        id=job.id,
        attempt=job.attempts + 1,
        result=result,
        **({"error": error} if error else {}),
        lane=job.queue,
        company=asked.company,
        ms=round(seconds * 1000, 1),
        waited_ms=None if waited is None else round(waited * 1000),
        statements=asked.statements,
    )
    logger.log(logging.INFO if result == "done" else logging.WARNING, "job", extra=said)
