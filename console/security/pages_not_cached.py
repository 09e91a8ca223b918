"""No page is kept by a cache or the browser, or listed by a search engine."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class NotKeptMiddleware:
    """No page is kept by a cache or the browser: after signing out, Back must not show a company's figures.

    Nor does a search engine list what it finds, sign-in and help included: it is a console, and nobody looks for it there.
    An answer that says itself how long it keeps is left alone, as static files do.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        return response
