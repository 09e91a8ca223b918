"""Act: record how many units of lines were in use on which days. It changes no credits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor
from credits.models import CreditRequirement, UnitsInUse
from licensing.access import require
from licensing.allowed_units import whole_units
from licensing.errors import in_words
from licensing.models import Company, Permission

MOST_OBSERVATIONS = 5_000
"""Of one act: a file of a year of daily figures for a dozen lines."""
FIRST_DAY = date(2000, 1, 1)
"""An earlier one is a slip: nothing of ours was in use then."""


@dataclass(frozen=True)
class Observation:
    """`units` of the line with this id were in use on `day`."""

    line: int
    day: date
    units: int


@as_act
def observe(
    company: Company, *, observations: Sequence[Observation], today: date, by: Actor, key: str, source: str = "panel"
) -> int:
    """Record the observations that say something new; how many these are. What is recorded already is not added again.

    A day to come is refused, one before 2000, and two observations of one line and day. `source` is "panel" or "file". Four
    statements.
    """
    require(by, company, Permission.ALLOCATE)
    act = Act.begin(
        "usage.observe",
        scope=company,
        key=key,
        by=by,
        stated={"observations": [[each.line, str(each.day), each.units] for each in observations], "source": source},
    )
    if act.done:
        return int(act.result["recorded"])
    if not observations or len(observations) > MOST_OBSERVATIONS:
        raise Refused(
            _("State how many units are in use: of at least one line, and at most %(most)s at a time.")
            % {"most": f"{MOST_OBSERVATIONS:,}"}
        )
    for each in observations:
        whole_units(each.units, field=f"in_use_{each.line}", least=0)
        if each.day < FIRST_DAY:
            raise Refused(_("Write a day since 2000."), field="observed_on")
        if each.day > today:
            words = _("What is in use on %(day)s is not known yet. Choose today or an earlier day.")
            raise Refused(words % {"day": in_words(each.day)}, field="observed_on")
    if len({(each.line, each.day) for each in observations}) < len(observations):
        raise Refused(_("A line is observed once a day: two of these are of the same day."))
    lines = CreditRequirement.objects.in_bulk({each.line for each in observations})
    if any(each.line not in lines for each in observations):
        raise Refused(_("This is no requirement that the catalogue has. Reload the page and try again."))
    days = {each.day for each in observations}
    known = UnitsInUse.objects.for_company(company).filter(line__in=lines, observed_on__in=days).latest_of_each_day()
    said = {(each.line_id, each.observed_on): each.units for each in known}
    new = [each for each in observations if said.get((each.line, each.day)) != each.units]
    UnitsInUse.objects.bulk_create(
        UnitsInUse(
            feature_id=lines[each.line].feature_id, line_id=each.line, observed_on=each.day, units=each.units, **act.stamp()
        )
        for each in new
    )
    act.finish(recorded=len(new), lines=len({each.line for each in new}), source=source)
    return len(new)
