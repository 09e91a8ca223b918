"""Allocations from lines: the statements that `set_allocation` records, with the entries by which the lines then differ.

A line states the units of a requirement in all. Where licenses keep their use, units are allocated already: a file that does
not say that it counts them is refused, so that nothing counts twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credits.acts.days_that_may_be_stated import LATEST_PLAN_MONTHS
from credits.acts.post_demand import post_demand
from credits.models import AllocationStatement, CreditRequirement, KeptUnits
from credits.reading.line_facts import line_facts, rates_of_lines, statements_of_lines, switches_of_features
from credits.rules.billing_model import billed_pay_as_you_go_on
from credits.rules.rate_of_a_line import listed_on
from credits.rules.statements_that_stand import units_on
from licensing.errors import TooFarAhead, in_words
from licensing.imports.kind import Column, Kind, Line, Slice, companies_named
from licensing.rules.calendar_arithmetic import add_months

COLUMNS = (
    Column("company", gettext_lazy("Business ID of the company."), "HRB 20441", needed=True),
    Column("feature", gettext_lazy("The feature's name in addresses, such as endpoint-sensor."), "endpoint-sensor", needed=True),
    Column("tier", gettext_lazy("The name in addresses of the requirement, where the feature has several."), ""),
    Column("units", gettext_lazy("Its units in all from that day on, a whole number without separators."), "60", needed=True),
    Column("from_day", gettext_lazy("The day from which they hold: 2026-01-01."), "2026-01-01", needed=True),
    Column(
        "includes_kept_use",
        gettext_lazy(
            "Where licenses keep their use, units are allocated already: yes says that units counts them too. Else such a "
            "line is refused."
        ),
        "",
    ),
)

LINES = """
SELECT found, (said ->> 'line')::bigint, (said ->> 'units')::bigint, (said ->> 'day')::date
  FROM licensing_importline WHERE run_id = %(run)s AND found = ANY(%(companies)s) ORDER BY found, line
"""


def read(lines: Sequence[Line]) -> None:
    """Eight statements, however many lines."""
    companies = {each.pk: each.today for each in companies_named(lines, timezone.now()).values()}
    by_slug: dict[str, list[CreditRequirement]] = defaultdict(list)
    for each in CreditRequirement.objects.select_related("feature"):
        by_slug[each.feature.slug].append(each)
    asked = {line.number: found for line in lines if (found := _read_one(line, by_slug, companies))}
    requirements = {each.pk: each for each in asked.values()}
    features = {each.feature_id for each in requirements.values()}
    rates = rates_of_lines(requirements)
    said = statements_of_lines(companies, requirements)
    switches = switches_of_features(companies, features) if companies and features else {}
    ours = {"act__name": "import.rows", "act__result__kind": "allocations"}
    known = AllocationStatement.objects.filter(company__in=companies, line__in=requirements, **ours)
    imported = set(known.values_list("company", "line", "effective_on", "units"))
    sums = KeptUnits.objects.filter(company__in=companies, line__in=requirements).order_by().values_list("company", "line")
    kept = {(company, pk): units for company, pk, units in sums.annotate(units=Sum("units_change"))}
    for line in lines:
        found = asked.get(line.number)
        if found is None or line.said is None or line.company is None:
            continue
        day, units = date.fromisoformat(line.said["day"]), line.said["units"]
        stated = said[line.company, found.pk]
        now = units_on(stated, day)
        if (line.company, found.pk, day, units) in imported:
            line.said = None
        elif billed_pay_as_you_go_on(switches.get((line.company, found.feature_id), []), day):
            line.wrong(
                "from_day", _("The feature is billed pay-as-you-go on %(day)s and takes no units.") % {"day": in_words(day)}
            )
        elif units > now and not listed_on(rates[found.pk], day):
            line.wrong("from_day", _("The price list does not offer this on %(day)s.") % {"day": in_words(day)})
        elif kept.get((line.company, found.pk), 0) > 0 and not line.said["includes"]:
            line.wrong(
                "units",
                _(
                    "Licenses keep %(units)s units of this in use: they are allocated already. Where these units count them too, "
                    "write yes in includes_kept_use; else leave the line out."
                )
                % {"units": f"{kept[line.company, found.pk]:,}"},
            )


def _read_one(line: Line, by_slug: dict[str, list[CreditRequirement]], today: dict[int, date]) -> CreditRequirement | None:
    line.text("company", most=60, needed=True)
    feature, tier = line.text("feature", most=60, needed=True), line.text("tier", most=60)
    units = line.whole("units", least=0, needed=True)
    day = line.day("from_day", needed=True)
    includes = line.choice("includes_kept_use")
    found = [each for each in by_slug.get(feature, []) if not tier or each.slug == tier]
    if feature and feature not in by_slug:
        line.wrong("feature", _("The catalogue has no feature “%(value)s”.") % {"value": feature})
    elif feature and len(found) != 1:
        names = ", ".join(each.slug for each in by_slug[feature])
        line.wrong("tier", _("Write one of: %(names)s.") % {"names": names})
    if day and line.company and day > (latest := add_months(today[line.company], LATEST_PLAN_MONTHS)):
        line.wrong("from_day", str(TooFarAhead(latest)))
    if line.faults or day is None:
        return None
    line.key = f"{line.company}:{found[0].pk}:{day}"
    line.said = {"line": found[0].pk, "units": units, "day": day.isoformat(), "includes": includes}
    return found[0]


def write(slice: Slice) -> None:
    """Seven statements, and one more for each five thousand lines."""
    with connection.cursor() as cursor:
        cursor.execute(LINES, slice.arrays())
        rows = cursor.fetchall()
    acts = {each.company.pk: each for each in slice.acts}
    lines = CreditRequirement.objects.select_related("feature").in_bulk({line for _company, line, _units, _day in rows})
    AllocationStatement.objects.bulk_create(
        [
            AllocationStatement(
                feature_id=lines[line].feature_id, line_id=line, effective_on=day, units=units, **acts[company].stamp()
            )
            for company, line, units, day in rows
        ],
        batch_size=5_000,
    )
    said = statements_of_lines(acts, lines)
    rates = rates_of_lines(lines)
    switches: dict[tuple[int, int], list[Any]] = switches_of_features(acts, {each.feature_id for each in lines.values()})
    facts = {
        (company, lines[line]): line_facts(said[company, line], rates[line], switches.get((company, lines[line].feature_id), []))
        for company, line, _units, _day in rows
    }
    post_demand(slice.acts, facts)


ALLOCATIONS = Kind(
    name="allocations",
    label=gettext_lazy("Allocations"),
    columns=COLUMNS,
    read=read,
    write=write,
    once=("from_day", gettext_lazy("Line %(other)s states this for the same day, too.")),
)
