"""The notes of what is stated of a feature: the company's own people's, and those that support wrote for the customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from credits.acts.feature_in_hand import FeatureInHand
from credits.models import AllocationStatement
from credits.rules.line_profile import standing
from licensing.models import Company


@dataclass(frozen=True)
class NoteShown:
    """`label` says whose it is, `day` is the one from which holds what it was written with."""

    by: str
    day: date
    label: str
    note: str


def notes_of(company: Company, held: FeatureInHand, day: date) -> list[NoteShown]:
    """Of what holds on a day, of what is planned after it, and of the latest statement; newest first. One statement."""
    wanted = {held.latest_statement}
    for said in held.statements.values():
        before = [each.id for each in standing(said) if each.day <= day]
        wanted |= {*before[-1:], *(each.id for each in standing(said) if each.day > day)}
    statements = AllocationStatement.objects.for_company(company).filter(pk__in=wanted).select_related("act__actor")
    notes: dict[UUID, NoteShown] = {}
    for statement in statements.order_by("-id"):
        act = statement.act
        if act.note_shown:
            notes.setdefault(act.pk, NoteShown(act.by_whom, statement.effective_on, act.note_label, act.note_shown))
    return list(notes.values())
