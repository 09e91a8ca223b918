"""When a calendar day begins for a company. Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from licensing.rules.zones.company_day import ZoneSpan, company_day


def begin_of_day(spans: Sequence[ZoneSpan], day: date) -> datetime:
    """The first instant, in UTC, at which it is `day` or later for the company.

    That is a midnight of the zone in effect, or the instant at which a zone took effect that is ahead of the one before. Since
    zones are only added, and take effect later than they are stated, the begin of a day that has come never moves.
    """
    midnights = {datetime.combine(day, time(), ZoneInfo(span.time_zone)).astimezone(UTC) for span in spans}
    for instant in sorted(midnights | {span.effective_at for span in spans}):
        if company_day(spans, instant - timedelta(microseconds=1)) < day <= company_day(spans, instant):
            return instant
    raise ValueError("A company has at least one time zone.")
