"""A plan in hand: units of lines from a day on, over features in hand, and the figures that it leads to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from credits.acts.feature_in_hand import FeatureInHand
from credits.models import CreditRequirement
from credits.reading.changes_of_balance import BalanceAndLines
from credits.reading.line_facts import line_facts
from credits.rules.billing_model import billed_pay_as_you_go_on
from credits.rules.line_profile import LineFacts
from credits.rules.planning.figures_of_a_plan import PlanFigures, changes_of_plan, figures_of_plan
from credits.rules.statements_that_stand import Allotted


@dataclass(frozen=True)
class Plan:
    """`units` (line id -> units) from `day` on; `held` are the features in hand, more than those of its lines perhaps."""

    held: Mapping[int, FeatureInHand]
    units: Mapping[int, int]
    day: date

    @property
    def lines(self) -> list[tuple[FeatureInHand, CreditRequirement]]:
        """The lines stated, each with its feature, in the order of the catalogue."""
        return [(each, line) for each in self.held.values() for line in each.rates if line.pk in self.units]

    @property
    def metered(self) -> list[str]:
        """Names of its features that are billed pay-as-you-go on its day, and so take no units."""
        names = {each.feature.name for each, _line in self.lines if billed_pay_as_you_go_on(each.switches, self.day)}
        return sorted(names)

    def after(self, feature: FeatureInHand, line: CreditRequirement) -> LineFacts:
        """What the line's profile is made of once the plan is stated."""
        said = feature.statements[line.pk]
        if line.pk in self.units:
            newest = max((each.id for each in said), default=0) + 1
            said = [*said, Allotted(newest, self.day, self.units[line.pk])]
        return line_facts(said, feature.rates[line], feature.switches)

    def figures(self, balance: BalanceAndLines, *, today: date, days: Iterable[date]) -> PlanFigures:
        """Over the company's balance and what its entries say of the plan's lines, on these days. Free.

        Before the plan counts what is posted, not what the rates say: those differ while a price list is on its way here, and
        the act that states a line posts both differences.
        """
        stated = self.lines
        changes = changes_of_plan(
            (balance.lines[line.pk] for _feature, line in stated), (self.after(feature, line) for feature, line in stated)
        )
        return figures_of_plan(balance.changes, changes, today=today, days=days)
