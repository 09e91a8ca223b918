"""How much waits, and since when: jobs that are due, by lane, and mails that are neither sent nor given up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Min

from console.jobs.order import PATIENCE_SECONDS, Lane
from console.models import OutgoingMail

MAIL_PATIENCE_SECONDS = 900
"""A mail that waits longer raises the alarm: the mail server takes none, or nobody sends."""


@dataclass(frozen=True)
class Waiting:
    """`since`: from when the one that has waited longest could have begun; None where none waits."""

    number: int = 0
    since: datetime | None = None

    def seconds(self, now: datetime) -> float:
        return max((now - self.since).total_seconds(), 0.0) if self.since else 0.0


NONE_WAITS = Waiting()

JOBS = """
WITH due AS (
  SELECT queue_name, count(*) AS number, min(scheduled_at) AS scheduled_at,
         min(id) FILTER (WHERE scheduled_at IS NULL) AS first
    FROM procrastinate_jobs WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= %s) GROUP BY queue_name
)
SELECT queue_name, number, least(scheduled_at, (SELECT min(at) FROM procrastinate_events WHERE job_id = due.first)) FROM due
"""
"""Of those without a time the one queued first has waited longest: its number says so."""


def jobs_waiting(now: datetime) -> dict[Lane, Waiting]:
    """Jobs that are due, by lane. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(JOBS, [now])
        rows = {name: Waiting(number, since) for name, number, since in cursor.fetchall()}
    return {lane: rows.get(lane.value, NONE_WAITS) for lane in Lane}


def mails_waiting() -> Waiting:
    """One statement."""
    found = OutgoingMail.objects.waiting().aggregate(number=Count("pk"), since=Min("created_at"))
    return Waiting(found["number"], found["since"])


def late_lanes(jobs: Mapping[Lane, Waiting], now: datetime) -> list[Lane]:
    return [lane for lane, waiting in jobs.items() if waiting.seconds(now) > PATIENCE_SECONDS[lane]]


def is_late(mails: Waiting, now: datetime) -> bool:
    return mails.seconds(now) > MAIL_PATIENCE_SECONDS
