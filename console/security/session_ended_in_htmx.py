"""An htmx request of a page whose session has ended goes to sign-in; of a page that somebody else opened, it is refused."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from console.security.arriving.own_origin import is_own_page


class HtmxLoginMiddleware:
    """Sends an htmx request whose session has ended to the sign-in page as a whole page.

    The redirect of `LoginRequiredMiddleware` would be followed by the browser itself, and the sign-in form swapped
    into the middle of the page. Afterwards the person returns to the page that was open, not to the fragment. What was typed
    would be lost with that page: a form stays where it is, with a sentence.
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
        if request.method == "POST":
            message = _(
                "You are signed out, so nothing was saved. Sign in again in another tab, then try again: what you typed stays."
            )
            return render(request, "refused.html", {"message": message, "ways": "sign-in try-again"}, status=403)
        query = dict(parse_qsl(target.query))
        current = request.headers.get("HX-Current-URL", "")
        if is_own_page(request, current) and (page := urlsplit(current)).path.startswith("/"):
            query[REDIRECT_FIELD_NAME] = f"{page.path}?{page.query}" if page.query else page.path
        return HttpResponseClientRedirect(f"{target.path}?{urlencode(query)}" if query else target.path)


class SamePersonMiddleware:
    """Refuses what a page sends by htmx after somebody else has signed in in the same browser.

    Such a page takes the token of the new session, since its own is old after everybody's next sign-in; so it says for whom it
    was made (`X-Person`), and cannot act for another.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        made_for = request.headers.get("X-Person", "")
        if request.method == "POST" and made_for and request.user.is_authenticated and made_for != str(request.user.pk):
            message = _(
                "%(person)s has signed in meanwhile, so nothing was saved: this page was opened by somebody else. Reload it."
            )
            return render(request, "refused.html", {"message": message % {"person": request.user}}, status=403)
        return self.get_response(request)
