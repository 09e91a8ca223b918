"""Each page that support asks for in a view, as the company's own record names it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone

from console.company_in_hand import for_company
from console.exports.page_recorded import SEARCH, without_people
from licensing.codes.code_format import without_codes
from licensing.models import SupportViewPage
from licensing.viewing.names_of_pages import name_of_page
from licensing.viewing.running import Running

LONGEST = 2_000


def note_page(running: Running, request: HttpRequest) -> None:
    """Write that the request asks for a page of the company. One statement."""
    match = request.resolver_match
    with for_company(running.company):
        SupportViewPage.objects.create(
            company=running.company,
            view=running.view,
            name=name_of_page(match.view_name if match else ""),
            address=address_of(request),
            seen_at=timezone.now(),
        )


def address_of(request: HttpRequest) -> str:
    """Path and query, whole codes masked, people who were searched for left out, and without control characters, which a column
    of text or a page would not take.
    """
    asked = [(name, value) for name, values in request.GET.lists() for value in values]
    query = urlencode([(name, without_codes(without_people(value) if name == SEARCH else value)) for name, value in asked])
    said = f"{request.path}?{query}" if query else request.path
    return "".join(each for each in said if each.isprintable())[:LONGEST]
