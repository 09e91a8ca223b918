"""When a second person confirms what somebody allocates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class WhenAsked:
    """From so many credits on that one person adds in a day, or whenever the balance of the day goes below zero; or never."""

    from_credits: int | None = None
    below_zero: bool = False

    @property
    def ever(self) -> bool:
        return self.from_credits is not None or self.below_zero

    def by_credits(self, raised: int, *, so_far: int) -> bool:
        """Whether `raised` credits ask for it, by somebody who has added `so_far` alone on the same day: small steps add up."""
        return self.from_credits is not None and raised > 0 and so_far + raised >= self.from_credits

    def by_balance(self, raised: int, *, balance_after: int) -> bool:
        """Whether the balance does. What adds nothing is in nobody's way, however low the balance is."""
        return self.below_zero and raised > 0 and balance_after < 0


NEVER = WhenAsked()


def raised_by(lines: Iterable[tuple[int, int]]) -> int:
    """Credits added to lines, of (before, after) on the day of a change. What other lines release does not count against it."""
    return sum(max(0, after - before) for before, after in lines)
