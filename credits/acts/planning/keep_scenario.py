"""Act: keep a plan with a name, for everybody in the company to look at. It changes no figure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor
from credits.acts.days_that_may_be_stated import day_to_state
from credits.acts.planning.set_many import MOST_LINES
from credits.models import CreditRequirement, Scenario
from licensing.access import require
from licensing.allowed_units import whole_units
from licensing.models import Company, Permission

MOST_SCENARIOS = 50
LONGEST_NAME = 80


@as_act
def keep_scenario(
    company: Company,
    *,
    name: str,
    units: Mapping[int, int],
    today: date,
    by: Actor,
    key: str,
    on: date | None = None,
) -> Scenario | None:
    """Keep `units` (line id -> units) from `on`, or from the day on which they will be applied, under a name of its own.

    None where it was kept with this key before and has been dropped since. Refused beside `name`, `on` or `units_<line id>`.
    """
    require(by, company, Permission.ALLOCATE)
    name = " ".join(name.split())
    act = Act.begin(
        "scenario.keep",
        scope=company,
        key=key,
        by=by,
        stated={"name": name, "units": {str(line): count for line, count in units.items()}, "on": on},
    )
    kept = Scenario.objects.for_company(company)
    if act.done:
        return kept.filter(pk=act.result["scenario"]).first()
    if not name or len(name) > LONGEST_NAME:
        raise Refused(_("Give the scenario a name of at most %(most)s characters.") % {"most": LONGEST_NAME}, field="name")
    if not units or len(units) > MOST_LINES:
        raise Refused(_("Nothing has changed. Change the units of a feature first."))
    for line, count in units.items():
        whole_units(count, field=f"units_{line}", least=0)
    if CreditRequirement.objects.filter(pk__in=units).count() != len(units):
        raise Refused(_("This is no requirement that the catalogue has. Reload the page and try again."))
    names = list(kept.values_list("name", flat=True))
    if name in names:
        raise Refused(_("A scenario has this name already. Choose another name, or drop that one first."), field="name")
    if len(names) >= MOST_SCENARIOS:
        raise Refused(_("At most %(most)s scenarios are kept. Drop one first.") % {"most": MOST_SCENARIOS}, field="name")
    scenario = Scenario.objects.create(
        company=company,
        name=name,
        holds_from=day_to_state(on, today, by, "") if on and on != today else None,
        units={str(line): count for line, count in units.items()},
        act_id=act.id,
        kept_at=act.recorded_at,
    )
    act.finish(scenario=scenario.pk, name=name)
    return scenario
