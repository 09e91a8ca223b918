"""The first page of the workbench: the search, the queues with their next steps, what is most urgent, what happened lately.

It reads the list that the hourly job keeps, and says as of when that is; `look_again` makes it anew.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from console.admin.of_staff import of_staff, staff_person
from console.status_message import StatusMessage, tell
from credits.desk.frame import desk_page
from credits.desk.home.lately import lately
from credits.models import DeskLook
from credits.queues.look import look
from credits.queues.to_do import last_look, queues_and_first
from credits.queues.words import LOOKS, time_of, told

SHOWN = 8
TOO_OLD = timedelta(minutes=90)
"""The job that keeps the list runs every hour."""


@of_staff()
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Seven statements beside the session's, however many companies there are."""
    now, person = timezone.now(), staff_person(request)
    queues, urgent = queues_and_first(SHOWN)
    by_kind = {each.kind: each for each in queues}
    cards = []
    for kind, looks in LOOKS.items():
        each = by_kind[kind]
        first = told(each.first, now) if each.first else None
        cards.append({"label": kind.label, "looks": looks, "queue": each, "first": first, "url": _queue(kind)})
    context: dict[str, Any] = {
        "cards": cards,
        "to_do": [(each, told(each, now)) for each in urgent],
        "number": sum(each.number for each in queues),
        "lately": lately(person),
        **as_of(last_look(), now),
    }
    return desk_page(request, "desk/home.html", context, section="home")


def _queue(kind: str) -> str:
    return reverse("desk:to-do", query={"queue": kind})


def as_of(last: DeskLook | None, now: Any) -> dict[str, Any]:
    """What a page says of the list: its time, in words, and whether the job that keeps it is late."""
    return {
        "looked": time_of(last.looked_at, now) if last else "",
        "is_late": last is not None and now - last.looked_at > TOO_OLD,
    }


@of_staff()
@require_POST
def look_again(request: HttpRequest) -> HttpResponse:
    """Make the list anew, now; it changes nothing else."""
    look(timezone.now())
    tell(request, StatusMessage(_("Looked"), _("the list is of this minute.")))
    return redirect("desk:home")
