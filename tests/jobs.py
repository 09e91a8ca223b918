"""The worker, without one: queued jobs run in the test's own thread and transaction, in the order they are due."""

from __future__ import annotations

import inspect
from datetime import datetime

from django.db import connection
from django.db.models import F
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from console.company_in_hand import for_all
from licensing.notices import telling

tell = for_all("a test tells by itself")(telling.tell)
"""As a job or an act tells, which have the companies in hand."""


def queued() -> list[tuple[str, dict[str, object], datetime | None]]:
    """Name, arguments and due instant of each job that waits."""
    jobs = ProcrastinateJob.objects.filter(status="todo").order_by("id")
    return list(jobs.values_list("task_name", "args", "scheduled_at"))


def run_jobs(*, everything: bool = False, at_most: int = 200) -> list[str]:
    """Run what is due by now, and what that queues; with `everything` also what is due later, without waiting for it."""
    names: list[str] = []
    while True:
        jobs = ProcrastinateJob.objects.filter(status="todo").order_by(F("scheduled_at").asc(nulls_first=True), "id")
        due = [job for job in jobs if everything or job.scheduled_at is None or job.scheduled_at <= timezone.now()]
        if not due:
            return names
        job = due[0]
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [job.pk])
        task = app.tasks[job.task_name]
        assert not inspect.iscoroutinefunction(task.func), f"{job.task_name} needs a real worker"
        task.func(**job.args)
        names.append(job.task_name)
        assert len(names) < at_most, f"jobs keep queueing jobs: {names[-5:]}"
