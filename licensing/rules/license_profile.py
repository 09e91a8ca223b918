"""What a license is on each day, from the statements about it. Pure: no Django, no database.

Units and state of a day are those of the statement with the latest day not after it, of one day the last recorded; before
the first, the issued units hold. Dates are those recorded last, for every day; so are units that were stated for every day: what
had been recorded of units before them counts no more. Statements that an undo withdrew count on no day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from licensing.rules.changes_to_post import changes_of
from licensing.rules.undo.statements_that_stand import standing


@dataclass(frozen=True)
class Said:
    """One statement: `day` is the day it holds from; what it does not say is None, an unsaid state empty."""

    kind: str
    day: date
    units: int | None = None
    rate: Decimal | None = None
    credits: int | None = None
    starts_on: date | None = None
    expires_on: date | None = None
    state: str = ""
    every_day: bool = False
    """Whether the units hold for every day, as those a license was issued with do until something else is stated."""
    total: int | None = None
    """The units in all that were stated for the order."""
    act: UUID | None = None
    id: int | None = None
    withdraws: int | None = None
    """The statement that it takes back: what that one said was never said, or, where it took back itself, is said again."""


@dataclass(frozen=True)
class Speech:
    """What one act said of a license's state: for the day it meant, and again for later days of which something else was said."""

    said: tuple[Said, ...]
    undoes: bool
    """Whether it takes a cancellation back: only the undo of one speaks of what is cancelled."""

    @property
    def meant(self) -> Said:
        return min(self.said, key=lambda each: each.day)


