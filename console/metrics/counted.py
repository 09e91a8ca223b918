"""What web processes and workers count: requests, statements, jobs, acts, sign-ins that failed. No company, person or address.

The names of what is counted are few and ours: routes, tasks, acts. docs/operations/metrics.md lists every metric.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from allauth.mfa import signals as mfa
from django.contrib.auth import signals as auth
from django.db import transaction

from console.metrics.kept import keep_in_folder

FOLDER = keep_in_folder()

from prometheus_client import (  # noqa: E402  it looks for the folder once
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

disable_created_metrics()  # when each count began: twice as many lines, and not in a folder

IN_PROCESS = CollectorRegistry()
"""What this process counted, for where there is no folder."""

REQUEST_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
JOB_SECONDS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})

_requests = Counter("allotment_requests", "Requests answered.", ["route", "method", "status"], registry=IN_PROCESS)
_seconds = Histogram(
    "allotment_request_seconds", "How long an answer took.", ["route"], buckets=REQUEST_SECONDS, registry=IN_PROCESS
)
_statements = Counter("allotment_sql_statements", "SQL statements asked.", ["by"], registry=IN_PROCESS)
_jobs = Counter("allotment_jobs_run", "Jobs run, by what came of it.", ["task", "result"], registry=IN_PROCESS)
_job_seconds = Histogram("allotment_job_seconds", "How long a job took.", ["task"], buckets=JOB_SECONDS, registry=IN_PROCESS)
_job_waited = Histogram(
    "allotment_job_waited_seconds",
    "From when a job was due to when it began.",
    ["lane"],
    buckets=JOB_SECONDS,
    registry=IN_PROCESS,
)
_acts = Counter("allotment_acts", "Acts recorded.", ["act"], registry=IN_PROCESS)
_failures = Counter("allotment_sign_in_failures", "Attempts to sign in that failed.", ["with"], registry=IN_PROCESS)
_web = Gauge(
    "allotment_web_processes",
    "Web processes that have answered a request and live.",
    registry=IN_PROCESS,
    multiprocess_mode="livesum",
)


@cache
def _of_request(route: str, method: str, status: int) -> tuple[Any, Any]:
    """Looked up once: a request is counted in a few microseconds."""
    return _requests.labels(route, method, str(status)), _seconds.labels(route)


@cache
def _statements_by(who: str) -> Any:
    return _statements.labels(who)


@cache
def _first_request() -> None:
    _web.set(1)


def count_request(route: str, method: str, status: int, seconds: float, statements: int) -> None:
    """`method` as it came: one that we do not know is counted as `other`, so that nobody can fill the memory with names."""
    _first_request()
    answered, took = _of_request(route, method if method in METHODS else "other", status)
    answered.inc()
    took.observe(seconds)
    if statements:
        _statements_by("request").inc(statements)


def count_job(task: str, lane: str, result: str, seconds: float, waited: float | None, statements: int) -> None:
    _jobs.labels(task, result).inc()
    _job_seconds.labels(task).observe(seconds)
    if waited is not None:
        _job_waited.labels(lane).observe(max(waited, 0.0))
    _statements_by("job").inc(statements)


def count_act(name: str) -> None:
    """With the commit of the transaction that records it."""
    transaction.on_commit(_acts.labels(name).inc)


def listen() -> None:
    """Once, when all applications are there."""
    auth.user_login_failed.connect(_password_failed, dispatch_uid="count")
    mfa.authentication_failed.connect(_factor_failed, dispatch_uid="count")


def _password_failed(**kwargs: Any) -> None:
    _failures.labels("password").inc()


def _factor_failed(**kwargs: Any) -> None:
    _failures.labels("factor").inc()
