"""The overview of an estimate, and the solutions, as sheets: for spreadsheets, and for the mail to sales."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from console.exports.sheet import Cell, Sheet, decimal, number, text
from credits.pages.solutions.worked_out import WorkedOut


def overview(found: WorkedOut) -> Sheet:
    """A row per line, then the sums, which stand in the column of the credits."""
    rows: list[tuple[Cell, ...]] = [
        (
            each.feature.offering_name,
            each.feature.name,
            each.line.label or None,
            each.line.unit,
            each.units,
            each.line.rate,
            each.credits,
        )
        for each in found.lines
    ]
    estimate = found.estimate
    sums = [(_("Credits for one year"), estimate.total)]
    if found.asked.from_today:
        sums += [(_("Allocated already"), -estimate.allocated), (_("Required"), estimate.required)]
    if found.asked.purchase:
        sums += [(_("Current balance"), estimate.balance), (_("Recommended purchase"), estimate.recommended_purchase)]
    rows += [(label, None, None, None, None, None, credits) for label, credits in sums]
    return Sheet(
        "estimate",
        _("Estimate"),
        (
            text("solution", _("Solution")),
            text("feature", _("Feature")),
            text("tier", _("Tier")),
            text("unit", _("Unit")),
            number("units", _("Units")),
            decimal("credits_per_unit", _("Credits per unit")),
            number("credits", _("Credits")),
        ),
        rows,
    )


def solutions_sheet(groups: Iterable[dict[str, Any]]) -> Sheet:
    """The features of each solution that is shown, with what a unit takes."""
    return Sheet(
        "solutions",
        _("All available solutions"),
        (
            text("solution", _("Solution")),
            text("about_solution", _("Description of the solution")),
            text("feature", _("Feature")),
            text("description", _("Description")),
            text("requires", _("Credits per unit")),
            text("app", _("App")),
        ),
        [
            (
                group["name"],
                group["description"] or None,
                each["feature"].name,
                each["feature"].description or None,
                each["requires"],
                each["feature"].app_url or None,
            )
            for group in groups
            for each in group["features"]
        ],
    )
