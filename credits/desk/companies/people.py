"""Who is in the company: roles, when they were seen last, and their second factor."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Subquery

from console.models import SignIn
from licensing.models import Membership

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
ON_ONE_PAGE = 50


def people_shown(asked: Any) -> dict[str, Any]:
    """Two statements, however many there are."""
    seen = SignIn.objects.filter(person=OuterRef("user")).order_by("-seen_at").values("seen_at")[:1]
    factor = Authenticator.objects.filter(user=OuterRef("user"), type__in=FACTORS)
    found = (
        Membership.objects.filter(company=asked.company)
        .select_related("user")
        .annotate(seen_at=Subquery(seen), has_factor=Exists(factor))
        .order_by("user__name", "user__email")
    )
    return {
        "people": Paginator(found, ON_ONE_PAGE).get_page(asked.request.GET.get("page")),
        "base": asked.as_of.with_(asked.request.path, tab="people"),
    }
