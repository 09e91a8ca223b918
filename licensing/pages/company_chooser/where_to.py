"""Which page of another company is meant: the kind of page one is on, under the name that `?to=` carries."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.urls import reverse

FIRST = "annual"
"""Where one goes from a page that no other company has."""

PAGES = {
    FIRST: "credits:annual-credits",
    "purchases": "credits:purchases",
    "allocations": "credits:allocations",
    "requirements": "credits:requirements",
    "conversions": "credits:conversions",
    "solutions": "credits:solutions",
    "licenses": "licensing:license-information",
    "notices": "licensing:notices",
}
ACTIVATE = "activate"
ALSO = {
    "credits:estimate": "solutions",
    "credits:ask-sales": "solutions",
    "licensing:license": "licenses",
    "licensing:notice": "notices",
    "activation:start": ACTIVATE,
}
"""Pages of one thing of a company lead to the page that lists such things."""


def kind_of_page(request: HttpRequest) -> str:
    """The name under which `address_in` leads to the same page of another company."""
    name = request.resolver_match.view_name if request.resolver_match else ""
    return next((kind for kind, view in PAGES.items() if view == name), ALSO.get(name, FIRST))


def address_in(slug: str, wanted: dict[str, str]) -> str:
    """The page `wanted["to"]` of a company, as of the day `wanted["on"]` where one is named; what is not known is left out."""
    to = wanted.get("to", FIRST)
    if to == ACTIVATE:
        return f"{reverse('activation:start')}?{urlencode({'company': slug})}"
    query = {"on": wanted["on"]} if "on" in wanted else None
    return reverse(PAGES.get(to, PAGES[FIRST]), args=[slug], query=query)


def wanted_page(asked: QueryDict) -> dict[str, str]:
    """`to` and `on` of an address, as far as they name a kind of page and a day: what links to the chooser carry."""
    to = asked.get("to", "")
    found = {"to": to} if to in (*PAGES, ACTIVATE) else {}
    try:
        return {**found, "on": date.fromisoformat(asked.get("on", "")).isoformat()}
    except ValueError:
        return found


def page_one_is_on(request: HttpRequest) -> dict[str, str]:
    """The same for the page that is being answered, with the day it shows; on the chooser, what is wanted there."""
    if request.resolver_match and request.resolver_match.view_name == "licensing:companies":
        return wanted_page(request.GET)
    as_of: Any = getattr(request, "as_of", None)
    found = {"to": kind_of_page(request)}
    return found if as_of is None or as_of.is_today else {**found, "on": str(as_of.day)}
