"""Notices: what the company was told that concerns the person, one of them by its mail's link, and the note that they read it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from console.htmx import render_page
from console.models import User
from licensing.access import of_company
from licensing.models import Company
from licensing.notices.inbox import SHOWN_AT_MOST, mark_read, notice_for, notices_for
from licensing.notices.kinds import kinds_for


@require_safe
@of_company()
def notices(request: HttpRequest, company: Company) -> HttpResponse:
    assert isinstance(request.user, User)
    roles = request.membership.roles  # type: ignore[attr-defined]
    rows = notices_for(company, request.user, roles)
    context = {
        "rows": rows,
        "unread": sum(row.unread for row in rows),
        "up_to": max((row.id for row in rows), default=0),
        "concerned": bool(kinds_for(roles)),
        "all_shown": len(rows) < SHOWN_AT_MOST,
        "shown_at_most": SHOWN_AT_MOST,
    }
    return render_page(request, "licensing/notices.html", context, partial="notices")


@require_safe
@of_company()
def notice(request: HttpRequest, company: Company, number: int) -> HttpResponse:
    """Where a mail's link leads: on to the page to look or act on, unless the notice holds no more, which it then says."""
    row = notice_for(company, number, request.membership.roles)  # type: ignore[attr-defined]
    if row is None:
        raise Http404
    if not row.over:
        return redirect(row.path)
    return render_page(request, "licensing/notice.html", {"each": row}, partial="content")


@require_POST
@of_company()
def read_notices(request: HttpRequest, company: Company) -> HttpResponse:
    """Everything up to the last notice shown is read; what came after the page was opened is not."""
    assert isinstance(request.user, User)
    shown = request.POST.get("up_to", "")
    mark_read(company, request.user, up_to=int(shown) if shown.isdecimal() and len(shown) < 19 else None)
    return redirect("licensing:notices", company.slug)
