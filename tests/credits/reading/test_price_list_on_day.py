"""The price list as of a day: which rate holds, since when, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from credits.reading.price_list_on_day import RateOfDay, conversions_on, rate_of_day, requirements_on
from tests.factories import LISTED_FROM, make_conversion_rate, make_credit_rate, make_feature, make_offering, make_product
from tests.ledger import database_clock


@dataclass
class Listed:
    valid_from: date
    credits_per_unit: Decimal | None
    source: str = ""
    valid_to: date | None = None


def listed(day: str, rate: int | None, *, source: str = "", until: str = "") -> Any:
    amount = None if rate is None else Decimal(rate)
    return Listed(date.fromisoformat(day), amount, source, date.fromisoformat(until) if until else None)


FIRST, SECOND = listed("2025-01-01", 20, source="List 2025"), listed("2026-01-01", 25, source="List 2026")
GONE = listed("2026-01-01", None)


def on(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("rates", "day", "expected"),
    [
        ([], "2025-06-01", RateOfDay()),
        ([FIRST], "2024-12-31", RateOfDay(next_rate=Decimal(20), next_from=on("2025-01-01"))),
        ([FIRST], "2025-01-01", RateOfDay(Decimal(20), on("2025-01-01"), "List 2025")),
        (
            [FIRST, SECOND],
            "2025-12-31",
            RateOfDay(Decimal(20), on("2025-01-01"), "List 2025", next_rate=Decimal(25), next_from=on("2026-01-01")),
        ),
        ([SECOND, FIRST], "2026-01-01", RateOfDay(Decimal(25), on("2026-01-01"), "List 2026")),
        ([FIRST, listed("2025-01-01", 21)], "2025-06-01", RateOfDay(Decimal(21), on("2025-01-01"))),  # recorded last
        ([FIRST, GONE], "2025-06-01", RateOfDay(Decimal(20), on("2025-01-01"), "List 2025", ends_on=on("2026-01-01"))),
        ([FIRST, GONE], "2026-01-01", RateOfDay(Decimal(20), on("2025-01-01"), "List 2025", ended_on=on("2026-01-01"))),
        (
            [listed("2025-01-01", 20, until="2025-07-01")],
            "2025-06-30",
            RateOfDay(Decimal(20), on("2025-01-01"), ends_on=on("2025-07-01")),
        ),
        (
            [listed("2025-01-01", 20, until="2025-07-01"), SECOND],
            "2025-07-01",
            RateOfDay(
                Decimal(20), on("2025-01-01"), ended_on=on("2025-07-01"), next_rate=Decimal(25), next_from=on("2026-01-01")
            ),
        ),
    ],
)
def test_the_rate_of_a_day(rates: list[Any], day: str, expected: RateOfDay) -> None:
    assert rate_of_day(rates, on(day)) == expected


@pytest.mark.django_db
def test_features_stand_by_offering_and_name_each_with_all_its_lines() -> None:
    first, second = make_offering(name="Mail"), make_offering(name="Endpoint")
    make_feature(name="zeta", offering=first)
    make_feature(name="Alpha", offering=second, rates=[20, "0.5"])
    make_feature(name="Beta", offering=first)
    found = requirements_on(LISTED_FROM)
    assert [each.name for each in found] == ["Beta", "zeta", "Alpha"]
    assert [(line.label, line.unit, line.rate.rate) for line in found[2].lines] == [
        ("Tier 1", "endpoint", Decimal(20)),
        ("Tier 2", "endpoint", Decimal("0.5")),
    ]


@pytest.mark.django_db
def test_as_known_at_an_instant_both_lists_leave_out_what_was_recorded_later() -> None:
    line, product = make_feature(rates=[20]).lines.get(), make_product(kind="seats", rate=45)
    known_at = database_clock()
    make_credit_rate(line, 25, valid_from=on("2025-06-01"))
    make_conversion_rate(product, 50, valid_from=on("2025-06-01"))
    for known, requires, converts in [(known_at, 20, 45), (None, 25, 50)]:
        assert [each.lines[0].rate.rate for each in requirements_on(on("2026-01-01"), known)] == [requires]
        assert [each.rate.rate for each in conversions_on(on("2026-01-01"), known)] == [converts]


@pytest.mark.django_db
def test_both_lists_are_as_of_the_day() -> None:
    line = make_feature(rates=[20]).lines.get()
    make_credit_rate(line, 25, valid_from=on("2026-01-01"))
    product = make_product(kind="seats", rate=45)
    make_conversion_rate(product, 50, valid_from=on("2026-01-01"))
    for day, requires, converts in [("2025-12-31", 20, 45), ("2026-01-01", 25, 50)]:
        assert [each.lines[0].rate.rate for each in requirements_on(on(day))] == [requires]
        assert [each.rate.rate for each in conversions_on(on(day))] == [converts]
