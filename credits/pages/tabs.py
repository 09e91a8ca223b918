"""The tabs of Credits & Billing: those that this installation has an address for."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy

from licensing.models import Company
from licensing.pages.day_shown import AsOf

TABS = {
    "credits:annual-credits": gettext_lazy("Annual credits"),
    "credits:pay-as-you-go": gettext_lazy("Pay-as-you-go"),
    "credits:solutions": gettext_lazy("All available solutions"),
}


def tabs(request: HttpRequest, company: Company | str, active: str) -> list[dict[str, Any]]:
    """What `credits/tabs.html` shows: links that keep the day shown; `active` is the name of the address of the one open.

    `company` may be its slug. Call it after `day_asked_for`. Free.
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
