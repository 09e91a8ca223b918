"""Requests as a sheet: the open ones and those that were decided."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from console.exports.sheet import Sheet, day, instant, number, text
from credits.pages.requests.rows import RequestShown


def requests_sheet(found: Iterable[RequestShown]) -> Sheet:
    """What it would do is empty for what is decided: that is in the books, or never will be."""
    return Sheet(
        "requests",
        _("Requests"),
        (
            text("features", _("Features")),
            text("units", _("Units")),
            text("lowered_to", _("Lowered to")),
            day("from", _("From")),
            text("by", _("Asked for by")),
            instant("asked_at", _("Asked")),
            text("words", _("What for")),
            text("state", _("State")),
            number("change", _("Credits")),
            number("balance", _("Balance after")),
        ),
        [
            (
                each.name,
                each.units,
                each.lowered_to or None,
                each.held.request.effective_on,
                each.by,
                each.asked_at,
                each.words or None,
                each.state,
                *((each.change, each.balance) if each.held.closed_by is None else (None, None)),
            )
            for each in found
        ],
    )
