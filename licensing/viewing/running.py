"""The view that runs in a session: asked of its row, with each request of a member of staff who has begun one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone

from console.company_in_hand import for_company
from console.people.sessions.begin_and_end import SIGN_IN
from licensing.models import Company, CompanyTimeZone, Membership, Role, SupportView, SupportViewEnd, ViewPurpose
from licensing.viewing.begin_and_end import VIEWING


@dataclass(frozen=True)
class Running:
    """A view that has neither ended nor run out, for the request that asks."""

    view: SupportView
    company: Company
    now: datetime

    @property
    def minutes_left(self) -> int:
        """Whole minutes, the one that has begun counted."""
        return math.ceil((self.view.ends_at - self.now) / timedelta(minutes=1))

    def is_over(self) -> bool:
        """Whether its time ran out since the request came. Free."""
        return timezone.now() >= self.view.ends_at

    @property
    def why(self) -> str:
        return str(ViewPurpose(self.view.purpose).label)

    def membership(self) -> Membership:
        """What stands in for a membership on the company's pages: all roles, as the forms of all are shown. Not a row."""
        held = Membership(user=self.view.person, company=self.company, roles=list(Role.values))
        held.__dict__["unread_rows"] = []
        return held


def running(request: HttpRequest) -> Running | None:
    """The view that runs in the request's session. One statement where one was begun, none for everybody else."""
    named: Any = request.session.get(VIEWING)
    now = timezone.now()
    if named is None or now.timestamp() >= named[3] or not request.user.is_authenticated or not request.user.is_staff:
        return None
    pk, company, _slug, _until = named
    zones = CompanyTimeZone.objects.of_outer_company("company_id")
    ends = SupportViewEnd.objects.filter(company=OuterRef("company_id"), view=OuterRef("pk"))
    with for_company(company):
        view = (
            SupportView.objects.filter(company=company, pk=pk, person=request.user.pk, sign_in=request.session.get(SIGN_IN, 0))
            .filter(~Exists(ends), ends_at__gt=now)
            .select_related("company", "person")
            .annotate(zone_rows=ArraySubquery(zones))
            .first()
        )
    if view is None:
        return None
    view.company.__dict__["zone_rows"] = view.__dict__["zone_rows"]
    return Running(view, view.company, now)


def ended_of(request: HttpRequest) -> str:
    """The address name of the company that this session viewed last, asked once no view runs; empty without. Free."""
    named: Any = request.session.get(VIEWING)
    return str(named[2]) if named is not None else ""


def forget(request: HttpRequest) -> None:
    """The session names no view any more."""
    request.session.pop(VIEWING, None)
