"""The price list as of a day: what each feature requires, what each product converts into, and the list prices in money.

Of one thing and one day the rate recorded last holds; as known at an instant, of those recorded by then. Nothing here belongs to
a company.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from console.names import in_order_of_names
from credits.models import CreditRate, CreditRequirement, Feature, PayAsYouGoPrice
from licensing.models import ConversionRate, Product, Rate


@dataclass(frozen=True)
class RateOfDay:
    """A rate as of a day: since when it holds, where it was published, and what is known to follow.

    `rate` is None where nothing was listed yet; `ended_on` is the day from which the thing is no longer listed, if it has come.
    """

    rate: Decimal | None = None
    valid_from: date | None = None
    source: str = ""
    ended_on: date | None = None
    ends_on: date | None = None
    next_rate: Decimal | None = None
    next_from: date | None = None


@dataclass(frozen=True)
class LineOfDay:
    slug: str
    label: str
    unit: str
    rate: RateOfDay


@dataclass(frozen=True)
class PriceOfDay:
    """A list price of one unit in money."""

    unit: str
    price: Decimal
    currency: str
    valid_from: date
    note: str
    source: str


@dataclass(frozen=True)
class FeatureRequires:
    """A feature with what its lines take, and its list prices where it can be billed pay-as-you-go."""

    slug: str
    name: str
    description: str
    help_text: str
    offering_slug: str
    offering_name: str
    slot: int
    switchable: bool
    lines: tuple[LineOfDay, ...]
    prices: tuple[PriceOfDay, ...]


@dataclass(frozen=True)
class ProductConverts:
    """A product with what a unit of it is worth; `pays_for` names the feature and line its seats pay for, if there is one."""

    sku: str
    name: str
    kind: str
    kind_label: str
    unit: str
    rate: RateOfDay
    pays_for: str
    pays_for_line: str


def requirements_on(day: date, known_at: datetime | None = None) -> list[FeatureRequires]:
    """Every feature of the catalogue, those of one offering together, by name. Four statements."""
    rates = _by_owner(_by_then(CreditRate.objects.order_by("recorded_at", "id"), known_at), "line_id", *RATE, "valid_to")
    lines = _by_owner(CreditRequirement.objects.order_by("position", "id"), "feature_id", "id", "slug", "label", "unit")
    listed = PayAsYouGoPrice.objects.filter(valid_from__lte=day).order_by("valid_from", "recorded_at", "id")
    prices = _by_owner(_by_then(listed, known_at), "feature_id", "unit", "price", "currency", "valid_from", "note", "source")
    features = Feature.objects.values_list(
        "id", "slug", "name", "description", "help_text", "switchable", "offering__slug", "offering__name", "offering__chart_slot"
    )
    found = [
        FeatureRequires(
            slug=slug,
            name=name,
            description=description,
            help_text=help_text,
            offering_slug=offering_slug,
            offering_name=offering_name,
            slot=slot,
            switchable=switchable,
            lines=tuple(LineOfDay(line.slug, line.label, line.unit, rate_of_day(rates[line.id], day)) for line in lines[pk]),
            prices=_prices(prices[pk]) if switchable else (),
        )
        for pk, slug, name, description, help_text, switchable, offering_slug, offering_name, slot in features
    ]
    return sorted(found, key=lambda each: (each.slot, in_order_of_names(each.name), each.slug))


RATE = ("valid_from", "credits_per_unit", "source")


def _by_then(rows: QuerySet[Any], known_at: datetime | None) -> QuerySet[Any]:
    return rows if known_at is None else rows.filter(recorded_at__lte=known_at)


def _by_owner(rows: QuerySet[Any], owner: str, *fields: str) -> dict[int, list[Any]]:
    """The owner's id -> its rows, with these fields alone: objects of the models take twice as long. One statement."""
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows.values_list(owner, *fields, named=True):
        found[row[0]].append(row)
    return found


def conversions_on(day: date, known_at: datetime | None = None) -> list[ProductConverts]:
    """Every product: credits first, then seats by name, then contracts. Two statements."""
    rates = _by_owner(_by_then(ConversionRate.objects.order_by("recorded_at", "id"), known_at), "product_id", *RATE)
    kinds = list(Product.Kind)
    found = []
    for each in Product.objects.select_related("seat_use__line__feature"):
        use = getattr(each, "seat_use", None)
        found.append(
            ProductConverts(
                sku=each.sku,
                name=each.name,
                kind=each.kind,
                kind_label=each.get_kind_display(),
                unit=each.unit,
                rate=rate_of_day(rates[each.pk], day),
                pays_for=use.line.feature.name if use else "",
                pays_for_line=use.line.label if use else "",
            )
        )
    return sorted(found, key=lambda each: (kinds.index(Product.Kind(each.kind)), in_order_of_names(each.name), each.sku))


def rate_of_day(rates: Iterable[Rate], day: date) -> RateOfDay:
    """What holds on `day`; `rates` are those of one thing, in the order they were recorded. Free."""
    by_day = {each.valid_from: each for each in rates}
    begun = [by_day[each] for each in sorted(by_day) if each <= day]
    ahead = [by_day[each] for each in sorted(by_day) if each > day]
    following = next((each for each in ahead if each.credits_per_unit is not None), None)
    ends_on = ahead[0].valid_from if ahead and ahead[0].credits_per_unit is None else None
    ended_on = None
    if begun:
        until: date | None = getattr(begun[-1], "valid_to", None)
        if begun[-1].credits_per_unit is None:
            ended_on = begun[-1].valid_from
        elif until is not None and until <= day:
            ended_on = until
        elif until is not None and (following is None or until < following.valid_from):
            ends_on = until
    # A line that is no longer listed keeps its last rate, for what is allocated already.
    held = next((each for each in reversed(begun) if each.credits_per_unit is not None), None)
    return RateOfDay(
        rate=held.credits_per_unit if held else None,
        valid_from=held.valid_from if held else None,
        source=held.source if held else "",
        ended_on=ended_on,
        ends_on=ends_on,
        next_rate=following.credits_per_unit if following else None,
        next_from=following.valid_from if following else None,
    )


def _prices(prices: Iterable[PayAsYouGoPrice]) -> tuple[PriceOfDay, ...]:
    by_unit = {each.unit: each for each in prices}
    listed = [each for each in by_unit.values() if each.price is not None]
    return tuple(
        PriceOfDay(each.unit, each.price, each.currency, each.valid_from, each.note, each.source)
        for each in sorted(listed, key=lambda each: (each.currency, each.price, each.unit))
        if each.price is not None
    )
