"""People type the last day that counts, as customers read it; acts are told the first one that counts no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any


def first_day_over(said: dict[str, Any]) -> dict[str, Any]:
    """What was typed, with `expires_on` in the place of `last_day`; either is None where none was typed."""
    last = said["last_day"]
    others = {name: value for name, value in said.items() if name != "last_day"}
    return {**others, "expires_on": None if last is None else last + timedelta(days=1)}


def typed_for(field: str) -> str:
    """The field in which people type what an act calls `field`."""
    return "last_day" if field == "expires_on" else field
