"""Act: bill a feature pay-as-you-go under a contract, or from its annual credits again."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, ActInProgress, Actor, Reason, added_rows
from credits.acts.feature_in_hand import state_units
from credits.acts.post_demand import post_demand, repost_lines
from credits.acts.withdraw_plan import withdraw_statements
from credits.models import BillingModelChange, CreditRequirement, Feature
from credits.reading.line_facts import line_facts, rates_of_lines, statements_of_lines, switches_of_features
from credits.rules.billing_model import Switch, billed_pay_as_you_go_on, contract_on, days_apart
from credits.rules.line_profile import plans_of
from licensing.access import require
from licensing.errors import in_words
from licensing.models import Company, License, LicenseStatement, Permission, Product

DAYS_BETWEEN_SWITCHES = 30


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
    if day < today:
        raise Refused(_("Choose today or a later day."), field="on")
    if model not in BillingModelChange.Model.values:
        raise Refused(_("Choose annual credits or pay-as-you-go."), field="model")
    features = switched_together(feature)
    switches = switches_of_features([company.pk], [each.pk for each in features])
    pay_as_you_go = model == BillingModelChange.Model.PAY_AS_YOU_GO
    for each in features:
        made = switches[company.pk, each.pk]
        require_days_apart(each, made, day)
        if billed_pay_as_you_go_on(made, day) == pay_as_you_go:
            raise Refused(_("%(feature)s is billed this way on that day already.") % {"feature": each}, field="model")
        require_contract_not_suspended(each, made, day)
    contract = contract_on_day(company, day) if pay_as_you_go else None
    changes = added_rows(
        (BillingModelChange(feature=each, model=model, effective_on=day, contract=contract, **act.stamp()) for each in features),
        known_by=("feature_id",),
    )
    _release(act, features, day, today)
    act.finish(changes=[change.pk for change in changes])
    return changes


def require_days_apart(feature: Feature, made: list[Switch], day: date) -> None:
    """Refuse a switch too near to one that was made; `made` are those of the feature."""
    if near := days_apart(day, [switch.day for switch in made], DAYS_BETWEEN_SWITCHES):
        raise Refused(
            _("%(feature)s is switched on %(near)s already. Changes lie 30 days apart: choose %(day)s or later.")
            % {
                "feature": feature,
                "near": in_words(near),
                "day": in_words(max(switch.day for switch in made) + timedelta(days=DAYS_BETWEEN_SWITCHES)),
            },
            field="on",
        )


def require_contract_not_suspended(feature: Feature, made: list[Switch], day: date) -> None:
    """Refuse to switch a feature whose contract is suspended: it stays switched until that one is reinstated."""
    under = contract_on(made, day)
    if under is not None and under.is_suspended_on(day):
        raise Refused(
            _("The contract that %(feature)s is billed under is suspended on %(day)s. Have it reinstated first.")
            % {"feature": feature, "day": in_words(day)},
            field="on",
        )


def repost_after_contract_change(act: ActInProgress, today: date) -> None:
    """A pay-as-you-go contract was issued or changed: bring the lines of features switched under one to what now holds."""
    switched = (
        BillingModelChange.objects.for_company(act.company).filter(model=BillingModelChange.Model.PAY_AS_YOU_GO).values("feature")
    )
    repost_lines([act], CreditRequirement.objects.filter(feature__in=switched))


def switched_together(feature: Feature) -> list[Feature]:
    if not feature.switchable:
        raise Refused(_("%(feature)s is always billed from annual credits.") % {"feature": feature}, field="model")
    if not feature.switch_group:
        return [feature]
    return list(Feature.objects.filter(switch_group=feature.switch_group, switchable=True).order_by("id"))


def contract_on_day(company: Company, day: date) -> License:
    """The contract a switch of that day is made under."""
    licenses = list(License.objects.for_company(company).filter(product__kind=Product.Kind.PAY_AS_YOU_GO).order_by("id"))
    facts = LicenseStatement.objects.for_company(company).facts_by_license(licenses)
    periods = {each.pk: facts[each.pk].running_periods() for each in licenses}
    running = [each for each in licenses if any(first <= day < end for first, end in periods[each.pk])]
    if not running:
        raise Refused(
            _("No pay-as-you-go contract runs on %(day)s. Buy one first, or choose a day on which one runs.")
            % {"day": in_words(day)},
            field="on",
        )
    not_suspended = [each for each in running if facts[each.pk].state_on(day) != "suspended"]
    if not not_suspended:
        raise Refused(
            _("The pay-as-you-go contract is suspended on %(day)s, so nothing could be billed. Have it reinstated first.")
            % {"day": in_words(day)},
            field="on",
        )
    ends: dict[int, date] = {}
    for each in licenses:  # a contract is an order with its renewals
        for _first, end in periods[each.pk]:
            ends[each.order_id] = max(end, ends.get(each.order_id, end))
    return choose_contract(not_suspended, ends)


def choose_contract(running: list[License], ends: dict[int, date]) -> License:
    """Of several the one that ends last, so that no feature is left without while another runs on; of those the first bought.

    `ends` holds the end of each contract by its order.
    """
    return max(running, key=lambda license: (ends[license.order_id], -license.pk))


def _release(act: ActInProgress, features: list[Feature], day: date, today: date) -> None:
    """State 0 units of every line from the day, withdraw later plans, and post."""
    company = act.company.pk
    lines = list(CreditRequirement.objects.filter(feature__in=features).order_by("id"))
    found = statements_of_lines([company], [line.pk for line in lines])
    statements = {line.pk: found[company, line.pk] for line in lines}
    switches = switches_of_features([company], [each.pk for each in features])
    planned = {
        line: [
            each
            for each in plans_of(statements[line.pk], switches[company, line.feature_id])
            if each.day >= day and each.day > today
        ]
        for line in lines
    }
    withdraw_statements(act, planned, statements)
    state_units(act, dict.fromkeys(lines, 0), day, statements)
    rates = rates_of_lines([line.pk for line in lines])
    post_demand(
        [act],
        {(company, line): line_facts(statements[line.pk], rates[line.pk], switches[company, line.feature_id]) for line in lines},
    )
