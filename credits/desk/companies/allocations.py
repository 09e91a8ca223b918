"""What is allocated, planned and kept as scenarios, with who said it last and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from credits.models import AllocationStatement, Scenario
from credits.pages.annual_credits.feature_rows import units_in_words
from credits.reading.annual_credits import annual_credits
from credits.reading.features_on_day import FeatureRow
from licensing.rules.units_in_words import in_units

MOST_SCENARIOS = 25


@dataclass(frozen=True)
class AllocatedFeature:
    """A feature that takes credits or is billed pay-as-you-go, and the latest statement about it."""

    feature: FeatureRow
    units: str
    last: AllocationStatement | None


def allocations_shown(asked: Any) -> dict[str, Any]:
    """Six statements, however many there are."""
    company, known_at = asked.company, asked.as_of.known_at
    tab = annual_credits(company, on=asked.on, known_at=known_at, looks_ahead=False)
    said = AllocationStatement.objects.for_company(company).known_at(known_at).select_related("act__actor")
    last = {each.feature_id: each for each in said.order_by("feature_id", "-recorded_at", "-id").distinct("feature_id")}
    shown = [each for each in tab.features if each.credits or each.pay_as_you_go or any(line.units for line in each.lines)]
    shown.sort(key=lambda each: (-each.credits, each.name))
    lines = {line.id: (each, line) for each in tab.features for line in each.lines}
    plans = []
    for plan in tab.plans:
        feature, line = lines[plan.line_id]
        plans.append({"day": plan.day, "feature": feature.name, "label": line.label, "units": in_units(plan.units, line.unit)})
    scenarios = Scenario.objects.for_company(company).select_related("act__actor").order_by("-kept_at", "-pk")
    return {
        "features": [AllocatedFeature(each, units_in_words(each), last.get(each.id)) for each in shown],
        "allocated": tab.summary.allocated_credits,
        "plans": plans,
        "scenarios": scenarios[:MOST_SCENARIOS],
    }
