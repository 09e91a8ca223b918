"""Posting demand: bring the entries of lines to what statements, rates and billing models now say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from django.db.models import Sum

from console.models import ActInProgress
from credits.line_facts import line_facts, rates_of_lines, statements_of_lines, switches_of_features
from credits.line_profile import LineFacts
from credits.models import AllocationEntry, AllocationStatement, CreditRequirement
from licensing.license_profile import missing


def post_demand(acts: Iterable[ActInProgress], facts: Mapping[tuple[int, CreditRequirement], LineFacts]) -> list[AllocationEntry]:
    """Post what the entries lack, for any number of companies and lines, keyed (company id, line). Two statements.

    `acts` holds the act of each company named.
    """
    act_of = {act.company.pk: act for act in acts}
    units: dict[tuple[int, int], dict[date, int]] = defaultdict(dict)
    credits: dict[tuple[int, int], dict[date, int]] = defaultdict(dict)
    sums = (
        AllocationEntry.objects.filter(company__in=list(act_of), line__in={line.pk for _, line in facts})
        .order_by()
        .values_list("company", "line", "effective_on")
        .annotate(units=Sum("units_change"), credits=Sum("change"))
    )
    for company_id, line_id, day, posted_units, posted_credits in sums:
        units[company_id, line_id][day] = posted_units
        credits[company_id, line_id][day] = posted_credits
    entries = []
    for (company_id, line), wanted in facts.items():
        wanted_units, wanted_credits = wanted.steps()
        units_missing = missing(wanted_units, units[company_id, line.pk])
        credits_missing = missing(wanted_credits, credits[company_id, line.pk])
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


def companies_that_stated(lines: Iterable[CreditRequirement]) -> list[int]:
    """Ids of the companies that ever stated units of one of these lines. One statement."""
    rows = AllocationStatement.objects.filter(line__in=[line.pk for line in lines])
    return sorted(set(rows.values_list("company", flat=True)))
