"""Reading what would keep the balance at zero or above: what could be renewed or released, and how long it lasts then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credits.reading.annual_credits import AnnualCredits
from credits.reading.line_facts import line_facts, rates_of_lines, statements_of_lines
from credits.rules.runway.advice import Releasing, Renewing, fewest_to_renew, may_be_renewed, releasing, renewing
from licensing.models import Company


@dataclass(frozen=True)
class Advice:
    """`renew` and `release` are the least that helps, None where nothing ends or is allocated; `each` renews one alone."""

    renew: Renewing | None
    release: Releasing | None
    each: tuple[Renewing, ...]


NONE = Advice(None, None, ())


def renewals_that_help(tab: AnnualCredits) -> Advice:
    """What renewing would bring, of the licenses that end with the runway. Reads nothing anew."""
    runway = tab.runway
    if runway is None:
        return NONE
    supply, demand = tab.ledger.supply_by_day, tab.ledger.demand_by_day
    since = min(runway.since or tab.ledger.first, tab.on)
    terms = may_be_renewed(tab.next_terms, runway, since=since)
    return Advice(
        fewest_to_renew(terms, runway, supply, demand, on=tab.on),
        None,
        tuple(renewing([term], runway, supply, demand, on=tab.on) for term in terms),
    )


def advice_on(company: Company, tab: AnnualCredits, *, known_at: datetime | None = None) -> Advice:
    """That, and what could be released. Two statements where something is short, else none."""
    found, runway = renewals_that_help(tab), tab.runway
    if runway is None:
        return found
    features = {line.id: feature.id for feature in tab.features for line in feature.lines}
    lines = sorted({step.line_id for step in tab.ledger.demand})
    said = statements_of_lines([company.pk], lines, known_at=known_at)
    rates = rates_of_lines(lines, known_at=known_at)
    facts = {
        line: line_facts(said[company.pk, line], rates[line], tab.switches.get(features[line], []))
        for line in lines
        if line in features
    }
    release = releasing(facts, runway, tab.ledger.supply_by_day, tab.ledger.demand_by_day, on=tab.on)
    return Advice(found.renew, release, found.each)
