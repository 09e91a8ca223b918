"""The second reckoning by itself: what it says of terms, worked out by hand. No database."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from tests import brute_force as model
from tests.worlds import Book, Deed, in_the_model

Said = tuple[str, str, dict[str, Any]]
"""The day on which it is recorded, the deed, and what it says."""


def day(text: str) -> date:
    """5 Jan, of the year 2026."""
    number, month = text.split()
    return date(2026, ["Jan", "Feb", "Mar", "Apr", "May"].index(month) + 1, int(number))


def lived(*deeds: Said) -> Book:
    """100 credits for a month, activated on 10 January, and then the deeds about it."""
    book = Book.at_the_beginning()
    book.products["SEATS"].rates.append(model.DatedRate(date(2020, 1, 1), Fraction(3, 2)))
    for recorded, name, says in [("10 Jan", "activate", BOUGHT), *deeds]:
        said = {**DEFAULTS.get(name, {}), **({} if name == "activate" else {"order": "A"}), **says}
        days = {each: day(value) for each, value in said.items() if each in ("on", "starts_on", "expires_on") and value}
        book = in_the_model(book, Deed(name, day(recorded), {**said, **days}))
    return book


BOUGHT = {
    "order": "A",
    "company": 0,
    "product": "CREDITS",
    "channel": "direct",
    "units": 100,
    "months": 1,
    "term_starts_on": None,
    "term_ends_on": None,
    "trial": False,
    "goodwill": False,
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "renew": {"starts_on": None, "months": None, "trial": None},
    "correct": {"license": 0, "units": None, "starts_on": None, "expires_on": None, "on": None},
    **{name: {"on": None} for name in ("top up", "reduce", "set units", "cancel", "undo", "suspend", "reinstate", "plan change")},
}
RENEW: Said = ("12 Jan", "renew", {})

FIGURES: dict[str, tuple[list[Said], dict[str, int]]] = {
    "a change of plan reaches the renewal, which is no second one": (
        [RENEW, ("14 Jan", "plan change", {"product": "SEATS"})],
        {"13 Jan": 100, "14 Jan": 150, "9 Feb": 150, "10 Feb": 150, "9 Mar": 150, "10 Mar": 0},
    ),
    "units of a term not begun are judged on its first day": (
        [
            RENEW,
            ("12 Jan", "correct", {"license": 1, "units": 1000, "on": "10 Feb"}),
            ("14 Jan", "set units", {"units": 1486}),
        ],
        {"13 Jan": 100, "14 Jan": 1486, "10 Feb": 1486},
    ),
    "a reduction reaches a term not begun whose units were corrected": (
        [RENEW, ("12 Jan", "correct", {"license": 1, "units": 1000, "on": "10 Feb"}), ("14 Jan", "reduce", {"units": 40})],
        {"14 Jan": 40, "9 Feb": 40, "10 Feb": 40},
    ),
    "a correction without a day holds for every day": (
        [RENEW, ("14 Jan", "reduce", {"units": 40}), ("15 Jan", "correct", {"license": 1, "units": 77})],
        {"14 Jan": 40, "9 Feb": 40, "10 Feb": 77, "9 Mar": 77},
    ),
    "a top-up of a day before the cancellation adds nothing to a renewal that never was": (
        [RENEW, ("20 Jan", "cancel", {}), ("22 Jan", "top up", {"units": 5, "on": "19 Jan"})],
        {"18 Jan": 100, "19 Jan": 105, "20 Jan": 0, "10 Feb": 0},
    ),
    "a renewal cancelled on the day of the event, but not on its first, gets its top-up": (
        [
            RENEW,
            ("14 Jan", "cancel", {}),
            ("20 Jan", "undo", {}),
            ("22 Jan", "top up", {"units": 5, "on": "12 Jan"}),
        ],
        {"13 Jan": 105, "14 Jan": 0, "20 Jan": 105, "10 Feb": 105},
    ),
    "a reduction caps what was recorded meanwhile": (
        [
            ("20 Jan", "top up", {"units": 50}),
            ("1 Feb", "top up", {"units": 3}),
            ("5 Feb", "reduce", {"units": 120, "on": "25 Jan"}),
        ],
        {"20 Jan": 150, "25 Jan": 120, "1 Feb": 120, "9 Feb": 120},
    ),
    "a total holds until the next day for which one was said": (
        [("24 Jan", "set units", {"units": 500}), ("24 Jan", "set units", {"units": 250, "on": "19 Jan"})],
        {"18 Jan": 100, "19 Jan": 250, "23 Jan": 250, "24 Jan": 500, "9 Feb": 500},
    ),
    "a cancellation recorded late leaves the undo of a later day": (
        [("20 Jan", "cancel", {}), ("25 Jan", "undo", {}), ("26 Jan", "cancel", {"on": "22 Jan"})],
        {"19 Jan": 100, "20 Jan": 0, "24 Jan": 0, "25 Jan": 100},
    ),
    "a change of plan dated before recorded units takes them along": (
        [("1 Feb", "top up", {"units": 30}), ("3 Feb", "plan change", {"product": "SEATS", "on": "15 Jan"})],
        {"14 Jan": 100, "15 Jan": 150, "1 Feb": 195},
    ),
    "a late reinstatement lifts the suspension that a transfer carried": (
        [
            ("14 Jan", "suspend", {}),
            ("17 Jan", "transfer", {"to": 1, "successor": "B"}),
            ("17 Jan", "reinstate", {"order": "B", "on": "15 Jan"}),
        ],
        {"13 Jan": 100, "14 Jan": 0, "16 Jan": 0, "17 Jan": 100, "9 Feb": 100},
    ),
}
REFUSED: dict[str, list[Said]] = {
    "a term is renewed once, whatever its plan became: its renewal ends later": [
        RENEW,
        ("14 Jan", "plan change", {"product": "SEATS"}),
        ("15 Feb", "cancel", {}),
        ("16 Feb", "renew", {}),
    ],
    "an end over days on which a renewal counted that is cancelled now": [
        RENEW,
        ("20 Feb", "cancel", {}),
        ("20 Feb", "correct", {"expires_on": "25 Feb"}),
    ],
    "an undo by which two terms would count": [
        RENEW,
        ("10 Feb", "cancel", {}),
        ("11 Feb", "correct", {"expires_on": "1 Mar"}),
        ("12 Feb", "undo", {"on": "10 Feb"}),
    ],
    "an undo after the start of a cancelled renewal was corrected": [
        ("12 Jan", "renew", {"starts_on": "20 Feb"}),
        ("20 Jan", "cancel", {}),
        ("20 Jan", "correct", {"license": 1, "starts_on": "1 Feb"}),
        ("21 Jan", "undo", {"on": "20 Jan"}),
    ],
    "an undo after the end of a cancelled term was corrected": [
        RENEW,
        ("20 Jan", "cancel", {}),
        ("20 Jan", "correct", {"expires_on": "1 Mar"}),
        ("21 Jan", "undo", {"on": "20 Jan"}),
    ],
    "an undo where nothing is cancelled": [("12 Jan", "undo", {})],
    "units on a day on which the order is cancelled and later is not": [
        ("20 Jan", "cancel", {}),
        ("25 Jan", "undo", {}),
        ("26 Jan", "top up", {"units": 5, "on": "22 Jan"}),
    ],
    "a change of plan before one that is recorded already": [
        ("20 Jan", "plan change", {"product": "SEATS"}),
        ("21 Jan", "plan change", {"product": "PRO", "on": "19 Jan"}),
    ],
    "a suspension of what is suspended": [("20 Jan", "suspend", {}), ("21 Jan", "suspend", {})],
    "a start of a successor before the transfer": [
        ("17 Jan", "transfer", {"to": 1, "successor": "B"}),
        ("18 Jan", "correct", {"order": "B", "starts_on": "16 Jan"}),
    ],
}


@pytest.mark.parametrize("rule", FIGURES)
def test_the_model_says_what_was_worked_out_by_hand(rule: str) -> None:
    deeds, expected = FIGURES[rule]
    book = lived(*deeds)
    assert {each: sum(company.valid_on(day(each)) for company in book.companies) for each in expected} == expected


@pytest.mark.parametrize("rule", REFUSED)
def test_the_model_refuses_what_the_rules_do_not_allow(rule: str) -> None:
    *before, last = REFUSED[rule]
    lived(*before)
    with pytest.raises(model.MustRefuse):
        lived(*before, last)
