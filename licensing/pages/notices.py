"""Notices: what the company was told that concerns the person, one of them by its mail's link, and the note that they read it.

`?show=unread` and `?kind=` narrow the page; what was marked as read leads back to it as it was.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from console.exports.export_of import export_of, wants_export
from console.exports.sheet import Sheet, day, instant, text
from console.htmx import render_page
from console.models import User
from console.status_message import StatusMessage, tell
from licensing.access import may, of_company
from licensing.models import Company, Permission
from licensing.notices.inbox import SHOWN_AT_MOST, NoticeRow, mark_read, notice_for, notices_for
from licensing.notices.kinds import kind_of, kinds_for, told_by_role

UNREAD = "unread"


@dataclass(frozen=True)
class Pick:
    """A chip that selects."""

    label: str
    number: int
    url: str
    current: bool


@require_safe
@of_company()
def notices(request: HttpRequest, company: Company) -> HttpResponse:
    assert isinstance(request.user, User)
    roles = request.membership.roles  # type: ignore[attr-defined]
    whole = wants_export(request)
    rows, asked = notices_for(company, request.user, roles, at_most=None if whole else SHOWN_AT_MOST), _filters(request.GET)
    unread = [row for row in rows if row.unread]
    concerned = bool(kinds_for(roles))
    of_kind = [row for row in rows if asked.get("kind", row.kind.name) == row.kind.name]
    shown = [row for row in of_kind if row.unread or asked.get("show") != UNREAD]
    if whole:
        return export_of(request, notices_sheet(shown))
    context = {
        "rows": shown,
        "none_at_all": not rows,
        "unread": len(unread),
        "unread_notices": len(unread) if concerned else None,  # the bell says what the page says
        "picks": _picks(company, of_kind, asked),
        "kinds": _kinds(company, unread if asked.get("show") == UNREAD else rows, asked),
        "filters": asked,
        "all_url": _address(company, {}),
        "up_to": max((row.id for row in rows), default=0),
        "concerned": concerned,
        "by_role": told_by_role(roles),
        "sees_support": may(request, Permission.PEOPLE),
        "all_shown": len(rows) < SHOWN_AT_MOST,
        "shown_at_most": SHOWN_AT_MOST,
    }
    return render_page(request, "licensing/notices.html", context, partial="notices")


def notices_sheet(rows: list[NoticeRow]) -> Sheet:
    return Sheet(
        "notices",
        _("Notices"),
        (
            instant("told_at", _("Told")),
            text("kind", _("Kind")),
            text("title", _("Notice")),
            text("sentence", _("What it says")),
            text("note", _("Note")),
            text("next_step", _("What to do")),
            text("state", _("State")),
            day("resolved_on", _("No longer true since")),
        ),
        [
            (
                row.created_at,
                str(row.kind.label),
                row.title,
                row.sentence,
                row.note or None,
                row.next_step or None,
                _("No longer true") if row.over else _("Unread") if row.unread else _("Read"),
                row.resolved_on,
            )
            for row in rows
        ],
    )


@require_safe
@of_company()
def notice(request: HttpRequest, company: Company, number: int) -> HttpResponse:
    """Where a mail's link leads: on to the page to look or act on, unless the notice holds no more, which it then says."""
    assert isinstance(request.user, User)
    row = notice_for(company, number, request.user, request.membership.roles)  # type: ignore[attr-defined]
    if row is None:
        raise Http404
    if not row.over:
        return redirect(row.path)
    return render_page(request, "licensing/notice.html", {"each": row}, partial="content")


@require_POST
@of_company()
def read_notice(request: HttpRequest, company: Company, number: int) -> HttpResponse:
    """One notice is read. Another company's is not found, one that does not concern the person's roles is refused."""
    assert isinstance(request.user, User)
    row = notice_for(company, number, request.user, request.membership.roles)  # type: ignore[attr-defined]
    if row is None:
        raise Http404
    mark_read(company, request.user, only=number)
    tell(request, StatusMessage(_("Marked as read"), row.title))
    return redirect(_address(company, _filters(request.POST)))


@require_POST
@of_company()
def read_notices(request: HttpRequest, company: Company) -> HttpResponse:
    """Everything up to the last notice shown is read; what came after the page was opened is not."""
    assert isinstance(request.user, User)
    shown = request.POST.get("up_to", "")
    number = mark_read(company, request.user, up_to=int(shown) if shown.isdecimal() and len(shown) < 19 else None)
    words = ngettext("%(number)s notice.", "%(number)s notices.", number) % {"number": number}
    tell(request, StatusMessage(_("Marked as read"), words))
    return redirect(_address(company, _filters(request.POST)))


# --- What the page is narrowed to


def _filters(asked: QueryDict) -> dict[str, str]:
    """`show` and `kind` as far as they are any."""
    found = {"show": UNREAD} if asked.get("show") == UNREAD else {}
    kind = kind_of(asked.get("kind", "")).name
    return {**found, "kind": kind} if kind else found


def _address(company: Company, filters: dict[str, str]) -> str:
    return reverse("licensing:notices", args=[company.slug], query=filters or None)


def _picks(company: Company, rows: list[NoticeRow], asked: dict[str, str]) -> list[Pick]:
    kind = {"kind": asked["kind"]} if "kind" in asked else {}
    only_unread = asked.get("show") == UNREAD
    return [
        Pick(_("All"), len(rows), _address(company, kind), not only_unread),
        Pick(_("Unread"), sum(row.unread for row in rows), _address(company, {**kind, "show": UNREAD}), only_unread),
    ]


def _kinds(company: Company, rows: list[NoticeRow], asked: dict[str, str]) -> list[Pick]:
    """The kinds there are any of, and the one that is chosen; nothing to choose from where all are of one."""
    numbers = Counter(row.kind.name for row in rows)
    named = sorted({*numbers, *([asked["kind"]] if "kind" in asked else [])}, key=lambda name: str(kind_of(name).label))
    if len(named) < 2 and "kind" not in asked:
        return []
    show = {"show": UNREAD} if asked.get("show") == UNREAD else {}
    every = Pick(_("All kinds"), len(rows), _address(company, show), "kind" not in asked)
    each = (
        Pick(str(kind_of(name).label), numbers[name], _address(company, {**show, "kind": name}), asked.get("kind") == name)
        for name in named
    )
    return [every, *each]
