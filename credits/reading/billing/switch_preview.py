"""What switching features would do, before it is confirmed: computed from the same facts as the act, without a lock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from credits.acts.billing_model.switch_billing_model import plans_from, require_switches_possible
from credits.acts.billing_model.switch_several_features import facts_of_features, seen_of
from credits.models import CreditRequirement, Feature
from credits.reading.supply_and_demand import Ledger, ledger
from credits.rules.balance_over_days import below_zero_on, total_on
from licensing.models import Company


@dataclass(frozen=True)
class Released:
    """A line with units on the day of the switch: they end."""

    line: CreditRequirement
    units: int
    credits: int


@dataclass(frozen=True)
class PlanThatGoes:
    line: CreditRequirement
    day: date
    units: int


@dataclass(frozen=True)
class SwitchOfFeature:
    """One feature of the review; `along` says that it comes along with another."""

    feature: Feature
    model: str
    along: bool
    released: tuple[Released, ...]
    plans: tuple[PlanThatGoes, ...]


@dataclass(frozen=True)
class SwitchPreview:
    """Balance and runway before and after, of the day of the switch; `seen` is what the act compares."""

    on: date
    features: tuple[SwitchOfFeature, ...]
    balance_before: int
    balance_after: int
    runway_before: date | None
    runway_after: date | None
    seen: str

    @property
    def credits(self) -> int:
        return self.balance_after - self.balance_before


def switch_preview(company: Company, models: Mapping[Feature, str], *, on: date, today: date) -> SwitchPreview:
    """Raises Refused as the act would. Ten statements at most, however many features there are."""
    wanted, _contract = require_switches_possible(company, models, on, today)
    facts = facts_of_features(company, wanted)
    read = ledger(company, on=today)
    demand = _without(read, {line.pk for line in facts})
    for each in facts.values():
        steps = {day: change for day, change in each.steps()[1].items() if day < on}
        for day, change in (*steps.items(), (on, -sum(steps.values()))):  # from the day on the line takes nothing
            demand[day] += change
    before, after = (total_on(read.supply_by_day, on) - total_on(each, on) for each in (read.demand_by_day, demand))
    return SwitchPreview(
        on=on,
        features=tuple(
            SwitchOfFeature(
                feature=feature,
                model=model,
                along=feature not in models,
                released=tuple(
                    Released(line, each.units_on(on), each.credits_on(on))
                    for line, each in facts.items()
                    if line.feature_id == feature.pk and each.units_on(on)
                ),
                plans=tuple(
                    PlanThatGoes(line, plan.day, plan.units or 0)
                    for line, each in facts.items()
                    if line.feature_id == feature.pk
                    for plan in plans_from(each.statements, each.switches, on, today)
                ),
            )
            for feature, model in wanted.items()
        ),
        balance_before=before,
        balance_after=after,
        runway_before=below_zero_on(read.supply_by_day, read.demand_by_day, first=today),
        runway_after=below_zero_on(read.supply_by_day, demand, first=today),
        seen=seen_of(facts),
    )


def _without(read: Ledger, lines: set[int]) -> dict[date, int]:
    """Day -> change of what is allocated, these lines left out."""
    changes: dict[date, int] = defaultdict(int)
    for step in read.demand:
        if step.line_id not in lines:
            changes[step.day or read.first] += step.change
    return changes
