"""The request that is being answered, and whose it is, for what is logged meanwhile."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest

answered: ContextVar[HttpRequest | None] = ContextVar("answered", default=None)
"""None in a job or command."""


def person_asking() -> int | None:
    """The id of the person who signed in, where that is known by now. Asks nothing: whatever is logged must not fail for it."""
    found: Any = getattr(answered.get(), "_cached_user", None)
    return getattr(found, "pk", None)
