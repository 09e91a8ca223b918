"""Who is in a company, who is invited, and who asks for a role."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery

from console.company_in_hand import for_all
from console.models import SignIn, User
from licensing.models import Company, Invitation, Membership, RoleRequest

FACTORS = (Authenticator.Type.WEBAUTHN, Authenticator.Type.TOTP)


def members_of(company: Company) -> QuerySet[Any]:
    """Memberships with their people, by name; each with `seen_at`, the last sign of them in any session, and with `factors`.

    `seen_at` is empty for who never was there, or so long ago that the session is forgotten. One statement.
    """
    seen = SignIn.objects.filter(person=OuterRef("user")).order_by("-seen_at").values("seen_at")[:1]
    factors = Authenticator.objects.filter(user=OuterRef("user"), type__in=FACTORS).order_by("type").values("type").distinct()
    return (
        Membership.objects.filter(company=company)
        .select_related("user")
        .annotate(seen_at=Subquery(seen), factors=ArraySubquery(factors))
        .order_by("user__name", "user__email")
    )


def open_invitations(company: Company) -> list[Invitation]:
    """Those that nobody has accepted and nobody has withdrawn, the latest first; they may have expired. One statement."""
    return list(Invitation.objects.for_company(company).open().select_related("invited_by").order_by("-invited_at", "-pk"))


def open_requests(company: Company) -> list[RoleRequest]:
    """What members ask their owners for, the oldest first. One statement."""
    return list(RoleRequest.objects.for_company(company).open().select_related("person").order_by("asked_at", "pk"))


def latest_request(company: Company, person: User) -> RoleRequest | None:
    """What a person asked for last, and what came of it. One statement."""
    return (
        RoleRequest.objects.for_company(company).filter(person=person).select_related("decided_by").order_by("-asked_at").first()
    )


def invitation_of_link(link: str) -> Invitation | None:
    """The invitation that a link opens, by the link's digest, whatever has become of it. One statement."""
    with for_all("a link says by itself whose invitation it is"):
        return Invitation.objects.filter(link=link).select_related("company", "invited_by").first()
