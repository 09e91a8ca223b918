"""A refusal that no form was there to show becomes a page with its sentence and status; so does opening what only takes forms."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from console.errors import DomainError, NotAllowed


class RefusalMiddleware:
    """Turns a refusal that no form was there to show into a page with its sentence and status, never a crash."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        opened = request.method in ("GET", "HEAD") and request.headers.get("HX-Request") != "true"
        if isinstance(response, HttpResponseNotAllowed) and opened and request.accepts("text/html"):
            return _only_sent(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        said = {"message": str(exception), "not_allowed": isinstance(exception, NotAllowed)}
        return render(request, "refused.html", said, status=exception.status)


def _only_sent(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Whoever was signed out while a form was open comes here after signing in: nothing was sent, and the form is elsewhere."""
    message = _("Nothing was sent or saved: this address only takes what a form sends. Open the form again and send it there.")
    page = render(request, "refused.html", {"message": message, "page_above": _page_above(request.path)}, status=405)
    page.headers["Allow"] = response.headers["Allow"]
    return page


def _page_above(path: str) -> str:
    """The nearest address above that there is, such as that of the page with the form; empty where it is the start page."""
    while len(path := path.rstrip("/").rpartition("/")[0] + "/") > 1:
        try:
            resolve(path)
        except Resolver404:
            continue
        return path
    return ""
