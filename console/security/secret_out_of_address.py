"""A bearer secret, of a purchase or a hand-over link, is taken out of the address before anything can log or repeat it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict

from console.security.sealing import Secret


class SecretParameterMiddleware:
    """Takes a bearer secret out of the address before anything can log, report or repeat it: `request.secret_parameter`.

    SECRET_PARAMETERS names the parameter per path; after one of SECRET_PATHS the rest of the path is one. The rest of the query
    goes too: such a page has no other.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # With a slash too many it is no page of ours, but would be reported with its query.
        name = settings.SECRET_PARAMETERS.get(request.path.rstrip("/"))
        for beginning in settings.SECRET_PATHS:
            if request.path_info.startswith(beginning) and (rest := request.path_info.removeprefix(beginning).strip("/")):
                request.secret_parameter = Secret(rest)  # type: ignore[attr-defined]
                request.path = request.path.removesuffix(request.path_info) + beginning
                request.path_info = request.META["PATH_INFO"] = beginning
                _forget_address(request)
        if name and request.META.get("QUERY_STRING"):
            secret = _secret_of(request, name)
            _forget_address(request)
            if secret is not None:
                request.secret_parameter = secret  # type: ignore[attr-defined]
        return self.get_response(request)


def _forget_address(request: HttpRequest) -> None:
    """What the server wrote down of it, but for the path as it is by now."""
    for variable in ("QUERY_STRING", "REQUEST_URI", "RAW_URI"):
        if variable in request.META:
            request.META[variable] = "" if variable == "QUERY_STRING" else request.path
    request.GET = QueryDict()


def _secret_of(request: HttpRequest, name: str) -> Secret | None:
    """Never raises, as reading `request.GET` might: what raises is reported with the query."""
    given = dict(parse_qsl(request.META["QUERY_STRING"], keep_blank_values=True))
    return Secret(given[name]) if name in given else None
