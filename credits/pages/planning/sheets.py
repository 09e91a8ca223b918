"""Scenarios as sheets: those that are kept, and one beside today and another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from console.exports.sheet import Cell, Sheet, day, instant, number, text


def scenarios_sheet(shown: Iterable[Any]) -> Sheet:
    """`holds_from` is empty where a scenario takes effect on the day it is applied."""
    return Sheet(
        "scenarios",
        _("Scenarios"),
        (
            text("scenario", _("Scenario")),
            day("holds_from", _("Takes effect")),
            number("lines", _("Lines")),
            number("change", _("Change")),
            number("balance", _("Balance then")),
            instant("kept_at", _("Kept")),
            text("by", _("By")),
        ),
        [
            (
                each.scenario.name,
                each.day if each.scenario.holds_from == each.day else None,
                each.lines,
                each.change,
                each.balance,
                each.scenario.kept_at,
                each.by,
            )
            for each in shown
        ],
    )


def comparison_sheet(shown: list[Any], rows: Iterable[dict[str, Any]], balances: Iterable[tuple[str, list[int]]]) -> Sheet:
    """Units and credits of each line today and with each scenario; then the balances, which stand in the columns of credits."""
    columns = [text("feature", _("Feature")), text("tier", _("Tier")), text("unit", _("Unit"))]
    columns += [number("units_today", _("Units today")), number("credits_today", _("Credits today"))]
    for place, each in enumerate(shown, 1):
        name = {"name": each.scenario.name}
        columns.append(number(f"units_{place}", _("Units, %(name)s") % name))
        columns.append(number(f"credits_{place}", _("Credits, %(name)s") % name))
    cells: list[tuple[Cell, ...]] = []
    for row in rows:
        planned = [value for cell in row["cells"] for value in (cell["units"], cell["credits"])]
        cells.append((row["name"], row["label"] or None, row["unit"], row["now"], row["now_credits"], *planned))
    for label, (now, *others) in balances:
        with_each = [value for other in others for value in (None, other)]
        cells.append((label, None, None, None, now, *with_each))
    return Sheet("comparison", _("Comparison"), tuple(columns), cells)
