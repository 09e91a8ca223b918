"""What a plan does to the balance: before and after, on the days that are shown, and how long it lasts. Pure: no Django.

A plan is units of lines from a day on; what it changes on each day is the difference of two profiles. The preview and the act
compute their figures here, so that what was previewed is what comes.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from credits.rules.balance_over_days import below_zero_on, total_on
from credits.rules.line_profile import LineFacts


@dataclass(frozen=True)
class BeforeAfter:
    """The balance at the end of a day, without the plan and with it."""

    day: date
    before: int
    after: int


@dataclass(frozen=True)
class PlanFigures:
    """Balances of the days that are shown, and the first day below zero from today on, without the plan and with it."""

    today: date
    balances: tuple[BeforeAfter, ...]
    runway_before: date | None
    runway_after: date | None

    def on(self, day: date) -> BeforeAfter:
        return next(each for each in self.balances if each.day == day)

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(each.day for each in self.balances)

    @property
    def before(self) -> PlanFigures:
        """As if nothing was planned: what a form showed that was opened and not computed since."""
        unchanged = tuple(BeforeAfter(each.day, each.before, each.before) for each in self.balances)
        return PlanFigures(self.today, unchanged, self.runway_before, self.runway_before)

    def written(self) -> str:
        """As text that a form carries."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def read(cls, text: str) -> PlanFigures | None:
        """From text that a form carried; None where it is none."""
        try:
            told: dict[str, Any] = json.loads(text)
            return cls(
                date.fromisoformat(told["today"]),
                tuple(BeforeAfter(date.fromisoformat(each["day"]), each["before"], each["after"]) for each in told["balances"]),
                _day(told["runway_before"]),
                _day(told["runway_after"]),
            )
        except (ValueError, TypeError, KeyError, RecursionError):
            return None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def changes_of_plan(posted: Iterable[Mapping[date, int]], after: Iterable[LineFacts]) -> dict[date, int]:
    """Day -> credits that are allocated more from that day on with the plan than without it; nothing where nothing changes.

    `posted` are the changes that the entries of its lines say, day -> credits.
    """
    changes: dict[date, int] = defaultdict(int)
    for sign, steps in ((-1, posted), (1, (each.steps()[1] for each in after))):
        for each in steps:
            for day, credits in each.items():
                changes[day] += sign * credits
    return {day: change for day, change in changes.items() if change}


def figures_of_plan(
    balance: Mapping[date, int], changes: Mapping[date, int], *, today: date, days: Iterable[date]
) -> PlanFigures:
    """`balance` is day -> change of valid minus allocated credits, `changes` day -> credits that the plan allocates more."""
    with_plan = dict(balance)
    for day, change in changes.items():
        with_plan[day] = with_plan.get(day, 0) - change
    return PlanFigures(
        today,
        tuple(BeforeAfter(day, total_on(balance, day), total_on(with_plan, day)) for day in sorted(set(days))),
        below_zero_on(balance, {}, first=today),
        below_zero_on(with_plan, {}, first=today),
    )


def first_day_after(days: Iterable[date], today: date) -> date | None:
    """The first of `days` after today: the day on which plans come."""
    return min((day for day in days if day > today), default=None)


def days_left(until: date | None, today: date) -> int | None:
    """Days until the balance is below zero; None where it never is."""
    return None if until is None else (until - today) // timedelta(days=1)
