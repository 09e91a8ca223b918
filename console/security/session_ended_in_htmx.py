"""What every answer passes through, where Django's own middleware does not suffice."""

import codecs
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render, resolve_url
from django_htmx.http import HttpResponseClientRedirect

from console.errors import DomainError
from console.security.sealing import Secret


class SecretParameterMiddleware:
    """Takes a bearer secret out of the address before anything can log, report or repeat it: `request.secret_parameter`.

    SECRET_PARAMETERS names the parameter per path. The rest of the query goes too: such a page has no other.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # With a slash too many it is no page of ours, but would be reported with its query.
        name = settings.SECRET_PARAMETERS.get(request.path.rstrip("/"))
        if name and request.META.get("QUERY_STRING"):
            secret = _secret_of(request, name)
            for variable in ("QUERY_STRING", "REQUEST_URI", "RAW_URI"):
                if variable in request.META:
                    request.META[variable] = "" if variable == "QUERY_STRING" else request.path
            request.GET = QueryDict()
            if secret is not None:
                request.secret_parameter = secret  # type: ignore[attr-defined]
        return self.get_response(request)


def _secret_of(request: HttpRequest, name: str) -> Secret | None:
    """Never raises, as reading `request.GET` might: what raises is reported with the query."""
    given = dict(parse_qsl(request.META["QUERY_STRING"], keep_blank_values=True))
    return Secret(given[name]) if name in given else None


class WellFormedMiddleware:
    """Answers 400 to what no browser sends and code further in could only crash on, before anything looks at it.

    Zero bytes in an address, a parameter of it or a cookie would reach PostgreSQL, which cannot hold them; form fields refuse
    them by themselves, with a sentence. Encodings other than UTF-8 can smuggle in half characters. A body larger than any
    form's would be kept in temporary files, since Django limits fields but not files, and nothing here takes files.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        charset = (request.content_params or {}).get("charset")
        if charset and not _is_utf_8(charset):
            raise BadRequest("The encoding is not UTF-8.")
        length = request.META.get("CONTENT_LENGTH") or "0"
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if most is not None and length.isdecimal() and int(length[:18]) > most:
            raise RequestDataTooBig("The body is larger than any form.")
        texts = [request.path, *request.COOKIES, *request.COOKIES.values(), *request.GET]
        secret: Secret | None = getattr(request, "secret_parameter", None)
        if (
            any("\0" in text for text in texts)
            or any("\0" in value for _name, values in request.GET.lists() for value in values)
            or (secret is not None and "\0" in secret.reveal())
        ):
            raise BadRequest("The request holds a zero byte.")
        return self.get_response(request)


def _is_utf_8(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name == "utf-8"
    except (LookupError, ValueError):
        return False


class NotKeptMiddleware:
    """No page is kept by a cache or the browser: after signing out, Back must not show a company's figures.

    An answer that says itself how long it keeps is left alone; static files do not pass here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


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
