"""Balances, series, shares and runways from dated amounts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credits.rules.balance_over_days import Point, below_zero_on, below_zero_since, over_allocated, series, total_on
from credits.rules.billing_model import days_apart
from credits.rules.rounded_shares import share, shares

DAY = date(2026, 1, 1)
AMOUNTS = st.lists(st.integers(0, 10**18), max_size=24)
CHANGES = st.dictionaries(st.integers(-40, 80).map(lambda number: DAY + timedelta(days=number)), st.integers(-(10**18), 10**18))


def day(number: int) -> date:
    return DAY + timedelta(days=number)


@given(AMOUNTS)
def test_shares_sum_to_100_and_each_lies_within_a_tenth_of_the_exact_one(amounts: list[int]) -> None:
    found = shares(amounts)
    whole = sum(amounts)

    assert len(found) == len(amounts)
    if whole == 0:
        assert set(found) <= {Decimal("0.0")}
        return
    assert sum(found) == Decimal("100.0")
    for amount, each in zip(amounts, found, strict=True):
        assert each.as_tuple().exponent == -1
        assert abs(Fraction(each) - Fraction(amount * 100, whole)) < Fraction(1, 10)
        assert each >= 0


@given(AMOUNTS)
def test_a_larger_amount_never_has_a_smaller_share(amounts: list[int]) -> None:
    found = sorted(zip(amounts, shares(amounts), strict=True))

    assert [each for _, each in found] == sorted(each for _, each in found) or len(set(amounts)) < len(amounts)


def test_three_thirds_sum_to_100() -> None:
    assert shares([1, 1, 1]) == [Decimal("33.4"), Decimal("33.3"), Decimal("33.3")]


@given(st.integers(0, 10**18), st.integers(0, 10**18))
def test_a_share_of_valid_is_rounded_by_itself_and_may_exceed_100(part: int, whole: int) -> None:
    found = share(part, whole)

    if whole == 0:
        assert found is None
    else:
        assert found is not None
        assert abs(Fraction(found) - Fraction(part * 100, whole)) <= Fraction(1, 20)


@pytest.mark.parametrize(
    ("part", "whole", "percent"), [(1, 1_000, "0.1"), (1, 2_000, "0.1"), (5, 10_000, "0.1"), (12, 10, "120.0")]
)
def test_a_share_rounds_half_up(part: int, whole: int, percent: str) -> None:
    assert share(part, whole) == Decimal(percent)


@given(CHANGES, CHANGES, st.integers(0, 60))
def test_the_series_tells_every_day_and_its_last_point_is_the_total(
    supply: dict[date, int], demand: dict[date, int], length: int
) -> None:
    points = series(supply, demand, first=DAY, last=day(length))

    assert (points[0].day, points[-1].day) == (DAY, day(length))
    assert [each.day for each in points] == sorted({each.day for each in points})
    for number in range(length + 1):
        held = [each for each in points if each.day <= day(number)][-1]
        assert (held.valid, held.allocated) == (total_on(supply, day(number)), total_on(demand, day(number)))
    inner = points[1:-1]
    assert all((a.valid, a.allocated) != (b.valid, b.allocated) for a, b in zip(points, inner, strict=False))


@given(CHANGES, CHANGES)
def test_below_zero_on_is_the_first_such_day(supply: dict[date, int], demand: dict[date, int]) -> None:
    found = below_zero_on(supply, demand, first=DAY)
    below = [day(number) for number in range(82) if total_on(supply, day(number)) < total_on(demand, day(number))]

    assert found == (below[0] if below else None)


def test_below_zero_since_is_the_start_of_the_stretch_that_still_lasts() -> None:
    points = [Point(day(0), 5, 9), Point(day(1), 9, 9), Point(day(2), 5, 9), Point(day(3), 4, 9)]

    assert below_zero_since(points) == day(2)
    assert below_zero_since(points[:2]) is None
    assert over_allocated([*points[:3], Point(day(5), 9, 0)]) == [(day(0), day(1), 4), (day(2), day(5), 4)]


@pytest.mark.parametrize(("number", "near"), [(0, True), (29, True), (30, False), (-29, True), (-30, False)])
def test_29_days_are_too_near_and_30_are_not(number: int, near: bool) -> None:
    assert (days_apart(day(number), [DAY]) == DAY) is near