@dataclass(frozen=True)
class LicenseFacts:
    """Everything said about one license, in the order it was recorded; the first statement issued it."""

    recorded: tuple[Said, ...]

    @cached_property
    def said(self) -> tuple[Said, ...]:
        """What stands of it; of a license that was withdrawn, the statement that had issued it is left."""
        if all(each.withdraws is None for each in self.recorded):
            return self.recorded
        found = standing(self.recorded)
        return found if any(each.kind == "issued" for each in found) else tuple(e for e in self.recorded if e.kind == "issued")

    @cached_property
    def withdrawn(self) -> bool:
        """Whether the act that issued it was undone: it is then cancelled on every day, and none of its order's."""
        return bool(self.recorded) and not any(each.kind == "issued" for each in standing(self.recorded))

    @cached_property
    def issued(self) -> Said:
        return next(each for each in self.said if each.kind == "issued")

    @cached_property
    def dated(self) -> Said:
        return next(each for each in reversed(self.said) if each.starts_on is not None)

    @property
    def starts_on(self) -> date:
        assert self.dated.starts_on is not None
        return self.dated.starts_on

    @property
    def expires_on(self) -> date:
        assert self.dated.expires_on is not None
        return self.dated.expires_on

    @cached_property
    def quantities(self) -> tuple[Said, ...]:
        """The statements of units that can hold, as they were recorded: the last one for every day, and what came after it."""
        said = [each for each in self.said if each.units is not None]
        base = max((index for index, each in enumerate(said) if each.every_day or each.kind == "issued"), default=0)
        return tuple(said[base:])

    def quantity_on(self, day: date) -> Said:
        """The statement whose units, rate and credits hold on `day`."""
        found: Said | None = None
        for each in self.quantities[1:]:
            if each.day <= day and (found is None or each.day >= found.day):
                found = each
        return found or self.quantities[0]

    def units_on(self, day: date) -> int:
        return self.quantity_on(day).units or 0

    def state_on(self, day: date) -> str:
        """active, suspended or cancelled."""
        if self.withdrawn:
            return "cancelled"
        statement = self._latest(day, lambda each: bool(each.state))
        return statement.state if statement else "active"

    def state_said_on(self, day: date) -> str:
        """What was said last of the state for that very day; empty where nothing was."""
        return next((each.state for each in reversed(self.said) if each.state and each.day == day), "")

    def state_since(self, day: date) -> date | None:
        """The day from which the state of `day` has been said, None while nothing was."""
        state = self.state_on(day)
        since = None
        if self.withdrawn:
            return self.issued.day
        for each in sorted((s for s in self.said if s.state and s.day <= day), key=lambda s: s.day):
            if self.state_on(each.day) != state:
                since = None
            elif since is None:
                since = each.day
        return since

    @cached_property
    def given_up_on(self) -> date | None:
        """The day from which it is cancelled because its units were reduced to nothing; None where they were not.

        The act that reduced it says so next. Where it issued it as well, what it said before that was the state of the order.
        """
        acts: set[UUID] = set()
        days: list[date] = []
        for each in self.said:
            if each.kind == "reduced" and each.units == 0 and each.act is not None:
                acts.add(each.act)
            elif each.state == "cancelled" and each.act in acts:
                days.append(each.day)
        return min(days, default=None)

    @cached_property
    def speeches(self) -> tuple[Speech, ...]:
        """What was said of its state, as it was recorded; the act that issued it told it one thing after the other."""
        said: dict[UUID | int, list[Said]] = {}
        undoing: set[UUID | int] = set()
        for index, each in enumerate(self.said):
            if not each.state:
                continue
            key = index if each.act is None or each.act == self.issued.act else each.act
            said.setdefault(key, []).append(each)
            if each.state != "cancelled" and LicenseFacts(self.said[:index]).state_on(each.day) == "cancelled":
                undoing.add(key)
        return tuple(Speech(tuple(of_act), key in undoing) for key, of_act in said.items())

    @cached_property
    def undone_on(self) -> frozenset[date]:
        """The days from which a cancellation was undone."""
        return frozenset(each.meant.day for each in self.speeches if each.undoes)

    def state_meant_on(self, day: date) -> str:
        """active or suspended: what would hold on `day` were nothing cancelled."""
        found: Said | None = None
        for each in (speech.meant for speech in self.speeches):
            if each.state != "cancelled" and each.day <= day and (found is None or each.day >= found.day):
                found = each
        return found.state if found else "active"

    def story(self) -> list[Said]:
        """What a license that joins its term is told of its state, each for its own day: what was taken back is left out."""
        told: list[Said] = []
        for each in self.speeches:
            if each.undoes:
                days = {said.day for said in each.said}
                told = [one for one in told if one.state != "cancelled" or one.day not in days]
                if LicenseFacts(tuple(told)).state_on(each.meant.day) != "cancelled":
                    told.append(Said("cancelled", each.meant.day, state="cancelled"))  # so that it is an undo there, too
            told += each.said if each.meant.state == "cancelled" else [each.meant]
        return told

    def renews_on(self, day: date) -> bool | None:
        """Whether renewal was last switched on or off, None while nobody did."""
        statement = self._latest(day, lambda each: each.kind in ("renewal-on", "renewal-off"))
        return None if statement is None else statement.kind == "renewal-on"

    def credits_on(self, day: date) -> int:
        """The profile: the license's credits on each day it counts and is neither suspended nor cancelled, else 0."""
        if not self.starts_on <= day < self.expires_on or self.state_on(day) != "active":
            return 0
        return self.quantity_on(day).credits or 0

    def steps(self) -> dict[date, int]:
        """The profile as its changes: day -> signed credits, nothing where nothing changes."""
        return changes_of(self.credits_on, self._days())

    def running_periods(self) -> list[tuple[date, date]]:
        """The half-open periods in which the license runs: begun, not expired, not cancelled; suspended days count."""
        return self._periods(lambda day: self.state_on(day) != "cancelled")

    def suspended_periods(self) -> list[tuple[date, date]]:
        """The half-open periods in which it runs and is suspended."""
        return self._periods(lambda day: self.state_on(day) == "suspended")

    def _periods(self, holds_on: Callable[[date], bool]) -> list[tuple[date, date]]:
        edges = sorted(changes_of(lambda day: int(self.starts_on <= day < self.expires_on and holds_on(day)), self._days()))
        return list(zip(edges[::2], edges[1::2], strict=True))

    @property
    def last_day(self) -> date:
        """The last day on which the license counts."""
        return self.expires_on - timedelta(days=1)

    def _days(self) -> set[date]:
        """Every day on which anything above can change."""
        return {self.starts_on, self.expires_on, *(each.day for each in self.said)}

    def _latest(self, day: date, says: Callable[[Said], bool]) -> Said | None:
        found: Said | None = None
        for each in self.said:
            if says(each) and each.day <= day and (found is None or each.day >= found.day):
                found = each
        return found
