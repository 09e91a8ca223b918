"""Thresholds: the average of three months as it is defined, what holds on a day, and since when a customer is over."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credits.rules.thresholds import (
    DYNAMIC,
    MANUAL,
    NONE,
    Threshold,
    average_before,
    limit_on,
    over_by,
    over_since,
    threshold_on,
)
from licensing.rules.calendar_arithmetic import add_months

TODAY = date(2026, 5, 31)
DAYS = st.integers(-400, 30).map(lambda days: TODAY + timedelta(days=days))
DEMAND = st.dictionaries(DAYS, st.integers(-500, 900), max_size=12)
THRESHOLDS = st.lists(
    st.builds(lambda day, credits: Threshold(day, MANUAL, credits), DAYS, st.integers(0, 900))
    | st.builds(lambda day, kind: Threshold(day, kind), DAYS, st.sampled_from([NONE, DYNAMIC])),
    max_size=4,
)


def allocated_on(demand: dict[date, int], day: date) -> int:
    return sum(change for each, change in demand.items() if each <= day)


def average_by_walking(demand: dict[date, int], day: date) -> Fraction | None:
    """As the rule is written: each day of the three months before, one after the other."""
    first = add_months(day, -3)
    if not demand or min(demand) > first:
        return None
    days = [first + timedelta(days=number) for number in range((day - first).days)]
    return Fraction(sum(allocated_on(demand, each) for each in days), len(days))


@settings(deadline=None)
@given(DEMAND, DAYS)
def test_the_average_is_that_of_each_day_of_three_months_rounded_down(demand: dict[date, int], day: date) -> None:
    exact, found = average_by_walking(demand, day), average_before(demand, day)
    assert (found is None) == (exact is None)
    if exact is not None:
        assert found is not None
        assert found <= exact < found + 1
        assert (allocated_on(demand, day) > found) == (allocated_on(demand, day) > exact)


@settings(deadline=None)
@given(DEMAND, THRESHOLDS, DAYS)
def test_since_when_is_the_first_day_of_the_stretch_over(demand: dict[date, int], stated: list[Threshold], day: date) -> None:
    def is_over(on: date) -> bool:
        return over_by(threshold_on(stated, on), demand, on) > 0

    since = over_since(stated, demand, day)
    assert (since is not None) == is_over(day)
    if since is not None:
        assert all(is_over(since + timedelta(days=number)) for number in range((day - since).days + 1))
        assert not is_over(since - timedelta(days=1))


@given(st.integers(0, 10_000), DAYS)
def test_what_never_changed_is_its_own_average_and_never_over_it(credits: int, day: date) -> None:
    demand = {add_months(day, -3): credits}
    assert average_before(demand, day) == credits
    assert over_by(Threshold(day, DYNAMIC), demand, day) == 0


def test_the_day_itself_does_not_count_and_its_first_day_does() -> None:
    demand = {date(2026, 2, 28): 92, date(2026, 5, 31): 1_000}
    assert add_months(TODAY, -3) == date(2026, 2, 28)
    assert average_before(demand, TODAY) == 92
    assert over_by(Threshold(TODAY, DYNAMIC), demand, TODAY) == 1_000
    assert average_before({date(2026, 3, 1): 92}, TODAY) is None


@pytest.mark.parametrize(
    ("stated", "limit"),
    [
        ([], None),
        ([Threshold(TODAY, MANUAL, 5)], 5),
        ([Threshold(TODAY, MANUAL, 5), Threshold(TODAY, MANUAL, 7)], 7),  # of one day the one recorded last
        ([Threshold(TODAY, MANUAL, 5), Threshold(TODAY - timedelta(days=1), MANUAL, 7)], 7),
        ([Threshold(TODAY, MANUAL, 5), Threshold(TODAY - timedelta(days=9), NONE)], None),
        ([Threshold(TODAY - timedelta(days=1), MANUAL, 5), Threshold(TODAY, NONE)], None),
        ([Threshold(TODAY + timedelta(days=1), MANUAL, 5)], None),
        ([Threshold(TODAY, MANUAL, 0)], 0),
    ],
)
def test_a_threshold_holds_from_its_day_on_and_replaces_later_ones(stated: list[Threshold], limit: int | None) -> None:
    assert limit_on(threshold_on(stated, TODAY), {}, TODAY) == limit
