"""The questions the credits pages ask. Each says what it costs in SQL statements, however much there is to read.

All take the company, the day `on`, and `known_at`: only what was recorded at or before that instant counts.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from django.db import connection

from credits.reading.line_facts import switches_of_features
from credits.reading.supply_and_demand import Ledger, ledger
from credits.rules.balance_over_days import below_zero_on, below_zero_since, total_on
from credits.rules.billing_model import Switch, billed_pay_as_you_go_on
from credits.rules.rounded_shares import share, shares
from licensing.models import Company


@dataclass(frozen=True)
class CreditSummary:
    """The summary of a day. Shares are percentages, None where the whole is 0."""

    on: date
    purchased_credits: int
    converted_credits: int
    allocated_credits: int
    features_allocated: int = 0
    offerings_allocated: int = 0
    runway_on: date | None = None
    below_zero_since: date | None = None

    @property
    def total_valid_credits(self) -> int:
        return self.purchased_credits + self.converted_credits

    @property
    def current_balance(self) -> int:
        return self.total_valid_credits - self.allocated_credits

    @property
    def shortfall(self) -> int:
        """Credits that bring a balance below zero back to it."""
        return max(0, -self.current_balance)

    @property
    def allocated_share_of_valid(self) -> Decimal | None:
        return share(self.allocated_credits, self.total_valid_credits)

    @property
    def runway_days(self) -> int | None:
        """Days from the day shown until more is allocated than valid, as contracted and planned; None if never."""
        return None if self.runway_on is None else (self.runway_on - self.on).days


@dataclass(frozen=True)
class LineRow:
    """A requirement line on a day: its rate then, and what is allocated to it."""

    id: int
    label: str
    unit: str
    rate: Decimal | None
    units: int = 0
    credits: int = 0


@dataclass(frozen=True)
class Price:
    unit: str
    price: Decimal | None
    currency: str
    note: str


@dataclass(frozen=True)
class FeatureRow:
    """A feature on a day, with its lines and how it is billed then."""

    id: int
    slug: str
    name: str
    description: str
    app_url: str
    offering_slug: str
    offering_name: str
    slot: int
    lines: tuple[LineRow, ...]
    prices: tuple[Price, ...]
    pay_as_you_go: bool = False

    @property
    def credits(self) -> int:
        return sum(line.credits for line in self.lines)

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)

    @property
    def status(self) -> str:
        """pay-as-you-go, allocated (any line has units, also at rate 0) or not-allocated."""
        if self.pay_as_you_go:
            return "pay-as-you-go"
        return "allocated" if any(line.units for line in self.lines) else "not-allocated"


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
class AnnualCredits:
    """Everything the Annual credits tab shows, from one reading of the ledger."""

    on: date
    ledger: Ledger
    features: tuple[FeatureRow, ...]

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
            runway_on=below_zero_on(ledger.supply_by_day, ledger.demand_by_day, first=self.on),
            below_zero_since=below_zero_since(ledger.points),
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


CATALOGUE = """
SELECT line.id, line.label, line.unit, feature.id, feature.slug, feature.name, feature.description, feature.app_url,
       offering.slug, offering.name, offering.chart_slot,
       (SELECT rate.credits_per_unit FROM credits_creditrate AS rate
         WHERE rate.line_id = line.id AND rate.valid_from <= %(day)s AND rate.credits_per_unit IS NOT NULL
           AND (%(known_at)s::timestamptz IS NULL OR rate.recorded_at <= %(known_at)s)
         ORDER BY rate.valid_from DESC, rate.id DESC LIMIT 1),
       CASE WHEN feature.switchable THEN ARRAY(
           SELECT DISTINCT ON (price.unit) json_build_array(price.unit, price.price::text, price.currency, price.note)::text
             FROM credits_payasyougoprice AS price
            WHERE price.feature_id = feature.id AND price.valid_from <= %(day)s
              AND (%(known_at)s::timestamptz IS NULL OR price.recorded_at <= %(known_at)s)
            ORDER BY price.unit, price.valid_from DESC, price.id DESC
       ) END
  FROM credits_feature AS feature
  JOIN credits_offering AS offering ON offering.id = feature.offering_id
  LEFT JOIN credits_creditrequirement AS line ON line.feature_id = feature.id
 ORDER BY offering.chart_slot, feature.name, feature.id, line.position, line.id
"""


@dataclass
class _Reading:
    row: tuple
    lines: list[LineRow] = field(default_factory=list)


def features_on(
    day: date,
    totals: dict[int, tuple[int, int]],
    switches: dict[int, list[Switch]],
    *,
    known_at: datetime | None = None,
) -> tuple[FeatureRow, ...]:
    """All features of the catalogue as of a day, in the order of their offerings. One statement.

    `totals` is line id -> (units, credits), `switches` feature id -> how it was switched.
    """
    readings: dict[int, _Reading] = {}
    with connection.cursor() as cursor:
        cursor.execute(CATALOGUE, {"day": day, "known_at": known_at})
        for row in cursor.fetchall():
            reading = readings.setdefault(row[3], _Reading(row))
            if row[0] is not None:
                reading.lines.append(LineRow(row[0], row[1], row[2], row[11], *totals.get(row[0], (0, 0))))
    features = []
    for feature_id, reading in readings.items():
        _line, _label, _unit, _id, slug, name, description, app_url, offering_slug, offering, slot, _rate, prices = reading.row
        found = [json.loads(each) for each in prices or []]
        features.append(
            FeatureRow(
                feature_id,
                slug,
                name,
                description,
                app_url,
                offering_slug,
                offering,
                slot,
                tuple(reading.lines),
                tuple(
                    Price(unit, Decimal(price) if price is not None else None, currency, note)
                    for unit, price, currency, note in found
                ),
                billed_pay_as_you_go_on(switches.get(feature_id, []), day),
            )
        )
    return tuple(features)


def annual_credits(company: Company, *, on: date, known_at: datetime | None = None) -> AnnualCredits:
    """The whole tab as of a day. Four statements, however many licenses, allocations and features there are."""
    read = ledger(company, on=on, known_at=known_at)
    switches = switches_of_features([company.pk], known_at=known_at)
    features = features_on(
        on,
        read.line_totals(),
        {feature_id: found for (_company, feature_id), found in switches.items()},
        known_at=known_at,
    )
    return AnnualCredits(on, read, features)


def credit_summary(company: Company, *, on: date, known_at: datetime | None = None) -> CreditSummary:
    """Just the three totals, split into purchased and converted. Two statements."""
    read = ledger(company, on=on, known_at=known_at)
    return AnnualCredits(on, read, ()).summary
