"""What changed as tables for a file: every entry that makes the difference, and the figures side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from console.exports.sheet import Sheet, day, instant, number, text


def differences_sheet(parts: list[dict[str, Any]], absolute: Callable[[str], str]) -> Sheet:
    """`parts` are those of the page; the changes of the balance add up to its difference: what is allocated takes from it."""
    return Sheet(
        "entries",
        _("What changed"),
        (
            text("part", _("Licenses or features")),
            text("group", _("Group")),
            text("number", _("Number")),
            day("day", _("Day")),
            number("change", _("Change")),
            number("change_of_the_balance", _("Change of the balance")),
            text("why", _("Why")),
            text("cause", _("What makes the difference")),
            text("by", _("Recorded by")),
            instant("recorded_at", _("Recorded")),
            text("address", _("Address")),
        ),
        [
            (
                part["title"],
                group["group"].name,
                group["group"].note or None,
                row["entry"].day,
                row["entry"].change,
                row["entry"].change if part["key"] == "licenses" else -row["entry"].change,
                row["entry"].why,
                row["cause"],
                row["entry"].by,
                row["entry"].recorded_at,
                absolute(group["url"]),
            )
            for part in parts
            for group in part["groups"]
            for row in group["rows"]
        ],
    )


def side_by_side_sheet(figures: list[dict[str, Any]], first: str, second: str) -> Sheet:
    """`first` and `second` are the two states in words."""
    return Sheet(
        "figures",
        _("Side by side"),
        (
            text("figure", _("Credits")),
            text("from", _("From")),
            number("was", _("Then")),
            text("to", _("To")),
            number("now", _("After")),
            number("difference", _("Difference")),
        ),
        [(each["label"], first, each["sides"].was, second, each["sides"].now, each["sides"].difference) for each in figures],
    )
