"""The address of an exported page as its record keeps it: secrets, and people who were searched for, are not kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest

from console.models import User

LONGEST = 2_000
SEARCH = "q"
HIDDEN = "…"

hides: list[Callable[[str], str]] = []
"""Each gives a text without the secrets that it knows, as it may be kept; applications add theirs as they are there."""


def page_recorded(request: HttpRequest) -> str:
    """Path and query, at most LONGEST characters."""
    asked = parse_qsl(request.META.get("QUERY_STRING", ""), keep_blank_values=True)
    kept = [(name, without_people(value) if name == SEARCH else value) for name, value in asked]
    kept = [(name, _without_secrets(value)) for name, value in kept]
    return request.get_full_path()[:LONGEST] if kept == asked else f"{request.path}?{urlencode(kept)}"[:LONGEST]


def without_people(text: str) -> str:
    """A record is never edited, so a search for a person is not kept: they may be erased. One statement, for searches alone."""
    words = [re.escape(word) for word in re.findall(r"[^\W\d_]{3,}", text)]
    if "@" in text or (words and User.objects.filter(name__iregex=rf"\m({'|'.join(words)})\M").exists()):
        return HIDDEN
    return text


def _without_secrets(text: str) -> str:
    for hide in hides:
        text = hide(text)
    return text
