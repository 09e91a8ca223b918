"""While a view runs nothing is written by its session, and each page of the company that it asks for is recorded first.

Below the middleware of sessions and of the second factor. Requests that write are refused by their method, wherever they go, but
for ending the view and signing out; what a page would write by itself is refused by the database. What is streamed is read under
the same guard, until the view is over. A form that was left open until then is refused once more, so that nobody who is of the
company, too, sends as themselves what they typed in a view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from console.database_roles.looking_only import LooksOnly, looking_only, recorded_meanwhile
from console.htmx import wants_part
from licensing.viewing.running import Running, ended_of, forget, running
from licensing.viewing.seen import note_page

LOOKS = ("GET", "HEAD", "OPTIONS", "TRACE")
MAY_STILL = ("desk:end-view", "account_logout", "admin:logout")
"""Addresses that are written to meanwhile."""


class ViewIsOver(Exception):
    """While a file was on its way. Its reader is told by the connection, which breaks off: it must not pass for a whole one."""


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
            if response.status_code == 200 and not wants_part(request) and _of_ended(request):
                forget(request)  # who is of the company, too, has seen it as themselves
            return (response.status_code == 404 and _to_the_form(request)) or response
        request.viewing = found  # type: ignore[attr-defined]
        if request.method not in LOOKS:
            may_still = request.path in {reverse(name) for name in MAY_STILL}
            return self.get_response(request) if may_still else refused(request)
        with looking_only():
            response = self.get_response(request)
        if response.streaming and not isinstance(response, FileResponse):  # a file was read before it was answered with
            response.streaming_content = _read_while_it_runs(response.streaming_content, found)  # type: ignore[attr-defined]
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> HttpResponse | None:
        found = getattr(request, "viewing", None)
        if found is None:
            return left_open(request) if request.method not in LOOKS and _of_ended(request) else None
        if getattr(view, "asks_for", "") == "company" and kwargs.get("slug") == found.company.slug:
            with recorded_meanwhile():
                note_page(found, request)
        return None

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


def left_open(request: HttpRequest) -> HttpResponse:
    """403 for what is sent to a company after the view of it ended, and before any of its pages was shown since."""
    slug = ended_of(request)
    message = _("Your view of this company has ended, so nothing was saved. Open the page again first.")
    context = {"message": message, "back": reverse("licensing:license-information", args=[slug])}
    return render(request, "licensing/viewing/refused.html", context, status=LooksOnly.status)


def _read_while_it_runs(pieces: Iterable[bytes], found: Running) -> Iterator[bytes]:
    """The server asks for each after the answer was made. Raises ViewIsOver, and LooksOnly for one that writes."""
    left = iter(pieces)
    while True:
        if found.is_over():
            raise ViewIsOver
        with looking_only():
            piece = next(left, None)
        if piece is None:
            return
        yield piece


def _of_ended(request: HttpRequest) -> bool:
    """Whether it asks for a page of the company that this session viewed last, and of which no view runs. Free."""
    match = request.resolver_match
    if match is None or getattr(match.func, "asks_for", "") != "company" or not match.kwargs.get("slug"):
        return False
    return bool(match.kwargs["slug"] == ended_of(request) and request.user.is_authenticated and request.user.is_staff)


def _to_the_form(request: HttpRequest) -> HttpResponse | None:
    """A page of the company whose view is over leads to where it is opened again, with the page kept. Free."""
    if request.method not in LOOKS or not _of_ended(request):
        return None
    slug = ended_of(request)
    address = reverse("desk:view-as", args=[slug], query={"page": request.get_full_path(), "ended": "1"})
    return HttpResponseClientRedirect(address) if request.headers.get("HX-Request") else HttpResponseRedirect(address)
