"""From the day that STAFF_FACTOR_FROM names, nothing of the support desk opens to staff without a second factor.

They are led to where one is set up. Before that day they read on the same pages from when on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from console.people.second_factor.set_up import has_factor


@dataclass(frozen=True)
class Wanted:
    """A second factor that somebody has not set up: of the staff, or of a company that requires one."""

    by: date
    now: bool
    """Whether that day has come."""


class FactorMiddleware:
    """Below the admin's address: everything that staff alone may open lies there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(reverse("admin:index")) and request.path != reverse("admin:logout"):
            wanted = factor_wanted(request)
            if wanted and wanted.now:
                return HttpResponseRedirect(reverse("mfa_index"))
        return self.get_response(request)


def factor_wanted(request: HttpRequest) -> Wanted | None:
    """For staff without one, where one is or will be demanded; None for everybody else.

    Free, but for one statement in the request in which a session gets its row.
    """
    by: date | None = settings.STAFF_FACTOR_FROM
    if by is None or not (request.user.is_authenticated and request.user.is_staff):
        return None
    if has_factor(request):
        return None
    return Wanted(by, by <= timezone.now().astimezone(UTC).date())


@register(Tags.security, deploy=True)
def staff_need_a_factor(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A day that is still to come is for those who have staff already, and no longer than they need."""
    by: date | None = settings.STAFF_FACTOR_FROM
    today = timezone.now().astimezone(UTC).date()
    if by is not None and by <= today:
        return []
    when = f"before {by}" if by is not None else "at all"
    return [
        Warning(
            f"No second factor is demanded of staff {when}: until then a password alone opens the support desk.",
            hint="Unset STAFF_FACTOR_FROM once all staff have one: it is then demanded from the first day.",
            id="console.W031",
        )
    ]
