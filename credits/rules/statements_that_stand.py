"""Which allocation statements stand: of one day the last recorded, those withdrawn left out. Pure: no Django, no database.

Units of a day are those of the latest day not after it that has a standing statement. A withdrawal can be withdrawn too, when
it is undone: what it withdrew then stands again. So rows form chains, in which each names the one before it, and every second
withdrawal counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from credits.rules.billing_model import Switch


@dataclass(frozen=True)
class Allotted:
    """One allocation statement: `units` from `day` on, or the withdrawal of the row with id `withdraws`."""

    id: int
    day: date
    units: int | None
    withdraws: int | None = None


def not_withdrawn(statements: Sequence[Allotted]) -> list[Allotted]:
    """The statements of units that no withdrawal in force names, in the order they were recorded, as `statements` are."""
    withdrawn: set[int] = set()
    stand = []
    for each in reversed(statements):  # what withdraws is recorded after what it withdraws
        if each.id in withdrawn:
            continue
        if each.withdraws is not None:
            withdrawn.add(each.withdraws)
        else:
            stand.append(each)
    return stand[::-1]


def last_of_chain(statements: Sequence[Allotted], id: int) -> int:
    """Id of the row that decides whether the statement with this id stands: itself, or the last withdrawal after it."""
    named_by = {each.withdraws: each.id for each in statements if each.withdraws is not None}
    while id in named_by:
        id = named_by[id]
    return id


def standing(statements: Sequence[Allotted]) -> list[Allotted]:
    """The statements that hold, by day: withdrawn ones left out, of one day the last recorded.

    `statements` are in the order they were recorded.
    """
    by_day = {each.day: each for each in not_withdrawn(statements)}
    return [by_day[day] for day in sorted(by_day)]


def plans_of(statements: Sequence[Allotted], switches: Sequence[Switch]) -> list[Allotted]:
    """What can be withdrawn: statements nobody withdrew, less the 0 units that a switch of the billing model stated.

    That 0 is part of the switch: without it, the units of the time before would come back when the contract ends.
    """
    switched = {switch.day for switch in switches}
    return [each for each in not_withdrawn(statements) if each.units or each.day not in switched]


def units_on(statements: Sequence[Allotted], day: date) -> int:
    """Units of the latest standing statement not after `day`; 0 before the first."""
    units = 0
    for each in standing(statements):
        if each.day > day:
            break
        units = each.units or 0
    return units
