"""What others want to know of each company a person belongs to: read together with the memberships, by the same statement.

read_too("open_requests", lambda: …)          # when an app starts: an expression over the company of a membership
of_membership(membership, "open_requests")    # on any of its pages, free
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_asked: dict[str, Callable[[], Any]] = {}


def read_too(name: str, expression: Callable[[], Any]) -> None:
    """`expression` makes a subquery that names the company by `OuterRef("company_id")`."""
    _asked[name] = expression


def all_read_too() -> dict[str, Any]:
    """Name -> subquery, for `licensing.access` alone."""
    return {name: expression() for name, expression in _asked.items()}


def of_membership(membership: Any, name: str) -> Any:
    """What was read; None for what stands in for a membership, as a view by support does."""
    return membership.__dict__.get(name)
