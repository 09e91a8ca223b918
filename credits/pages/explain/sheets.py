"""An explanation as a table for a file: a row for each entry, step and share, as on the page, and last the figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from console.exports.sheet import Cell, Sheet, day, decimal, instant, number, text
from credits.reading.explanations.explanation import Entry, Explanation, Group

Links = Callable[[Entry], tuple[str, str]]
"""An entry -> the addresses of what it stands on, and of where its rate comes from; empty without one."""


def explanation_sheet(found: Explanation, groups: Sequence[Group], links: Links, *, by_day: bool) -> Sheet:
    """The changes of a sum add up to the figure, which has a column of its own: no plain sum counts anything twice.

    `groups` are those of the page; `by_day` says that before and after are those of the whole figure, as there.
    """
    amount = decimal if any(isinstance(group.total, Decimal) for group in found.groups) else number
    columns = (
        text("row", _("Row")),
        text("group", _("Group")),
        text("number", _("Number")),
        day("day", _("Day")),
        amount("change", _("Change")),
        amount("before", _("Before")),
        amount("after", _("After")),
        text("why", _("Why")),
        text("by", _("Recorded by")),
        instant("recorded_at", _("Recorded")),
        number("units", _("Units")),
        decimal("rate", _("Rate")),
        day("rate_valid_from", _("Rate valid from")),
        text("rate_source", _("Source of the rate")),
        text("address", _("Address")),
        text("address_of_rate", _("Address of the rate")),
        decimal("value", _("Value of the step")),
        decimal("cut_down", _("Cut down")),
        decimal("remainder", _("Remainder")),
        decimal("share", _("Share in percent")),
        decimal("figure", _("Figure")),
    )
    names = [column.name for column in columns]
    rows = [tuple(cells.get(name) for name in names) for cells in _rows(found, groups, links, by_day)]
    return Sheet("explanation", found.title, columns, rows, file_name=found.figure.replace(".", "-"))


def _rows(found: Explanation, groups: Sequence[Group], links: Links, by_day: bool) -> Iterator[dict[str, Cell]]:
    for step in found.steps:
        what: dict[str, Any] = {"day": step.value} if isinstance(step.value, date) else {"value": step.value}
        yield {"row": _("Step"), "group": step.label, "why": step.how or None, **what}
    for share in found.shares:
        yield {
            "row": _("Share"),
            "group": share.name,
            "value": share.credits,
            "cut_down": share.down,
            "remainder": share.remainder,
            "share": share.share,
        }
    for group in groups:
        for entry in group.entries:
            stands, priced = links(entry)
            yield {
                "row": _("Entry"),
                "group": group.name,
                "number": group.note or None,
                "day": entry.day,
                "change": entry.change,
                "before": entry.before if by_day else entry.group_before,
                "after": entry.after if by_day else entry.group_after,
                "why": entry.why,
                "by": entry.by or None,
                "recorded_at": entry.recorded_at,
                "units": entry.units,
                "rate": entry.rate,
                "rate_valid_from": entry.rate_from,
                "rate_source": entry.rate_source or None,
                "address": stands or None,
                "address_of_rate": priced or None,
            }
    yield {"row": _("Figure"), "group": found.title, "day": found.on, "why": found.sentence, "figure": found.value}
