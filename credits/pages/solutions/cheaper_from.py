"""The column “Cheaper from” in words: from how much use in a year credits cost less than pay-as-you-go at its list prices."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.templatetags.formats import rate
from credits.reading.features_on_day import FeatureRow
from credits.rules.estimate.break_even import cheaper_from, cheaper_from_day
from licensing.rules.units_in_words import in_units

PER_HOUR = " per hour"
"""What the unit of a list price says where use is counted in hours; a note may follow."""


@dataclass(frozen=True)
class Cheaper:
    """`words` say the use, empty as long as no price of a credit is known; `price` the list price, `unit` what it is for."""

    words: str
    price: str
    unit: str


def cheaper(feature: FeatureRow, place: int, price_of_a_credit: Decimal | None) -> tuple[Cheaper, ...] | None:
    """For the feature's line at this place: by its only list price, or by the lowest and the highest of several.

    None where the feature has none. Of a feature with tiers, list prices are for the unit of the first: others have none.
    """
    by_price = {each.price: each for each in feature.prices if each.price}
    if not by_price or place:
        return None
    credits_per_unit = feature.lines[place].rate
    found = []
    for price in sorted({min(by_price), max(by_price)}, reverse=True):
        listed = by_price[price]
        hourly = PER_HOUR in listed.unit
        words = ""
        if price_of_a_credit is not None and credits_per_unit is not None:
            if hourly:
                words = _days(cheaper_from_day(credits_per_unit, price_of_a_credit, price))
            else:
                words = in_units(cheaper_from(credits_per_unit, price_of_a_credit, price) or 0, listed.unit)
        per = "h" if hourly else listed.unit
        found.append(Cheaper(words, f"{listed.currency} {rate(price)}/{per}", listed.unit))
    return tuple(found)


def _days(days: int | None) -> str:
    if days is None:
        return _("Not within a year")
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}


def currency_of(features: tuple[FeatureRow, ...]) -> str:
    """The currency of the list prices, in which the price of a credit is asked for."""
    return next((each.currency for feature in features for each in feature.prices), "USD")
