"""What a license is worth on each day, from what was said about it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from licensing.rules.changes_to_post import changes_of, missing
from licensing.rules.license_profile import LicenseFacts, Said

DAY = date(2026, 1, 1)


def day(number: int) -> date:
    return DAY + timedelta(days=number)


def issued(**overrides: object) -> Said:
    said = {"units": 100, "credits": 100, "starts_on": day(0), "expires_on": day(30)}
    return Said("issued", day(0), **{**said, **overrides})  # type: ignore[arg-type]


def test_units_of_a_day_are_those_of_the_latest_day_not_after_it() -> None:
    facts = LicenseFacts(
        (issued(), Said("reduced", day(20), units=50, credits=50), Said("reduced", day(10), units=80, credits=80))
    )

    assert [facts.credits_on(day(number)) for number in (9, 10, 19, 20)] == [100, 80, 80, 50]


def test_of_one_day_the_last_recorded_holds() -> None:
    facts = LicenseFacts(
        (issued(), Said("reduced", day(10), units=80, credits=80), Said("corrected", day(10), units=90, credits=90))
    )

    assert facts.credits_on(day(10)) == 90


def test_before_the_first_statement_the_issued_units_hold() -> None:
    facts = LicenseFacts((issued(), Said("corrected", day(5), starts_on=day(-10), expires_on=day(30))))

    assert [facts.credits_on(day(number)) for number in (-11, -10, 0)] == [0, 100, 100]


def test_dates_are_those_recorded_last_for_every_day() -> None:
    facts = LicenseFacts(
        (
            issued(),
            Said("corrected", day(25), starts_on=day(3), expires_on=day(20)),
            Said("corrected", day(1), starts_on=day(2), expires_on=day(10)),
        )
    )

    assert [facts.credits_on(day(number)) for number in (1, 2, 9, 10, 25)] == [0, 100, 100, 0, 0]


def test_suspended_or_cancelled_on_a_day_means_no_credits_on_it() -> None:
    facts = LicenseFacts(
        (
            issued(),
            Said("suspended", day(5), state="suspended"),
            Said("reinstated", day(8), state="active"),
            Said("cancelled", day(12), state="cancelled"),
        )
    )

    assert [facts.credits_on(day(number)) for number in (4, 5, 7, 8, 11, 12)] == [100, 0, 0, 100, 100, 0]


def test_a_suspended_contract_still_runs_and_a_cancelled_one_does_not() -> None:
    facts = LicenseFacts((issued(), Said("suspended", day(5), state="suspended"), Said("cancelled", day(12), state="cancelled")))

    assert facts.running_periods() == [(day(0), day(12))]


AMOUNTS = st.dictionaries(st.integers(0, 60).map(day), st.integers(-1_000, 1_000))


@given(AMOUNTS, AMOUNTS)
def test_posting_what_is_missing_makes_the_sums_equal_on_every_day(wanted: dict[date, int], posted: dict[date, int]) -> None:
    further = missing(wanted, posted)

    assert 0 not in further.values()
    for number in range(62):
        total = sum(change for each, change in [*posted.items(), *further.items()] if each <= day(number))
        assert total == sum(change for each, change in wanted.items() if each <= day(number))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_the_changes_of_an_amount_sum_to_the_amount(amounts: list[int]) -> None:
    changes = changes_of(lambda on: amounts[(on - DAY).days], {day(number) for number in range(len(amounts))})

    assert list(accumulate(changes.get(day(number), 0) for number in range(len(amounts)))) == amounts
    assert 0 not in changes.values()
