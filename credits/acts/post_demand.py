"""Posting demand: bring the entries of lines to what statements, rates and billing models now say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db import connection
from django.db.models import Sum

from console.models import ActInProgress
from credits.models import AllocationEntry, CreditRequirement
from credits.reading.line_facts import line_facts, rates_of_lines, statements_of_lines, switches_of_features
from credits.reading.totals_on_day import BALANCE_OF_ONE
from credits.rules.balance_over_days import total_on
from credits.rules.line_profile import LineFacts
from credits.rules.second_person import NEVER, WhenAsked
from licensing.rules.changes_to_post import missing


@dataclass
class Posted:
    """What the entries of lines sum to so far: (company id, line id) -> day -> units, and credits."""

    units: dict[tuple[int, int], dict[date, int]] = field(default_factory=lambda: defaultdict(dict))
    credits: dict[tuple[int, int], dict[date, int]] = field(default_factory=lambda: defaultdict(dict))
    rule: WhenAsked = NEVER
    """When a second person confirms, where it was read with them."""

    def credits_on(self, company_id: int, line_ids: Iterable[int], day: date) -> int:
        """What these lines take at the end of a day by their entries: by former rates while a price list is on its way."""
        return sum(total_on(self.credits[company_id, line], day) for line in line_ids)


def posted_entries(company_ids: Iterable[int], line_ids: Iterable[int]) -> Posted:
    """The sums of these lines' entries. One statement."""
    posted = Posted()
    sums = (
        AllocationEntry.objects.filter(company__in=list(company_ids), line__in=set(line_ids))
        .order_by()
        .values_list("company", "line", "effective_on")
        .annotate(units=Sum("units_change"), credits=Sum("change"))
    )
    for company_id, line_id, day, units, credits in sums:
        posted.units[company_id, line_id][day] = units
        posted.credits[company_id, line_id][day] = credits
    return posted


RULE = 0
"""No line has this id: the row tells when a second person confirms, so that the most frequent act does not ask for it."""

POSTED_AND_BALANCE = f"""
SELECT line_id, effective_on, sum(units_change), sum(change) FROM credits_allocationentry
 WHERE company_id = %(company)s AND line_id = ANY(%(lines)s) GROUP BY line_id, effective_on
UNION ALL
SELECT NULL, NULL, NULL, {BALANCE_OF_ONE}
UNION ALL
(SELECT {RULE}, NULL, from_credits, below_zero::integer FROM credits_approvalrule
  WHERE company_id = %(company)s ORDER BY id DESC LIMIT 1)
"""


def posted_entries_and_balance(company_id: int, line_ids: Iterable[int], day: date) -> tuple[Posted, int]:
    """The sums of these lines' entries, with the rule of a second person, and the balance at the end of a day. One statement."""
    posted, balance = Posted(), 0
    with connection.cursor() as cursor:
        cursor.execute(POSTED_AND_BALANCE, {"company": company_id, "lines": list(line_ids), "day": day})
        for line_id, on, units, credits in cursor.fetchall():
            if line_id is None:
                balance = int(credits)
            elif line_id == RULE:
                posted.rule = WhenAsked(None if units is None else int(units), bool(credits))
            else:
                posted.units[company_id, line_id][on] = int(units)
                posted.credits[company_id, line_id][on] = int(credits)
    return posted, balance


def post_demand(
    acts: Iterable[ActInProgress], facts: Mapping[tuple[int, CreditRequirement], LineFacts], posted: Posted | None = None
) -> list[AllocationEntry]:
    """Post what the entries lack, for any number of companies and lines, keyed (company id, line). Two statements.

    `acts` holds the act of each company named; `posted` saves a statement where the caller has read it.
    """
    act_of = {act.company.pk: act for act in acts}
    if posted is None:
        posted = posted_entries(act_of, (line.pk for _, line in facts))
    entries = []
    for (company_id, line), wanted in facts.items():
        wanted_units, wanted_credits = wanted.steps()
        units_missing = missing(wanted_units, posted.units[company_id, line.pk])
        credits_missing = missing(wanted_credits, posted.credits[company_id, line.pk])
        entries += [
            AllocationEntry(
                feature_id=line.feature_id,
                line=line,
                effective_on=day,
                units_change=units_missing.get(day, 0),
                change=credits_missing.get(day, 0),
                **act_of[company_id].stamp(),
            )
            for day in sorted(units_missing.keys() | credits_missing.keys())
        ]
    return AllocationEntry.objects.bulk_create(entries)


def repost_lines(acts: list[ActInProgress], lines: Iterable[CreditRequirement]) -> list[AllocationEntry]:
    """Recompute these lines for every company of `acts` that ever stated units of them. Five statements in all."""
    companies = [act.company.pk for act in acts]
    lines = list(lines)
    by_id = {line.pk: line for line in lines}
    statements = statements_of_lines(companies, by_id)
    rates = rates_of_lines(by_id)
    switches = switches_of_features(companies, {line.feature_id for line in lines})
    facts = {
        (company_id, by_id[line_id]): line_facts(said, rates[line_id], switches[company_id, by_id[line_id].feature_id])
        for (company_id, line_id), said in statements.items()
    }
    return post_demand(acts, facts)
