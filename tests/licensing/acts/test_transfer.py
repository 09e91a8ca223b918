"""Another business takes over an order: cancelled for the old company, the rest of the term for the new one."""

from __future__ import annotations

import pytest

from console.errors import Conflict, NotAllowed, Refused
from console.models import Act, Actor
from licensing.acts.change_plan import change_plan
from licensing.acts.corrections.correct import correct_license
from licensing.acts.renew import renew_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.switch_renewal import switch_renewal
from licensing.acts.transfer import transfer_order
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License, LicenseStatement, Order
from licensing.rules.license_status import status_on
from tests.factories import SYSTEM, make_company, make_conversion_rate, make_license, make_product, make_user, new_key
from tests.ledger import day, does, facts, licenses, valid

pytestmark = pytest.mark.django_db


def test_the_credits_leave_one_company_and_reach_the_other_on_the_same_day() -> None:
    old, new = make_company(), make_company()
    license = make_license(company=old, units=1_000, term_ends_on=day(99))
    successor = does(transfer_order, license.order, to=new, reason="sold", today=day(10))

    assert [valid(old, on) for on in (day(9), day(10), day(99))] == [1_000, 0, 0]
    assert [valid(new, on) for on in (day(9), day(10), day(99), day(100))] == [0, 1_000, 1_000, 0]
    assert status_on(facts(license), day(10)) == "cancelled"
    assert (successor.order.channel, successor.order.transferred_from) == ("transfer", license.order)
    assert facts(successor).expires_on == facts(license).expires_on


def test_a_term_not_yet_begun_begins_on_its_day_for_the_new_company() -> None:
    new = make_company()
    license = make_license(units=1_000, term_starts_on=day(30), term_ends_on=day(99))
    does(transfer_order, license.order, to=new, reason="sold", today=day(10))

    assert [valid(new, on) for on in (day(10), day(29), day(30), day(99), day(100))] == [0, 0, 1_000, 1_000, 0]


def test_in_the_gap_before_a_renewal_the_new_company_waits_for_it_too() -> None:
    new = make_company()
    license = make_license(units=1_000, term_ends_on=day(49))
    does(renew_order, license.order, starts_on=day(60), expires_on=day(100))
    does(transfer_order, license.order, to=new, reason="sold", today=day(55))

    assert [valid(new, on) for on in (day(55), day(59), day(60), day(99), day(100))] == [0, 0, 1_000, 1_000, 0]


def moved(license: License, *, on: int = 10) -> tuple[Company, License]:
    """The company its order is transferred to on a day, and the first license it gets."""
    new = make_company()
    return new, does(transfer_order, license.order, to=new, reason="sold", today=day(on))


def test_a_suspended_order_stays_suspended_for_the_new_company_until_it_is_reinstated() -> None:
    license = make_license(units=1_000, term_ends_on=day(99))
    does(renew_order, license.order, expires_on=day(200))
    does(suspend_order, license.order, today=day(5))
    new, successor = moved(license)

    assert [status_on(facts(each), day(10)) for each in licenses(new)] == ["suspended", "suspended"]
    assert [valid(new, on) for on in (day(10), day(99), day(150))] == [0, 0, 0]
    does(reinstate_order, successor.order, today=day(20))
    assert [valid(new, on) for on in (day(19), day(20), day(99), day(199), day(200))] == [0, 1_000, 1_000, 1_000, 0]


def test_an_order_reinstated_before_its_transfer_is_not_suspended_by_it() -> None:
    license = make_license(units=1_000)
    does(suspend_order, license.order, today=day(5))
    does(reinstate_order, license.order, today=day(7))
    new, _successor = moved(license)

    assert valid(new, day(10)) == 1_000


def test_the_renewals_issued_already_go_along_with_their_dates() -> None:
    license = make_license(units=1_000, term_ends_on=day(99))
    does(renew_order, license.order, starts_on=day(110), expires_on=day(200))
    does(renew_order, license.order, expires_on=day(300))
    new, _successor = moved(license)

    assert [each.kind for each in licenses(new)] == ["initial", "renewal", "renewal"]
    days = [day(100), day(109), day(110), day(199), day(200), day(299), day(300)]
    assert [valid(new, on) for on in days] == [0, 0, 1_000, 1_000, 1_000, 1_000, 0]
    assert valid(license.company, day(150)) == 0


def test_a_renewal_topped_up_or_corrected_by_itself_keeps_its_units() -> None:
    license = make_license(units=1_000, term_ends_on=day(99))
    renewal = does(renew_order, license.order, expires_on=day(200))
    does(top_up_order, license.order, units=50)
    does(correct_license, renewal, units=700, reason="a slip")
    new, _successor = moved(license)

    assert [valid(new, on) for on in (day(10), day(99), day(100), day(199), day(200))] == [1_050, 1_050, 750, 750, 0]
    assert len(licenses(new)) == 2


