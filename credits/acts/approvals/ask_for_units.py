"""Act: ask for units: who may not allocate, and who may where a second person has to confirm."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Conflict, Refused
from console.models import Act, Actor
from credits.acts.days_that_may_be_stated import day_to_state
from credits.acts.feature_in_hand import features_in_hand
from credits.acts.planning.apply_scenario import day_of_scenario
from credits.acts.planning.set_many import MOST_LINES, line_in_hand
from credits.acts.units_that_may_be_stated import check_units
from credits.models import Scenario, UnitsRequest
from licensing.access import require
from licensing.models import Company, Membership, Permission

MOST_OPEN = 20
"""So many requests of one person may be open at once."""
LONGEST_WORDS = 500


@as_act
def ask_for_units(
    company: Company,
    *,
    units: Mapping[int, int],
    today: date,
    by: Actor,
    key: str,
    on: date | None = None,
    words: str = "",
    scenario: str = "",
) -> UnitsRequest:
    """Ask for `units` (line id -> units) from `on`, else from the day of the approval. It changes no figure.

    `words` say what for; who may not allocate has to say it. `scenario` is the name of the one that it comes from. Refused
    beside `units_<line id>`, `on` or `note`.
    """
    act = Act.begin(
        "request.ask",
        scope=company,
        key=key,
        by=by,
        note=words,
        stated={"units": {str(line): count for line, count in units.items()}, "on": on, "words": words},
    )
    requests = UnitsRequest.objects.for_company(company)
    if act.done:
        return requests.get(pk=act.result["request"])
    require(by, company, Permission.SEE)
    membership = Membership.objects.filter(user=by.user, company=company).first()
    allocates = membership is not None and Permission.ALLOCATE.allowed_to(membership.roles)
    if len(words) > LONGEST_WORDS:
        raise Refused(_("Use at most %(most)s characters.") % {"most": LONGEST_WORDS}, field="note")
    if not (allocates or words.strip()):
        raise Refused(_("Say what the units are for: whoever decides reads it."), field="note")
    day = day_to_state(on, today, by, "")
    features = _require_something_new(company, units, day)
    if requests.open().filter(act__actor=by.user).count() >= MOST_OPEN:
        raise Refused(
            _("At most %(most)s of your requests can be open. Withdraw one first, or wait for an answer.") % {"most": MOST_OPEN}
        )
    asked = UnitsRequest.objects.create(
        kind=UnitsRequest.Kind.CONFIRMATION if allocates else UnitsRequest.Kind.ASKED,
        effective_on=day if day != today else None,
        units={str(line): count for line, count in units.items()},
        scenario=scenario,
        **act.stamp(),
    )
    act.finish(request=asked.pk, features=features, made_on=today)
    return asked


def ask_for_scenario(company: Company, *, scenario: int, today: date, by: Actor, key: str) -> UnitsRequest:
    """Ask for what a scenario says as it stands, whatever becomes of it later. Conflict where somebody dropped it."""
    found = Scenario.objects.for_company(company).filter(pk=scenario).first()
    if found is None:
        raise Conflict(_("Somebody dropped this scenario meanwhile. Nothing was written."))
    day = day_of_scenario(found, today)
    return ask_for_units(company, units=found.units_of_lines, today=today, on=day, by=by, key=key, scenario=found.name)


def _require_something_new(company: Company, units: Mapping[int, int], day: date) -> list[str]:
    """Units that may be stated, of which some are others than hold on the day. The names of the features. Three statements."""
    if len(units) > MOST_LINES:
        raise Refused(_("At most %(most)s lines are changed together.") % {"most": f"{MOST_LINES:,}"})
    held = features_in_hand(company, lines=units)
    changes = False
    for line_id, count in units.items():
        feature, line = line_in_hand(held, line_id)
        check_units(feature, line, count, day)
        changes = changes or feature.units_on(day)[line_id] != count
    if not changes:
        raise Refused(_("Nothing changes: these units hold on that day already."))
    return [each.feature.name for each in held.values()]
