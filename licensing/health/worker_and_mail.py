"""The part of the health report about what the console does by itself: worker, jobs, mail."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, Exists, Max, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob, ProcrastinateWorker

from console.jobs.order import Lane
from console.jobs.waiting import Waiting, is_late, jobs_waiting, late_lanes, mails_waiting
from console.models import OutgoingMail
from licensing.health.items import Item, State, Target, counted, when

WORKER_SILENT = timedelta(seconds=60)
"""The worker says that it lives every ten seconds."""
DAY = timedelta(days=1)


# --- Worker and jobs


def jobs(now: datetime) -> list[Item]:
    """Three statements."""
    workers = ProcrastinateWorker.objects.aggregate(seen=Max("last_heartbeat"), n=Count("pk"))
    lately = ProcrastinateEvent.objects.filter(job=OuterRef("pk"), type="failed", at__gt=now - DAY)
    failed = ProcrastinateJob.objects.filter(Exists(lately), status="failed").values("task_name").annotate(n=Count("pk"))
    return [
        _worker(workers["seen"], now),
        _waiting(jobs_waiting(now), now),
        _failures([(row["task_name"], row["n"]) for row in failed.order_by("task_name")]),
    ]


def _worker(seen: datetime | None, now: datetime) -> Item:
    label = _("Worker")
    fix = _("Activations, mails and comparisons wait for it. Start it: manage.py work; make run does so by itself.")
    if seen is None:
        return Item(label, _("None runs."), State.WRONG, fix)
    value = _("Last sign of life: %(when)s") % {"when": when(seen, now)}
    return Item(label, value, State.WRONG, fix) if now - seen > WORKER_SILENT else Item(label, value)


def _waiting(found: dict[Lane, Waiting], now: datetime) -> Item:
    """All of them together; wrong where those of a lane wait longer than people should, or mass work may."""
    label = _("Jobs that are due")
    number = sum(each.number for each in found.values())
    since = min((each.since for each in found.values() if each.since), default=None)
    if not number:
        return Item(label, _("None waits."))
    said = {"n": f"{number:,}", "when": when(since, now) if since else "?"}
    value = ngettext("%(n)s waits, since %(when)s", "%(n)s wait, the oldest since %(when)s", number) % said
    late = late_lanes(found, now)
    if not late:
        return Item(label, value)
    if late == [Lane.REST]:
        return Item(label, value, State.WRONG, _("The worker is down or has too much to do: start one more."))
    people = found[late[0]]
    value = _("%(all)s; of those that people wait for %(n)s, the oldest since %(when)s") % {
        "all": value,
        "n": f"{people.number:,}",
        "when": when(people.since or now, now),
    }
    return Item(label, value, State.WRONG, _("The worker is down, or what it asks does not answer: see its log."))


def _failures(rows: list[tuple[str, int]]) -> Item:
    label = _("Jobs that failed in the last 24 hours")
    if not rows:
        return Item(label, _("None."))
    words = ", ".join(f"{name}: {number:,}" for name, number in rows)
    return Item(label, words, State.WRONG, _("They were repeated in vain. The worker's log says why; then compare everything."))


# --- Mail


def mail(now: datetime) -> list[Item]:
    """Two statements."""
    failed = OutgoingMail.objects.filter(given_up_at__gt=now - DAY).count()
    fix = _("The mail says what the mail server answered. Check EMAIL_URL; then send the notice again from its delivery.")
    return [
        _mails_waiting(mails_waiting(), now),
        counted(_("Given up in the last 24 hours"), failed, fix, (OutgoingMail, {"given_up_at__isempty": 0}), State.LOOK),
    ]


def _mails_waiting(found: Waiting, now: datetime) -> Item:
    label = _("Mail that waits")
    to: Target = (OutgoingMail, {})
    if not found.since:
        return Item(label, _("None."), to=to)
    said = {"n": f"{found.number:,}", "when": when(found.since, now)}
    value = ngettext("%(n)s, since %(when)s", "%(n)s, the oldest since %(when)s", found.number) % said
    if is_late(found, now):
        fix = _("The mail server takes none, or the worker is down. The mail says what the server answered; check EMAIL_URL.")
        return Item(label, value, State.WRONG, fix, to)
    return Item(label, value, to=to)
