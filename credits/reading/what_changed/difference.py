"""What lies between two figures: the entries that one of them counts and the other does not, and that these are all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Seen:
    """The state at the end of a day, by what was recorded at or before an instant; None: by all that is recorded."""

    day: date
    known_at: datetime | None = None

    def counts(self, effective_on: date, recorded_at: datetime) -> bool:
        return effective_on <= self.day and (self.known_at is None or recorded_at <= self.known_at)

    def knew(self, recorded_at: datetime) -> bool:
        return self.known_at is None or recorded_at <= self.known_at


@dataclass(frozen=True)
class Difference:
    """An entry that makes a difference, in whole credits.

    `change` is what it adds to the figure on the way from the first to the second: an entry that only the first counts (`gone`)
    is taken away again. `since` says that it was recorded in between; else its day came in between. `late`: for a day that
    was over when it was recorded.
    """

    id: int
    day: date
    change: int
    why: str
    by: str
    recorded_at: datetime
    gone: bool
    since: bool
    late: bool


@dataclass(frozen=True)
class Changed:
    """A license or a feature that differs: its credits then and now, and the entries between; the latest day last."""

    key: str
    name: str
    note: str
    slot: int
    was: int
    now: int
    entries: tuple[Difference, ...]

    @property
    def difference(self) -> int:
        return self.now - self.was

    @property
    def adds_up(self) -> bool:
        return sum(each.change for each in self.entries) == self.difference


@dataclass(frozen=True)
class Sides:
    """One figure then and now, and the sum of the entries listed between."""

    was: int
    now: int
    listed: int
    entries: int

    @property
    def difference(self) -> int:
        return self.now - self.was

    @property
    def adds_up(self) -> bool:
        return self.listed == self.difference


@dataclass(frozen=True)
class WhatChanged:
    """Two states of a company's credits side by side. Supply by license, demand by feature; the largest difference first."""

    first: Seen
    second: Seen
    valid: Sides
    allocated: Sides
    licenses: tuple[Changed, ...]
    features: tuple[Changed, ...]

    @property
    def balance(self) -> Sides:
        return Sides(
            self.valid.was - self.allocated.was,
            self.valid.now - self.allocated.now,
            self.valid.listed - self.allocated.listed,
            self.valid.entries + self.allocated.entries,
        )

    @property
    def adds_up(self) -> bool:
        """Whether what is listed is the whole difference: of each total, of each license and of each feature."""
        return self.valid.adds_up and self.allocated.adds_up and all(each.adds_up for each in (*self.licenses, *self.features))
