"""The price list as sheets: rates as numbers, with the days from which they hold."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from console.exports.sheet import Cell, Column, Sheet, day, decimal, text
from credits.reading.price_list_on_day import FeatureRequires, ProductConverts, RateOfDay


def requirements_sheet(features: Iterable[FeatureRequires]) -> Sheet:
    """A row per line; one without a rate for a feature that requires nothing yet."""
    rows: list[tuple[Cell, ...]] = []
    for each in features:
        lines = [(line.label or None, line.unit, *_rate(line.rate)) for line in each.lines]
        rows += [(each.offering_name, each.name, *line) for line in lines or [(None, None, *_rate(RateOfDay()))]]
    columns = (text("offering", _("Offering")), text("feature", _("Feature")), text("tier", _("Tier")), text("unit", _("Unit")))
    return Sheet("requirements", _("Credit requirements"), (*columns, *_of_a_rate()), rows)


def list_prices_sheet(features: Iterable[FeatureRequires]) -> Sheet:
    return Sheet(
        "list-prices",
        _("Pay-as-you-go list prices"),
        (
            text("feature", _("Feature")),
            text("unit", _("Unit")),
            decimal("price", _("List price")),
            text("currency", _("Currency")),
            day("valid_from", _("Valid from")),
            text("note", _("Note")),
            text("source", _("Source")),
        ),
        [
            (each.name, price.unit, price.price, price.currency, price.valid_from, price.note or None, price.source or None)
            for each in features
            for price in each.prices
        ],
    )


def conversions_sheet(products: Iterable[ProductConverts]) -> Sheet:
    return Sheet(
        "conversions",
        _("Conversions"),
        (
            text("product", _("Product")),
            text("sku", _("SKU")),
            text("kind", _("Kind")),
            text("unit", _("Unit")),
            *_of_a_rate(),
            text("pays_for", _("Pays for")),
            text("pays_for_tier", _("Tier")),
        ),
        [
            (
                each.name,
                each.sku,
                each.kind_label,
                each.unit,
                *_rate(each.rate),
                each.pays_for or None,
                each.pays_for_line or None,
            )
            for each in products
        ],
    )


def _of_a_rate() -> tuple[Column, ...]:
    return (
        decimal("credits_per_unit", _("Credits per unit")),
        day("valid_from", _("Valid from")),
        decimal("next_credits_per_unit", _("Next credits per unit")),
        day("next_from", _("Next from")),
        day("ends_on", _("Listed until")),
        text("source", _("Source")),
    )


def _rate(rate: RateOfDay) -> tuple[Cell, ...]:
    return rate.rate, rate.valid_from, rate.next_rate, rate.next_from, rate.ended_on or rate.ends_on, rate.source or None
