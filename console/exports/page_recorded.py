"""The address of an exported page as its record keeps it: what is a secret and was typed into a search is not kept."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest

LONGEST = 2_000

hides: list[Callable[[str], str]] = []
"""Each gives a text without the secrets that it knows, as it may be kept; applications add theirs as they are there."""


def page_recorded(request: HttpRequest) -> str:
    """Path and query, at most LONGEST characters."""
    asked = parse_qsl(request.META.get("QUERY_STRING", ""), keep_blank_values=True)
    kept = [(name, _without_secrets(value)) for name, value in asked]
    return request.get_full_path()[:LONGEST] if kept == asked else f"{request.path}?{urlencode(kept)}"[:LONGEST]


def _without_secrets(text: str) -> str:
    for hide in hides:
        text = hide(text)
    return text
