"""The chooser: the companies a person is a member of, with what one chooses by; and the same as a list to switch in place.

`?to=` names the kind of page that is wanted of the company chosen, `?on=` the day, see `where_to`. `?q=` searches names,
`?show=attention` shows what needs somebody, `?go=1` goes on at once where the search leaves one company.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.exports.export_of import export_of, wants_export
from console.exports.sheet import Sheet, day, number, text
from console.htmx import render_page, wants_part
from console.models import User
from licensing.access import memberships_of, of_person
from licensing.models import Membership
from licensing.pages.company_chooser.companies_to_go_to import Choice, choices_of, found_by_name
from licensing.pages.company_chooser.where_to import address_in, wanted_page

ON_ONE_PAGE = 50
IN_THE_SWITCHER = 20
ATTENTION = "attention"


@require_safe
@of_person
def companies(request: HttpRequest) -> HttpResponse:
    """The page. Figures are read for all that were found: one statement for balances and one for expirations."""
    held, text = _memberships(request), request.GET.get("q", "").strip()[:150]
    if not held:
        return render(request, "licensing/no_company.html")
    wanted, found = wanted_page(request.GET), found_by_name(held, text)
    if text and len(found) == 1 and request.GET.get("go"):
        return redirect(address_in(found[0].company.slug, wanted))
    choices = choices_of(found, wanted, request)
    urgent = [each for each in choices if each.needs_attention]
    show = ATTENTION if request.GET.get("show") == ATTENTION else ""
    if wants_export(request):
        return export_of(request, companies_sheet(urgent if show else choices))
    paged = Paginator(urgent if show else choices, ON_ONE_PAGE).get_page(request.GET.get("page"))
    others = {**wanted, **({"q": text} if text else {})}
    context: dict[str, Any] = {
        "choices": paged,
        "number": len(held),
        "q": text,
        "show": show,
        "wanted": wanted,
        "counts": {"all": len(choices), "attention": len(urgent)},
        "all_url": _chooser(others),
        "attention_url": _chooser({**others, "show": ATTENTION}),
        "clear_url": _chooser(wanted),
        "query": urlencode({**others, **({"show": show} if show else {})}),
    }
    return render_page(request, "licensing/company_chooser.html", context, partial="companies")


def companies_sheet(choices: list[Choice]) -> Sheet:
    """Balances are those of each company's own today, as on the page."""
    return Sheet(
        "companies",
        _("Companies"),
        (
            text("company", _("Company")),
            text("roles", _("Your roles")),
            number("balance", _("Current balance")),
            day("expires_on", _("Next expiration")),
            number("expiring", _("Credits that expire")),
            text("then", _("Then")),
            number("unread", _("Unread notices")),
        ),
        [
            (
                each.name,
                each.roles_label,
                None if each.closed else each.balance,
                each.expiration.on if each.expiration else None,
                each.expiration.credits if each.expiration else None,
                (_("Renewed") if each.expiration.renewed else _("Not renewed")) if each.expiration else None,
                each.unread,
            )
            for each in choices
        ],
    )


@require_safe
@of_person
def switch(request: HttpRequest) -> HttpResponse:
    """The list that the top bar opens, or after typing its rows alone; at most so many. Without htmx it is the chooser."""
    held, wanted = _memberships(request), wanted_page(request.GET)
    text = request.GET.get("q", "").strip()[:150]
    if not wants_part(request):
        return redirect(_chooser({**wanted, **({"q": text} if text else {})}))
    found = found_by_name(held, text)
    here = next((each.company.slug for each in held if each.company.slug == request.GET.get("here")), "")
    context: dict[str, Any] = {
        "choices": choices_of(found[:IN_THE_SWITCHER], wanted, request),
        "number": len(found),
        "q": text,
        "wanted": wanted,
        "here": here,
        "rows_url": reverse("licensing:switch", query={"here": here}),
        "all_url": _chooser(wanted),
    }
    return render_page(request, "licensing/switcher.html", context, partial="rows" if "q" in request.GET else "")


def _memberships(request: HttpRequest) -> list[Membership]:
    assert isinstance(request.user, User)
    request.memberships = memberships_of(request.user)  # type: ignore[attr-defined]
    return request.memberships  # type: ignore[attr-defined]


def _chooser(query: dict[str, str]) -> str:
    return reverse("licensing:companies", query=query or None)
