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
    "licensing:people": gettext_lazy("People"),
    "licensing:invite": gettext_lazy("Invite somebody"),
    "licensing:invite-again": gettext_lazy("People"),
    "licensing:withdraw-invitation": gettext_lazy("People"),
    "licensing:role-request": gettext_lazy("A request for a role"),
    "licensing:member": gettext_lazy("Roles of a person"),
    "licensing:remove-member": gettext_lazy("Roles of a person"),
    "licensing:roles": gettext_lazy("One’s own roles"),
    "licensing:leave": gettext_lazy("Leave the company"),
    "licensing:support-views": gettext_lazy("Views by support"),
    "licensing:company-settings": gettext_lazy("Company settings"),
    "licensing:provider-access": gettext_lazy("Access of the service provider"),
    "licensing:provider-viewers": gettext_lazy("Provider viewers"),
    "credits:customers": gettext_lazy("Customers"),
    "credits:threshold": gettext_lazy("Threshold of a customer"),
    "credits:annual-credits": gettext_lazy("Annual credits"),
    "credits:add-allocation": gettext_lazy("Add an allocation"),
    "credits:plan": gettext_lazy("Plan changes"),
    "credits:preview-plan": gettext_lazy("Plan changes"),
    "credits:scenarios": gettext_lazy("Scenarios"),
    "credits:scenario": gettext_lazy("A scenario"),
    "credits:keep-scenario": gettext_lazy("Scenarios"),
    "credits:apply-scenario": gettext_lazy("A scenario"),
    "credits:drop-scenario": gettext_lazy("A scenario"),
    "credits:requests": gettext_lazy("Requests"),
    "credits:request": gettext_lazy("A request"),
    "credits:ask-for-units": gettext_lazy("Allocation of a feature"),
    "credits:approvals": gettext_lazy("Approvals"),
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
