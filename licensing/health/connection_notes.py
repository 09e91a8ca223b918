"""What is noted of the connection to a marketplace while it is used: refused notifications, calls that came to nothing, tests.

Whoever sends forgeries must fill neither the database nor its time: a row per reason and day, a write per reason and ten
seconds in each process, and at most `MOST_REASONS` reasons a day. Noting never raises.
"""

from __future__ import annotations

import inspect
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from console.security.sealing import fingerprints
from licensing.marketplaces.contract import Marketplace, MarketplaceError, Problem
from licensing.models import ConnectionNote

logger = logging.getLogger("allotment.marketplace")

Kind = ConnectionNote.Kind
EVERY = 10.0
"""Seconds between two writes of the same reason by a process; what comes in between is counted with the next one."""
MOST_REASONS = 20
OTHER = "other reasons"
FINE = "all is well"
NOT_FINE = "something is wrong"
OUR_TROUBLE = (Problem.CONFIGURATION, Problem.UNAVAILABLE, Problem.UNREADABLE)
"""Failures of the connection; the others are answers about a purchase."""


def note_refusal(channel: str, reason: str, *, genuine: bool = False) -> None:
    """A notification was turned away, though `genuine` in its signature. Nothing that its sender wrote is kept: no key id."""
    _counted(channel, Kind.NOT_FOR_US if genuine else Kind.REFUSED, reason.partition(" under its key id ")[0])


def note_failure(channel: str, error: MarketplaceError, *, call: str = "") -> None:
    """A call to the marketplace came to nothing; its ids are what the marketplace's support asks for."""
    if error.problem in OUR_TROUBLE:
        said = {
            "about": call,
            "detail": error.detail[:500],
            "request_id": error.request_id[:100],
            "correlation_id": error.correlation_id[:100],
        }
        _counted(channel, Kind.FAILED, str(error.problem), **said)


def note_check(channel: str, problems: tuple[str, ...]) -> None:
    """Somebody tested the connection, with the settings of the process that they did it in."""
    said = {"about": settings_fingerprint(), "detail": "\n".join(problems)[:4000]}
    _write(channel, Kind.CHECKED, NOT_FINE if problems else FINE, 1, said)


def settings_fingerprint() -> str:
    """Of all that a test of the connection depends on: what was found with other settings says nothing of these."""
    names = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_API_URL", "AZURE_LOGIN_URL", "AZURE_RESOURCE_ID", "AZURE_TOKEN_VERSION")
    said = [str(getattr(settings, name, "")) for name in (*names, "AZURE_CLIENT_SECRETS", "CONSOLE_URL")]
    return fingerprints("\n".join(said))[0][:40]


def note_test_event(channel: str, *, fine: bool, detail: str) -> None:
    """Somebody sent a test event."""
    said = {"about": settings_fingerprint(), "detail": detail[:4000]}
    _write(channel, Kind.TEST_EVENT, FINE if fine else NOT_FINE, 1, said)


# --- Counting


_lock = threading.Lock()
_waiting: dict[tuple[str, str, str], int] = {}
_not_before: dict[tuple[str, str, str], float] = {}


def forget_counts() -> None:
    """Begin anew, as a process that has just started."""
    with _lock:
        _waiting.clear()
        _not_before.clear()


def _counted(channel: str, kind: str, reason: str, **said: str) -> None:
    key = (channel, str(kind), reason[:120] or OTHER)
    with _lock:
        if key not in _waiting and len(_waiting) >= 10 * MOST_REASONS:
            key = (channel, str(kind), OTHER)
        _waiting[key] = _waiting.get(key, 0) + 1
        now = time.monotonic()
        if now < _not_before.get(key, now):
            return
        times, _waiting[key], _not_before[key] = _waiting[key], 0, now + EVERY
    _write(*key, times, said)


def _write(channel: str, kind: str, reason: str, times: int, said: dict[str, str]) -> None:
    now = timezone.now()
    last: dict[str, Any] = {**said, "last_at": now}
    try:
        with transaction.atomic():
            of_day = ConnectionNote.objects.filter(channel=channel, kind=kind, day=now.date())
            if of_day.filter(reason=reason).update(times=F("times") + times, **last):
                return
            if of_day.count() >= MOST_REASONS:
                reason = OTHER
            row = ConnectionNote(channel=channel, kind=kind, reason=reason, day=now.date(), times=0, first_at=now, **last)
            ConnectionNote.objects.bulk_create([row], ignore_conflicts=True)
            of_day.filter(reason=reason).update(times=F("times") + times, **last)
    except Exception:  # the health page must not take with it what it watches
        logger.exception("%s: %s could not be noted", channel, kind)


# --- Where calls are noted


class Watched:
    """A marketplace whose failures are noted, whoever calls it. Everything else is the marketplace's own."""

    def __init__(self, channel: str, market: Marketplace) -> None:
        self._channel = channel
        self._market = market

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._market, name)
        return self._noting(name, found) if callable(found) else found

    def _noting(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def noting(*args: Any, **kwargs: Any) -> Any:
            try:
                answer = call(*args, **kwargs)
            except MarketplaceError as error:
                note_failure(self._channel, error, call=name)
                raise
            return self._one_by_one(name, answer) if inspect.isgenerator(answer) else answer

        return noting

    def _one_by_one(self, name: str, answers: Iterator[Any]) -> Iterator[Any]:
        try:
            yield from answers
        except MarketplaceError as error:
            note_failure(self._channel, error, call=name)
            raise
