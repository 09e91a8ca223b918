"""How figures and days are written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from console.templatetags import formats
from tests.markup import read

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0"), (7, "7"), (1_250, "1,250"), (-1_250, f"{MINUS}1,250"), (-7, f"{MINUS}7"), (10**15, "1,000,000,000,000,000")],
)
def test_credits_are_grouped_and_carry_a_real_minus_sign(value: int, written: str) -> None:
    assert formats.credits(value) == written


@pytest.mark.parametrize(("value", "written"), [(0, "0"), (1_250, "+1,250"), (-1_250, f"{MINUS}1,250")])
def test_a_change_carries_its_sign(value: int, written: str) -> None:
    assert formats.signed(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("0", "0"),
        ("0.000000", "0"),
        ("45.000000", "45"),
        ("0.200000", "0.2"),
        ("0.05", "0.05"),
        ("100", "100"),
        ("12500.000000", "12,500"),
        ("1100.5", "1,100.5"),
        ("0.000001", "0.000001"),
    ],
)
def test_a_rate_is_exact_and_has_no_needless_zeros(value: str, written: str) -> None:
    assert formats.rate(Decimal(value)) == written


def test_no_rate_is_not_zero() -> None:
    assert formats.rate(None) == ""


@pytest.mark.parametrize(("value", "written"), [("82.1", "82.1%"), ("0.0", "0.0%"), ("100.0", "100.0%"), ("1234.5", "1,234.5%")])
def test_a_percentage_has_one_decimal(value: str, written: str) -> None:
    assert formats.percent(Decimal(value)) == written


def test_no_percentage_is_not_zero_percent() -> None:
    assert formats.percent(None) == ""


@pytest.mark.parametrize(
    ("value", "written"),
    [(date(2026, 11, 20), "Nov 20, 2026"), (date(2027, 1, 1), "Jan 1, 2027"), (date(2028, 5, 9), "May 9, 2028")],
)
def test_a_day_is_written_out(value: date, written: str) -> None:
    assert formats.day(value) == written


def test_no_day_is_nothing() -> None:
    assert formats.day(None) == ""


@pytest.mark.parametrize(
    ("value", "exact", "shown"),
    [
        (24_000, "24000", "24,000"),
        (-10_150, "-10150", f"{MINUS}10,150"),
        (0, "0", "0"),
        (Decimal("113.5"), "113.5", "113.5%"),
    ],
)
def test_a_figure_carries_its_exact_value_beside_what_is_shown(value: int | Decimal, exact: str, shown: str) -> None:
    span = read(str(formats.figure("current-balance", value))).one("span", data_figure="current-balance")
    data = span.one("data")
    assert (data["value"], data.text) == (exact, shown)


def test_a_figure_escapes_what_it_is_given() -> None:
    assert "<script>" not in formats.figure("x", 1, "<script>")
