"""When a time zone that a company states takes effect, so that no day of its comes twice. Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from licensing.rules.zones.company_day import ZoneSpan, company_day


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
