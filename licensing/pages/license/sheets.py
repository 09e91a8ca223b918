"""What the page of a license lists, as sheets: the record of changes, what it does to the credits, and the terms of a receipt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from console.exports.sheet import Sheet, day, decimal, instant, number, text


def statements_sheet(statements: Iterable[dict[str, Any]]) -> Sheet:
    """The note is what the customer may read, as on the page."""
    return Sheet(
        "statements",
        _("Record of changes"),
        (
            day("holds_from", _("Holds from")),
            text("statement", _("Statement")),
            text("said", _("What it says")),
            instant("recorded_at", _("Recorded")),
            text("by", _("By")),
            text("note", _("Note")),
        ),
        [
            (each["day"], str(each["kind_label"]), each["text"] or None, each["recorded_at"], each["by"], each["note"] or None)
            for each in statements
        ],
    )


def entries_sheet(entries: Iterable[dict[str, Any]]) -> Sheet:
    return Sheet(
        "entries",
        _("What it does to the credits"),
        (
            day("day", _("Day")),
            text("entry", _("Entry")),
            number("change", _("Change")),
            number("credits_after", _("Credits of this license after")),
        ),
        [(each["day"], each["text"], each["change"], each["balance_after"]) for each in entries],
    )


def terms_sheet(terms: Iterable[Any]) -> Sheet:
    """The conversions before and after beside that of the receipt; no change where there is none to compare."""
    return Sheet(
        "receipt",
        _("At renewal: the old beside the new"),
        (
            text("term", _("Term")),
            text("when", _("When")),
            number("units", _("Units")),
            text("unit", _("Unit")),
            decimal("credits_per_unit", _("Credits per unit")),
            number("credits", _("Credits")),
            number("change", _("Change")),
        ),
        [(each.label, each.note, each.number, each.unit, each.rate, each.credits, each.change) for each in terms],
    )
