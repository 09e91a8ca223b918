"""The part of the health report about what the console does by itself: the worker and its jobs, and mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob, ProcrastinateWorker

from console.models import OutgoingMail
from licensing.health.items import Item, State, counted, when

WORKER_SILENT = timedelta(seconds=60)
"""The worker says that it lives every ten seconds."""
JOB_LATE = timedelta(minutes=5)
DAY = timedelta(days=1)


# --- Worker and jobs


def jobs(now: datetime) -> list[Item]:
    """Three statements."""
    workers = ProcrastinateWorker.objects.aggregate(seen=Max("last_heartbeat"), n=Count("pk"))
    queued = ProcrastinateEvent.objects.filter(job=OuterRef("pk")).values("job").annotate(at=Min("at")).values("at")
    due = ProcrastinateJob.objects.filter(Q(scheduled_at=None) | Q(scheduled_at__lte=now), status="todo")
    waiting = due.annotate(since=Coalesce(F("scheduled_at"), Subquery(queued))).aggregate(n=Count("pk"), oldest=Min("since"))
    lately = ProcrastinateEvent.objects.filter(job=OuterRef("pk"), type="failed", at__gt=now - DAY)
    failed = ProcrastinateJob.objects.filter(Exists(lately), status="failed").values("task_name").annotate(n=Count("pk"))
    return [
        _worker(workers["seen"], now),
        _waiting(waiting, now),
        _failures([(row["task_name"], row["n"]) for row in failed.order_by("task_name")]),
    ]


def _worker(seen: datetime | None, now: datetime) -> Item:
    label = _("Worker")
    fix = _(
        "Activations, mails and comparisons wait for it. Start it: manage.py procrastinate worker; make run does so by itself."
    )
    if seen is None:
        return Item(label, _("None runs."), State.WRONG, fix)
    value = _("Last sign of life: %(when)s") % {"when": when(seen, now)}
    return Item(label, value, State.WRONG, fix) if now - seen > WORKER_SILENT else Item(label, value)


def _waiting(found: dict[str, Any], now: datetime) -> Item:
    label = _("Jobs that are due")
    if not found["n"]:
        return Item(label, _("None waits."))
    since = found["oldest"]
    said = {"n": f"{found['n']:,}", "when": when(since, now) if since else "?"}
    value = ngettext("%(n)s waits, since %(when)s", "%(n)s wait, the oldest since %(when)s", found["n"]) % said
    if since and now - since > JOB_LATE:
        return Item(label, value, State.WRONG, _("The worker is down or has too much to do: start one more."))
    return Item(label, value)


def _failures(rows: list[tuple[str, int]]) -> Item:
    label = _("Jobs that failed in the last 24 hours")
    if not rows:
        return Item(label, _("None."))
    words = ", ".join(f"{name}: {number:,}" for name, number in rows)
    return Item(label, words, State.WRONG, _("They were repeated in vain. The worker's log says why; then compare everything."))


# --- Mail


def mail(now: datetime) -> list[Item]:
    """One statement."""
    failed = OutgoingMail.objects.filter(given_up_at__gt=now - DAY).count()
    fix = _("The mail says what the mail server answered. Check EMAIL_URL; then send the notice again from its delivery.")
    return [counted(_("Given up in the last 24 hours"), failed, fix, (OutgoingMail, {"given_up_at__isempty": 0}), State.LOOK)]
