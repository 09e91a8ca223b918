"""A change of plan cancels the current term's licenses and issues one of the new product."""

from __future__ import annotations

import pytest

from console.errors import Refused
from licensing.acts.change_plan import change_plan
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.units.top_up import top_up_order
from licensing.rules.license_status import status_on
from tests.factories import make_company, make_conversion_rate, make_license, make_product
from tests.ledger import day, does, facts, valid

pytestmark = pytest.mark.django_db


def test_the_new_license_has_the_total_units_and_the_same_expiration_date() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000, term_ends_on=day(99))
    [top_up] = does(top_up_order, license.order, units=200)
    changed = does(change_plan, license.order, product=make_product(rate=2), today=day(10))

    assert (changed.kind, changed.replaces) == ("plan-change", license)
    assert (facts(changed).units_on(day(10)), facts(changed).expires_on) == (1_200, day(100))
    assert [status_on(facts(each), day(10)) for each in (license, top_up)] == ["cancelled", "cancelled"]
    assert [valid(company, on) for on in (day(9), day(10), day(99), day(100))] == [1_200, 2_400, 2_400, 0]


def test_it_converts_at_the_rate_of_its_day() -> None:
    company, pro = make_company(), make_product(rate=2)
    make_conversion_rate(pro, 3, valid_from=day(10))
    license = make_license(company=company, units=100)
    does(change_plan, license.order, product=pro, today=day(20), on=day(9))

    assert [valid(company, on) for on in (day(8), day(9), day(20))] == [100, 200, 200]


def test_recorded_late_it_holds_from_its_day_and_counts_no_units_before_theirs() -> None:
    company = make_company()
    license = make_license(company=company, units=100)
    does(top_up_order, license.order, units=50, today=day(10))
    does(change_plan, license.order, product=make_product(), today=day(10), on=day(8))

    assert [valid(company, on) for on in (day(7), day(8), day(9), day(10))] == [100, 100, 100, 150]


def test_it_reaches_a_renewal_issued_already_from_its_first_day() -> None:
    company = make_company()
    license = make_license(company=company, units=100, term_ends_on=day(99))
    does(renew_order, license.order)
    does(change_plan, license.order, product=make_product(rate=2), today=day(10))

    assert [valid(company, on) for on in (day(10), day(100))] == [200, 200]


def test_of_a_suspended_order_it_is_suspended_until_the_order_is_reinstated() -> None:
    company = make_company()
    license = make_license(company=company, units=100)
    does(suspend_order, license.order, today=day(10))
    does(change_plan, license.order, product=make_product(rate=2), today=day(20))
    does(reinstate_order, license.order, today=day(30))

    assert [valid(company, on) for on in (day(20), day(30))] == [0, 200]


def test_recorded_late_it_is_cancelled_with_the_order() -> None:
    company = make_company()
    license = make_license(company=company, units=100)
    does(cancel_order, license.order, today=day(30))
    does(change_plan, license.order, product=make_product(rate=2), today=day(40), on=day(20))

    assert [valid(company, on) for on in (day(19), day(20), day(29), day(30))] == [100, 200, 200, 0]


def test_a_second_change_that_comes_late_for_the_same_licenses_is_refused() -> None:
    company = make_company()
    license = make_license(company=company, units=100)
    does(change_plan, license.order, product=make_product(rate=2), today=day(30))

    with pytest.raises(Refused):
        does(change_plan, license.order, product=make_product(rate=3), today=day(40), on=day(20))
    does(change_plan, license.order, product=make_product(rate=3), today=day(40))
    assert [valid(company, on) for on in (day(29), day(30), day(40))] == [100, 200, 300]


def test_a_cancelled_order_has_no_plan_to_change() -> None:
    license = make_license()
    does(cancel_order, license.order)

    with pytest.raises(Refused):
        does(change_plan, license.order, product=make_product())
