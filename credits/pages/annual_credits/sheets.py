"""The tables of Annual credits as sheets: what its template shows, row by row."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from console.exports.sheet import Sheet, day, decimal, number, text


def features_sheet(context: dict[str, Any]) -> Sheet:
    """The features that the filters leave, in the groups of the screen; no credits where a feature is metered."""
    return Sheet(
        "features",
        _("All available features"),
        (
            text("offering", _("Offering")),
            text("feature", _("Feature")),
            text("units", _("Units")),
            text("requirement", _("Credit requirement")),
            text("per", _("Per")),
            number("credits", _("Allocated")),
            text("status", _("Status")),
            text("planned", _("Planned")),
        ),
        [
            (
                row.offering_name,
                row.name,
                row.units_label or None,
                row.requirement,
                row.requirement_unit or None,
                row.credits,
                row.status_label,
                "; ".join(each.text for each in row.plans) or None,
            )
            for group in context["groups"]
            for row in group["rows"]
        ],
    )


def history_sheet(context: dict[str, Any]) -> Sheet:
    """The credit history by day: what happened, and both totals at the end of the day; the range is that of the screen."""
    return Sheet(
        "history",
        _("Credit history"),
        (
            day("day", _("From")),
            text("events", _("Event")),
            number("valid", _("Total valid")),
            number("valid_if_renewed", _("Total valid if renewed")),
            number("allocated", _("Allocated")),
            number("balance", _("Balance")),
        ),
        [
            (
                row.day,
                "; ".join(each.text for each in row.events) or _("No change"),
                row.valid,
                row.renewed,
                row.allocated,
                row.balance,
            )
            for row in context["history"]["rows"]
        ],
    )


def offerings_sheet(context: dict[str, Any]) -> Sheet:
    return Sheet(
        "offerings",
        _("Allocated credits by offering"),
        (
            text("offering", _("Offering")),
            number("features", _("Features")),
            number("credits", _("Credits")),
            decimal("share", _("Share in percent")),
        ),
        [(each.name, each.features, each.credits, each.share) for each in context["legend"]],
    )
