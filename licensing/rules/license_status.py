"""What a license is called on a day: its status, and where it stands after it expired. Pure: no Django, no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from licensing.rules.license_profile import LicenseFacts

STATUSES = ("not-yet-valid", "valid", "expires-soon", "expired", "suspended", "cancelled")
"""In the order of a license's life; what the filter of License Information offers."""

EXPIRES_SOON_DAYS = 30
GRACE_DAYS = 30
LOCK_DAYS = 30


def status_on(facts: LicenseFacts, day: date) -> str:
    """The first that holds of cancelled, expired, suspended, not yet valid, expires soon, valid.

    30 days left is "expires soon", 31 is "valid"; 0 days left is "expired".
    """
    state = facts.state_on(day)
    if state == "cancelled":
        return "cancelled"
    if day >= facts.expires_on:
        return "expired"
    if state == "suspended":
        return "suspended"
    if day < facts.starts_on:
        return "not-yet-valid"
    if days_left(facts, day) <= EXPIRES_SOON_DAYS:
        return "expires-soon"
    return "valid"


def days_left(facts: LicenseFacts, day: date) -> int:
    """Days from `day` to the expiration date; negative once it has passed."""
    return (facts.expires_on - day).days


@dataclass(frozen=True)
class Stage:
    """A stage of a license's life, half-open; `ends_on` is None for the last."""

    name: str
    starts_on: date
    ends_on: date | None

    def holds_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


def lifecycle(facts: LicenseFacts, *, trial: bool) -> list[Stage]:
    """term, grace (30 days, not for trials), locked (30 days), closed. Words that change no credits.

    A cancelled license ends on the day of its cancellation and has no grace.
    """
    stages = [Stage("term", facts.starts_on, facts.expires_on)]
    ends = facts.expires_on
    if not trial:
        stages.append(Stage("grace", ends, ends + timedelta(days=GRACE_DAYS)))
        ends += timedelta(days=GRACE_DAYS)
    stages.append(Stage("locked", ends, ends + timedelta(days=LOCK_DAYS)))
    stages.append(Stage("closed", ends + timedelta(days=LOCK_DAYS), None))
    return stages


def stage_on(facts: LicenseFacts, day: date, *, trial: bool) -> str:
    """The stage of an expired license: grace, locked or closed; term before that, also before it starts."""
    return next((stage.name for stage in lifecycle(facts, trial=trial) if stage.holds_on(day)), "term")
