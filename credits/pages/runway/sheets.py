"""The tables of the runway for a file: what causes it, what would help, and the terms that end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from console.exports.sheet import Sheet, day, number, text
from credits.pages.runway.advice_in_words import AdviceRow
from credits.pages.runway.causes_in_words import CauseRow


def causes_sheet(causes: Sequence[CauseRow]) -> Sheet:
    """No row where there is no end in sight."""
    return Sheet(
        "causes",
        _("What causes it"),
        (
            text("name", _("License or feature")),
            text("what", _("What happens")),
            number("change", _("Change of the balance")),
        ),
        [(each.name, each.what, each.change) for each in causes],
    )


def advice_sheet(advice: Sequence[AdviceRow]) -> Sheet:
    """A row for each license or feature of an advice."""
    return Sheet(
        "advice",
        _("What would help"),
        (
            number("advice", _("Advice")),
            text("what", _("What to do")),
            text("with", _("With what")),
            text("worth", _("What of it")),
            number("short", _("Still short")),
            day("until", _("Then it lasts until")),
        ),
        [
            (place, each.what, name, what, each.short, None if each.short else each.until)
            for place, each in enumerate(advice, 1)
            for name, _url, what in each.parts
        ],
    )


def terms_sheet(terms: Sequence[dict[str, Any]]) -> Sheet:
    """Every license that ends and could be renewed, with what is supposed of it."""
    return Sheet(
        "terms",
        _("Suppose"),
        (
            text("license", _("License")),
            day("ends_on", _("Ends")),
            number("credits", _("Credits if renewed")),
            text("renewal", _("Renewal")),
        ),
        [
            (
                each["name"],
                each["ends_on"],
                each["credits"],
                next((choice["label"] for choice in each["choices"] if choice["selected"]), None),
            )
            for each in terms
        ],
    )
