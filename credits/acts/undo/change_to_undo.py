"""The change that an act made to allocations, with what was recorded about its lines since: what decides whether it is undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from console.models import Act
from credits.models import AllocationEntry, AllocationStatement, Feature, KeptUnits
from licensing.models import Company, LicenseStatement, UseChoice
from licensing.reading.entries_in_words import name_in_words
from licensing.rules.undo.undone_acts import ActOnLines, holding_back, undone_by

UNDO = "allocation.undo"
OF_AN_ORDER = "order.undo"
UNDOS = {UNDO, OF_AN_ORDER}
"""An undo of an act on an order takes back what that kept in use as well."""
BY_NAME = {
    "allocation.set",
    "allocation.set-many",
    "scenario.apply",
    "request.approve",
    "allocation.withdraw",
    UNDO,
    "order.choose-use",
}


@dataclass(frozen=True)
class ChangeToUndo:
    """The rows of one act, and everything stated about their lines since, as it was recorded."""

    act: Act
    rows: list[AllocationStatement]
    since: list[AllocationStatement]
    kept: list[dict[str, Any]]
    """What keeping added to its lines, or took back: order, line, day and units."""
    chosen: list[dict[str, Any]]
    """Per order, the choice that holds since this act and the one before it (None where there was none)."""
    posted_by: UUID | None
    """An act that stated nothing about the lines and changed what they take: a price list, or a contract."""

    @property
    def days(self) -> list[date]:
        return sorted({each.effective_on for each in self.rows})

    @property
    def made_on(self) -> date | None:
        """The company's day on which it was made; None where the act does not tell, whose days then are none before it."""
        told = self.act.result.get("made_on")
        return date.fromisoformat(told) if told else None

    @property
    def features(self) -> list[Feature]:
        return list({each.feature_id: each.feature for each in self.rows}.values())

    @property
    def can_be_undone_in_kind(self) -> bool:
        """Whether it set, planned, withdrew, released or kept in use: a switch of the billing model is switched back instead."""
        return self.act.name != OF_AN_ORDER and (self.act.name in BY_NAME or bool(self.kept))

    @property
    def says_why_not_in_kind(self) -> str:
        if self.act.name == OF_AN_ORDER:
            return _("Support undid a change of the order: only support brings it back, together with the order.")
        return _("A change of the billing model is not undone: switch the feature back instead.")

    @property
    def _acts(self) -> list[ActOnLines]:
        return acts_of([*self.rows, *self.since])

    @property
    def undone_by(self) -> Act | None:
        return self._act(undone_by(self._acts).get(self.act.pk))

    @property
    def held_back_by(self) -> Act | None:
        """The latest act that stated something later about one of its lines; None where nothing counts."""
        return self._act(next(iter(reversed(holding_back(self.act.pk, self._acts))), None))

    def _act(self, id: UUID | None) -> Act | None:
        return next((each.act for each in self.since if each.act_id == id), None)


def acts_of(rows: list[AllocationStatement]) -> list[ActOnLines]:
    """The acts of rows that were read with them, in the order they were recorded."""
    found: dict[UUID, ActOnLines] = {}
    for row in rows:
        undoes = UUID(row.act.result["undoes"]) if row.act.name in UNDOS else None
        found.setdefault(row.act_id, ActOnLines(row.act_id, undoes))
    return list(found.values())


def change_to_undo(company: Company, act: UUID) -> ChangeToUndo | None:
    """Read it; None where the act stated nothing about an allocation of this company. One statement."""
    statements = AllocationStatement.objects.for_company(company)
    recorded_at = Act.objects.for_company(company).filter(pk=act).values("recorded_at")[:1]
    stated_by_it = statements.filter(act=OuterRef("act"), line=OuterRef("line"))
    entries = AllocationEntry.objects.for_company(company).filter(line=OuterRef("line"), recorded_at__gt=Subquery(recorded_at))
    posted = entries.filter(~Exists(stated_by_it)).order_by("-id")
    kept = KeptUnits.objects.for_company(company).filter(act=act, line=OuterRef("line"), effective_on=OuterRef("effective_on"))
    choices = UseChoice.objects.for_company(company)
    before = choices.filter(order=OuterRef("order"), pk__lt=OuterRef("pk")).order_by("-pk").values("keeps")[:1]
    # A later choice that changed no allocation holds; others were undone together with their undos, else nothing is undone.
    alone = choices.filter(~Exists(statements.filter(act=OuterRef("act"))), order=OuterRef("order"), pk__gt=OuterRef("pk"))
    rows = list(
        statements.filter(
            line__in=statements.filter(act=act).values("line"),
            recorded_at__gte=Subquery(recorded_at),
        )
        .annotate(
            posted_by=Subquery(posted.values("act")[:1]),
            kept=ArraySubquery(kept.order_by("id").values(row=JSONObject(order="order_id", units="units_change"))),
            chosen=ArraySubquery(
                choices.filter(~Exists(alone), act=act).values(row=JSONObject(order="order_id", before=Subquery(before)))
            ),
        )
        .select_related("act__actor", "feature__offering", "line")
        .order_by("recorded_at", "id")
    )
    own: list[Any] = [each for each in rows if each.act_id == act]
    if not own:
        return None
    return ChangeToUndo(
        act=own[0].act,
        rows=own,
        since=[each for each in rows if each.act_id != act],
        kept=[{**each, "line": row.line, "day": row.effective_on} for row in own for each in row.kept],
        chosen=own[0].chosen,
        posted_by=next((each.posted_by for each in own if each.posted_by), None),
    )


def changed_since_chosen(company: Company, act: Act) -> str:
    """What the seats of an order are used for was chosen by the act, and what came of the order since went by that choice."""
    orders = UseChoice.objects.for_company(company).filter(act=act.pk).values("order")
    since = LicenseStatement.objects.for_company(company).filter(
        license__order__in=orders, license__company=company, recorded_at__gt=act.recorded_at
    )
    found = {each.act_id: each.act for each in since.select_related("act").order_by("recorded_at", "id")}
    known = [ActOnLines(act.pk)]
    known += [ActOnLines(pk, UUID(e.result["undoes"]) if e.name in UNDOS else None) for pk, e in found.items()]
    counting = holding_back(act.pk, known)
    if not counting:
        return ""
    return _("The order was changed since by this choice (%(what)s): undo that first, or choose anew.") % {
        "what": name_in_words(found[counting[-1]].name)
    }
