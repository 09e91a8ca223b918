"""The months of an account: a movement stands in the later of its two months, and each month opens as the one before closed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from credits.rules.accounts.months import Moved, Standing, chain, first_of, is_correction, months_between, stands_on

FIRST = date(2024, 5, 1)
DAYS = st.integers(0, 720).map(lambda days: FIRST + timedelta(days=days))
MOVES = st.lists(st.tuples(DAYS, DAYS, st.integers(-500, 500)), max_size=30)


@given(MOVES, st.integers(-900, 900))
def test_months_chain_and_each_closes_with_what_was_known_at_its_end(moves: list[tuple[date, date, int]], before: int) -> None:
    moved: dict[date, Moved] = defaultdict(Moved)
    for effective_on, recorded_on, change in moves:
        month = first_of(stands_on(effective_on, recorded_on))
        moved[month] = replace(moved[month], added=moved[month].added + change)
    months = months_between(FIRST, FIRST + timedelta(days=730))
    opening = before
    for month in chain(months, Standing(valid=before), moved):
        known = sum(change for day, recorded_on, change in moves if day <= month.last and recorded_on <= month.last)
        assert month.opening.balance == opening
        assert month.closing.balance == before + known
        opening = month.closing.balance
    assert opening == before + sum(change for _day, _recorded, change in moves)


@given(DAYS, DAYS)
def test_a_correction_is_what_holds_from_a_month_that_was_over(effective_on: date, recorded_on: date) -> None:
    stands = stands_on(effective_on, recorded_on)
    assert is_correction(effective_on, recorded_on) == (first_of(effective_on) < first_of(stands) and stands == recorded_on)


def test_months_are_those_of_both_days_and_of_all_between() -> None:
    assert months_between(date(2025, 11, 30), date(2026, 2, 1)) == [
        date(2025, 11, 1),
        date(2025, 12, 1),
        date(2026, 1, 1),
        date(2026, 2, 1),
    ]
    assert months_between(date(2026, 2, 1), date(2026, 1, 31)) == []


def test_what_is_allocated_takes_from_the_balance() -> None:
    (month,) = chain([FIRST], Standing(1_000, 400), {FIRST: Moved(added=50, ended=-30, allocated=20, released=-5)})
    assert month.closing == Standing(1_020, 415)
    assert month.closing.balance == 605
    assert month.moved.balance_change == 5
