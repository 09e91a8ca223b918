"""Fewer units: from the newest license of each term not yet over."""

from __future__ import annotations

import pytest

from console.errors import Refused
from credits.errors import NeedsConfirmation
from licensing.acts.conditions.free_balance_covers_a_reduction import NotCovered
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.errors import TermIsOver
from licensing.rules.license_status import status_on
from tests.factories import TODAY, allocate, make_company, make_feature, make_license, make_product
from tests.ledger import day, does, facts, license_credits, valid

pytestmark = pytest.mark.django_db


def test_a_reduction_takes_from_the_newest_license_first() -> None:
    license = make_license(units=1_000)
    [first] = does(top_up_order, license.order, units=200)
    [second] = does(top_up_order, license.order, units=100)

    changed = does(reduce_order, license.order, units=1_050, today=day(10))

    assert {each.pk for each in changed} == {first.pk, second.pk}
    assert [facts(each).units_on(day(10)) for each in (license, first, second)] == [1_000, 50, 0]


def test_a_license_left_with_no_units_is_cancelled_that_day_and_keeps_its_expiration_date() -> None:
    license = make_license(units=1_000, term_ends_on=day(99))
    [top_up] = does(top_up_order, license.order, units=200)
    does(reduce_order, license.order, units=1_000, today=day(10))

    assert [status_on(facts(top_up), on) for on in (day(9), day(10), day(150))] == ["valid", "cancelled", "cancelled"]
    assert facts(top_up).expires_on == day(100)
    assert status_on(facts(license), day(10)) == "valid"


def test_a_reduction_is_taken_in_each_term_by_itself() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000, term_ends_on=day(99))
    does(renew_order, license.order, today=day(50))
    does(reduce_order, license.order, units=800, today=day(60))

    assert [valid(company, on) for on in (day(59), day(60), day(99), day(100))] == [1_000, 800, 800, 800]


def test_a_later_increase_tops_up_each_term() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000, term_ends_on=day(99))
    does(renew_order, license.order, today=day(50))
    does(reduce_order, license.order, units=800, today=day(60))
    changed = does(set_order_units, license.order, units=900, today=day(70))

    assert [each.kind for each in changed] == ["top-up", "top-up"]
    assert [valid(company, on) for on in (day(69), day(70), day(100))] == [800, 900, 900]


def test_the_credits_left_are_rounded_up_by_license_never_the_change() -> None:
    company = make_company()
    license = make_license(company=company, product=make_product(rate="0.3"), units=10)
    does(reduce_order, license.order, units=9)

    assert valid(company, TODAY) == 3  # ceil(2.7), not 3 - ceil(0.3)


def test_a_reduction_keeps_the_rate_the_license_was_issued_at() -> None:
    license = make_license(product=make_product(rate=45), units=400)
    does(reduce_order, license.order, units=100, today=day(10))

    assert license_credits(license, day(10)) == 4_500


def test_a_reduction_to_what_there_is_or_more_is_refused() -> None:
    license = make_license(units=1_000)

    with pytest.raises(Refused):
        does(reduce_order, license.order, units=1_000)


def test_a_reduction_after_the_term_is_refused() -> None:
    license = make_license(units=1_000, term_ends_on=day(99))

    with pytest.raises(TermIsOver):
        does(reduce_order, license.order, units=800, today=day(100))


def test_what_was_reduced_to_nothing_stays_gone_when_a_cancellation_is_undone() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(top_up_order, license.order, units=200)
    does(reduce_order, license.order, units=1_000, today=day(10))
    does(cancel_order, license.order, today=day(20))
    does(reinstate_order, license.order, today=day(30), undo_cancellation=True, reason="a slip")

    assert [valid(company, on) for on in (day(9), day(10), day(20), day(30))] == [1_200, 1_000, 0, 1_000]


def test_a_further_reduction_leaves_alone_what_was_reduced_to_nothing() -> None:
    license = make_license(units=1_000)
    [topped_up] = does(top_up_order, license.order, units=200, today=day(1))
    does(reduce_order, license.order, units=1_000, today=day(5))
    does(cancel_order, license.order, today=day(15))
    does(reinstate_order, license.order, today=day(20), undo_cancellation=True, reason="cancelled by mistake")

    assert facts(topped_up).state_on(day(20)) == "cancelled"  # what was reduced to nothing stays gone
    assert does(reduce_order, license.order, units=600, today=day(25)) == [license]
    assert [each.units_on(day(25)) for each in (facts(license), facts(topped_up))] == [600, 0]


def test_a_reduction_while_suspended_counts_once_reinstated() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(suspend_order, license.order, today=day(10))
    does(reduce_order, license.order, units=700, today=day(20))
    does(reinstate_order, license.order, today=day(30))

    assert [valid(company, on) for on in (day(20), day(30))] == [0, 700]


class TestOnlyIfTheFreeBalanceCoversIt:
    def test_a_covered_reduction_passes_and_one_credit_more_does_not(self) -> None:
        company, line = make_company(), make_feature().lines.get()
        license = make_license(company=company, units=1_000)
        allocate(company, line, 700)

        with pytest.raises(NotCovered):
            does(reduce_order, license.order, units=699, only_if_covered=True)
        does(reduce_order, license.order, units=700, only_if_covered=True)
        assert valid(company, TODAY) == 700

    def test_it_is_todays_balance_whatever_is_planned(self) -> None:
        company, line = make_company(), make_feature().lines.get()
        license = make_license(company=company, units=1_000)
        allocate(company, line, 900, on=day(20))

        assert does(reduce_order, license.order, units=100, only_if_covered=True)

    def test_a_negative_balance_refuses_even_what_takes_no_credits_today(self) -> None:
        company, line = make_company(), make_feature().lines.get()
        license = make_license(company=company, units=1_000, term_starts_on=day(30), term_ends_on=day(90))
        allocate(company, line, 1)

        with pytest.raises(NotCovered):
            does(reduce_order, license.order, units=900, only_if_covered=True)

    def test_without_the_question_a_reduction_may_take_the_balance_below_zero(self) -> None:
        company, line = make_company(), make_feature().lines.get()
        license = make_license(company=company, units=1_000)
        allocate(company, line, 700)
        does(reduce_order, license.order, units=100)

        assert valid(company, TODAY) == 100
        assert issubclass(NeedsConfirmation, Refused)  # the question a page asks is another one
