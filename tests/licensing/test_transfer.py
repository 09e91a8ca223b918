"""Another business takes over an order: cancelled for the old company, the rest of the term for the new one."""

from __future__ import annotations

import pytest

from console.errors import Conflict, NotAllowed, Refused
from console.models import Act, Actor
from licensing.license_status import status_on
from licensing.models import License, Order
from licensing.renewal import renew_order
from licensing.transfer import transfer_order
from tests.factories import SYSTEM, make_company, make_license, make_user, new_key
from tests.ledger import day, does, facts, valid

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


def test_a_transfer_repeated_with_its_key_changes_nothing() -> None:
    new, license, key = make_company(), make_license(), new_key()
    first = transfer_order(license.order, to=new, today=day(0), by=SYSTEM, key=key, reason="sold")
    counts = Act.objects.count(), License.objects.count(), Order.objects.count()

    assert transfer_order(license.order, to=new, today=day(5), by=SYSTEM, key=key, reason="sold") == first
    assert (Act.objects.count(), License.objects.count(), Order.objects.count()) == counts
    with pytest.raises(Conflict):
        transfer_order(license.order, to=make_company(), today=day(0), by=SYSTEM, key=key, reason="sold")


def test_an_order_is_moved_once_but_its_successor_may_move_on() -> None:
    first, second = make_company(), make_company()
    license = make_license()
    successor = does(transfer_order, license.order, to=first, reason="sold")

    with pytest.raises(Conflict):
        does(transfer_order, license.order, to=second, reason="sold")
    assert does(transfer_order, successor.order, to=second, reason="sold again")


def test_it_is_a_support_case_with_a_reason() -> None:
    license = make_license()
    owner = Actor.person(make_user(company=license.company, roles=["owner"]))

    with pytest.raises(NotAllowed):
        does(transfer_order, license.order, to=make_company(), reason="sold", by=owner)
    with pytest.raises(Refused):
        does(transfer_order, license.order, to=make_company(), reason="")
    with pytest.raises(Refused):
        does(transfer_order, license.order, to=license.company, reason="sold")
