"""People: for owners, who is in the company with which roles, who is invited, who asks for a role, and how many ask to join.

`?show=` narrows the table, `?q=` looks for a name or an address, `?page=` turns it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from allauth.mfa.models import Authenticator
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from console.allowed_text import as_shown_alike
from licensing.access import of_company
from licensing.acts.people.owners import OWNERS
from licensing.models import Company, Invitation, JoinRequest, Permission, Role, RoleRequest
from licensing.models.roles_and_what_they_may import WHAT_THEY_MAY
from licensing.pages.page_links import page_links
from licensing.reading.people import members_of, open_invitations, open_requests

ON_ONE_PAGE = 50
FACTORS = {
    Authenticator.Type.WEBAUTHN: gettext_lazy("Security key"),
    Authenticator.Type.TOTP: gettext_lazy("Authenticator"),
}


@dataclass(frozen=True)
class Choice:
    """A chip that narrows the table."""

    value: str
    label: str
    count: int
    url: str
    current: bool


@dataclass(frozen=True)
class InvitationRow:
    row: Invitation
    expired: bool
    days_left: int
    key_again: UUID
    key_withdraw: UUID


@dataclass(frozen=True)
class RequestRow:
    row: RoleRequest
    may: Any
    """What the role would let them do."""
    key: UUID


@require_safe
@of_company(Permission.PEOPLE)
def people(request: HttpRequest, company: Company) -> HttpResponse:
    """Six statements beside the frame's, however many people there are."""
    members, now = members_of(company), timezone.now()
    counts = members.aggregate(
        all=Count("pk"),
        owners=Count("pk", filter=OWNERS),
        no_factor=Count("pk", filter=Q(factors=[])),
    )
    invitations = open_invitations(company)
    counts["invited"] = len(invitations)
    show, q = request.GET.get("show", ""), request.GET.get("q", "").strip()[:200]
    show = show if show in NARROWED else ""
    found = members.filter(NARROWED[show]) if show else members
    if q:
        like = as_shown_alike(q)
        found = found.filter(Q(user__name__icontains=like) | Q(user__email__icontains=like))
        invitations = [each for each in invitations if like.lower() in each.email]
    page = Paginator(found, ON_ONE_PAGE).get_page(request.GET.get("page"))
    context = {
        "people": page,
        "page_urls": page_links(page, lambda number: _address(company, show, q, page=number)),
        "factors": FACTORS,
        "invitations": [_invitation_row(each, now) for each in invitations] if show in ("", "invited") else [],
        "requests": [RequestRow(each, WHAT_THEY_MAY[Role(each.role)], uuid4()) for each in open_requests(company)],
        "ask_to_join": JoinRequest.objects.for_company(company).open().count(),
        "counts": counts,
        "only_owner": counts["owners"] == 1,
        "choices": _choices(company, counts, show, q),
        "q": q,
        "show": show,
    }
    return render(request, "licensing/people/people.html", context)


NARROWED = {"owners": Q(roles__contains=[Role.OWNER]), "no-factor": Q(factors=[]), "invited": Q(pk=None)}


def _choices(company: Company, counts: dict[str, int], show: str, q: str) -> list[Choice]:
    named = [
        ("", _("All"), counts["all"] + counts["invited"]),
        ("owners", _("Owners"), counts["owners"]),
        ("no-factor", _("No second factor"), counts["no_factor"]),
        ("invited", _("Invited"), counts["invited"]),
    ]
    return [Choice(value or "all", label, count, _address(company, value, q), value == show) for value, label, count in named]


def _address(company: Company, show: str, q: str, *, page: int = 1) -> str:
    asked = {"show": show, "q": q, "page": str(page) if page > 1 else ""}
    return reverse("licensing:people", args=[company.slug], query={name: said for name, said in asked.items() if said} or None)


def _invitation_row(row: Invitation, now: Any) -> InvitationRow:
    days = -((now - row.expires_at) // timedelta(days=1))  # a day that has begun counts
    return InvitationRow(row, row.state_at(now) == Invitation.State.EXPIRED, max(days, 0), uuid4(), uuid4())
