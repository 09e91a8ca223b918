"""Acts: set an allocation from today, plan one for a later day, withdraw a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.errors import Refused
from console.models import Act, ActInProgress, Actor
from credits.acts.post_demand import Posted, post_demand, posted_entries_and_balance
from credits.errors import ChangedMeanwhile, NeedsConfirmation
from credits.models import AllocationStatement, CreditRequirement, Feature
from credits.reading.line_facts import line_facts, lines_with_rates, statements_of_lines, switches_of_features
from credits.rules.line_profile import (
    Allotted,
    LineFacts,
    RateFrom,
    Switch,
    billed_pay_as_you_go_on,
    listed_on,
    plans_of,
    standing,
    units_on,
)
from licensing.access import Permission, require, require_support
from licensing.allowed_input import whole_units
from licensing.errors import in_words
from licensing.models import Company
from licensing.rules.company_day import add_months

LATEST_PLAN_MONTHS = 120
"""How far ahead an allocation may be planned: ten years."""


@dataclass(frozen=True)
class AllocationSet:
    """What an act on an allocation left: the day it holds from, credits it changed that day, and the balance then."""

    feature_id: int
    day: date
    change: int
    balance_after: int

    @classmethod
    def of(cls, act: ActInProgress) -> AllocationSet:
        result = act.result
        return cls(result["feature"], date.fromisoformat(result["day"]), result["change"], result["balance_after"])


@dataclass(frozen=True)
class FeatureInHand:
    """All that decides what a feature's lines take in one company."""

    feature: Feature
    rates: dict[CreditRequirement, list[RateFrom]]
    statements: dict[int, list[Allotted]]
    switches: list[Switch]

    @property
    def latest_statement(self) -> int:
        """Id of the statement recorded last about the feature, 0 without any: what a form was shown with."""
        return max((each.id for said in self.statements.values() for each in said), default=0)

    def latest_act(self) -> Act | None:
        """The act that recorded the latest statement, None without any. One statement."""
        said = AllocationStatement.objects.select_related("act__actor").filter(pk=self.latest_statement).first()
        return said.act if said else None

    def units_on(self, day: date) -> dict[int, int]:
        """line id -> units standing on a day."""
        return {line.pk: units_on(self.statements[line.pk], day) for line in self.rates}

    def credits_on(self, day: date) -> int:
        return sum(self.facts_of(line).credits_on(day) for line in self.rates)

    def facts_of(self, line: CreditRequirement) -> LineFacts:
        """What the line's profile is made of, as it stands in hand."""
        return line_facts(self.statements[line.pk], self.rates[line], self.switches)

    def line(self, pk: int) -> CreditRequirement:
        """The feature's line with this id. Refused for another feature's."""
        found = next((line for line in self.rates if line.pk == pk), None)
        if found is None:
            raise Refused(_("This is not a requirement of the feature. Reload the page and try again."))
        return found


def feature_in_hand(company: Company, feature: Feature) -> FeatureInHand:
    """Read a feature's lines with rates, statements and switches. Three statements."""
    rates = lines_with_rates(feature.pk)
    said = statements_of_lines([company.pk], [line.pk for line in rates])
    switches = switches_of_features([company.pk], [feature.pk])
    return FeatureInHand(
        feature,
        rates,
        {line.pk: said[company.pk, line.pk] for line in rates},
        switches[company.pk, feature.pk],
    )


