"""An htmx request whose session has ended goes to the sign-in page as a whole page."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect


class HtmxLoginMiddleware:
    """Sends an htmx request whose session has ended to the sign-in page as a whole page.

    The redirect of `LoginRequiredMiddleware` would be followed by the browser itself, and the sign-in form swapped
    into the middle of the page. Afterwards the person returns to the page that was open, not to the fragment.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not (request.headers.get("HX-Request") == "true" and 300 <= response.status_code < 400):
            return response
        target = urlsplit(response.headers.get("Location", ""))
        if target.path != resolve_url(settings.LOGIN_URL):
            return response
        query = dict(parse_qsl(target.query))
        try:
            page = urlsplit(request.headers.get("HX-Current-URL", ""))
        except ValueError:  # no address at all
            page = urlsplit("")
        if page.netloc == request.get_host() and page.path.startswith("/"):
            query[REDIRECT_FIELD_NAME] = f"{page.path}?{page.query}" if page.query else page.path
        return HttpResponseClientRedirect(f"{target.path}?{urlencode(query)}" if query else target.path)
