"""Rows of All available features as people read them, with search and filters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.allowed_text import as_shown_alike
from console.names import in_order_of_names
from console.templatetags.formats import rate as written_rate
from credits.reading.features_on_day import FeatureRow
from licensing.rules.units_in_words import in_units, plural

STATE_LABELS = {
    "allocated": gettext_lazy("Allocated"),
    "not-allocated": gettext_lazy("Not allocated"),
    "pay-as-you-go": gettext_lazy("Pay-as-you-go"),
}
MAX_LINES_IN_WORDS = 3


@dataclass(frozen=True)
class Action:
    """What one can do with a feature; `kind` is set-up, manage, go-to-app or view."""

    label: str
    url: str
    kind: str


@dataclass(frozen=True)
class FeatureTableRow:
    """One row of the table; `credits` is None where credits do not apply."""

    slug: str
    name: str
    description: str
    offering_name: str
    offering_slug: str
    slot: int
    requirement: str
    requirement_unit: str
    credits: int | None
    units_label: str
    status: str
    status_label: str
    action: Action | None

    def mentions(self, text: str) -> bool:
        words = as_shown_alike(f"{self.name} {self.description}")
        return all(word in words for word in as_shown_alike(text).split())


def feature_table(
    features: tuple[FeatureRow, ...], *, may_change: bool, address_of: Callable[[FeatureRow], str]
) -> list[FeatureTableRow]:
    """Features in the order of the table: most credits first, then pay-as-you-go, then what is not allocated."""
    ranks = {"allocated": 0, "pay-as-you-go": 1, "not-allocated": 2}
    ordered = sorted(features, key=lambda each: (ranks[each.status], -each.credits, each.slot, in_order_of_names(each.name)))
    return [_row(feature, may_change, address_of) for feature in ordered]


def _row(feature: FeatureRow, may_change: bool, address_of: Callable[[FeatureRow], str]) -> FeatureTableRow:
    requirement, unit = requirement_of(feature)
    return FeatureTableRow(
        slug=feature.slug,
        name=feature.name,
        description=feature.description,
        offering_name=feature.offering_name,
        offering_slug=feature.offering_slug,
        slot=feature.slot,
        requirement=requirement,
        requirement_unit=unit,
        credits=None if feature.pay_as_you_go else feature.credits,
        units_label=units_in_words(feature),
        status=feature.status,
        status_label=str(STATE_LABELS[feature.status]),
        action=_action(feature, may_change, address_of(feature)),
    )


def _action(feature: FeatureRow, may_change: bool, url: str) -> Action | None:
    if feature.pay_as_you_go:
        return Action(_("Go to app"), feature.app_url, "go-to-app") if feature.app_url else None
    if feature.status == "allocated":
        return Action(_("Manage allocation"), url, "manage") if may_change else Action(_("View"), url, "view")
    return Action(_("Set up allocation"), url, "set-up") if may_change else None


def requirement_of(feature: FeatureRow) -> tuple[str, str]:
    """What a unit takes, and the unit: ("20 to 50", "per device"); list prices while billed pay-as-you-go."""
    if feature.pay_as_you_go and feature.prices:
        prices = sorted(each.price for each in feature.prices if each.price is not None)
        if prices:
            currency = feature.prices[0].currency
            units = {each.unit for each in feature.prices}
            unit = _("per %(unit)s, list price") % {"unit": units.pop()} if len(units) == 1 else _("list prices")
            return f"{currency} {_range(prices)}", unit
    rates = sorted(line.rate for line in feature.lines if line.rate is not None)
    if not rates:
        return _("No price"), ""
    units = {line.unit for line in feature.lines}
    unit = _("per %(unit)s") % {"unit": units.pop()} if len(units) == 1 else _("per unit")
    if rates[-1] == 0:
        return _("Free"), unit
    return _range(rates), unit


def _range(values: list[Decimal]) -> str:
    low, high = written_rate(values[0]), written_rate(values[-1])
    return low if low == high else _("%(low)s to %(high)s") % {"low": low, "high": high}


def units_in_words(feature: FeatureRow) -> str:
    """ "860 deployments"; "950 and 320 user accounts" where a feature's lines share a unit."""
    counted = [line for line in feature.lines if line.units]
    if not counted:
        return ""
    if len({line.unit for line in counted}) > 1:
        return ", ".join(in_units(line.units, line.unit) for line in counted)
    unit = counted[0].unit
    if len(counted) == 1:
        return in_units(counted[0].units, unit)
    if len(counted) > MAX_LINES_IN_WORDS:
        return in_units(sum(line.units for line in counted), unit)
    numbers = [f"{line.units:,}" for line in counted]
    return _("%(first)s and %(last)s %(unit)s") % {
        "first": ", ".join(numbers[:-1]),
        "last": numbers[-1],
        "unit": plural(unit),
    }


def narrowed(rows: list[FeatureTableRow], *, q: str, offering: str, state: str) -> list[FeatureTableRow]:
    """The rows that mention every word of `q` and are of the offering and state, where one is named."""
    return [
        row
        for row in rows
        if (not q or row.mentions(q)) and (not offering or row.offering_slug == offering) and (not state or row.status == state)
    ]


def states_with_counts(rows: list[FeatureTableRow], *, state: str, url_of: Callable[[str], str]) -> list[dict[str, Any]]:
    """The state filter: all, and each state with its number of rows."""
    found = [{"value": "", "label": _("All"), "count": len(rows), "url": url_of(""), "active": not state}]
    for value, label in STATE_LABELS.items():
        count = sum(row.status == value for row in rows)
        found.append({"value": value, "label": label, "count": count, "url": url_of(value), "active": state == value})
    return found
