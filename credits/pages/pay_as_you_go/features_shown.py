"""The features that can be switched, as people read them on the tab and in the window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from console.templatetags.formats import rate as written_rate
from credits.pages.annual_credits.feature_rows import units_in_words
from credits.pages.solutions.cheaper_from import PER_HOUR
from credits.reading.billing.switchable_features import SwitchableFeature
from credits.reading.features_on_day import FeatureRow
from licensing.errors import in_words


@dataclass(frozen=True)
class FeatureShown:
    """`price` and `per` are its list prices ("USD 3.15", "per GB of data"); `along` names those that change with it.

    `prices` are all of them in words, `notes` what is said of how use is counted, each once.
    `next_change_on` is None while it may be switched now; `possible_since` says since when, where it was switched before.
    """

    id: int
    slug: str
    name: str
    slot: int
    app_url: str
    pay_as_you_go: bool
    since: date | None
    ends_on: date | None
    price: str
    per: str
    prices: tuple[str, ...]
    notes: tuple[str, ...]
    rates: str
    units: str
    credits: int
    along: str
    next_change_on: date | None
    possible_since: date | None
    planned: tuple[str, ...]


def features_shown(features: list[SwitchableFeature], on: date) -> list[FeatureShown]:
    names: dict[str, list[SwitchableFeature]] = {}
    for each in features:
        if each.group:
            names.setdefault(each.group, []).append(each)
    return [_shown(each, [other for other in names.get(each.group, []) if other is not each], on) for each in features]


def _shown(feature: SwitchableFeature, along: Iterable[SwitchableFeature], on: date) -> FeatureShown:
    row = feature.row
    price, per = list_price(row)
    rates = sorted(line.rate for line in row.lines if line.rate is not None)
    later = feature.next_change_on is not None and feature.next_change_on > on
    return FeatureShown(
        id=row.id,
        slug=row.slug,
        name=row.name,
        slot=row.slot,
        app_url=row.app_url,
        pay_as_you_go=row.pay_as_you_go,
        since=feature.since,
        ends_on=feature.ends_on,
        price=price,
        per=per,
        prices=tuple(
            _("%(price)s per %(unit)s") % {"price": f"{each.currency} {written_rate(each.price)}", "unit": each.unit}
            for each in row.prices
            if each.price is not None
        ),
        notes=tuple(dict.fromkeys(each.note for each in row.prices if each.note)),
        rates=_from_to([written_rate(each) for each in rates]),
        units=units_in_words(row),
        credits=row.credits,
        along=get_text_list([each.row.name for each in along], _("and")),
        next_change_on=feature.next_change_on if later else None,
        possible_since=None if later else feature.next_change_on,
        planned=tuple(
            (_("Pay-as-you-go from %(day)s") if switch.contract else _("Annual credits from %(day)s"))
            % {"day": in_words(switch.day)}
            for switch in feature.planned
        ),
    )


def list_price(row: FeatureRow) -> tuple[str, str]:
    """("USD 0.011 to 0.047", "per hour, by what is used"); both empty without any price."""
    listed = sorted(((each.price, each) for each in row.prices if each.price is not None), key=lambda each: each[0])
    if not listed:
        return "", ""
    units = {each.unit for _price, each in listed}
    amount = f"{listed[0][1].currency} {_from_to([written_rate(price) for price, _row in listed])}"
    if len(units) == 1:
        return amount, _("per %(unit)s") % {"unit": units.pop()}
    return amount, _("per hour, by what is used") if all(PER_HOUR in unit for unit in units) else _("by what is used")


def _from_to(values: list[str]) -> str:
    if not values:
        return ""
    return values[0] if values[0] == values[-1] else _("%(low)s to %(high)s") % {"low": values[0], "high": values[-1]}
