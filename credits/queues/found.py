"""One thing that a look found, before it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any


@dataclass(frozen=True)
class Found:
    """See `credits.models.DeskItem` for what each says; `facts` are JSON-able and hold no sentence but what others wrote."""

    kind: str
    subject: str
    rank: int
    since: datetime
    company: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
