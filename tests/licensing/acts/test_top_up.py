"""More units of an order are a further license, which expires with the one it tops up."""

from __future__ import annotations

from datetime import date

import pytest

from console.errors import Refused
from licensing.acts.change_plan import change_plan
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.errors import TermIsOver
from licensing.models import License
from licensing.rules.license_status import status_on
from tests.factories import TODAY, make_company, make_conversion_rate, make_license, make_order, make_product
from tests.ledger import day, does, facts, license_credits, licenses, valid

pytestmark = pytest.mark.django_db


def test_a_top_up_is_a_second_row_with_the_same_expiration_date() -> None:
    license = make_license(units=1_000, term_ends_on=date(2026, 12, 31))

    [top_up] = does(top_up_order, license.order, units=200, today=day(50))

    assert (top_up.kind, top_up.top_up_of) == ("top-up", license)
    assert facts(top_up).expires_on == facts(license).expires_on == date(2027, 1, 1)
    assert (facts(license).units_on(day(50)), facts(top_up).units_on(day(50))) == (1_000, 200)


def test_a_top_up_starts_today() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(top_up_order, license.order, units=200, today=day(50))

    assert [valid(company, on) for on in (day(49), day(50))] == [1_000, 1_200]


def test_a_top_up_of_a_license_not_yet_begun_starts_with_it() -> None:
    license = make_license(term_starts_on=day(30), term_ends_on=day(90))
    [top_up] = does(top_up_order, license.order, units=200)

    assert facts(top_up).starts_on == day(30)


def test_a_top_up_of_an_earlier_day_starts_on_that_day() -> None:
    license = make_license()
    [top_up] = does(top_up_order, license.order, units=200, today=day(50), on=day(45))

    assert facts(top_up).starts_on == day(45)


@pytest.mark.parametrize(("today", "refused"), [(99, False), (100, True), (130, True)])
def test_a_top_up_is_refused_on_the_expiration_date_and_after(today: int, refused: bool) -> None:
    license = make_license(term_ends_on=day(99))

    if refused:
        with pytest.raises(TermIsOver):
            does(top_up_order, license.order, units=200, today=day(today))
    else:
        assert does(top_up_order, license.order, units=200, today=day(today))


def test_a_top_up_of_an_event_before_expiry_is_recorded_even_after_it() -> None:
    license = make_license(term_ends_on=day(99))
    [top_up] = does(top_up_order, license.order, units=200, today=day(105), on=day(99))

    assert [license_credits(top_up, on) for on in (day(98), day(99), day(100))] == [0, 200, 0]


def test_a_top_up_of_a_cancelled_order_is_refused() -> None:
    license = make_license()
    does(cancel_order, license.order)

    with pytest.raises(Refused):
        does(top_up_order, license.order, units=200)


def test_a_top_up_of_an_order_nobody_activated_is_refused() -> None:
    order = make_order()

    with pytest.raises(Refused):
        does(top_up_order, order, units=200)


def test_a_top_up_on_a_suspended_order_is_suspended_until_the_order_is_reinstated() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(suspend_order, license.order, today=day(10))
    [top_up] = does(top_up_order, license.order, units=200, today=day(20))
    does(reinstate_order, license.order, today=day(30))

    assert status_on(facts(top_up), day(20)) == "suspended"
    assert [valid(company, on) for on in (day(9), day(10), day(20), day(29), day(30))] == [1_000, 0, 0, 0, 1_200]


def test_a_top_up_recorded_late_for_a_suspended_day_ends_its_suspension_with_the_order() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(suspend_order, license.order, today=day(10))
    does(reinstate_order, license.order, today=day(30))
    does(top_up_order, license.order, units=200, today=day(40), on=day(20))

    assert [valid(company, on) for on in (day(20), day(29), day(30), day(50))] == [0, 0, 1_200, 1_200]


def test_a_top_up_recorded_late_is_cancelled_with_the_order() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(cancel_order, license.order, today=day(30))
    does(top_up_order, license.order, units=200, today=day(40), on=day(20))

    assert [valid(company, on) for on in (day(19), day(20), day(29), day(30))] == [1_000, 1_200, 1_200, 0]


def test_a_top_up_recorded_late_counts_once_on_either_side_of_a_change_of_plan() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(change_plan, license.order, product=make_product(rate=2), today=day(30))
    does(top_up_order, license.order, units=200, today=day(40), on=day(20))

    assert [valid(company, on) for on in (day(19), day(20), day(29), day(30))] == [1_000, 1_200, 1_200, 2_400]


def test_a_top_up_after_a_term_that_expired_suspended_and_was_renewed_and_reinstated_is_active() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000, term_ends_on=day(49))
    does(suspend_order, license.order, today=day(40))
    does(renew_order, license.order, today=day(60))
    does(reinstate_order, license.order, today=day(70))
    does(top_up_order, license.order, units=200, today=day(80))

    assert [valid(company, on) for on in (day(69), day(70), day(80))] == [0, 1_000, 1_200]


def test_a_top_up_reaches_a_renewal_issued_already() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000, term_ends_on=day(99))
    does(renew_order, license.order, today=day(80))
    does(top_up_order, license.order, units=200, today=day(90))

    assert [valid(company, on) for on in (day(89), day(90), day(100))] == [1_000, 1_200, 1_200]


def test_a_top_up_converts_at_the_rate_of_its_own_start() -> None:
    product = make_product(rate=1)
    license = make_license(product=product, units=1_000)
    make_conversion_rate(product, 2, valid_from=day(10))
    [top_up] = does(top_up_order, license.order, units=200, today=day(10))

    assert license_credits(top_up, day(10)) == 400


def test_units_of_an_order_never_exceed_the_most_there_is() -> None:
    license = make_license(units=999_999_999)
    does(top_up_order, license.order, units=1)

    with pytest.raises(Refused):
        does(top_up_order, license.order, units=1)


def test_setting_units_tops_up_what_is_missing_in_each_term_and_says_nothing_where_they_are_right() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000, term_ends_on=day(99))
    does(set_order_units, license.order, units=1_300)
    does(renew_order, license.order, today=day(80))
    before = licenses(company)

    assert does(set_order_units, license.order, units=1_300, today=day(81)) == []
    assert licenses(company) == before
    assert [valid(company, on) for on in (day(0), day(100))] == [1_300, 1_300]


@pytest.mark.parametrize("units", [200, 120])
def test_units_set_late_hold_from_their_day_whatever_was_recorded_meanwhile(units: int) -> None:
    company = make_company()
    license = make_license(company=company, units=100)
    does(top_up_order, license.order, units=50, today=day(10))
    does(set_order_units, license.order, units=units, today=day(10), on=day(8))

    assert [valid(company, on) for on in (day(7), day(8), day(9), day(10))] == [100, units, units, units]


def test_no_license_ever_grows() -> None:
    license = make_license(units=1_000)
    does(set_order_units, license.order, units=5_000)

    assert sorted(facts(each).issued.units or 0 for each in License.objects.all()) == [1_000, 4_000]
    assert facts(license).starts_on == TODAY
