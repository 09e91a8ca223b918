"""Act: drop a scenario. Its row goes; everything else is as it was."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import DomainError
from console.models import Act, Actor
from credits.models import Scenario
from licensing.access import require
from licensing.models import Company, Permission


class NoSuchScenario(DomainError):
    """Never one of this company."""

    status = 404


@as_act
def drop_scenario(company: Company, *, scenario: int, by: Actor, key: str) -> str:
    """Drop the company's scenario with this id, and say its name; "" where somebody dropped it before. Five statements.

    Raises NoSuchScenario for an id that the company never had.
    """
    require(by, company, Permission.ALLOCATE)
    act = Act.begin("scenario.drop", scope=company, key=key, by=by, stated={"scenario": scenario})
    if act.done:
        return str(act.result["name"])
    kept = Scenario.objects.for_company(company).filter(pk=scenario)
    name = kept.values_list("name", flat=True).first() or ""
    if not name and not Act.objects.for_company(company).filter(name=act.name, result__scenario=scenario).exists():
        raise NoSuchScenario(_("There is no such scenario."))
    kept.delete()
    act.finish(scenario=scenario, name=name)
    return name
