"""The history of a feature's allocation: what was stated, by whom and when, and the way back from each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _

from console.exports.sheet import Sheet, day, instant, text
from console.models import Act
from console.serving.prepared_queries import prepared
from credits.acts.feature_in_hand import FeatureInHand
from credits.acts.set_allocation import LineAfter
from credits.acts.undo.change_to_undo import BY_NAME, UNDO, acts_of
from credits.models import AllocationEntry, AllocationStatement, CreditRequirement, RequestEvent
from credits.pages.allocation.what_came_of_it import undo_address, units_in_words
from credits.reading.explanations.who_and_why import approved_by
from credits.rules.statements_that_stand import units_on
from licensing.models import Company
from licensing.pages.day_shown import AsOf
from licensing.rules.undo.undone_acts import holding_back, undone_by

LATEST = 10
"""Acts shown before all are asked for."""
ROWS_OF_LATEST = 120
"""Among so many of the latest rows: an act states several lines at once, and what was undone counts with its undo."""


@dataclass(frozen=True)
class Recorded:
    """One act: `what` it said of the units from `day` on, who did it and when, and what can be done about it."""

    day: date
    what: str
    by: str
    recorded_at: datetime
    note: str
    """What was noted with it, after whose note it is; empty for none."""
    undone: bool
    undo_url: str
    undo_label: str
    key: str
    back_url: str
    back_to: str


@dataclass(frozen=True)
class FeatureHistory:
    rows: list[Recorded]
    more: bool


def feature_history(company: Company, held: FeatureInHand, as_of: AsOf, *, may_change: bool, complete: bool) -> FeatureHistory:
    """The latest acts about a feature's lines first, of those that hold until the day shown; all when `complete`. One statement.

    Today all there are, those of later days too.
    """
    asked = _all_rows if complete else _latest_rows
    rows: list[Any] = asked(company=company.pk, feature=held.feature.pk, known_at=as_of.known_at)[::-1]
    today, until = as_of.today, date.max if as_of.is_today else as_of.day
    of_act: dict[UUID, list[Any]] = {}
    for row in rows:
        of_act.setdefault(row.act_id, []).append(row)
    gone = undone_by(acts_of(rows))
    shown = [act for act, said in of_act.items() if said[0].effective_on <= until][::-1]
    history = [
        _recorded(company, held, of_act[act], rows, today, undone=act in gone, may_change=may_change)
        for act in (shown if complete else shown[:LATEST])
    ]
    return FeatureHistory(history, more=not complete and (len(shown) > LATEST or len(rows) == ROWS_OF_LATEST))


def history_sheet(told: FeatureHistory) -> Sheet:
    return Sheet(
        "history",
        _("History of the feature"),
        (
            day("from", _("From")),
            text("what", _("Change")),
            text("by", _("By")),
            instant("recorded_at", _("Recorded")),
            text("note", _("Note")),
            text("state", _("State")),
        ),
        [
            (row.day, row.what, row.by, row.recorded_at, row.note or None, _("Undone") if row.undone else None)
            for row in told.rows
        ],
    )


@prepared
def _all_rows(company: int, feature: int, known_at: datetime | None) -> QuerySet[AllocationStatement]:
    statements = AllocationStatement.objects.filter(company=company)
    stated = statements.filter(act=OuterRef("act"), line=OuterRef("line"))
    later = AllocationEntry.objects.filter(company=company).filter(line=OuterRef("line"), recorded_at__gt=OuterRef("recorded_at"))
    approved = RequestEvent.objects.filter(company=company, act=OuterRef("act"), kind=RequestEvent.Kind.APPROVED)
    actor = "request__act__actor__"
    asker = JSONObject(name=f"{actor}name", email=f"{actor}email", is_staff=f"{actor}is_staff", note="request__act__note")
    return (
        statements.filter(feature=feature)
        .known_at(known_at)
        .select_related("act__actor")
        .annotate(repriced=Exists(later.filter(~Exists(stated))), asked=Subquery(approved.values(row=asker)[:1]))
        .order_by("-recorded_at", "-id")
    )


@prepared
def _latest_rows(company: int, feature: int, known_at: datetime | None) -> QuerySet[AllocationStatement]:
    return _all_rows.build(company, feature, known_at)[:ROWS_OF_LATEST]


def _recorded(
    company: Company, held: FeatureInHand, said: list[Any], rows: list[Any], today: date, *, undone: bool, may_change: bool
) -> Recorded:
    act: Act = said[0].act
    day = min(row.effective_on for row in said)
    lines = [line for line in held.rates if any(row.line_id == line.pk for row in said)]
    before = _units(held, lines, day, until=said[0].id - 1)
    after = _units(held, lines, day, until=said[-1].id)
    undoable = may_change and not undone and _can_be_undone(act, said, rows, day, today)
    back = {}
    if may_change and not undone and not undoable and act.name != "billing.switch" and day <= today:
        now = held.units_on(today)
        back = {each.line: each.units for each in before if each.units != now[each.line]}
    asked: dict[str, Any] = said[0].asked or {}
    notes = [_("Asked for: %(note)s") % {"note": asked["note"]}] if asked.get("note") else []
    notes += [_("%(label)s %(note)s") % {"label": act.note_label, "note": act.note_shown}] if act.note_shown else []
    return Recorded(
        day=day,
        what=_what(act, day, before, after, made_on=company.day_of(act.recorded_at)),
        by=approved_by(act.by_whom, asked.get("name"), asked.get("email"), asked.get("is_staff")),
        recorded_at=act.recorded_at,
        note=" ".join(notes),
        undone=undone,
        undo_url=undo_address(company, held.feature.slug, act.pk) if undoable else "",
        undo_label=_("Redo") if act.name == UNDO else _("Undo"),
        key=str(uuid4()),
        back_url=_address_of_form(company, held, back) if back else "",
        back_to=units_in_words(each for each in before if each.line in back),
    )


def _can_be_undone(act: Act, said: list[Any], rows: list[Any], day: date, today: date) -> bool:
    """As far as the feature's own lines tell; the act itself looks at all of them."""
    made_on = act.result.get("made_on")
    if day < today or (day == today and made_on not in (None, str(today))):
        return False
    if act.name not in BY_NAME and (act.name == "billing.switch" or not act.name.startswith("order.")):
        return False
    about = {row.line_id for row in said}
    return not any(row.repriced for row in said) and not holding_back(
        act.pk, acts_of([row for row in rows if row.line_id in about])
    )


