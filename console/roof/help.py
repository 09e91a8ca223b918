"""Help, in our own words: credits, conversions, buying, trials, what owners do. Open to everybody: it holds no data of anybody.

`?company=` names the company whose pages the links lead to; whoever is no member of it sees those of the one shown last,
else of their first one.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from console.htmx import render_page
from console.models import User
from licensing.access import company_one_comes_from, memberships_of, of_person
from licensing.models import Membership, Role
from licensing.models.roles_and_what_they_may import WHAT_THEY_MAY


@dataclass(frozen=True)
class Seller:
    """A marketplace, and the name of its page on how to buy there."""

    slug: str
    name: str | Promise


AZURE = Seller("azure", "Azure Marketplace")
PRACTICE = Seller("practice", gettext_lazy("the practice marketplace"))

PAGES = {
    "": "help/contents.html",
    "credits": "help/credits.html",
    "conversions": "help/conversions.html",
    "trials": "help/trials.html",
    "company": "help/company.html",
    "approvals": "help/approvals.html",
    "keyboard": "help/keyboard.html",
}
"""Address below /help/ -> template."""


def sellers() -> list[Seller]:
    """The marketplaces that are switched on; the practice marketplace is in the place of Azure Marketplace."""
    if settings.PRACTICE_MARKETPLACE:
        return [PRACTICE]
    return [each for each in (AZURE,) if each.slug in settings.MARKETPLACES]


@login_not_required
@require_safe
def help_page(request: HttpRequest, page: str) -> HttpResponse:
    """A page; htmx asks for that of the keyboard alone, which opens in a dialog."""
    roles = [{"name": role.label, "may": WHAT_THEY_MAY[role]} for role in Role] if page == "company" else []
    return _rendered(request, PAGES[page], roles=roles)


@login_not_required
@require_safe
def buying(request: HttpRequest, seller: str) -> HttpResponse:
    """How to buy from a marketplace that is switched on, from the offer to the activated license."""
    found = next((each for each in sellers() if each.slug == seller), None)
    if found is None:
        raise Http404
    return _rendered(request, "help/buying.html", seller=found)


@require_safe
@of_person
def price_list(request: HttpRequest, page: str) -> HttpResponse:
    """An address without a company, for links from outside the console: leads to the page of the person's own one."""
    found = _shown(request)
    return redirect(f"credits:{page}", found.company.slug) if found else render(request, "licensing/no_company.html")


def _rendered(request: HttpRequest, template: str, **context: object) -> HttpResponse:
    frame = "help/public.html"
    if request.user.is_authenticated:
        frame = "base.html"
        if found := _shown(request):
            request.membership, request.company = found, found.company  # type: ignore[attr-defined]
    if template == PAGES["keyboard"]:
        return render_page(request, template, {"frame": frame, **context}, partial="dialog")
    return render(request, template, {"frame": frame, **context})


def _shown(request: HttpRequest) -> Membership | None:
    """The membership whose company the frame and the links are of. One statement."""
    assert isinstance(request.user, User)
    held = request.memberships = memberships_of(request.user)  # type: ignore[attr-defined]
    return company_one_comes_from(request, held) or next(iter(held), None)


app_name = "help"
urlpatterns = [
    path("", help_page, {"page": ""}, name="contents"),
    path("credits/", help_page, {"page": "credits"}, name="credits"),
    path("conversions/", help_page, {"page": "conversions"}, name="conversions"),
    path("trials/", help_page, {"page": "trials"}, name="trials"),
    path("company/", help_page, {"page": "company"}, name="company"),
    path("approvals/", help_page, {"page": "approvals"}, name="approvals"),
    path("keyboard/", help_page, {"page": "keyboard"}, name="keyboard"),
    path("buying/<slug:seller>/", buying, name="buying"),
    path("requirements/", price_list, {"page": "requirements"}, name="requirements"),
    path("rates/", price_list, {"page": "conversions"}, name="rates"),
]
