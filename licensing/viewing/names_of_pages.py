"""What the pages of a company are called where a record names them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

NAMES = {
    "licensing:license-information": gettext_lazy("License Information"),
    "licensing:license": gettext_lazy("A license"),
    "licensing:receipt": gettext_lazy("Receipt of a conversion"),
    "licensing:code": gettext_lazy("Activation code"),
    "licensing:notices": gettext_lazy("Notices"),
    "licensing:notice": gettext_lazy("A notice"),
    "licensing:read-notice": gettext_lazy("A notice"),
    "licensing:read-notices": gettext_lazy("Notices"),
    "licensing:report-figure": gettext_lazy("Report a figure"),
    "licensing:support-views": gettext_lazy("Views by support"),
    "credits:annual-credits": gettext_lazy("Annual credits"),
    "credits:add-allocation": gettext_lazy("Add an allocation"),
    "credits:plan": gettext_lazy("Plan changes"),
    "credits:preview-plan": gettext_lazy("Plan changes"),
    "credits:scenarios": gettext_lazy("Scenarios"),
    "credits:scenario": gettext_lazy("A scenario"),
    "credits:keep-scenario": gettext_lazy("Scenarios"),
    "credits:apply-scenario": gettext_lazy("A scenario"),
    "credits:drop-scenario": gettext_lazy("A scenario"),
    "credits:purchases": gettext_lazy("Purchases in detail"),
    "credits:allocations": gettext_lazy("Allocations in detail"),
    "credits:runway": gettext_lazy("How long the credits last"),
    "credits:changes": gettext_lazy("What changed"),
    "credits:allocation": gettext_lazy("Allocation of a feature"),
    "credits:preview-allocation": gettext_lazy("Allocation of a feature"),
    "credits:withdraw-plan": gettext_lazy("Allocation of a feature"),
    "credits:undo-allocation": gettext_lazy("Allocation of a feature"),
    "credits:pay-as-you-go": gettext_lazy("Pay-as-you-go"),
    "credits:manage-billing": gettext_lazy("Manage billing model"),
    "credits:requirements": gettext_lazy("Credit requirements"),
    "credits:conversions": gettext_lazy("Conversions into credits"),
    "credits:solutions": gettext_lazy("All available solutions"),
    "credits:estimate": gettext_lazy("Estimate"),
    "credits:ask-sales": gettext_lazy("Ask sales"),
    "credits:keep-using": gettext_lazy("Keep what is in use"),
    "explain": gettext_lazy("Explanation of a figure"),
    "explain-json": gettext_lazy("Explanation of a figure"),
    "day-to-show": gettext_lazy("Another day"),
}
"""By the name of the address. Every address of a company has its row."""


def name_of_page(view_name: str) -> str:
    return str(NAMES.get(view_name) or gettext_lazy("A page"))
