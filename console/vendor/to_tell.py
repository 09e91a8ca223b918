"""Which of the vendor's own addresses are told of a purchase: by what happened, and by plan where one is named for it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from console.vendor.held import vendors_own

EVENTS = {
    "bought": gettext_lazy("Bought"),
    "activated": gettext_lazy("Activated"),
    "cancelled": gettext_lazy("Cancelled"),
    "refused": gettext_lazy("Change refused"),
}


def addresses_for(event: str, plan: str = "") -> list[str]:
    """Those stated for the plan ("azure/offer/plan"), else for the event. Free."""
    held = vendors_own().stated
    return (held.get(f"tell:{event}@{plan}") or held.get(f"tell:{event}", "")).split()


def tells_anybody(event: str) -> bool:
    """Whether anybody is told of it for any plan; otherwise there is no job. Free."""
    return any(about.partition("@")[0] == f"tell:{event}" for about in vendors_own().stated)
