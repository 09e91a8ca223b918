"""What every page knows: the company in hand, where one can go, the day shown, whom to turn to. Reads nothing anew."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from console.navigation import companies, navigation


def console(request: HttpRequest) -> dict[str, Any]:
    membership = getattr(request, "membership", None)
    return {
        "company": getattr(request, "company", None),
        "companies": companies(request),
        "navigation": navigation(request),
        "as_of": getattr(request, "as_of", None),
        "roles_label": membership.roles_label if membership else "",
        "contacts": {
            "sales": settings.SALES_CONTACT,
            "support": settings.SUPPORT_CONTACT,
            "marketplace_url": settings.MARKETPLACE_URL,
        },
    }
