"""How many units keeping the use of converted seats adds to a line, and what it takes back. Pure: no Django, no database.

Seats that were converted keep their use: what an act brings of them is allocated to the line they pay for, as far as the line
does not stand on what was kept before. All is counted on the day it holds from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from credits.rules.statements_that_stand import Allotted, standing, units_on
from licensing.rules.license_profile import LicenseFacts


@dataclass(frozen=True)
class Kept:
    """What keeping added to a line from a day on, for an order; negative what was taken back of it."""

    day: date
    units: int
    order: int


def held_on(licenses: Sequence[LicenseFacts], day: date) -> int:
    """Units of these licenses that count on a day: begun, not expired, neither suspended nor cancelled."""
    return sum(
        each.units_on(day) for each in licenses if each.starts_on <= day < each.expires_on and each.state_on(day) == "active"
    )


def kept_on(kept: Sequence[Kept], day: date) -> int:
    """Units that keeping has added up to a day and nobody took back."""
    return sum(each.units for each in kept if each.day <= day)


def standing_on(statements: Sequence[Allotted], kept: Sequence[Kept], day: date) -> int:
    """The smaller of the units the line has on a day and those that keeping has added and nobody took back."""
    return max(0, min(units_on(statements, day), kept_on(kept, day)))


def to_add(brought: int, *, held: int, standing: int) -> int:
    """Units that keeping adds for `brought` ones: no more than are held beyond those that stand."""
    return min(brought, max(0, held - standing))


def raised_by(statements: Sequence[Allotted], units: int, day: date, *, most: int) -> dict[date, int]:
    """Day -> units to state, so that the line has `units` more from `day` on: plans for later days rise alike.

    Negative to lower it; no day is left with less than none, or with more than `most`.
    """
    days = [day, *(each.day for each in standing(statements) if each.day > day)]
    return {each: min(max(units_on(statements, each) + units, 0), most) for each in days}
