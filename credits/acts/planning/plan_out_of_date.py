"""A plan that is out of date writes nothing: somebody else changed meanwhile what it was computed with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from credits.acts.feature_in_hand import FeatureInHand
from credits.acts.planning.plan_in_hand import Plan
from credits.errors import FigureChanged, LineChanged, PlanOutOfDate
from credits.rules.planning.figures_of_a_plan import PlanFigures
from credits.rules.statements_that_stand import Allotted, units_on


def as_seen(feature: FeatureInHand, line_id: int, seen: int) -> list[Allotted]:
    """The statements of a line up to the one a form was shown with: those of a company are added in order."""
    return [each for each in feature.statements[line_id] if each.id <= seen]


def require_plan_up_to_date(plan: Plan, seen: Mapping[int, int] | None) -> None:
    """Raise PlanOutOfDate naming every feature of the plan that has a later statement than the one the form was shown with."""
    if seen is None:
        return
    stated = {feature.feature.pk: feature for feature, _ in plan.lines}
    changed = [each for pk, each in stated.items() if each.latest_statement != seen.get(pk, 0)]
    if not changed:
        return
    lines = [
        LineChanged(
            each.feature.name,
            line.label,
            line.unit,
            units_on(as_seen(each, line.pk, seen.get(each.feature.pk, 0)), plan.day),
            units_on(each.statements[line.pk], plan.day),
        )
        for each in changed
        for line in each.rates
    ]
    differing = [each for each in lines if each.shown != each.now]
    raise PlanOutOfDate([each.feature.name for each in changed], differing or lines)


def require_figures_as_shown(figures: PlanFigures, shown: PlanFigures) -> None:
    """Raise PlanOutOfDate where the figures that would come are not those shown: another change, of credits perhaps, came in."""
    pairs: list[tuple[date | None, int | date | None, int | date | None]] = []
    for told in shown.balances:
        comes = figures.on(told.day)
        pairs += [(told.day, told.before, comes.before), (told.day, told.after, comes.after)]
    pairs += [(None, shown.runway_before, figures.runway_before), (None, shown.runway_after, figures.runway_after)]
    # Of one day the figure after the plan tells enough; the one before it only where that alone is another.
    changed = {day: FigureChanged(day, was, now) for day, was, now in pairs if was != now}
    if changed:
        raise PlanOutOfDate([], [], list(changed.values()))
