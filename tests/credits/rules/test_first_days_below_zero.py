"""The first days of stretches below zero: each day's changes count together, and zero itself is not below."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from credits.rules.first_days_below_zero import first_days_below_zero


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], []),
        ([-1], [0]),
        ([10, -10, -1, -1], [2]),
        ([10, -20, 10, -1, 1], [1, 3]),
        ([10, -20, -5, 40, -30], [1, 4]),
        ([0, 5, -5], []),
    ],
)
def test_the_first_day_of_each_stretch_below_zero(changes: list[int], expected: list[int]) -> None:
    first = date(2026, 3, 1)
    days = {first + timedelta(days=number): change for number, change in enumerate(changes)}
    assert first_days_below_zero(dict(reversed(days.items()))) == [first + timedelta(days=number) for number in expected]