def _units(held: FeatureInHand, lines: Iterable[CreditRequirement], day: date, *, until: int) -> list[LineAfter]:
    """The units of lines on a day, of what was stated up to the row with an id: rows of a company are added in order."""
    return [
        LineAfter(line.pk, line.label, line.unit, units_on([each for each in held.statements[line.pk] if each.id <= until], day))
        for line in lines
    ]


def _what(act: Act, day: date, before: list[LineAfter], after: list[LineAfter], *, made_on: date) -> str:
    units, was = units_in_words(after), units_in_words(before)
    if act.name == UNDO:
        return _("Undone: again %(units)s") % {"units": units}
    if act.name == "allocation.withdraw":
        return _("Plan withdrawn: stays at %(units)s") % {"units": units}
    if act.name == "billing.switch":
        return _("Billing model switched: %(units)s") % {"units": units}
    if act.name.startswith("order."):
        raised = sum(each.units for each in after) >= sum(each.units for each in before)
        return (_("Kept in use: %(units)s") if raised else _("Left available: %(units)s")) % {"units": units}
    if any(each.units for each in before) and not any(each.units for each in after):
        return _("Released %(units)s") % {"units": was}
    if day > made_on:
        return _("Planned %(units)s") % {"units": units}
    return _("Set to %(units)s, was %(was)s") % {
        "units": units,
        "was": ", ".join(f"{each.units:,}" for each in before),
    }


def _address_of_form(company: Company, held: FeatureInHand, units: dict[int, int]) -> str:
    """The form with these units typed already."""
    address = reverse("credits:allocation", args=[company.slug, held.feature.slug])
    return f"{address}?{urlencode({f'units_{line}': count for line, count in units.items()})}"
