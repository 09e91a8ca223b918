"""Rows of All available features as people read them: what one takes, what is allocated and planned, and what can be done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import uuid4

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.allowed_text import as_shown_alike
from console.names import in_order_of_names
from console.templatetags.formats import rate as written_rate
from credits.reading.annual_credits import Plan
from credits.reading.features_on_day import FeatureRow
from licensing.errors import in_words
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
class PlanShown:
    """ "250 from Jan 15, 2027", and what withdrawing it posts; `key` is empty for who may not."""

    text: str
    line: int
    on: date
    key: str


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
    plans: tuple[PlanShown, ...] = ()

    def mentions(self, text: str, *further: str) -> bool:
        """Whether every word of `text` stands in the name, the description or what is told `further`."""
        words = as_shown_alike(" ".join((self.name, self.description, *further)))
        return all(word in words for word in as_shown_alike(text).split())


def feature_table(
    features: Iterable[FeatureRow],
    plans: Iterable[Plan] = (),
    *,
    may_change: bool,
    address_of: Callable[[FeatureRow], str],
) -> list[FeatureTableRow]:
    """Features in the order of the table: most credits first, then pay-as-you-go, then what is not allocated."""
    ranks = {"allocated": 0, "pay-as-you-go": 1, "not-allocated": 2}
    ordered = sorted(features, key=lambda each: (ranks[each.status], -each.credits, each.slot, in_order_of_names(each.name)))
    planned: dict[int, list[Plan]] = defaultdict(list)
    for plan in plans:
        planned[plan.feature_id].append(plan)
    labels = {status: str(label) for status, label in STATE_LABELS.items()}
    return [_row(feature, planned.get(feature.id, ()), may_change, address_of, labels) for feature in ordered]


def _row(
    feature: FeatureRow,
    plans: Iterable[Plan],
    may_change: bool,
    address_of: Callable[[FeatureRow], str],
    labels: dict[str, str],
) -> FeatureTableRow:
    requirement, unit = requirement_of(feature)
    status = feature.status
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
        status=status,
        status_label=labels[status],
        action=_action(feature, may_change, address_of(feature)),
        plans=tuple(_plan_shown(feature, plan, may_change) for plan in plans),
    )


def _plan_shown(feature: FeatureRow, plan: Plan, may_change: bool) -> PlanShown:
    line = next(each for each in feature.lines if each.id == plan.line_id)
    units = f"{plan.units:,} {line.label}" if line.label and len(feature.lines) > 1 else f"{plan.units:,}"
    return PlanShown(
        text=_("%(units)s from %(day)s") % {"units": units, "day": in_words(plan.day)},
        line=plan.line_id,
        on=plan.day,
        key=str(uuid4()) if may_change else "",
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
