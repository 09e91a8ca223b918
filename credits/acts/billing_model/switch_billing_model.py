"""Act: bill a feature pay-as-you-go under a contract, or from its annual credits again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, ActInProgress, Actor, Reason, added_rows
from credits.acts.billing_model.changes_lie_30_days_apart import require_days_apart
from credits.acts.billing_model.contract_of_a_switch import contract_on_day, require_contract_not_suspended
from credits.acts.billing_model.switched_together import switched_together
from credits.acts.feature_in_hand import state_units
from credits.acts.post_demand import post_demand
from credits.acts.withdraw_plan import withdraw_statements
from credits.models import BillingModelChange, CreditRequirement, Feature
from credits.reading.line_facts import line_facts, rates_of_lines, statements_of_lines, switches_of_features
from credits.rules.billing_model import Switch, billed_pay_as_you_go_on
from credits.rules.statements_that_stand import Allotted, plans_of
from licensing.access import require
from licensing.models import Company, License, Permission

PAY_AS_YOU_GO = BillingModelChange.Model.PAY_AS_YOU_GO


@as_act
def switch_billing_model(
    company: Company,
    *,
    feature: Feature,
    model: str,
    today: date,
    by: Actor,
    key: str,
    on: date | None = None,
    reason: Reason = "",
    note: str = "",
) -> list[BillingModelChange]:
    """Switch a feature, with those that share its switch group, from today or a later day.

    States 0 units of every line from that day and withdraws plans from that day on. Two changes of one feature lie at least 30
    days apart. To pay-as-you-go needs a contract that runs on the day and is not suspended; of several it is the one that ends
    last. Features that were switched stay switched while theirs is suspended: they are switched back once it is reinstated.
    """
    require(by, company, Permission.ALLOCATE)
    act = Act.begin(
        "billing.switch",
        scope=company,
        key=key,
        by=by,
        reason=reason,
        note=note,
        stated={"feature": feature, "model": model, "on": on},
    )
    if act.done:
        return list(BillingModelChange.objects.for_company(company).filter(pk__in=act.result["changes"]).order_by("id"))
    day = on or today
    changes = switch_in_act(act, {feature: model}, day, today)
    act.finish(changes=[change.pk for change in changes])
    return changes


def switch_in_act(act: ActInProgress, models: Mapping[Feature, str], day: date, today: date) -> list[BillingModelChange]:
    """Switch features, with those that share their switch groups, each to its model from `day`, and post.

    Checks all before it writes anything; as many statements for one feature as for all.
    """
    wanted, contract = require_switches_possible(act.company, models, day, today)
    changes = added_rows(
        (
            BillingModelChange(
                feature=each,
                model=model,
                effective_on=day,
                contract=contract if model == PAY_AS_YOU_GO else None,
                **act.stamp(),
            )
            for each, model in wanted.items()
        ),
        known_by=("feature_id",),
    )
    _release(act, list(wanted), day, today)
    return changes


def require_switches_possible(
    company: Company, models: Mapping[Feature, str], day: date, today: date
) -> tuple[dict[Feature, str], License | None]:
    """What would be switched, those that come along among it, and the contract it would be made under.

    Refused where any of it is not possible. Four statements.
    """
    if day < today:
        raise Refused(_("Choose today or a later day."), field="on")
    if not set(models.values()) <= set(BillingModelChange.Model.values):
        raise Refused(_("Choose annual credits or pay-as-you-go."), field="model")
    wanted = switched_together(models)
    features = list(wanted)
    switches = switches_of_features([company.pk], [each.pk for each in features])
    for each, model in wanted.items():
        made = switches[company.pk, each.pk]
        require_days_apart(each, made, day)
        if billed_pay_as_you_go_on(made, day) == (model == PAY_AS_YOU_GO):
            raise Refused(_("%(feature)s is billed this way on that day already.") % {"feature": each}, field="model")
        require_contract_not_suspended(each, made, day)
    return wanted, contract_on_day(company, day) if PAY_AS_YOU_GO in wanted.values() else None


def _release(act: ActInProgress, features: list[Feature], day: date, today: date) -> None:
    """State 0 units of every line from the day, withdraw later plans, and post."""
    company = act.company.pk
    lines = list(CreditRequirement.objects.filter(feature__in=features).order_by("id"))
    found = statements_of_lines([company], [line.pk for line in lines])
    statements = {line.pk: found[company, line.pk] for line in lines}
    switches = switches_of_features([company], [each.pk for each in features])
    planned = {line: plans_from(statements[line.pk], switches[company, line.feature_id], day, today) for line in lines}
    withdraw_statements(act, planned, statements)
    state_units(act, dict.fromkeys(lines, 0), day, statements)
    rates = rates_of_lines([line.pk for line in lines])
    post_demand(
        [act],
        {(company, line): line_facts(statements[line.pk], rates[line.pk], switches[company, line.feature_id]) for line in lines},
    )


def plans_from(statements: Sequence[Allotted], switches: Sequence[Switch], day: date, today: date) -> list[Allotted]:
    """What is planned for the day of a switch and later, which the switch withdraws."""
    return [each for each in plans_of(statements, switches) if each.day >= day and each.day > today]
