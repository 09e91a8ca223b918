"""All features as of a day, with their rates and units: allocated, not allocated, or billed pay-as-you-go."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from django.db import connection

from console.vendor.held import vendors_own
from credits.rules.billing_model import Switch, billed_pay_as_you_go_on


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

    @cached_property
    def credits(self) -> int:
        return sum(line.credits for line in self.lines)

    @cached_property
    def units(self) -> int:
        return sum(line.units for line in self.lines)

    @cached_property
    def status(self) -> str:
        """pay-as-you-go, allocated (any line has units, also at rate 0) or not-allocated."""
        if self.pay_as_you_go:
            return "pay-as-you-go"
        return "allocated" if any(line.units for line in self.lines) else "not-allocated"


CATALOGUE = """
SELECT line.id, line.label, line.unit, feature.id, feature.slug, feature.name, feature.description, feature.app_url,
       offering.slug, offering.name, offering.chart_slot,
       (SELECT rate.credits_per_unit FROM credits_creditrate AS rate
         WHERE rate.line_id = line.id AND rate.valid_from <= %(day)s AND rate.credits_per_unit IS NOT NULL
         ORDER BY CASE WHEN rate.recorded_at > %(known_at)s::timestamptz THEN rate.recorded_at END NULLS FIRST,
                  rate.valid_from DESC, rate.id DESC LIMIT 1),
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
    own = vendors_own()
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
                own.address_of_app(slug, app_url),
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
