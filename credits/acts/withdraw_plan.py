"""Act: withdraw what is planned for a later day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, ActInProgress, Actor, Reason, added_rows
from credits.acts.approvals.second_person import require_second_person_below_zero
from credits.acts.below_zero_is_confirmed import require_below_zero_confirmed
from credits.acts.feature_in_hand import FeatureInHand, feature_in_hand, post
from credits.acts.post_demand import posted_entries_and_balance
from credits.acts.set_allocation import AllocationSet
from credits.models import AllocationStatement, CreditRequirement, Feature
from credits.rules.statements_that_stand import Allotted, last_of_chain, plans_of, standing
from licensing.access import require
from licensing.errors import in_words
from licensing.models import Company, Permission


@as_act
def withdraw_plan(
    company: Company,
    *,
    feature: Feature,
    line: CreditRequirement,
    on: date,
    today: date,
    by: Actor,
    key: str,
    reason: Reason = "",
    note: str = "",
    below_zero_confirmed: bool | int = False,
) -> AllocationSet:
    """Withdraw what is planned for a line on a later day: the units before it go on. Refused when nothing is planned.

    Raises NeedsConfirmation when that would lower the balance of the day below zero unconfirmed, NeedsApproval when it is for a
    second person: where it would be lower than before the plan was made, or the plan is not of today.
    """
    require(by, company, Permission.ALLOCATE)
    act = Act.begin(
        "allocation.withdraw",
        scope=company,
        key=key,
        by=by,
        reason=reason,
        note=note,
        stated={"feature": feature, "line": line, "on": on},
    )
    if act.done:
        return AllocationSet.of(act)
    held = feature_in_hand(company, feature)
    line = held.line(line.pk)
    plans = [each for each in plans_of(held.statements[line.pk], held.switches) if each.day == on]
    if on <= today or not plans:
        raise Refused(_("Nothing is planned for %(day)s that could be withdrawn. Reload the page.") % {"day": in_words(on)})
    withdraw_statements(act, {line: plans}, held.statements)
    posted, balance_before = posted_entries_and_balance(company.pk, [line.pk], on)
    change = held.credits_on(on, [line.pk]) - posted.credits_on(company.pk, [line.pk], on)
    post(act, held, [line], posted)
    balance_after = balance_before - change
    if posted.rule.below_zero:
        first = AllocationStatement.objects.for_company(company).select_related("act").get(pk=min(each.id for each in plans))
        require_second_person_below_zero(act, today=today, brings_back=first.act, rule=posted.rule)
    if change > 0:
        require_below_zero_confirmed(balance_after, confirmed=below_zero_confirmed)
    return AllocationSet.finish(act, held, [line.pk], day=on, today=today, change=change, balance_after=balance_after)


def plans_after(held: FeatureInHand, day: date) -> list[tuple[CreditRequirement, Allotted]]:
    """The standing statements of a feature for days after `day`, by day: what is planned and can be withdrawn."""
    plans = [
        (line, each)
        for line in held.rates
        for said in [held.statements[line.pk]]
        for each in standing(said)
        if each.day > day and each in plans_of(said, held.switches)
    ]
    return sorted(plans, key=lambda plan: (plan[1].day, plan[0].position))


def withdraw_statements(
    act: ActInProgress,
    plans: Mapping[CreditRequirement, list[Allotted]],
    statements: Mapping[int, list[Allotted]],
) -> None:
    """Add the rows that withdraw `plans`, and take them into `statements` in hand. One statement."""
    rows = added_rows(
        (
            AllocationStatement(
                feature_id=line.feature_id,
                line=line,
                effective_on=plan.day,
                withdraws_id=last_of_chain(statements[line.pk], plan.id),
                **act.stamp(),
            )
            for line, planned in plans.items()
            for plan in planned
        ),
        known_by=("withdraws_id",),
    )
    for row in rows:
        statements[row.line_id].append(row.said)
