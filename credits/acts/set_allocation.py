"""Act: set what a feature is allocated from today, or plan it for a later day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, ActInProgress, Actor, Reason
from credits.acts.approvals.second_person import require_second_person
from credits.acts.below_zero_is_confirmed import require_below_zero_confirmed
from credits.acts.days_that_may_be_stated import day_to_state
from credits.acts.feature_in_hand import FeatureInHand, feature_in_hand, post, state_units
from credits.acts.form_out_of_date import require_form_up_to_date
from credits.acts.post_demand import posted_entries_and_balance
from credits.acts.units_that_may_be_stated import check_units
from credits.models import Feature
from credits.rules.second_person import raised_by
from licensing.access import require
from licensing.models import Company, Permission


@dataclass(frozen=True)
class LineAfter:
    """The units of a line after an act, with what tells it from the others of its feature."""

    line: int
    label: str
    unit: str
    units: int


@dataclass(frozen=True)
class AllocationSet:
    """What an act on an allocation left: the day it holds from, credits it changed that day, and the balance then.

    `lines` are those that it was about, with their units of that day. `act` names it, so that it can be undone; `feature` and
    `slug` are the feature's name and address.
    """

    feature_id: int
    day: date
    change: int
    balance_after: int
    act: UUID
    lines: tuple[LineAfter, ...]
    feature: str
    slug: str
    features: int = 1
    """How many features the act was about; the lines are those of the one named."""

    @classmethod
    def of(cls, act: ActInProgress) -> AllocationSet:
        """From the result of an act, of one that had been done with this key too."""
        result = act.result
        return cls(
            result["feature"],
            date.fromisoformat(result["day"]),
            result["change"],
            result["balance_after"],
            UUID(result.get("act", str(act.id))),
            tuple(LineAfter(**each) for each in result.get("lines", [])),
            result.get("feature_name", ""),
            result.get("slug", ""),
            result.get("features", 1),
        )

    @classmethod
    def finish(
        cls, act: ActInProgress, held: FeatureInHand, lines: Iterable[int], *, day: date, today: date, **result: Any
    ) -> AllocationSet:
        """Write the act's row with what it left of these lines, and the company's day on which it was made."""
        units = held.units_on(day)
        act.finish(
            feature=held.feature.pk,
            feature_name=held.feature.name,
            slug=held.feature.slug,
            day=day,
            made_on=today,
            act=act.id,
            lines=[{"line": pk, "label": held.line(pk).label, "unit": held.line(pk).unit, "units": units[pk]} for pk in lines],
            **result,
        )
        return cls.of(act)


@as_act
def set_allocation(
    company: Company,
    *,
    feature: Feature,
    units: Mapping[int, int],
    today: date,
    by: Actor,
    key: str,
    on: date | None = None,
    note: str = "",
    reason: Reason = "",
    seen: int | None = None,
    below_zero_confirmed: bool | int = False,
) -> AllocationSet:
    """State units (line id -> units) of a feature from `on`, else from today; what is planned for later stays.

    `seen` is the id of the feature's latest statement the form was shown with. Raises ChangedMeanwhile when there is a later
    one, NeedsConfirmation when the balance of that day would be below zero unconfirmed, NeedsApproval when a second person has
    to confirm it, Refused beside `units_<line id>` or `on`. A day in the past is for support, with a reason. Ten statements; one
    more where a second person is asked from some credits on.
    """
    require(by, company, Permission.ALLOCATE)
    act = Act.begin(
        "allocation.set",
        scope=company,
        key=key,
        by=by,
        note=note,
        reason=reason,
        stated={"feature": feature, "units": {str(line): count for line, count in units.items()}, "on": on, "note": note},
    )
    if act.done:
        return AllocationSet.of(act)
    day = day_to_state(on, today, by, reason)
    held = feature_in_hand(company, feature)
    require_form_up_to_date(held, seen, day)
    if not units:
        raise Refused(_("Nothing changes: these units hold on that day already."))
    for line_id, count in units.items():
        check_units(held, held.line(line_id), count, day)
    posted, balance_before = posted_entries_and_balance(company.pk, units, day)
    before = {line_id: posted.credits_on(company.pk, [line_id], day) for line_id in units}
    state_units(act, {held.line(line_id): count for line_id, count in units.items()}, day, held.statements)
    after = {line_id: held.credits_on(day, [line_id]) for line_id in units}
    change, raised = sum(after.values()) - sum(before.values()), raised_by((before[each], after[each]) for each in units)
    balance_after = balance_before - change
    require_below_zero_confirmed(balance_after, confirmed=below_zero_confirmed)
    require_second_person(act, today=today, raised=raised, balance_after=balance_after, rule=posted.rule)
    post(act, held, [held.line(line_id) for line_id in units], posted)
    told = {"change": change, "raised": raised, "balance_after": balance_after}
    return AllocationSet.finish(act, held, units, day=day, today=today, **told)
