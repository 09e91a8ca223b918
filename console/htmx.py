"""One address, two renderings: the page, or for htmx just the part it asked for."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def wants_part(request: HttpRequest) -> bool:
    """A plain htmx request: not a boosted link, not the restoring of a page from history."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, partial: str = "", part: str = "", status: int = 200
) -> HttpResponse:
    """Render `template`, or where htmx asks only its `partial`, or its `part`, which is a template of its own.

    Caches are told that the answers differ.
    """
    if wants_part(request):
        template = part or (f"{template}#{partial}" if partial else template)
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
