"""How the installation stands now, asked of the database: the same whichever process is asked, and after every restart.

Seven statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker
from prometheus_client.metrics_core import GaugeMetricFamily

from console.company_in_hand import for_all
from console.jobs.alarm import tell_what_is_late
from console.jobs.waiting import jobs_waiting, mails_waiting
from console.models import LedgerVerification
from licensing.models import Activation, MarketplaceEvent

TOLD_FOR = timedelta(days=7)
"""A notification that was never handled is told for so long; then the nightly comparison has done its work."""
JOB_STATES = ("todo", "doing", "failed", "cancelled", "aborted")


def gauges() -> list[GaugeMetricFamily]:
    now = timezone.now()
    with for_all("metrics are of the installation, not of a company"):
        return [*_queue(now), *_purchases(now), *_ledger(now)]


def _queue(now: datetime) -> Iterator[GaugeMetricFamily]:
    jobs, mails = jobs_waiting(now), mails_waiting()
    tell_what_is_late(jobs, mails, now)  # a worker that is gone tells nobody
    due = GaugeMetricFamily("allotment_jobs_due", "Jobs that could begin now, by lane.", labels=["lane"])
    oldest = GaugeMetricFamily("allotment_oldest_job_seconds", "For how long the oldest of them has waited.", labels=["lane"])
    for lane, waiting in jobs.items():
        due.add_metric([lane.name.lower()], waiting.number)
        oldest.add_metric([lane.name.lower()], waiting.seconds(now))
    yield due
    yield oldest
    yield _plain("allotment_mails_waiting", "Mails neither sent nor given up.", mails.number)
    yield _plain("allotment_oldest_mail_seconds", "For how long the oldest of them has waited.", mails.seconds(now))
    counts = dict(ProcrastinateJob.objects.values_list("status").annotate(n=Count("pk")).order_by())
    states = GaugeMetricFamily("allotment_jobs", "Jobs by state; those that succeeded are not kept.", labels=["state"])
    for state in JOB_STATES:
        states.add_metric([state], counts.get(state, 0))
    yield states
    seen = ProcrastinateWorker.objects.aggregate(at=Max("last_heartbeat"))["at"]
    yield _plain("allotment_worker_seen_timestamp_seconds", "When a worker last said that it lives; 0: never.", _timestamp(seen))


def _purchases(now: datetime) -> Iterator[GaugeMetricFamily]:
    counts = dict(Activation.objects.values_list("state").annotate(n=Count("pk")).order_by())
    states = GaugeMetricFamily("allotment_activations", "Activations by state.", labels=["state"])
    for state in Activation.State.values:
        states.add_metric([state], counts.get(state, 0))
    yield states
    inbox = MarketplaceEvent.objects.filter(received_at__gt=now - TOLD_FOR).aggregate(
        handled=Min("received_at", filter=Q(done_at=None, read_at=None)),
        settled=Min("done_at", filter=Q(to_settle=True, settled_at=None)),
    )
    since = min((each for each in inbox.values() if each is not None), default=now)
    yield _plain(
        "allotment_inbox_lag_seconds",
        "For how long the oldest notification of a marketplace has been neither handled nor read, or not acknowledged.",
        max((now - since).total_seconds(), 0.0),
    )


def _ledger(now: datetime) -> Iterator[GaugeMetricFamily]:
    last = LedgerVerification.objects.order_by("-ended_at").first()
    at = last.ended_at if last else None
    yield _plain("allotment_ledger_verified_timestamp_seconds", "When the ledger was last verified; 0: never.", _timestamp(at))
    if last is not None:
        yield _plain("allotment_ledger_differences", "What that found: 0 where the ledger is right.", last.differences)
        yield _plain("allotment_ledger_verification_seconds", "How long that took.", last.seconds)


def _plain(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


def _timestamp(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0
