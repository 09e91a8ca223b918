"""On which days a feature is billed pay-as-you-go, and how long until it may be switched again. Pure: no Django, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Contract:
    """When a pay-as-you-go contract runs, and when it is suspended: half-open periods, its renewals among them."""

    periods: tuple[tuple[date, date], ...]
    suspended: tuple[tuple[date, date], ...] = ()

    def runs_on(self, day: date) -> bool:
        return any(first <= day < end for first, end in self.periods)

    def ends_after(self, day: date) -> date | None:
        """The first day from `day` on at which neither it nor a renewal runs; None where none runs on the day."""
        end: date | None = None
        for first, until in sorted(self.periods):
            if first <= (end or day) < until:
                end = until
        return end

    def is_suspended_on(self, day: date) -> bool:
        return any(first <= day < end for first, end in self.suspended)


@dataclass(frozen=True)
class Switch:
    """A feature billed another way from `day` on; `contract` is the one a switch to pay-as-you-go was made under."""

    day: date
    contract: Contract | None


def contract_on(switches: Sequence[Switch], day: date) -> Contract | None:
    """The contract the feature is billed under on a day: that of the last switch not after it, where it still runs."""
    found: Switch | None = None
    for each in switches:
        if each.day <= day and (found is None or each.day >= found.day):
            found = each
    return found.contract if found and found.contract and found.contract.runs_on(day) else None


def billed_pay_as_you_go_on(switches: Sequence[Switch], day: date) -> bool:
    """Whether the last switch not after the day says so and the contract it was made under still runs."""
    return contract_on(switches, day) is not None


def days_apart(day: date, others: Sequence[date], at_least: int = 30) -> date | None:
    """The first of `others` less than `at_least` days from `day`, either way; None when all are far enough."""
    return next((other for other in sorted(others) if abs(day - other) < timedelta(days=at_least)), None)
