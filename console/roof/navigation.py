"""Where one can go from a company's pages, and between companies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from licensing.models import Permission
from licensing.pages.company_chooser.where_to import page_one_is_on
from licensing.reading.with_memberships import of_membership

OF_ITS_OWN = {
    "people": {
        *("licensing:people", "licensing:member", "licensing:remove-member", "licensing:roles", "licensing:role-request"),
        *("licensing:leave", "licensing:invite", "licensing:invite-again", "licensing:withdraw-invitation"),
    },
    "settings": {"licensing:company-settings", "licensing:company-tenants", "licensing:provider-access", "credits:approvals"},
    "audit": {"credits:audit"},
    "requests": {"credits:requests", "credits:request"},
    "customers": {"credits:customers", "credits:threshold", "licensing:provider-viewers"},
    "statements": {"credits:statements", "credits:statement"},
    "behind the bell": {"licensing:notices"},
}
"""Pages that neither Credits & Billing nor License Information leads to: entry -> names of its addresses."""


@dataclass(frozen=True)
class Entry:
    label: str
    url: str
    icon: str
    active: bool
    count: int = 0
    """How many things wait there for the person; 0 shows none."""


def navigation(request: HttpRequest) -> list[Entry]:
    """The sidebar of the company in hand. Where there is none it is empty, but leads out of the activation wizard."""
    company: Any = getattr(request, "company", None)
    match = request.resolver_match
    app, name = (match.app_name, match.view_name) if match else ("", "")
    if company is None:
        if app != "activation" or not request.user.is_authenticated:
            return []
        return [
            Entry(_("Companies"), reverse("licensing:companies"), "building", False),
            Entry(_("Activate"), reverse("activation:start"), "circle-check", True),
        ]
    as_of: Any = getattr(request, "as_of", None)
    query = as_of.query if as_of else ""
    here = next((entry for entry, names in OF_ITS_OWN.items() if name in names), app)
    credits = reverse("credits:annual-credits", args=[company.slug])
    licenses = reverse("licensing:license-information", args=[company.slug])
    statements = reverse("credits:statements", args=[company.slug])
    requests = reverse("credits:requests", args=[company.slug])
    membership: Any = getattr(request, "membership", None)
    roles = membership.roles if membership is not None else ()
    entries = [
        *_customers(membership, query, active=here == "customers"),
        Entry(_("Credits & Billing"), credits + query, "coins", here == "credits" or name == "explain"),
        Entry(_("Requests"), requests, "inbox", here == "requests", _requests_that_wait(membership)),
        Entry(_("License Information"), licenses + query, "license", here == "licensing"),
        Entry(_("Statements of account"), statements, "file-text", here == "statements"),
    ]
    if app == "activation" or Permission.LICENSING.allowed_to(roles):
        activate = reverse("activation:start", query={"company": company.slug})
        entries.append(Entry(_("Activate"), activate, "circle-check", app == "activation"))
    if Permission.PEOPLE.allowed_to(roles):
        people = reverse("licensing:people", args=[company.slug])
        settings = reverse("licensing:company-settings", args=[company.slug])
        entries += [
            Entry(_("People"), people, "users", here == "people"),
            Entry(_("Audit log"), reverse("credits:audit", args=[company.slug]), "history", here == "audit"),
            Entry(_("Company settings"), settings, "settings-cog", here == "settings"),
        ]
    return entries


def _customers(membership: Any, query: str, *, active: bool) -> list[Entry]:
    """Of a service provider: its customers for whoever may look, and who may look for an owner who may not."""
    if not getattr(membership, "has_customers", False):
        return []
    slug = membership.company.slug
    if Permission.CUSTOMERS.allowed_to(membership.roles):
        address = reverse("credits:customers", args=[slug]) + query
    elif Permission.PEOPLE.allowed_to(membership.roles):
        address = reverse("licensing:provider-viewers", args=[slug])
    else:
        return []
    return [Entry(_("Customers"), address, "building", active)]


def _requests_that_wait(membership: Any) -> int:
    """How many requests are open, for whoever may decide them. Free, from the memberships."""
    if membership is None or not Permission.ALLOCATE.allowed_to(membership.roles):
        return 0
    return of_membership(membership, "open_requests") or 0


@dataclass(frozen=True)
class Switcher:
    """The way to other companies, to the same kind of page: the chooser, and its list for htmx."""

    page: str
    part: str


def switcher(request: HttpRequest) -> Switcher | None:
    """For somebody of several companies, where a page has read them; None for others. Free."""
    if len(getattr(request, "memberships", ())) < 2:
        return None
    company: Any = getattr(request, "company", None)
    wanted = page_one_is_on(request)
    here = {"here": company.slug} if company else {}
    return Switcher(reverse("licensing:companies", query=wanted), reverse("licensing:switch", query={**wanted, **here}))
