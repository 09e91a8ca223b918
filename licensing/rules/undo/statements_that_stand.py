"""Which statements stand: those that no withdrawal in force names. Pure: no Django, no database.

An undo withdraws each statement of an act; it can be undone the same way, and what it withdrew then stands again. So statements
form chains, in which each names the one before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class MayWithdraw(Protocol):
    """One statement; `withdraws` is the id of the one it takes back."""

    @property
    def id(self) -> int | None: ...

    @property
    def withdraws(self) -> int | None: ...


def standing[Statement: MayWithdraw](recorded: Sequence[Statement]) -> tuple[Statement, ...]:
    """What stands of statements, which are in the order they were recorded; withdrawals are left out."""
    withdrawn: set[int | None] = set()
    found = []
    for each in reversed(recorded):  # what withdraws is recorded after what it withdraws
        if each.withdraws is not None:
            if each.id not in withdrawn:
                withdrawn.add(each.withdraws)
        elif each.id is None or each.id not in withdrawn:
            found.append(each)
    return tuple(found[::-1])


def last_of_chain(recorded: Sequence[MayWithdraw], id: int) -> int:
    """Id of the row that decides whether the statement with this id stands: itself, or the last withdrawal after it."""
    named_by = {each.withdraws: each.id for each in recorded if each.withdraws is not None and each.id is not None}
    while id in named_by:
        id = named_by[id]
    return id
