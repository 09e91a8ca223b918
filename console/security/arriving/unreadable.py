"""The page for a request that cannot be taken as it came: one sentence for each cause, and one line in the log."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import DisallowedHost, RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils.log import log_response
from django.utils.translation import gettext_lazy as _

from console.vendor.held import held_in_memory

logger = logging.getLogger("allotment.requests")
LONGEST = 100
"""Characters of what a stranger sent that stand in the log."""


@dataclass(frozen=True)
class Cause:
    heading: Any
    sentence: Any
    status: int = 400
    elsewhere: bool = False
    """Whether the way on is CONSOLE_URL: the address that was asked has no start page."""


OTHER_HOST = Cause(
    _("This is not the address of the console"),
    _("It was asked for under a name that it does not serve. Open it at its own address."),
    elsewhere=True,
)
ZERO_BYTE = Cause(
    _("The address holds a character that no text has"),
    _("A zero byte is in the address or in a cookie. Type the address anew instead of pasting it, or start from the start page."),
)
ENCODING = Cause(
    _("The form was sent in an unknown encoding"),
    _("Only UTF-8 is read here, which every browser sends. Reload the page and send the form again."),
)
TOO_LARGE = Cause(
    _("This is too large to be sent"),
    _("It is larger than any form of this console. Nothing was changed. Go back, shorten it and send it again."),
    status=413,
)
TOO_MANY_FIELDS = Cause(
    _("The form has too many fields"),
    _("It has more fields than any form of this console. Nothing was changed. Go back, reload the page and try again."),
)
CUT_OFF = Cause(
    _("The form did not arrive whole"),
    _("It cannot be read; it may have been cut off on the way. Nothing was changed. Go back, reload the page and send it again."),
)
WITHOUT_TLS = Cause(
    _("This was sent without encryption"),
    _("Nothing of it was taken. Whatever it held may have been read on the way: open the console at its https address."),
    status=403,
    elsewhere=True,
)
SESSION_ENDED = Cause(
    _("Your session ended while this was under way"),
    _("It was signed out elsewhere in the same moment. Sign in again, and look whether what you did was done."),
)
UNKNOWN = Cause(
    _("This request could not be read"),
    _("The address or the form that was sent is not complete. Go back, reload the page and try again."),
)
OF_EXCEPTIONS: dict[type[Exception], Cause] = {
    DisallowedHost: OTHER_HOST,
    RequestDataTooBig: TOO_LARGE,
    TooManyFieldsSent: TOO_MANY_FIELDS,
    MultiPartParserError: CUT_OFF,
    SessionInterrupted: SESSION_ENDED,
}


def cause_of(exception: Exception | None) -> Cause:
    return next((cause for kind, cause in OF_EXCEPTIONS.items() if isinstance(exception, kind)), UNKNOWN)


def unreadable(cause: Cause) -> HttpResponse:
    """Asks nothing, and needs nothing of the request, which may be anything."""
    context = {
        "cause": cause,
        "start": f"{settings.CONSOLE_URL}/" if cause.elsewhere else "/",
        "contacts": {"support": held_in_memory().support},
        "vendor": held_in_memory(),
    }
    return HttpResponse(render_to_string("400.html", context), status=cause.status)


def refuse(request: HttpRequest, cause: Cause, why: str) -> HttpResponse:
    """The page, with its one line in the log."""
    response = unreadable(cause)
    log_response("%s", why, response=response, request=request, logger=logger, level="warning")
    return response


def cut(said: str) -> str:
    """What a stranger sent, for the log."""
    return repr(said if len(said) <= LONGEST else f"{said[:LONGEST]}…")
