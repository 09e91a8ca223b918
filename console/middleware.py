"""What every answer passes through, where Django's own middleware does not suffice."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django_htmx.http import HttpResponseClientRedirect

from console.errors import DomainError


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
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        if page.netloc == request.get_host() and page.path.startswith("/"):
            query[REDIRECT_FIELD_NAME] = f"{page.path}?{page.query}" if page.query else page.path
        return HttpResponseClientRedirect(f"{target.path}?{urlencode(query)}" if query else target.path)


class RefusalMiddleware:
    """Turns a refusal that no form was there to show into a page with its sentence and status, never a crash."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        return render(request, "refused.html", {"message": str(exception)}, status=exception.status)
