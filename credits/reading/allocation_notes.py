"""The notes of what is stated of allocations: the company's own people's, and those that support wrote for the customer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet

from console.serving.prepared_queries import prepared
from credits.models import AllocationStatement
from licensing.models import Company

if TYPE_CHECKING:
    from console.models import Act

LATEST_NOTES = 20
STATEMENTS_LOOKED_AT = 200
"""Among so many of the latest with a note: an act states several lines at once."""

ACT = ("actor", "name", "actor_kind", "actor_label", "note", "unlabelled_note")
ACTOR = ("name", "email", "is_staff")
READ = ("effective_on", "act", "feature__name", *(f"act__{name}" for name in ACT), *(f"act__actor__{name}" for name in ACTOR))
"""What of a statement its note needs; results of acts are long."""


@dataclass(frozen=True)
class NoteShown:
    """`label` says whose it is; what it was written with holds from `day` and is about `features`."""

    by: str
    day: date
    label: str
    note: str
    features: str


def latest_notes(company: Company, on: date | None = None, *, known_at: datetime | None = None) -> list[NoteShown]:
    """The company's latest notes, newest first; of a day, of what holds from it or earlier. One statement."""
    return _notes(_with_note(company=company.pk, on=on, known_at=known_at))[:LATEST_NOTES]


@prepared
def _with_note(company: int, on: date | None, known_at: datetime | None) -> QuerySet[AllocationStatement]:
    statements = AllocationStatement.objects.filter(company=company).known_at(known_at)
    statements = statements.filter(Q(act__note__gt="") | Q(act__unlabelled_note__gt=""))
    return _latest_with_acts(statements if on is None else statements.filter(effective_on__lte=on))


def notes_of_statements(company: Company, ids: set[int]) -> list[NoteShown]:
    """The notes of the statements with these ids, newest first. One statement."""
    return _notes(_of_ids(company=company.pk, ids=tuple(ids))) if ids else []


@prepared
def _of_ids(company: int, ids: tuple[int, ...]) -> QuerySet[AllocationStatement]:
    return _latest_with_acts(AllocationStatement.objects.filter(company=company, pk__in=ids))


def _latest_with_acts(statements: QuerySet[AllocationStatement]) -> QuerySet[AllocationStatement]:
    found = statements.select_related("act__actor", "feature").only(*READ)
    return found.order_by("-id")[:STATEMENTS_LOOKED_AT]


def _notes(statements: Iterable[AllocationStatement]) -> list[NoteShown]:
    """One for each act, though it states several lines."""
    of_act: dict[UUID, list[AllocationStatement]] = {}
    for statement in statements:
        if statement.act.note_shown:
            of_act.setdefault(statement.act.pk, []).append(statement)
    return [_shown(said[0].act, said) for said in of_act.values()]


def _shown(act: Act, said: list[AllocationStatement]) -> NoteShown:
    features = dict.fromkeys(statement.feature.name for statement in reversed(said))
    return NoteShown(act.by_whom, said[0].effective_on, act.note_label, act.note_shown, ", ".join(features))
