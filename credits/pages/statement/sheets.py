"""Statements of account as tables for a file: every movement between opening and closing balance, and the months in a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from django.utils.translation import gettext as _

from console.exports.sheet import Cell, Sheet, day, instant, number, text
from credits.reading.accounts.movement import Movement
from credits.rules.accounts.months import Month, first_of


def movements_sheet(month: Month, movements: Sequence[Movement], last: date) -> Sheet:
    """The changes of the balance add up from the first row to the last: opening, movements, closing. `last` is its last day."""
    return Sheet(
        "movements",
        _("Statement of account"),
        (
            day("day", _("Day")),
            text("movement", _("Movement")),
            text("what", _("What was done")),
            day("holds_from", _("Holds from")),
            text("correction", _("Correction")),
            text("source", _("Source")),
            number("valid", _("Valid")),
            number("allocated", _("Allocated")),
            number("change_of_the_balance", _("Change of the balance")),
            number("balance", _("Balance")),
            text("note", _("Note")),
            text("by", _("Recorded by")),
            instant("recorded_at", _("Recorded")),
        ),
        list(_rows(month, movements, last)),
        file_name=f"statement-{month.first:%Y-%m}",
    )


def _rows(month: Month, movements: Sequence[Movement], last: date) -> Iterator[Sequence[Cell]]:
    opening, closing = month.opening, month.closing
    none = (None, None, None)
    yield (month.first, _("Opening balance"), *none, None, opening.valid, opening.allocated, None, opening.balance, *none)
    balance = opening.balance
    for each in movements:
        balance += each.balance_change
        yield (
            each.stands_on,
            each.name,
            each.did,
            each.day,
            _("Correction") if each.is_correction else None,
            each.source,
            each.valid_change,
            each.allocated_change,
            each.balance_change,
            balance,
            each.note or None,
            each.by,
            each.recorded_at,
        )
    yield (last, _("Closing balance"), *none, None, closing.valid, closing.allocated, None, closing.balance, *none)


def months_sheet(months: Sequence[Month], today: date) -> Sheet:
    """The newest first. The current month says so."""
    return Sheet(
        "months",
        _("Statements of account"),
        (
            day("month", _("Month from")),
            text("so_far", _("So far")),
            number("opening", _("Opening balance")),
            number("added", _("Added")),
            number("ended", _("Ended")),
            number("allocated", _("Allocated")),
            number("released", _("Released")),
            number("closing", _("Closing balance")),
            number("movements", _("Movements")),
        ),
        [
            (
                each.first,
                _("So far") if each.first == first_of(today) else None,
                each.opening.balance,
                each.moved.added,
                each.moved.ended,
                each.moved.allocated,
                each.moved.released,
                each.closing.balance,
                each.moved.number,
            )
            for each in reversed(months)
        ],
    )
