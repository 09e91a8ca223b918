"""How long a session holds: while it is used, and at most. Staff's are shorter, as they reach every company."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from console.models import SignIn


@dataclass(frozen=True)
class Limits:
    """`idle`: after so long without a request; `whole`: after so long whatever was done."""

    idle: timedelta
    whole: timedelta

    def over(self, *, idle: timedelta, whole: timedelta) -> str:
        """Why a session is over that was last seen and begun so long ago; empty while it holds."""
        if whole >= self.whole:
            return SignIn.Ended.AGE
        return SignIn.Ended.IDLE if idle >= self.idle else ""


def limits_of(*, is_staff: bool, kept: bool) -> Limits:
    """`kept`: whether the person asked to be kept signed in on the device, which staff cannot be for longer."""
    if is_staff:
        return Limits(timedelta(hours=settings.STAFF_SESSION_IDLE_HOURS), timedelta(hours=settings.STAFF_SESSION_HOURS))
    idle = settings.SESSION_KEPT_IDLE_HOURS if kept else settings.SESSION_IDLE_HOURS
    return Limits(timedelta(hours=idle), timedelta(seconds=settings.SESSION_COOKIE_AGE))
