"""A feature in hand: its lines locked with their company, and the units an act states for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.errors import Refused
from console.models import Act, ActInProgress, Actor, Reason, added_rows
from credits.acts.post_demand import Posted, post_demand
from credits.models import AllocationStatement, CreditRequirement, Feature
from credits.reading.line_facts import line_facts, lines_with_rates, statements_of_lines, switches_of_features
from credits.rules.billing_model import Switch, billed_pay_as_you_go_on
from credits.rules.line_profile import Allotted, LineFacts, RateFrom, listed_on, units_on
from licensing.access import require_support
from licensing.allowed_units import whole_units
from licensing.errors import in_words
from licensing.models import Company
from licensing.rules.calendar_arithmetic import add_months

LATEST_PLAN_MONTHS = 120
"""How far ahead an allocation may be planned: ten years."""


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

    def latest_act(self, company: Company) -> Act | None:
        """The act that recorded the latest statement, None without any. One statement."""
        statements = AllocationStatement.objects.for_company(company).select_related("act__actor")
        said = statements.filter(pk=self.latest_statement).first()
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


def state_units(
    act: ActInProgress, units: Mapping[CreditRequirement, int], day: date, statements: Mapping[int, list[Allotted]]
) -> None:
    """Add the rows that state `units` from `day`, and take them into `statements` in hand. One statement."""
    rows = added_rows(
        (
            AllocationStatement(feature_id=line.feature_id, line=line, effective_on=day, units=count, **act.stamp())
            for line, count in units.items()
        ),
        known_by=("line_id",),
    )
    for row in rows:
        statements[row.line_id].append(row.said)


def day_to_state(on: date | None, today: date, by: Actor, reason: Reason) -> date:
    day = on or today
    if day < today:
        if not (by.is_support or by.is_machine):
            raise Refused(_("Choose today or a later day. Only support can state a day in the past."), field="on")
        require_support(by, reason=reason)
    if day > add_months(today, LATEST_PLAN_MONTHS):
        raise Refused(_("Choose a day not after %(day)s.") % {"day": in_words(add_months(today, LATEST_PLAN_MONTHS))}, field="on")
    return day


def check_units(held: FeatureInHand, line: CreditRequirement, count: int, day: date) -> None:
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


def post(act: ActInProgress, held: FeatureInHand, lines: list[CreditRequirement], posted: Posted | None = None) -> None:
    post_demand([act], {(act.company.pk, line): held.facts_of(line) for line in lines}, posted)
