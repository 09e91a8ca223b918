"""Mails that were given up, jobs that were repeated in vain, and what customers reported."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from hashlib import sha256

from django.db.models import Exists, Max, OuterRef
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob, ProcrastinatePeriodicDefer

from console.models import Act, OutgoingMail
from credits.models import DeskItem
from credits.queues.found import Found
from licensing.models import NoticeDelivery

Kind = DeskItem.Kind
MAILS_FOR, JOBS_FOR, REPORTS_FOR = timedelta(days=7), timedelta(days=3), timedelta(days=180)
"""For so long a thing stays on the list that nobody has mended and nobody has marked read."""


def of_mail_jobs_and_people(now: datetime) -> list[Found]:
    """Five statements."""
    return [*_mails(now), *_jobs(now), *_reports(now)]


def _mails(now: datetime) -> list[Found]:
    """Over once a later mail of the same purpose reached the address."""
    later = OutgoingMail.objects.filter(to=OuterRef("to"), purpose=OuterRef("purpose"), sent_at__gt=OuterRef("given_up_at"))
    rows = list(
        OutgoingMail.objects.filter(given_up_at__gt=now - MAILS_FOR).filter(~Exists(later)).defer("text").order_by("given_up_at")
    )
    deliveries = NoticeDelivery.objects.filter(mail__in=[each.pk for each in rows]).order_by("pk")
    of_mail = {mail: (pk, company) for mail, pk, company in deliveries.values_list("mail", "pk", "notice__company")}
    found = []
    for each in rows:
        delivery, company = of_mail.get(each.pk, (None, None))
        facts = {
            "mail": each.pk,
            "delivery": delivery,
            "to": each.to,
            "purpose": each.purpose,
            "about": each.subject,
            "problem": each.problem[:300],
        }
        assert each.given_up_at is not None
        found.append(Found(Kind.FAILED, f"mail:{each.pk}", 35, each.given_up_at, company, facts))
    return found


def _jobs(now: datetime) -> list[Found]:
    """One for each task and what it was asked; the hour of a job that runs by the hour is no part of that.

    Such a job is over once a later one of its task succeeded: the worker deletes what succeeds, and the note of its hour stays.
    """
    failed = ProcrastinateEvent.objects.filter(job=OuterRef("pk"), type="failed", at__gt=now - JOBS_FOR)
    rows = ProcrastinateJob.objects.filter(Exists(failed), status="failed").annotate(failed_at=Max("procrastinateevent__at"))
    hours = ProcrastinatePeriodicDefer.objects.filter(job=None).values_list("task_name").annotate(last=Max("defer_timestamp"))
    succeeded: dict[str, int] = dict(hours)
    found: dict[str, Found] = {}
    for each in rows.order_by("pk"):
        if each.args.get("timestamp", 0) < succeeded.get(each.task_name, 0):
            continue
        asked = {name: value for name, value in each.args.items() if name != "timestamp"}
        which = sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:16]
        subject = f"job:{each.task_name}:{which}"[:200]
        times = found[subject].facts["times"] + 1 if subject in found else 1
        facts = {"job": each.pk, "task": each.task_name, "times": times}
        found[subject] = Found(Kind.FAILED, subject, 32, each.failed_at, None, facts)
    return list(found.values())


def _reports(now: datetime) -> list[Found]:
    """Figures that customers say look wrong."""
    acts = Act.objects.filter(name="figure.report", recorded_at__gt=now - REPORTS_FOR).select_related("actor")
    found = []
    for each in acts.order_by("recorded_at"):
        said = each.result
        facts = {
            "act": str(each.pk),
            "by": str(each.actor) if each.actor else each.actor_label,
            "figure": str(said.get("figure", ""))[:200],
            "words": str(said.get("words", ""))[:300],
            "page": str(said.get("page", "")),
            "shown": str(said.get("day", "")),
            "seen_at": str(said.get("seen_at", "")),
            "case": each.case_number,
        }
        found.append(Found(Kind.REPORT, f"act:{each.pk}", 25, each.recorded_at, each.company_id, facts))
    return found
