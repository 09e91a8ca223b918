"""Jobs that come by themselves. The worker itself, what waits and mail are looked at by the health page's own items."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app

from console.doctor.findings import Finding, Needs, Severity, plain_list, subject

GRACE = timedelta(minutes=10)


@subject("Jobs by the clock", needs=Needs.TABLES)
def periodic_jobs() -> Iterator[Finding]:
    """Whether each was queued at the last time that its clock named. One statement."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT min(applied) FROM django_migrations), (SELECT max(last_heartbeat) FROM procrastinate_workers),"
            " ARRAY(SELECT task_name || ' ' || max(defer_timestamp) FROM procrastinate_periodic_defers GROUP BY task_name)"
        )
        installed, alive, rows = cursor.fetchone()
    if alive is None or now - alive > GRACE:
        return  # no worker runs: that is said elsewhere, and says it all
    queued = {name: datetime.fromtimestamp(int(at), UTC) for name, _, at in (row.rpartition(" ") for row in rows)}
    never = datetime.fromtimestamp(0, UTC)
    late = sorted(
        name
        for (name, _), task in app.periodic_registry.periodic_tasks.items()
        if installed < (wanted := _last_time(task.croniter, now - GRACE)) and queued.get(name, never) < wanted
    )
    if late:
        yield Finding(
            "jobs.not-queued",
            f"{len(late)} jobs were not queued when their time came: {plain_list(late, 3)}.",
            "What they do is not done: mails of a day, comparisons with marketplaces, rows that are kept for a while only.",
            "Restart the worker: systemctl restart allotment-worker; they are queued at their next time",
            Severity.WARN,
        )


def _last_time(clock: Any, before: datetime) -> datetime:
    """`clock` is procrastinate's croniter of a job."""
    found: datetime = clock.get_prev(datetime, start_time=before)
    return found
