"""The tables of the Pay-as-you-go tab as sheets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from console.exports.sheet import Sheet, day, number, text
from credits.pages.pay_as_you_go.features_shown import FeatureShown


def contracts_sheet(contracts: Iterable[Any]) -> Sheet:
    return Sheet(
        "contracts",
        _("Pay-as-you-go contracts"),
        (
            text("contract", _("Contract")),
            text("number", _("Number")),
            text("channel", _("Channel")),
            text("status", _("Status")),
            day("starts_on", _("Start date")),
            day("expires_on", _("Expiration date")),
            day("renewed_on", _("Renewed from")),
        ),
        [
            (each.name, each.number, each.channel, each.status_label, each.starts_on, each.expires_on, each.renewed_on)
            for each in contracts
        ],
    )


def metered_sheet(features: Iterable[FeatureShown]) -> Sheet:
    return Sheet(
        "metered",
        _("Billed pay-as-you-go"),
        (
            text("feature", _("Feature")),
            day("since", _("Since")),
            text("list_price", _("List price")),
            text("per", _("Per")),
            day("next_change_on", _("Next change possible")),
            day("ends_on", _("Returns to annual credits on")),
            text("planned", _("Planned")),
            text("app", _("App")),
        ),
        [
            (
                each.name,
                each.since,
                each.price or None,
                each.per or None,
                each.next_change_on or each.possible_since,
                each.ends_on,
                "; ".join(each.planned) or None,
                each.app_url or None,
            )
            for each in features
        ],
    )


def annual_sheet(features: Iterable[FeatureShown]) -> Sheet:
    """Those that take annual credits, and could be billed pay-as-you-go."""
    return Sheet(
        "annual",
        _("On annual credits, could be pay-as-you-go"),
        (
            text("feature", _("Feature")),
            text("credits_per_unit", _("Credits per unit")),
            text("list_price", _("List price")),
            text("per", _("Per")),
            day("next_change_on", _("Change possible")),
            number("credits", _("Allocated")),
            text("units", _("Units")),
            text("changes_with", _("Changes together with")),
            text("planned", _("Planned")),
        ),
        [
            (
                each.name,
                each.rates or None,
                each.price or None,
                each.per or None,
                each.next_change_on,
                each.credits,
                each.units or None,
                each.along or None,
                "; ".join(each.planned) or None,
            )
            for each in features
        ],
    )
