"""What is in use of a line beside what it is allocated: observations step over time and change no credits. Pure: no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

DAYS_OF_THE_PEAK = 30


@dataclass(frozen=True)
class Observed:
    """So many units were in use on a day; that holds until the next day that was observed."""

    day: date
    units: int


@dataclass(frozen=True)
class InUse:
    """What is in use of a line on a day as it was observed last, and the most of the 30 days up to it.

    `allocated` are its units of that day; `takes_units` is False while its feature is billed pay-as-you-go: then nothing is
    allocated, and nothing is idle or exceeded.
    """

    observed: Observed
    peak: int
    allocated: int
    takes_units: bool = True

    @property
    def idle(self) -> int:
        """Units that are allocated and not in use."""
        return max(0, self.allocated - self.observed.units) if self.takes_units else 0

    @property
    def exceeded(self) -> int:
        """Units in use beyond what is allocated."""
        return max(0, self.observed.units - self.allocated) if self.takes_units else 0

    @property
    def lower_to(self) -> int | None:
        """What the allocation can be lowered to: the peak, where more than that is allocated; None where it is not."""
        return self.peak if self.takes_units and self.peak < self.allocated else None


def in_use_on(observed: Sequence[Observed], day: date) -> Observed | None:
    """The latest observation not after `day`; `observed` are by day, one for each. None before the first."""
    return next((each for each in reversed(observed) if each.day <= day), None)


def peak_on(observed: Sequence[Observed], day: date) -> int | None:
    """The most units in use on any of the 30 days up to `day`, it included; what was observed before holds until the next."""
    first = day - timedelta(days=DAYS_OF_THE_PEAK - 1)
    at_first = in_use_on(observed, first)
    units = [each.units for each in observed if first < each.day <= day]
    return max([*units, *([at_first.units] if at_first else [])], default=None)


def in_use(observed: Sequence[Observed], day: date, allocated: int, *, takes_units: bool = True) -> InUse | None:
    """None where nothing is known of the day."""
    latest, peak = in_use_on(observed, day), peak_on(observed, day)
    return None if latest is None or peak is None else InUse(latest, peak, allocated, takes_units)
