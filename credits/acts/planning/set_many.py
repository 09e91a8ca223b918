"""Act: set lines of several features together, from today or a later day; done as a whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, ActInProgress, Actor, Reason
from credits.acts.approvals.second_person import require_second_person
from credits.acts.below_zero_is_confirmed import require_below_zero_confirmed
from credits.acts.days_that_may_be_stated import day_to_state
from credits.acts.feature_in_hand import FeatureInHand, features_in_hand, state_units
from credits.acts.planning.plan_in_hand import Plan
from credits.acts.planning.plan_out_of_date import require_figures_as_shown, require_plan_up_to_date
from credits.acts.post_demand import post_demand, posted_entries
from credits.acts.units_that_may_be_stated import check_units
from credits.models import CreditRequirement
from credits.reading.changes_of_balance import balance_and_lines
from credits.rules.balance_over_days import total_on
from credits.rules.planning.figures_of_a_plan import PlanFigures
from credits.rules.second_person import raised_by
from licensing.access import require
from licensing.models import Company, Permission

MOST_LINES = 1000
"""So many lines in one act."""


@dataclass(frozen=True)
class ManySet:
    """What such an act left: the day it holds from, credits it changed that day, the balance then, and how much it was about.

    `act` names it, so that it can be undone; `slug` is the address of one of its features. `lines` counts the lines stated.
    """

    day: date
    change: int
    balance_after: int
    act: UUID
    lines: int
    features: tuple[str, ...]
    slug: str
    scenario: str

    @classmethod
    def of(cls, act: ActInProgress) -> ManySet:
        """From the result of an act, of one that had been done with this key too."""
        told = act.result
        return cls(
            date.fromisoformat(told["day"]),
            told["change"],
            told["balance_after"],
            UUID(told["act"]),
            told["lines"],
            tuple(told["features"]),
            told["slug"],
            told["scenario"],
        )


@as_act
def set_many(
    company: Company,
    *,
    units: Mapping[int, int],
    today: date,
    by: Actor,
    key: str,
    on: date | None = None,
    note: str = "",
    reason: Reason = "",
    seen: Mapping[int, int] | None = None,
    shown: PlanFigures | None = None,
    below_zero_confirmed: bool = False,
) -> ManySet:
    """State units (line id -> units) of any features from `on`, else from today; what is planned for later stays.

    `seen` is feature id -> id of its latest statement, `shown` the figures the form was shown with. Raises PlanOutOfDate (409)
    naming every feature that changed since, or the figures that would come otherwise; NeedsConfirmation when the balance of
    that day would be below zero unconfirmed; NeedsApproval when a second person has to confirm it; Refused beside
    `units_<line id>` or `on`. Then nothing is written. Twelve statements, however many features there are; one more where a
    second person is asked from some credits on.
    """
    require(by, company, Permission.ALLOCATE)
    act = Act.begin(
        "allocation.set-many",
        scope=company,
        key=key,
        by=by,
        note=note,
        reason=reason,
        stated={"units": {str(line): count for line, count in units.items()}, "on": on, "note": note},
    )
    if act.done:
        return ManySet.of(act)
    day = day_to_state(on, today, by, reason)
    return carry_out(act, units, day=day, today=today, seen=seen, shown=shown, confirmed=below_zero_confirmed)


def carry_out(
    act: ActInProgress,
    units: Mapping[int, int],
    *,
    day: date,
    today: date,
    seen: Mapping[int, int] | None,
    shown: PlanFigures | None,
    confirmed: bool,
    scenario: str = "",
    request: int | None = None,
) -> ManySet:
    """What the act does once it has begun; `scenario` names the plan that it applies, `request` the request that it approves.

    Nine statements; one more where a second person is asked from some credits on. An approval is that second person's.
    """
    if not units:
        raise Refused(_("Nothing has changed. Change the units of a feature first."))
    if len(units) > MOST_LINES:
        raise Refused(_("At most %(most)s lines are changed together.") % {"most": f"{MOST_LINES:,}"})
    company: Company = act.company
    held = features_in_hand(company, lines=units)
    plan = Plan(held, dict(units), day)
    require_plan_up_to_date(plan, seen)
    for line_id, count in units.items():
        feature, line = line_in_hand(held, line_id)
        check_units(feature, line, count, day)
    credits = balance_and_lines(company, units)
    figures = plan.figures(credits, today=today, days={day, *(shown.days if shown else ())})
    if shown is not None:
        require_figures_as_shown(figures, shown)
    balance = figures.on(day)
    require_below_zero_confirmed(balance.after, confirmed=confirmed)
    raised = raised_by(
        (total_on(credits.lines[line.pk], day), plan.after(feature, line).credits_on(day)) for feature, line in plan.lines
    )
    if request is None:
        require_second_person(act, today=today, raised=raised, balance_after=balance.after)
    posted = posted_entries([company.pk], units)
    lines = {line_id: line_in_hand(held, line_id) for line_id in units}
    state_units(
        act,
        {line: units[line_id] for line_id, (_feature, line) in lines.items()},
        day,
        {line_id: feature.statements[line_id] for line_id, (feature, _line_of_it) in lines.items()},
    )
    post_demand([act], {(company.pk, line): feature.facts_of(line) for feature, line in lines.values()}, posted)
    act.finish(
        day=day,
        made_on=today,
        change=balance.before - balance.after,
        raised=raised,
        balance_after=balance.after,
        act=act.id,
        lines=len(units),
        features=[each.feature.name for each in held.values()],
        slug=next(iter(held.values())).feature.slug,
        scenario=scenario,
        **({} if request is None else {"request": request}),
    )
    return ManySet.of(act)


def line_in_hand(held: Mapping[int, FeatureInHand], line_id: int) -> tuple[FeatureInHand, CreditRequirement]:
    """The line with its feature. Refused for one that the catalogue does not have."""
    for feature in held.values():
        for line in feature.rates:
            if line.pk == line_id:
                return feature, line
    raise Refused(_("This is no requirement that the catalogue has. Reload the page and try again."))
