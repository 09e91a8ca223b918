"""The summary of a day: what is valid, allocated and left, its shares, and how long it lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from credits.rules.rounded_shares import share


@dataclass(frozen=True)
class CreditSummary:
    """The summary of a day. Shares are percentages, None where the whole is 0."""

    on: date
    purchased_credits: int
    converted_credits: int
    allocated_credits: int
    features_allocated: int = 0
    offerings_allocated: int = 0
    runway_on: date | None = None
    below_zero_since: date | None = None

    @property
    def total_valid_credits(self) -> int:
        return self.purchased_credits + self.converted_credits

    @property
    def current_balance(self) -> int:
        return self.total_valid_credits - self.allocated_credits

    @property
    def shortfall(self) -> int:
        """Credits that bring a balance below zero back to it."""
        return max(0, -self.current_balance)

    @property
    def allocated_share_of_valid(self) -> Decimal | None:
        return share(self.allocated_credits, self.total_valid_credits)

    @property
    def runway_days(self) -> int | None:
        """Days from the day shown until more is allocated than valid, as contracted and planned; None if never."""
        return None if self.runway_on is None else (self.runway_on - self.on).days
