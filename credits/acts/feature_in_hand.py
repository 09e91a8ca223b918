"""Features in hand, one or several: all that decides what their lines take in a company, what an act states, and posts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from console.errors import Refused
from console.models import Act, ActInProgress, added_rows
from credits.acts.post_demand import Posted, post_demand
from credits.models import AllocationStatement, CreditRequirement, Feature
from credits.reading.line_facts import (
    line_facts,
    lines_with_rates,
    lines_with_rates_of,
    statements_of_lines,
    switches_of_features,
)
from credits.rules.billing_model import Switch
from credits.rules.line_profile import LineFacts
from credits.rules.rate_of_a_line import RateFrom
from credits.rules.statements_that_stand import Allotted, units_on
from licensing.models import Company


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

    def credits_on(self, day: date, lines: Iterable[int] | None = None) -> int:
        """Of its lines, or of those named, by what is stated and the rates."""
        return sum(self.facts_of(line).credits_on(day) for line in self.rates if lines is None or line.pk in lines)

    def facts_of(self, line: CreditRequirement) -> LineFacts:
        """What the line's profile is made of, as it stands in hand."""
        return line_facts(self.statements[line.pk], self.rates[line], self.switches)

    def line(self, pk: int) -> CreditRequirement:
        """The feature's line with this id. Refused for another feature's."""
        found = next((line for line in self.rates if line.pk == pk), None)
        if found is None:
            raise Refused(_("This is not a requirement of the feature. Reload the page and try again."))
        return found


def feature_in_hand(company: Company, feature: Feature, *, known_at: datetime | None = None) -> FeatureInHand:
    """Read a feature's lines with rates, statements and switches. Three statements."""
    return _in_hand(company, feature, lines_with_rates(feature.slug, known_at=known_at), known_at)


def feature_called(company: Company, slug: str, *, known_at: datetime | None = None) -> FeatureInHand | None:
    """The same of the feature with a slug; None where none has it, or it has no line with a rate. Three statements."""
    rates = lines_with_rates(slug, known_at=known_at)
    return _in_hand(company, next(iter(rates)).feature, rates, known_at) if rates else None


def _in_hand(
    company: Company, feature: Feature, rates: dict[CreditRequirement, list[RateFrom]], known_at: datetime | None
) -> FeatureInHand:
    said = statements_of_lines([company.pk], [line.pk for line in rates], known_at=known_at)
    switches = switches_of_features([company.pk], [feature.pk], known_at=known_at)
    return FeatureInHand(
        feature,
        rates,
        {line.pk: said[company.pk, line.pk] for line in rates},
        switches[company.pk, feature.pk],
    )


def features_in_hand(
    company: Company, *, features: Iterable[int] | None = None, lines: Iterable[int] | None = None
) -> dict[int, FeatureInHand]:
    """Feature id -> it in hand, in the order of the catalogue: those named, those that `lines` belong to, else all of them.

    Three statements, however many.
    """
    rates: dict[int, dict[CreditRequirement, list[RateFrom]]] = {}
    for line, found in lines_with_rates_of(features=features, lines=lines).items():
        rates.setdefault(line.feature_id, {})[line] = found
    said = statements_of_lines([company.pk], [line.pk for each in rates.values() for line in each])
    switches = switches_of_features([company.pk], list(rates))
    return {
        feature: FeatureInHand(
            next(iter(each)).feature,
            each,
            {line.pk: said[company.pk, line.pk] for line in each},
            switches[company.pk, feature],
        )
        for feature, each in rates.items()
    }


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


def post(act: ActInProgress, held: FeatureInHand, lines: list[CreditRequirement], posted: Posted | None = None) -> None:
    post_demand([act], {(act.company.pk, line): held.facts_of(line) for line in lines}, posted)
