"""The questions the credits pages ask. Each says what it costs in SQL statements, however much there is to read.

All take the company, the day `on`, and `known_at`: only what was recorded at or before that instant counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from credits.reading.credit_summary import CreditSummary
from credits.reading.features_on_day import FeatureRow, features_on
from credits.reading.line_facts import switches_of_features
from credits.reading.runway.switches_and_next_terms import switches_and_next_terms
from credits.reading.supply_and_demand import Ledger, ledger
from credits.rules.balance_over_days import below_zero_since, points_from, total_on
from credits.rules.billing_model import Switch
from credits.rules.rounded_shares import shares
from credits.rules.runway.forecast import ForecastPoint, forecast, to_be_renewed
from credits.rules.runway.renewals import NextTerm
from credits.rules.runway.runway import Runway
from licensing.models import Company
from licensing.rules.a_year_before import a_year_before


@dataclass(frozen=True)
class LegendRow:
    """An offering with allocated credits; the shares of all rows sum to 100.0."""

    slug: str
    name: str
    slot: int
    features: int
    credits: int
    share: Decimal


@dataclass(frozen=True)
class Plan:
    """`units` of a line from a later `day` on."""

    line_id: int
    feature_id: int
    day: date
    units: int


@dataclass(frozen=True)
class AnnualCredits:
    """Everything the Annual credits tab shows, from one reading of the ledger."""

    on: date
    ledger: Ledger
    features: tuple[FeatureRow, ...]
    plans: tuple[Plan, ...] = ()
    """What is planned after `on` and can be withdrawn, by day."""
    next_terms: tuple[NextTerm, ...] = ()
    """What can be renewed, as far as `annual_credits` reads it, by the day on which it ends."""
    switches: Mapping[int, list[Switch]] = field(default_factory=dict)
    """Feature id -> how it was switched."""

    @property
    def runway(self) -> Runway | None:
        """The first day from the one shown on that is below zero, with its cause; None where there is none."""
        return self.ledger.runway

    def ahead(self, last: date, suppositions: Mapping[int, bool]) -> list[ForecastPoint]:
        """What is known of the days from the one shown to `last`; of licenses, by id, whether they are supposed to be renewed."""
        renewed = to_be_renewed(self.next_terms, suppositions, on=self.on)
        return forecast(self.ledger.supply_by_day, self.ledger.demand_by_day, renewed, on=self.on, last=last)

    @cached_property
    def summary(self) -> CreditSummary:
        ledger = self.ledger
        counted = [step for step in ledger.supply if step.day is None or step.day <= self.on]
        allocated = [feature for feature in self.features if feature.status == "allocated"]
        return CreditSummary(
            on=self.on,
            purchased_credits=sum(step.change for step in counted if not step.converted),
            converted_credits=sum(step.change for step in counted if step.converted),
            allocated_credits=total_on(ledger.demand_by_day, self.on),
            features_allocated=len(allocated),
            offerings_allocated=len({feature.offering_slug for feature in allocated}),
            runway_on=ledger.runway.day if ledger.runway else None,
            below_zero_since=below_zero_since(points_from(ledger.points, a_year_before(self.on))),
        )

    @cached_property
    def legend(self) -> list[LegendRow]:
        """Offerings with allocated credits, the largest first."""
        groups: dict[str, list[FeatureRow]] = defaultdict(list)
        for feature in self.features:
            if feature.credits:
                groups[feature.offering_slug].append(feature)
        ordered = sorted(groups.values(), key=lambda group: (-sum(each.credits for each in group), group[0].slot))
        credits = [sum(each.credits for each in group) for group in ordered]
        return [
            LegendRow(group[0].offering_slug, group[0].offering_name, group[0].slot, len(group), amount, part)
            for group, amount, part in zip(ordered, credits, shares(credits), strict=True)
        ]


def annual_credits(
    company: Company,
    *,
    on: date,
    known_at: datetime | None = None,
    first: date | None = None,
    supposed: Iterable[int] = (),
    every_term: bool = False,
    looks_ahead: bool = True,
) -> AnnualCredits:
    """The whole tab as of a day. Four statements, however many licenses, allocations and features there are.

    Its history reaches back one year, or to `first`. What can be renewed is read of the orders that are to be renewed, of those
    that end with the runway, and of the licenses `supposed`; with `every_term` of all that have something that ends;
    of none where a page does not look ahead.
    """
    read = ledger(company, on=on, known_at=known_at, first=first)
    if looks_ahead:
        orders = _ending_with_runway(read)
        switches, next_terms = switches_and_next_terms(
            company, on=on, orders=orders, licenses=supposed, every=every_term, known_at=known_at
        )
    else:
        switches, next_terms = switches_of_features([company.pk], known_at=known_at), []
    of_features = {feature_id: found for (_company, feature_id), found in switches.items()}
    features = features_on(on, read.line_totals(), of_features, known_at=known_at)
    return AnnualCredits(on, read, features, _plans(read, of_features), tuple(next_terms), of_features)


def _ending_with_runway(read: Ledger) -> set[int]:
    """Ids of the orders of which something ends up to the day of the runway, from the day shown on or since it is below zero."""
    runway = read.runway
    if runway is None:
        return set()
    since = min(runway.since or read.first, read.on)
    return {
        step.order_id
        for step in read.supply
        if step.day is not None and since <= step.day <= runway.day and step.ends and step.change < 0
    }


def _plans(read: Ledger, switches: Mapping[int, list[Switch]]) -> tuple[Plan, ...]:
    """The 0 units that a switch of the billing model stated are part of the switch, and no plan: see `plans_of`."""
    switched = {(feature_id, each.day) for feature_id, found in switches.items() for each in found}
    return tuple(
        Plan(each.line_id, each.feature_id, each.day, each.units)
        for each in read.planned
        if each.units or (each.feature_id, each.day) not in switched
    )


def credit_summary(company: Company, *, on: date, known_at: datetime | None = None) -> CreditSummary:
    """Just the three totals, split into purchased and converted. Two statements."""
    read = ledger(company, on=on, known_at=known_at)
    return AnnualCredits(on, read, ()).summary
