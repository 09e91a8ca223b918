"""The tabs of Credits & Billing, and the way from each to the window that switches billing models."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy

from licensing.access import may
from licensing.models import Company, Permission
from licensing.pages.day_shown import AsOf

TABS = {
    "credits:annual-credits": gettext_lazy("Annual credits"),
    "credits:pay-as-you-go": gettext_lazy("Pay-as-you-go"),
    "credits:solutions": gettext_lazy("All available solutions"),
}


def tabs(request: HttpRequest, company: Company | str, active: str) -> list[dict[str, Any]]:
    """What `credits/tabs.html` shows: links that keep the day shown; `active` is the name of the address of the one open.

    `company` may be its slug. Call it after `day_known_asked_for`. Free.
    """
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    slug = company if isinstance(company, str) else company.slug
    found = []
    for name, label in TABS.items():
        try:
            address = reverse(name, args=[slug])
        except NoReverseMatch:
            continue
        found.append({"label": label, "url": address + as_of.query, "active": name == active})
    return found


def manage_billing_url(request: HttpRequest, slug: str) -> str:
    """Where billing models are switched; empty for those who may not, and on another day than today."""
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    return reverse("credits:manage-billing", args=[slug]) if as_of.is_today and may(request, Permission.ALLOCATE) else ""
