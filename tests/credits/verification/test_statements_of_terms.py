"""verify_ledger finds wrong statements of an order's terms, though every entry that follows from them is right."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from unittest.mock import patch

import pytest

from credits.verification import Audit, Difference
from licensing.acts import order_in_hand
from licensing.acts.change_plan import change_plan
from licensing.acts.corrections.correct import correct_license
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License, LicenseStatement
from tests import faults_of_terms as faults
from tests.credits.verification.test_verify_ledger import edit
from tests.factories import make_company, make_license, make_product
from tests.ledger import day, does

pytestmark = pytest.mark.django_db


def bought(units: int = 100) -> License:
    """Units for a hundred days."""
    return make_license(company=make_company(), units=units, term_ends_on=day(99))


def found() -> dict[str, Difference]:
    """What the audit finds, by its check."""
    return {each.check: each for each in Audit(Company.objects.order_by("id")).differences()}


def without_guard() -> AbstractContextManager[object]:
    return patch.object(order_in_hand, "require_one_term_a_day", lambda held: None)


@pytest.mark.as_owner
def test_a_term_renewed_twice_is_named() -> None:
    license = bought()
    first = does(renew_order, license.order)
    changed = does(change_plan, license.order, product=make_product(rate=2), today=day(1))
    second = does(renew_order, license.order, today=day(2))
    assert found() == {}
    edit(
        "licensing_license",
        f"UPDATE licensing_license SET renewal_of_id = {changed.pk} WHERE id = {second.pk}",
    )
    difference = found()["renewed-once"]
    assert str(second.pk) in difference.where
    assert difference.expected == f"one renewal of the term that license {license.pk} opened, {first.pk}"


def test_two_terms_that_count_on_one_day_are_named_with_the_day() -> None:
    license = bought()
    renewal = does(renew_order, license.order)
    with without_guard():
        does(correct_license, license, expires_on=day(110), reason="a slip", today=day(1))
    difference = found()["one-term-a-day"]
    assert (difference.day, difference.expected) == (
        day(100),
        f"license {license.pk} or {renewal.pk} to count, of two terms or two plans",
    )


def test_terms_that_count_on_one_day_only_once_an_undo_was_recorded_are_named() -> None:
    license = bought()
    does(renew_order, license.order)
    does(cancel_order, license.order, today=day(10))
    does(correct_license, license, expires_on=day(110), reason="a slip", today=day(11))
    assert found() == {}
    with without_guard():
        does(reinstate_order, license.order, today=day(12), on=day(10), undo_cancellation=True, reason="a slip")
    assert found()["one-term-a-day"].day == day(100)


def test_a_plan_that_counts_beside_the_one_in_its_place_is_named() -> None:
    license = bought()
    changed = does(change_plan, license.order, product=make_product(rate=2), today=day(10))
    with without_guard():
        does(correct_license, changed, starts_on=day(8), reason="a slip", today=day(11))
    assert found()["one-term-a-day"].day == day(8)


@pytest.mark.parametrize(
    ("change", "units", "expected"),
    [
        (set_order_units, 1_486, "1,486 units, as stated for 2026-03-06"),
        (reduce_order, 40, "at most 40 units, as stated for 2026-03-06"),
    ],
)
def test_units_other_than_those_stated_for_an_order_are_named_with_the_first_wrong_day(
    change: object, units: int, expected: str
) -> None:
    license = bought()
    renewal = does(renew_order, license.order)
    does(correct_license, renewal, units=1_000, on=day(100), reason="more from then on")
    with faults.units_of_a_term_not_begun_are_judged_on_the_day_of_the_event():
        does(change, license.order, units=units, today=day(4))  # type: ignore[arg-type]
    difference = found()["units-in-all"]
    assert (difference.day, difference.expected) == (day(100), expected)


def test_a_reduction_that_later_top_ups_do_not_keep_is_named() -> None:
    license = bought()
    does(top_up_order, license.order, units=50, today=day(20))
    does(top_up_order, license.order, units=3, today=day(30))
    with faults.a_reduction_holds_for_its_own_day_only():
        does(reduce_order, license.order, units=120, today=day(40), on=day(25))
    assert (found()["units-in-all"].day, found()["units-in-all"].found) == (day(30), "123")


def test_corrected_units_that_hold_on_no_day_are_named() -> None:
    license = bought()
    renewal = does(renew_order, license.order)
    does(reduce_order, license.order, units=40, today=day(4))
    with faults.a_correction_is_stated_for_the_day_of_issue():
        does(correct_license, renewal, units=77, reason="a slip", today=day(5))
    difference = found()["corrected-units"]
    assert (difference.expected, difference.found, difference.day) == ("77 units, as corrected", "40", day(100))


def test_a_change_of_plan_with_other_units_than_the_term_had_is_named() -> None:
    license = bought()
    with ExitStack() as stack:
        stack.enter_context(patch("licensing.acts.change_plan.units_by_day", lambda term, starts_on: {starts_on: 99}))
        does(change_plan, license.order, product=make_product(rate=2), today=day(10))
    assert found()["plan-changes"].expected == "the 100 units its term had"


def test_what_was_stated_later_is_no_difference() -> None:
    license = bought()
    renewal = does(renew_order, license.order)
    does(set_order_units, license.order, units=500, today=day(24))
    does(set_order_units, license.order, units=250, today=day(25), on=day(19))
    does(top_up_order, license.order, units=7, today=day(26), on=day(18))
    does(correct_license, renewal, units=3, reason="a slip", today=day(27))
    does(correct_license, license, units=1_000, on=day(22), reason="a slip", today=day(28))
    does(change_plan, license.order, product=make_product(rate=3), today=day(29), on=day(20))
    assert found() == {}
    assert LicenseStatement.objects.filter(kind="total").count() == 2
