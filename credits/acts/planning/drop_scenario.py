"""Act: drop a scenario. Its row goes; everything else is as it was."""

from __future__ import annotations

from console.company_in_hand import as_act
from console.models import Act, Actor
from credits.models import Scenario
from licensing.access import require
from licensing.models import Company, Permission


@as_act
def drop_scenario(company: Company, *, scenario: int, by: Actor, key: str) -> str:
    """Drop the company's scenario with this id, and say its name; "" where somebody dropped it before. Five statements."""
    require(by, company, Permission.ALLOCATE)
    act = Act.begin("scenario.drop", scope=company, key=key, by=by, stated={"scenario": scenario})
    if act.done:
        return str(act.result["name"])
    kept = Scenario.objects.for_company(company).filter(pk=scenario)
    name = kept.values_list("name", flat=True).first() or ""
    kept.delete()
    act.finish(scenario=scenario, name=name)
    return name
