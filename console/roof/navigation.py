"""Where one can go from a company's pages, and between companies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from licensing.models import Permission
from licensing.pages.company_chooser.where_to import page_one_is_on


@dataclass(frozen=True)
class Entry:
    label: str
    url: str
    icon: str
    active: bool


def navigation(request: HttpRequest) -> list[Entry]:
    """The sidebar of the company in hand. Where there is none it is empty, but leads out of the activation wizard."""
    company: Any = getattr(request, "company", None)
    app = request.resolver_match.app_name if request.resolver_match else ""
    explains = request.resolver_match is not None and request.resolver_match.view_name == "explain"
    if company is None:
        if app != "activation" or not request.user.is_authenticated:
            return []
        return [
            Entry(_("Companies"), reverse("licensing:companies"), "building", False),
            Entry(_("Activate"), reverse("activation:start"), "circle-check", True),
        ]
    as_of: Any = getattr(request, "as_of", None)
    query = as_of.query if as_of else ""
    credits = reverse("credits:annual-credits", args=[company.slug])
    licenses = reverse("licensing:license-information", args=[company.slug])
    is_notices = request.path == reverse("licensing:notices", args=[company.slug])  # behind the bell
    entries = [
        Entry(_("Credits & Billing"), credits + query, "coins", app == "credits" or explains),
        Entry(_("License Information"), licenses + query, "license", app == "licensing" and not is_notices),
    ]
    membership: Any = getattr(request, "membership", None)
    if app == "activation" or (membership is not None and Permission.LICENSING.allowed_to(membership.roles)):
        activate = reverse("activation:start", query={"company": company.slug})
        entries.append(Entry(_("Activate"), activate, "circle-check", app == "activation"))
    return entries


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
