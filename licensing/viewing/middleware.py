"""While a view runs nothing is written by its session, and each page of the company that it asks for is recorded first.

Below the middleware of sessions and of the second factor. Requests that write are refused by their method, wherever they go, but
for ending the view and signing out; what a page would write by itself is refused by the database.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from console.database_roles.looking_only import LooksOnly, looking_only, recorded_meanwhile
from licensing.viewing.running import ended_of, running
from licensing.viewing.seen import note_page

LOOKS = ("GET", "HEAD", "OPTIONS", "TRACE")
MAY_STILL = ("desk:end-view", "account_logout")
"""Addresses that are written to meanwhile."""


class ViewingMiddleware:
    """Leaves `viewing` on the request of somebody who views: a `Running`. Free for everybody else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return self.get_response(request)
        found = running(request)
        if found is None:
            response = self.get_response(request)
            return (response.status_code == 404 and _to_the_form(request)) or response
        request.viewing = found  # type: ignore[attr-defined]
        if request.method not in LOOKS:
            may_still = request.path in {reverse(name) for name in MAY_STILL}
            return self.get_response(request) if may_still else refused(request)
        with looking_only():
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        found = getattr(request, "viewing", None)
        if found is not None and getattr(view, "asks_for", "") == "company" and kwargs.get("slug") == found.company.slug:
            with recorded_meanwhile():
                note_page(found, request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, LooksOnly):
            return None
        if connection.in_atomic_block:
            connection.set_rollback(False)  # the statement was taken back by itself: what is around it is whole
        return refused(request)


def refused(request: HttpRequest) -> HttpResponse:
    """403, with what to do; for htmx the sentence, which it shows in place."""
    slug = request.viewing.company.slug  # type: ignore[attr-defined]
    context = {"message": str(LooksOnly()), "back": reverse("licensing:license-information", args=[slug])}
    return render(request, "licensing/viewing/refused.html", context, status=LooksOnly.status)


def _to_the_form(request: HttpRequest) -> HttpResponse | None:
    """A page of the company whose view is over leads to where it is opened again, with the page kept. Free."""
    match = request.resolver_match
    if match is None or getattr(match.func, "asks_for", "") != "company" or request.method not in LOOKS:
        return None
    slug = match.kwargs.get("slug", "")
    if slug != ended_of(request) or not request.user.is_authenticated or not request.user.is_staff:
        return None
    address = reverse("desk:view-as", args=[slug], query={"page": request.get_full_path(), "ended": "1"})
    return HttpResponseClientRedirect(address) if request.headers.get("HX-Request") else HttpResponseRedirect(address)