@transaction.atomic
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
    reason: str = "",
    seen: int | None = None,
    below_zero_confirmed: bool = False,
) -> AllocationSet:
    """State units (line id -> units) of a feature from `on`, else from today; what is planned for later stays.

    `seen` is the id of the feature's latest statement the form was shown with. Raises ChangedMeanwhile when there is a later
    one, NeedsConfirmation when the balance of that day would be below zero unconfirmed, Refused beside `units_<line id>` or
    `on`. A day in the past is for support, with a reason. Ten statements.
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
    day = _day_to_state(on, today, by, reason)
    held = feature_in_hand(company, feature)
    if seen is not None and seen != held.latest_statement:
        raise ChangedMeanwhile(held.units_on(day))
    if not units:
        raise Refused(_("Nothing changes: these units hold on that day already."))
    for line_id, count in units.items():
        _check_units(held, held.line(line_id), count, day)
    posted, balance_before = posted_entries_and_balance(company.pk, units, day)
    before = held.credits_on(day)
    state_units(act, {held.line(line_id): count for line_id, count in units.items()}, day, held.statements)
    change = held.credits_on(day) - before
    balance_after = balance_before - change
    if balance_after < 0 and not below_zero_confirmed:
        raise NeedsConfirmation(balance_after)
    _post(act, held, [held.line(line_id) for line_id in units], posted)
    act.finish(feature=feature.pk, day=day, change=change, balance_after=balance_after)
    return AllocationSet.of(act)


@transaction.atomic
def withdraw_plan(
    company: Company, *, feature: Feature, line: CreditRequirement, on: date, today: date, by: Actor, key: str, note: str = ""
) -> AllocationSet:
    """Withdraw what is planned for a line on a later day: the units before it go on. Refused when nothing is planned."""
    require(by, company, Permission.ALLOCATE)
    act = Act.begin(
        "allocation.withdraw",
        scope=company,
        key=key,
        by=by,
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
    before = held.credits_on(on)
    withdraw_statements(act, {line: plans}, held.statements)
    change = held.credits_on(on) - before
    posted, balance_before = posted_entries_and_balance(company.pk, [line.pk], on)
    _post(act, held, [line], posted)
    act.finish(feature=feature.pk, day=on, change=change, balance_after=balance_before - change)
    return AllocationSet.of(act)


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
    rows = AllocationStatement.objects.bulk_create(
        [
            AllocationStatement(feature_id=line.feature_id, line=line, effective_on=plan.day, withdraws_id=plan.id, **act.stamp())
            for line, planned in plans.items()
            for plan in planned
        ]
    )
    for row in rows:
        statements[row.line_id].append(row.said)


def state_units(
    act: ActInProgress, units: Mapping[CreditRequirement, int], day: date, statements: Mapping[int, list[Allotted]]
) -> None:
    """Add the rows that state `units` from `day`, and take them into `statements` in hand. One statement."""
    rows = AllocationStatement.objects.bulk_create(
        [
            AllocationStatement(feature_id=line.feature_id, line=line, effective_on=day, units=count, **act.stamp())
            for line, count in units.items()
        ]
    )
    for row in rows:
        statements[row.line_id].append(row.said)


def _day_to_state(on: date | None, today: date, by: Actor, reason: str) -> date:
    day = on or today
    if day < today:
        if not (by.is_support or by.is_machine):
            raise Refused(_("Choose today or a later day. Only support can state a day in the past."), field="on")
        require_support(by, reason=reason)
    if day > add_months(today, LATEST_PLAN_MONTHS):
        raise Refused(_("Choose a day not after %(day)s.") % {"day": in_words(add_months(today, LATEST_PLAN_MONTHS))}, field="on")
    return day


def _check_units(held: FeatureInHand, line: CreditRequirement, count: int, day: date) -> None:
    field = f"units_{line.pk}"
    whole_units(count, field=field, least=0)
    if billed_pay_as_you_go_on(held.switches, day):
        raise Refused(
            _("The feature is billed pay-as-you-go on %(day)s and takes no units. Switch its billing model first.")
            % {"day": in_words(day)},
            field=field,
        )
    now = units_on(held.statements[line.pk], day)
    if count > now and not listed_on(held.rates[line], day):
        raise Refused(
            ngettext(
                "The price list of that day no longer offers this; at most the %(now)s unit held can stay.",
                "The price list of that day no longer offers this; at most the %(now)s units held can stay.",
                now,
            )
            % {"now": f"{now:,}"},
            field=field,
        )


def _post(act: ActInProgress, held: FeatureInHand, lines: list[CreditRequirement], posted: Posted | None = None) -> None:
    post_demand([act], {(act.company.pk, line): held.facts_of(line) for line in lines}, posted)
