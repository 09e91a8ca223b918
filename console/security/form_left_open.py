"""A form that was left open while its person signed in anew: its token is old, what was typed into it is not lost.

Signing in gives the browser a new token, so that a form opened before is refused. Where it was sent by a page of ours, the
refusal shows what was typed and offers to send it again; it is never sent by itself. It is given back to the person whose
form it was alone (`form_of`), whoever signed in meanwhile, and secrets are not given back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from console.htmx import wants_part

TOKEN_IS_OLD = re.compile(r"CSRF token .*incorrect")
"""Why Django refuses it; all other reasons mean that the form is none of ours or that cookies are not allowed."""
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
    """The page for a form without a valid token. Nothing was changed."""
    sent = _sent_by_our_page(request, reason)
    fields = [(name, value) for name, values in sent for value in values]
    typed = [Typed(_label(name), value) for name, value in fields if value.strip() and not MACHINE_MADE.fullmatch(name)]
    context = {
        "signed_in_anew": bool(TOKEN_IS_OLD.match(reason)),
        "fields": fields,
        "typed": typed,
        "by_htmx": wants_part(request),
    }
    return render(request, "403_csrf.html", context, status=403)


def _sent_by_our_page(request: HttpRequest, reason: str) -> list[tuple[str, list[str]]]:
    """The form's fields with their values; none where the form may not be given back."""
    match, user = request.resolver_match, request.user
    if not TOKEN_IS_OLD.match(reason) or match is None or not user.is_authenticated or wants_part(request):
        return []
    if request.POST.get("form_of") != str(user.pk):
        return []
    if getattr(match.func, "asks_for", "") not in OWN_FORMS or request.headers.get("Origin") != _own_origin(request):
        return []
    sent: list[tuple[str, Any]] = [(name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"]
    size = sum(len(value) for _name, values in sent for value in values)
    if len(sent) > MOST_FIELDS or size > MOST_CHARACTERS or any(SECRET.search(name) for name, _values in sent):
        return []
    return sent


def _own_origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _label(name: str) -> str:
    """A field's name in words: "units_12" is "Units"."""
    words = re.sub(r"[_0-9]+", " ", name).strip().capitalize()
    return {"On": _("Day"), "Starting": _("Takes effect"), "Business id": _("Business ID")}.get(words, words)
