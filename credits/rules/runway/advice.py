"""What would keep a balance at zero or above: renewing what ends, or releasing allocations; and how long it lasts then. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from credits.rules.balance_over_days import below_zero_on, total_on
from credits.rules.line_profile import LineFacts
from credits.rules.rate_of_a_line import rate_on
from credits.rules.runway.renewals import NextTerm
from credits.rules.runway.runway import Runway
from credits.rules.statements_that_stand import Allotted
from licensing.rules.units_times_rate import credits_for

Changes = Mapping[date, int]


@dataclass(frozen=True)
class Renewing:
    """Renewing these, each once: the balance is below zero first on `until` then, None for never, `short` left on the day.

    `short` is what the renewals do not cover on the day of the runway itself; 0 where they avoid it.
    """

    terms: tuple[NextTerm, ...]
    until: date | None
    short: int


@dataclass(frozen=True)
class Released:
    """Units of a line that are given back from a day on; `credits` is what that brings on the day."""

    line_id: int
    day: date
    before: int
    units: int
    credits: int
    facts: LineFacts
    """What the line takes after it."""


@dataclass(frozen=True)
class Releasing:
    """Releasing these avoids the day; the balance is below zero first on `until` then, None for never."""

    released: tuple[Released, ...]
    until: date | None
    short: int

    @property
    def credits(self) -> int:
        return sum(each.credits for each in self.released)


def added(*changes: Changes) -> dict[date, int]:
    """Changes day by day, together."""
    total: dict[date, int] = {}
    for each in changes:
        for day, change in each.items():
            total[day] = total.get(day, 0) + change
    return total


def renewing(terms: Iterable[NextTerm], runway: Runway, supply: Changes, demand: Changes, *, on: date) -> Renewing:
    """What comes of renewing these."""
    terms = tuple(terms)
    renewed = added(supply, *(term.once() for term in terms))
    short = total_on(demand, runway.day) - total_on(renewed, runway.day)
    return Renewing(terms, below_zero_on(renewed, demand, first=on), max(short, 0))


def may_be_renewed(terms: Iterable[NextTerm], runway: Runway, *, since: date) -> list[NextTerm]:
    """Those that end from `since` up to the day of the runway and whose renewals count on it, the largest first."""
    found = [(total_on(term.once(), runway.day), term) for term in terms if since <= term.ends_on <= runway.day]
    return [term for credits, term in sorted(found, key=lambda each: (-each[0], each[1].license_id)) if credits > 0]


def fewest_to_renew(terms: Sequence[NextTerm], runway: Runway, supply: Changes, demand: Changes, *, on: date) -> Renewing | None:
    """The fewest renewals that avoid the day; where not even all of them do, all of them; None where there are none.

    `terms` are the largest first, so that the first that suffice are the fewest.
    """
    for number in range(1, len(terms) + 1):
        found = renewing(terms[:number], runway, supply, demand, on=on)
        if not found.short:
            return found
    return renewing(terms, runway, supply, demand, on=on) if terms else None


def releasing(lines: Mapping[int, LineFacts], runway: Runway, supply: Changes, demand: Changes, *, on: date) -> Releasing | None:
    """The least units of the fewest lines that cover what is short on the day, released from that day on.

    Lines that cause it come first, then the largest. What is planned for later days stays planned. None where nothing is
    allocated on the day.
    """
    causing = [cause.id for cause in runway.causes if cause.kind == "line"] if runway.since == runway.day else []
    held = {line: facts.credits_on(runway.day) for line, facts in lines.items()}
    order = sorted((line for line, credits in held.items() if credits), key=lambda line: (line not in causing, -held[line], line))
    left, released = runway.short, []
    for line in order:
        if left <= 0:
            break
        found = release(line, lines[line], runway.day, left)
        released.append(found)
        left -= found.credits
    if not released:
        return None
    after = added(demand, *(_difference(lines[each.line_id], each.facts) for each in released))
    return Releasing(tuple(released), below_zero_on(supply, after, first=on), max(left, 0))


def release(line: int, facts: LineFacts, day: date, credits: int) -> Released:
    """The fewest units of a line that bring so many credits on a day, or all it has."""
    units, rate = facts.units_on(day), rate_on(facts.rates, day)
    before = credits_for(units, rate)
    low, high = 1, units
    while low < high:
        middle = (low + high) // 2
        if before - credits_for(units - middle, rate) >= credits:
            high = middle
        else:
            low = middle + 1
    said = Allotted(max((each.id for each in facts.statements), default=0) + 1, day, units - low)
    after = replace(facts, statements=(*facts.statements, said))
    return Released(line, day, units, low, before - credits_for(units - low, rate), after)


def _difference(before: LineFacts, after: LineFacts) -> dict[date, int]:
    return added(after.steps()[1], {day: -change for day, change in before.steps()[1].items()})
