"""Sessions that nobody came back to end by their limits, and their rows are forgotten in time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from console.models import SignIn
from console.people.sessions.begin_and_end import end_sessions
from console.people.sessions.limits import limits_of


def end_what_is_over(now: datetime) -> int:
    """How many. Whoever came with one of them would be refused in any case; so they are shown as ended too."""
    ended = 0
    for who, limits in (
        (Q(person__is_staff=True), limits_of(is_staff=True, kept=False)),
        (Q(person__is_staff=False, kept=False), limits_of(is_staff=False, kept=False)),
        (Q(person__is_staff=False, kept=True), limits_of(is_staff=False, kept=True)),
    ):
        rows = SignIn.objects.filter(who)
        ended += end_sessions(rows.filter(signed_in_at__lte=now - limits.whole), SignIn.Ended.AGE)
        ended += end_sessions(rows.filter(seen_at__lte=now - limits.idle), SignIn.Ended.IDLE)
    return ended


def forget_ended_sessions(now: datetime) -> int:
    """Devices and addresses go, and with them the line of an audit log. One statement."""
    return SignIn.objects.filter(ended_at__lt=now - kept_after_the_end()).delete()[0]


def kept_after_the_end() -> timedelta:
    """The days of retention, but not less than the session itself may still be kept."""
    return max(timedelta(days=settings.RETENTION_DAYS), timedelta(seconds=settings.SESSION_COOKIE_AGE))
