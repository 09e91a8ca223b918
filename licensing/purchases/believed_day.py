"""From which day something holds that a marketplace tells of: the day it names, at most two days back."""

from __future__ import annotations

from datetime import date, timedelta

from licensing.models import Company, MarketplaceEvent

REACHES_BACK = timedelta(days=2)
"""A notification is repeated for eight hours: that it happened long before is not believed, and would rewrite history."""


def believed_day(event: MarketplaceEvent, company: Company, today: date) -> date:
    """From which day what an event tells of holds: the one it names, within reason."""
    at = event.happened_at
    return min(company.day_of(max(at, event.received_at - REACHES_BACK)), today) if at else today
