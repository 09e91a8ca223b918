"""The same key twice: with the same request it gives the first result, with another one it is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _

from console.errors import KeyUsedForSomethingElse


def require_same_request(earlier: str | None, digest: str) -> None:
    """Raise KeyUsedForSomethingElse where the key was used before, for another request; `earlier` is None where it was not."""
    if earlier is not None and earlier != digest:
        raise KeyUsedForSomethingElse(
            _("This form was already used for another change. Nothing was saved now: send it again, or open the page anew.")
        )


def digest_of(name: str, stated: Mapping[str, Any]) -> str:
    """What tells one request from another: the name of the act and what was stated, never today or who asks."""
    text = json.dumps([name, stated], sort_keys=True, separators=(",", ":"), default=plain)
    return hashlib.sha256(text.encode()).hexdigest()


def plain(value: Any) -> Any:
    """JSON for what acts are stated in: days, instants, exact numbers and rows (by their id)."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no place in an act")
