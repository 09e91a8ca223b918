"""Why a form is refused: each cause with its own sentence and what to do, and a word to who runs the proxy where that is it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

TOKEN_IS_OLD = re.compile(r"CSRF token .*incorrect")
"""As Django says it, like the rest here."""
TOKEN_IS_MISSING = "CSRF token missing"
NO_COOKIE = "CSRF cookie not set"
NOWHERE = re.compile(r"Origin checking failed - null |Referer checking failed - no Referer")


@dataclass(frozen=True)
class Why:
    """`hint` is for who runs the console; `address` is where it can be opened instead."""

    heading: str
    sentence: str
    hint: str = ""
    address: str = ""


def why_refused(request: HttpRequest, reason: str) -> Why:
    """`reason` is what Django's middleware says. Nothing was changed in any case."""
    if TOKEN_IS_OLD.match(reason):
        return Why(_("The form has expired"), _("Nothing was changed. Go back, reload the page and send the form again."))
    if reason.startswith(NO_COOKIE):
        return _no_cookie(request)
    if reason.startswith(TOKEN_IS_MISSING):
        words = _("It came without its token, so nothing was changed. Go back, reload the page and send the form again.")
        return Why(_("The form did not arrive whole"), words)
    if NOWHERE.match(reason):
        words = _(
            "Nothing was changed: a form is taken only from the console's own pages, and the browser hid which page it was. "
            "Allow it to say so (a privacy setting or an extension forbids it), then reload the page and send the form again."
        )
        return Why(_("The browser did not say where the form comes from"), words)
    return _from_elsewhere(request)


def _no_cookie(request: HttpRequest) -> Why:
    words = _("Nothing was changed: forms need a cookie. Allow cookies for this address, then reload the page and send it again.")
    hint = ""
    if settings.CSRF_COOKIE_SECURE and origin_said(request).startswith("http://"):
        words = _(
            "Nothing was changed: forms need a cookie, and browsers send it over https only. Open the console with https://."
        )
        hint = _("The page was opened over http. Leave SSL_REDIRECT on, or let the proxy redirect to https.")
    return Why(_("The browser sent no cookie"), words, hint, settings.CONSOLE_URL if hint else "")


def _from_elsewhere(request: HttpRequest) -> Why:
    origin, host = origin_said(request), request.get_host()
    try:
        name = urlsplit(origin).hostname or ""
    except ValueError:
        name = ""
    values = {"origin": origin or "-", "console": settings.CONSOLE_URL, "passed": f"{request.scheme}://{host}"}
    if name and name in (urlsplit(f"//{host}").hostname, urlsplit(settings.CONSOLE_URL).hostname):
        words = _("Nothing was changed: the page was opened at %(origin)s, the console is at %(console)s. Open it there.")
        hint = _(
            "Behind the proxy the page seems to be at %(passed)s. Let the proxy pass the Host header on as it came, with its"
            " port, and set X-Forwarded-Proto (TRUSTED_PROXIES counts the proxies); or set CONSOLE_URL to where people open it."
        )
        return Why(_("The console is at another address"), words % values, hint % values, settings.CONSOLE_URL)
    words = _(
        "Nothing was changed: a page of %(origin)s sent it, which is not this console. If that is where you opened the console,"
        " open it at %(console)s instead."
    )
    return Why(_("The form comes from another site"), words % values, "", settings.CONSOLE_URL)


def origin_said(request: HttpRequest) -> str:
    """Where the browser says that the form comes from: scheme://host, at most 100 characters of it."""
    said = request.headers.get("Origin", "")
    if not said or said == "null":
        try:
            parts = urlsplit(request.headers.get("Referer", ""))
        except ValueError:
            return ""
        said = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return said[:100]
