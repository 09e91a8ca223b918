"""The day that it is for a company: which zone counts at an instant. Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class ZoneSpan:
    """`time_zone` counts from the instant `effective_at` on, until the next span's."""

    effective_at: datetime
    time_zone: str


def zone_at(spans: Sequence[ZoneSpan], instant: datetime) -> str:
    """The zone in effect at `instant`; the earliest one before any. Raises ValueError without zones."""
    if not spans:
        raise ValueError("A company has at least one time zone.")
    begun = [span for span in spans if span.effective_at <= instant]
    if begun:
        return max(begun, key=lambda span: span.effective_at).time_zone
    return min(spans, key=lambda span: span.effective_at).time_zone


def company_day(spans: Sequence[ZoneSpan], instant: datetime) -> date:
    """The calendar day at `instant` in the zone that is in effect then."""
    return instant.astimezone(ZoneInfo(zone_at(spans, instant))).date()
