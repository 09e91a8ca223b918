"""The sessions of a person, as they see and end them themselves. Ending asks for the password or a code first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from console.models import SignIn
from console.people.sessions.begin_and_end import SIGN_IN, end_sessions, open_sessions_of
from console.people.sessions.limits import limits_of
from console.status_message import StatusMessage, tell

OTHERS = "others"


@dataclass(frozen=True)
class Shown:
    row: SignIn
    is_this: bool


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(allow_get=True)
def sessions(request: HttpRequest) -> HttpResponse:
    """GET shows those that are open, this one first; POST ends one (`end`: its id) or all others (`end`: "others")."""
    person: Any = request.user
    this = request.session.get(SIGN_IN)
    if request.method == "POST":
        _end(request, person, this)
        return redirect("account_sessions")
    rows = open_sessions_of(person).annotate(asked_at=Now()).order_by("-seen_at", "-pk")
    shown = [Shown(row, row.pk == this) for row in rows if not _is_over(row, person.is_staff)]
    shown.sort(key=lambda each: not each.is_this)
    limits = {
        "is_staff": person.is_staff,
        "usual": limits_of(is_staff=person.is_staff, kept=False),
        "kept": limits_of(is_staff=person.is_staff, kept=True),
    }
    return render(request, "account/sessions.html", {"sessions": shown, "others": len(shown) > 1, **_in_words(limits)})


def _in_words(limits: dict[str, Any]) -> dict[str, str]:
    usual, kept = limits["usual"], limits["kept"]
    if limits["is_staff"]:
        says = _("A session of support ends after %(idle)s without use, and after %(whole)s in any case.")
        return {"says": says % {"idle": _long(usual.idle), "whole": _long(usual.whole)}}
    says = _(
        "A session ends after %(idle)s without use (%(kept)s where you chose to stay signed in), and after %(whole)s in any case."
    )
    return {"says": says % {"idle": _long(usual.idle), "kept": _long(kept.idle), "whole": _long(kept.whole)}}


def _long(time: Any) -> str:
    """12 hours, 14 days."""
    hours = int(time.total_seconds()) // 3600
    if hours % 24 == 0 and hours > 24:
        return ngettext("%(number)s day", "%(number)s days", hours // 24) % {"number": hours // 24}
    return ngettext("%(number)s hour", "%(number)s hours", hours) % {"number": hours}


def _is_over(row: Any, is_staff: bool) -> bool:
    limits = limits_of(is_staff=is_staff, kept=row.kept)
    return bool(limits.over(idle=row.asked_at - row.seen_at, whole=row.asked_at - row.signed_in_at))


def _end(request: HttpRequest, person: Any, this: Any) -> None:
    wanted = request.POST.get("end", "")
    mine = open_sessions_of(person).exclude(pk=this)
    if wanted != OTHERS:
        mine = mine.filter(pk=int(wanted)) if wanted.isdecimal() and len(wanted) < 19 else mine.none()
    number = end_sessions(mine, SignIn.Ended.PERSON)
    if number:
        said = ngettext("%(number)s session is signed out.", "%(number)s sessions are signed out.", number)
        tell(request, StatusMessage(_("Ended"), said % {"number": number}))
    else:
        tell(request, StatusMessage(_("Ended"), _("That session was over already.")))
