"""Who is in the company: roles, when they were seen last, and their second factor."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator

from licensing.reading.people import members_of

ON_ONE_PAGE = 50


def people_shown(asked: Any) -> dict[str, Any]:
    """Two statements, however many there are."""
    return {
        "people": Paginator(members_of(asked.company), ON_ONE_PAGE).get_page(asked.request.GET.get("page")),
        "base": asked.as_of.with_(asked.request.path, tab="people"),
    }