def test_a_renewal_without_units_is_carried_as_one_and_does_not_stop_the_next() -> None:
    license = make_license(units=1_000, term_ends_on=day(99))
    renewal = does(renew_order, license.order, expires_on=day(200))
    does(renew_order, license.order, expires_on=day(300))
    does(correct_license, renewal, units=0, reason="a slip")
    new, _successor = moved(license)

    assert [valid(new, on) for on in (day(99), day(100), day(200), day(299))] == [1_000, 0, 1_000, 1_000]


def test_units_corrected_from_a_later_day_change_on_that_day_for_the_new_company_too() -> None:
    license = make_license(units=1_000, term_ends_on=day(99))
    does(correct_license, license, units=900, on=day(50), reason="from May on")
    new, _successor = moved(license)

    assert [valid(new, on) for on in (day(10), day(49), day(50), day(99))] == [1_000, 1_000, 900, 900]


@pytest.mark.parametrize("bought", [True, False])
def test_renewal_is_carried_as_last_stated_not_as_bought(bought: bool) -> None:
    license = make_license(renews=bought)
    assert moved(make_license(renews=bought))[1].order.renews == bought
    does(switch_renewal, license.order, on=not bought)

    assert moved(license)[1].order.renews != bought


def test_goodwill_is_not_moved() -> None:
    with pytest.raises(Refused, match=r"is goodwill\. Correct its license, or issue another one\."):
        moved(make_license(goodwill=True))


def test_a_trial_that_became_paid_is_paid_for_by_the_new_company_too() -> None:
    license = make_license(units=1_000, trial=True)
    does(change_plan, license.order, product=license.product, trial=False, today=day(5))
    new, successor = moved(license)

    assert not successor.trial
    assert valid(new, day(10)) == 1_000


def test_each_term_is_converted_anew_at_the_rate_valid_on_its_start() -> None:
    product = make_product(rate=10)
    license = make_license(product=product, units=7, term_ends_on=day(99))
    does(renew_order, license.order, expires_on=day(200))
    make_conversion_rate(product, "2.5", valid_from=day(10))
    make_conversion_rate(product, 3, valid_from=day(100))
    new, _successor = moved(license)

    assert [valid(license.company, day(9)), valid(new, day(10)), valid(new, day(100))] == [70, 18, 21]


def test_a_transfer_repeated_with_its_key_changes_nothing() -> None:
    new, license, key = make_company(), make_license(term_ends_on=day(99)), new_key()
    renewal = does(renew_order, license.order, expires_on=day(200))
    does(correct_license, renewal, units=700, reason="a slip")
    does(suspend_order, license.order)

    def counts() -> list[int]:
        return [model.objects.count() for model in (Act, Order, License, LicenseStatement)]

    first = transfer_order(license.order, to=new, today=day(0), by=SYSTEM, key=key, reason="sold")
    once = counts()

    assert transfer_order(license.order, to=new, today=day(5), by=SYSTEM, key=key, reason="sold") == first
    assert counts() == once
    with pytest.raises(Conflict):
        transfer_order(license.order, to=make_company(), today=day(0), by=SYSTEM, key=key, reason="sold")


def test_an_order_is_moved_once_but_its_successor_may_move_on() -> None:
    first, second = make_company(), make_company()
    license = make_license()
    successor = does(transfer_order, license.order, to=first, reason="sold")

    with pytest.raises(Conflict):
        does(transfer_order, license.order, to=second, reason="sold")
    assert does(transfer_order, successor.order, to=second, reason="sold again")


def test_a_successor_with_a_renewal_is_changed_as_the_order_was() -> None:
    license = make_license(units=1_000, term_ends_on=day(99))
    does(renew_order, license.order, expires_on=day(200))
    new, successor = moved(license)
    does(set_order_units, successor.order, units=1_200, today=day(20))

    assert [valid(new, on) for on in (day(19), day(20), day(150))] == [1_000, 1_200, 1_200]


def test_it_is_a_support_case_with_a_reason() -> None:
    license = make_license()
    owner = Actor.person(make_user(company=license.company, roles=["owner"]))

    with pytest.raises(NotAllowed):
        does(transfer_order, license.order, to=make_company(), reason="sold", by=owner)
    with pytest.raises(Refused):
        does(transfer_order, license.order, to=make_company(), reason="")
    with pytest.raises(Refused):
        does(transfer_order, license.order, to=license.company, reason="sold")
