"""What the forms of planning mode and of a scenario carry, for tests that send them to every address."""

from __future__ import annotations

from datetime import date

from credits.acts.feature_in_hand import features_in_hand
from credits.acts.planning.plan_in_hand import Plan
from credits.models import Scenario
from credits.pages.planning.form import digest_of_plan
from credits.reading.changes_of_balance import balance_and_lines
from licensing.models import Company
from tests.factories import TODAY, new_key


def planning_forms(company: Company, scenario: Scenario, *, today: date = TODAY) -> dict[str, dict[str, str]]:
    """Address -> a form that plans what the scenario says, with its figures looked at."""
    units = scenario.units_of_lines
    plan = Plan(features_in_hand(company, lines=units), units, today)
    figures = plan.figures(balance_and_lines(company, units), today=today, days=[today]).written()
    seen = {f"seen_{pk}": str(each.latest_statement) for pk, each in plan.held.items()}
    typed = {f"units_{line}": str(count) for line, count in units.items()}
    was = {f"was_{line}": str(count + 1) for line, count in units.items()}
    looked_at = {"figures": figures, "figures_of": digest_of_plan(units, today), "on": str(today)}
    form = {**typed, **was, **seen, **looked_at, "confirm": "on", "key": new_key()}
    return {
        "credits:plan": form,
        "credits:preview-plan": form,
        "credits:keep-scenario": {**form, "name": "Another winter", "key": new_key()},
        "credits:apply-scenario": {**seen, "figures": figures, "confirm": "on", "key": new_key()},
        "credits:drop-scenario": {"key": new_key()},
    }
