"""What no browser sends is refused before anything looks at it."""

from __future__ import annotations

import codecs
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from console.security.arriving.unreadable import ENCODING, TOO_LARGE, ZERO_BYTE, refuse
from console.security.sealing import Secret


class WellFormedMiddleware:
    """Refuses what no browser sends and code further in could only crash on, before anything looks at it.

    Zero bytes in an address, a parameter of it or a cookie would reach PostgreSQL, which cannot hold them; form fields refuse
    them by themselves, with a sentence. Encodings other than UTF-8 can smuggle in half characters. A body larger than any
    form's would be kept in temporary files, since Django limits fields but not files.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        charset = (request.content_params or {}).get("charset")
        if charset and not _is_utf_8(charset):
            return refuse(request, ENCODING, "Refused a body in an encoding other than UTF-8.")
        length = request.META.get("CONTENT_LENGTH") or "0"
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if most is not None and length.isdecimal() and int(length[:18]) > most:
            return refuse(request, TOO_LARGE, f"Refused a body of {length[:18]} bytes: at most {most} are read.")
        texts = [request.path, *request.COOKIES, *request.COOKIES.values(), *request.GET]
        secret: Secret | None = getattr(request, "secret_parameter", None)
        if (
            any("\0" in text for text in texts)
            or any("\0" in value for _name, values in request.GET.lists() for value in values)
            or (secret is not None and "\0" in secret.reveal())
        ):
            return refuse(request, ZERO_BYTE, "Refused a zero byte in an address or cookie.")
        return self.get_response(request)


def _is_utf_8(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name == "utf-8"
    except (LookupError, ValueError):
        return False
