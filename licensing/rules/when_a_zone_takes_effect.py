"""Which calendar day it is for a company. Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
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


def first_midnight_not_going_back(spans: Sequence[ZoneSpan], new_zone: str, after: datetime) -> datetime:
    """When `new_zone`, stated at `after`, takes effect: its first midnight at which the company's day does not go back.

    At most three days later. A midnight that a clock change skips is the first instant of that day. Raises ValueError where the
    company's day is more than 24 hours ahead (from UTC+14 to UTC-11): there every midnight of the new zone would take it back.
    """
    zone = ZoneInfo(new_zone)
    today = after.astimezone(zone).date()
    for number in range(1, 5):
        day = today + timedelta(days=number)
        midnight = datetime.combine(day, time(), zone).astimezone(UTC)
        just_before = company_day(spans, midnight - timedelta(microseconds=1))
        if after < midnight <= after + timedelta(days=3) and day >= just_before:
            return midnight
    raise ValueError(f"{new_zone} is more than a day behind.")
