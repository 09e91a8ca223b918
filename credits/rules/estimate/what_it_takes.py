"""What estimated units take in credits, and what has to be bought for them. Pure: no Django, no database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from licensing.rules.units_times_rate import credits_for


@dataclass(frozen=True)
class EstimatedLine:
    """Units that somebody expects of a requirement line, and the credits that a unit takes; a line without a rate takes none."""

    units: int
    rate: Decimal | None

    @property
    def credits(self) -> int:
        """Whole credits for a year: units times rate, rounded up once for the line."""
        return credits_for(self.units, self.rate) if self.rate is not None else 0


@dataclass(frozen=True)
class Estimate:
    """What all lines take, what of it is allocated already, and the balance that is there for the rest.

    `allocated` is 0 where the estimate starts from nothing: then everything comes on top of what is allocated. Where it starts
    from an allocation, the balance lacks those credits already, so only what differs from it is required.
    """

    total: int
    allocated: int
    balance: int

    @property
    def required(self) -> int:
        """Credits beyond those that the balance lacks already; negative where the estimate takes fewer than are allocated."""
        return self.total - self.allocated

    @property
    def recommended_purchase(self) -> int:
        return recommended_purchase(self.required, self.balance)

    def at_balance(self, balance: int) -> Estimate:
        """The same estimate on a day with another balance."""
        return Estimate(self.total, self.allocated, balance)


def estimated_total(lines: Iterable[EstimatedLine]) -> int:
    return sum(line.credits for line in lines)


def recommended_purchase(required: int, balance: int) -> int:
    """Credits that are missing for what is required; a balance below zero is made up for too, one that is enough buys nothing."""
    return max(0, required - balance)
