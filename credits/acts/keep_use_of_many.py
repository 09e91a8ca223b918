"""Keeping the use of converted seats that an import brought: the facts of `keep_units_brought`, of many orders at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from console.models import ActInProgress
from credits.acts.post_demand import post_demand
from credits.models import AllocationStatement, CreditRequirement, KeptUnits
from credits.reading.kept_use import LineInUse, lines_in_use, lines_paid_for
from credits.rules.kept_use import Kept
from credits.rules.statements_that_stand import Allotted
from licensing.credit_questions import Imported
from licensing.models import UseChoice


def keep_units_of_many(imported: Sequence[Imported]) -> None:
    """Write each choice, and allocate the units of those that keep their use, one order after the other. Ten statements."""
    lines = lines_paid_for({each.product for each in imported})
    acts = {each.act.company.pk: each.act for each in imported}
    paying = [each for each in imported if each.product in lines]
    takes = lines_in_use(list(acts), set(lines.values()))
    choices = [
        UseChoice(order_id=each.order, keeps=each.keeps, **each.act.stamp())
        for each in paying
        if takes[each.act.company.pk, lines[each.product].pk].takes_units_on(each.day)
    ]
    UseChoice.objects.bulk_create(choices)
    if not any(each.keeps for each in choices):
        return
    # Read anew: what is held counts the licenses of the orders that have just been chosen to keep their use.
    held = lines_in_use(list(acts), set(lines.values()))
    stated: list[AllocationStatement] = []
    kept: list[KeptUnits] = []
    changed: dict[tuple[int, CreditRequirement], LineInUse] = {}
    for each in paying:
        line = held[each.act.company.pk, lines[each.product].pk]
        units = line.to_add(each.units, each.day) if each.keeps else 0
        if units:
            days = _taken_into_hand(line, each.order, each.day, units)
            stated += [_statement(each.act, line.line, day, count) for day, count in days.items()]
            kept.append(
                KeptUnits(
                    feature_id=line.line.feature_id,
                    line=line.line,
                    order_id=each.order,
                    effective_on=each.day,
                    units_change=units,
                    **each.act.stamp(),
                )
            )
            changed[each.act.company.pk, line.line] = line
    AllocationStatement.objects.bulk_create(stated)
    KeptUnits.objects.bulk_create(kept)
    if changed:
        post_demand(acts.values(), {key: line.facts for key, line in changed.items()})


def _taken_into_hand(line: LineInUse, order: int, day: date, units: int) -> dict[date, int]:
    """Day -> units to state, which the next order of the import is judged by."""
    days = {day: line.units_on(day), **line.raised_by(units, day)}
    line.kept.append(Kept(day, units, order))
    line.statements += [Allotted(0, each, count) for each, count in days.items()]
    return days


def _statement(act: ActInProgress, line: CreditRequirement, day: date, units: int) -> AllocationStatement:
    return AllocationStatement(feature_id=line.feature_id, line=line, effective_on=day, units=units, **act.stamp())
