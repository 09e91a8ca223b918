"""Act: apply a scenario: what it says is set as one act, and gives the figures that were previewed, or nothing at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Conflict
from console.models import Act, Actor
from credits.acts.planning.set_many import ManySet, carry_out
from credits.models import Scenario
from credits.rules.planning.figures_of_a_plan import PlanFigures
from licensing.access import require
from licensing.models import Company, Permission


def day_of_scenario(scenario: Scenario, today: date) -> date:
    """From when it holds if it is applied today: its own day, or today once that has come."""
    return max(scenario.holds_from or today, today)


@as_act
def apply_scenario(
    company: Company,
    *,
    scenario: int,
    today: date,
    by: Actor,
    key: str,
    seen: Mapping[int, int] | None = None,
    shown: PlanFigures | None = None,
    below_zero_confirmed: bool = False,
) -> ManySet:
    """Set what the scenario says of all its lines, from its day or from today. The scenario stays.

    `seen` and `shown` are what its page showed: see `set_many`, whose refusals are these too. Conflict where somebody dropped it.
    Twelve statements.
    """
    require(by, company, Permission.ALLOCATE)
    act = Act.begin("scenario.apply", scope=company, key=key, by=by, stated={"scenario": scenario})
    if act.done:
        return ManySet.of(act)
    found = Scenario.objects.for_company(company).filter(pk=scenario).first()
    if found is None:
        raise Conflict(_("Somebody dropped this scenario meanwhile. Nothing was written."))
    return carry_out(
        act,
        found.units_of_lines,
        day=day_of_scenario(found, today),
        today=today,
        seen=seen,
        shown=shown,
        confirmed=below_zero_confirmed,
        scenario=found.name,
    )
