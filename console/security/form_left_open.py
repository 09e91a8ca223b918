"""A form that is refused; and one left open while its person signed in anew: its token is old, what was typed is not lost.

Signing in gives the browser a new token, so that a form opened before is refused. Where it was sent by a page of ours, the
refusal shows what was typed and offers to send it again; it is never sent by itself. It is given back to the person whose
form it was alone (`form_of`), whoever signed in meanwhile, and secrets are not given back. What htmx sent is answered with the
new token, and the page sends it once more: only a page of ours can read an answer, as it can read any page with a form.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.translation import gettext as _

from console.htmx import wants_part
from console.security.arriving.own_origin import is_own
from console.security.why_a_form_is_refused import TOKEN_IS_OLD, why_refused

logger = logging.getLogger("allotment.proxies")

OWN_FORMS = ("company", "person")
"""What the views ask for whose forms are given back: pages of a company, and of the person who signed in."""
SECRET = re.compile(r"pass|secret|token|code|otp|credential", re.IGNORECASE)
MACHINE_MADE = re.compile(r"key|seen(_[0-9]+)?|confirm|form_of")
MOST_FIELDS, MOST_CHARACTERS = 200, 50_000


@dataclass(frozen=True)
class Typed:
    label: str
    value: str


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form that Django's middleware refuses. Nothing was changed."""
    why, old = why_refused(request, reason), bool(TOKEN_IS_OLD.match(reason))
    if why.hint:
        logger.warning("A form was refused. %s", why.hint)
    sent = _sent_by_our_page(request, reason)
    fields = [(name, value) for name, values in sent for value in values]
    typed = [Typed(_label(name), value) for name, value in fields if value.strip() and not MACHINE_MADE.fullmatch(name)]
    context = {
        "why": why,
        "signed_in_anew": old,
        "fields": fields,
        "typed": typed,
        "by_htmx": wants_part(request),
    }
    response = render(request, "403_csrf.html", context, status=403)
    if old and wants_part(request) and is_own(request, request.headers.get("Origin", "")):
        response.headers["X-CSRFToken"] = get_token(request)
    return response


def _sent_by_our_page(request: HttpRequest, reason: str) -> list[tuple[str, list[str]]]:
    """The form's fields with their values; none where the form may not be given back."""
    match, user = request.resolver_match, request.user
    if not TOKEN_IS_OLD.match(reason) or match is None or not user.is_authenticated or wants_part(request):
        return []
    if request.POST.get("form_of") != str(user.pk):
        return []
    if getattr(match.func, "asks_for", "") not in OWN_FORMS or not is_own(request, request.headers.get("Origin", "")):
        return []
    sent: list[tuple[str, Any]] = [(name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"]
    size = sum(len(value) for _name, values in sent for value in values)
    if len(sent) > MOST_FIELDS or size > MOST_CHARACTERS or any(SECRET.search(name) for name, _values in sent):
        return []
    return sent


def _label(name: str) -> str:
    """A field's name in words: "units_12" is "Units"."""
    words = re.sub(r"[_0-9]+", " ", name).strip().capitalize()
    return {"On": _("Day"), "Starting": _("Takes effect"), "Business id": _("Business ID")}.get(words, words)
