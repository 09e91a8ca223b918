"""Which acts on allocations were undone, and which hold an undo back. Pure: no Django, no database.

An undo withdraws all that an act stated, whether units or a withdrawal, and can itself be undone. An act is undone only while
nothing later counts about its lines: what was undone counts no more, together with its undo.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class ActOnLines:
    """An act that stated something; `undoes` is the one it undid."""

    id: UUID
    undoes: UUID | None = None


def undone_by(acts: Sequence[ActOnLines]) -> dict[UUID, UUID]:
    """Act -> the undo in force that undid it. `acts` are in the order they were recorded."""
    found: dict[UUID, UUID] = {}
    for each in reversed(acts):
        if each.undoes is not None and each.id not in found:
            found[each.undoes] = each.id
    return found


def holding_back(undone: UUID, acts: Sequence[ActOnLines]) -> list[UUID]:
    """The acts for which `undone` cannot be undone: those after it that count. `acts` are those about its lines, in order."""
    at = next(number for number, each in enumerate(acts) if each.id == undone)
    later = {each.id: each.undoes for each in acts[at + 1 :]}
    gone = undone_by(acts)

    def counts(id: UUID, undoes: UUID | None) -> bool:
        if id in gone:
            return False
        # An undo goes with what it undid; one by which this very act came back stands for it now.
        return undoes not in later or later[undoes] == undone

    return [id for id, undoes in later.items() if counts(id, undoes)]
