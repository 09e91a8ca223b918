"""Suspend, reinstate, cancel: every license of the order that has not expired on the day."""

from __future__ import annotations

import pytest

from console.errors import NotAllowed, Refused
from console.models import Actor
from licensing.acts.change_plan import change_plan
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.transfer import transfer_order
from licensing.acts.units.top_up import top_up_order
from licensing.models import LicenseEntry
from licensing.rules.license_status import status_on
from tests.factories import TODAY, make_company, make_license, make_product, make_user
from tests.ledger import day, does, facts, license_credits, valid

pytestmark = pytest.mark.django_db


def test_suspended_on_a_day_means_no_credits_on_that_day_and_reinstated_means_credits_on_it() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(suspend_order, license.order, today=day(10))
    does(reinstate_order, license.order, today=day(20))

    assert [valid(company, on) for on in (day(9), day(10), day(19), day(20))] == [1_000, 0, 0, 1_000]


def test_suspending_reaches_top_ups_and_a_renewal_not_yet_begun() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000, term_ends_on=day(99))
    does(top_up_order, license.order, units=200)
    renewal = does(renew_order, license.order)
    does(suspend_order, license.order, today=day(10))

    assert [valid(company, on) for on in (day(10), day(100), day(200))] == [0, 0, 0]
    assert status_on(facts(renewal), day(10)) == "suspended"


def test_a_license_that_expired_before_is_left_alone() -> None:
    license = make_license(units=1_000, term_ends_on=day(99))
    renewal = does(renew_order, license.order)
    changed = does(cancel_order, license.order, today=day(100))

    assert changed == [renewal]
    assert status_on(facts(license), day(100)) == "expired"


def test_not_expired_is_judged_on_the_day_of_the_event() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000, term_ends_on=day(99))
    does(cancel_order, license.order, today=day(120), on=day(99))

    assert [valid(company, on) for on in (day(98), day(99))] == [1_000, 0]
    with pytest.raises(Refused):
        does(cancel_order, license.order, today=day(120), on=day(100))


def test_an_event_lies_at_most_today() -> None:
    license = make_license()

    with pytest.raises(Refused) as refusal:
        does(suspend_order, license.order, on=day(1))
    assert refusal.value.field == "on"


def test_a_cancelled_license_keeps_its_contracted_dates() -> None:
    license = make_license(term_ends_on=day(99))
    does(cancel_order, license.order, today=day(10))

    assert (facts(license).starts_on, facts(license).expires_on) == (TODAY, day(100))
    assert facts(license).state_since(day(50)) == day(10)


def test_cancelled_before_its_start_it_never_counts() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000, term_starts_on=day(30), term_ends_on=day(90))
    does(cancel_order, license.order, today=day(10))

    assert [valid(company, on) for on in (day(10), day(30), day(91))] == [0, 0, 0]


def test_reinstated_after_its_end_it_stays_expired() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000, term_ends_on=day(99))
    does(suspend_order, license.order, today=day(50))
    with pytest.raises(Refused):
        does(reinstate_order, license.order, today=day(100))

    assert [valid(company, on) for on in (day(49), day(50), day(100), day(300))] == [1_000, 0, 0, 0]


@pytest.mark.parametrize("act", [suspend_order, reinstate_order])
def test_after_a_cancellation_nothing_but_the_undo_of_support_reinstates(act: object) -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(cancel_order, license.order, today=day(10))
    with pytest.raises(Refused, match="cancelled on that day"):
        does(act, license.order, today=day(20))  # type: ignore[arg-type]

    assert valid(company, day(20)) == 0
    assert status_on(facts(license), day(20)) == "cancelled"


def test_support_undoes_a_cancellation_with_a_reason() -> None:
    company, support = make_company(), Actor.person(make_user(is_staff=True))
    license = make_license(company=company, units=1_000)
    does(cancel_order, license.order, today=day(10))

    with pytest.raises(Refused):
        does(reinstate_order, license.order, today=day(20), undo_cancellation=True, by=support)
    owner = Actor.person(make_user(company=company, roles=["owner"]))
    with pytest.raises(NotAllowed):
        does(reinstate_order, license.order, today=day(20), undo_cancellation=True, by=owner, reason="please")
    does(reinstate_order, license.order, today=day(20), undo_cancellation=True, by=support, reason="a slip")
    assert [valid(company, on) for on in (day(10), day(19), day(20))] == [0, 0, 1_000]


def test_a_cancellation_outlasts_what_was_said_of_later_days() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(suspend_order, license.order, today=day(20))
    does(reinstate_order, license.order, today=day(30))
    does(cancel_order, license.order, today=day(40), on=day(10))

    assert [valid(company, on) for on in (day(9), day(10), day(25), day(35), day(45))] == [1_000, 0, 0, 0, 0]


def test_undoing_a_cancellation_from_an_earlier_day_lets_stand_what_else_was_said() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(suspend_order, license.order, today=day(20))
    does(reinstate_order, license.order, today=day(30))
    does(cancel_order, license.order, today=day(40), on=day(10))
    does(reinstate_order, license.order, today=day(41), on=day(15), undo_cancellation=True, reason="a slip")

    assert [valid(company, on) for on in (day(10), day(15), day(20), day(29), day(30))] == [0, 1_000, 0, 0, 1_000]


def test_a_cancellation_recorded_late_lasts_until_the_day_of_an_undo_recorded_already() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(cancel_order, license.order, today=day(10))
    does(reinstate_order, license.order, today=day(20), undo_cancellation=True, reason="a slip")
    does(cancel_order, license.order, today=day(30), on=day(15))

    assert [valid(company, on) for on in (day(9), day(10), day(15), day(20), day(31))] == [1_000, 0, 0, 1_000, 1_000]


@pytest.mark.parametrize("late", [False, True])
def test_events_count_by_their_day_in_whatever_order_they_come(late: bool) -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    events = [(suspend_order, 10), (reinstate_order, 20), (suspend_order, 30), (reinstate_order, 40)]
    for act, number in [*events[2:], *events[:2]] if late else events:
        does(act, license.order, today=day(50), on=day(number))

    days = [9, 10, 19, 20, 29, 30, 39, 40]
    assert [valid(company, day(number)) for number in days] == [1_000, 0, 0, 1_000, 1_000, 0, 0, 1_000]


def test_a_suspension_of_a_later_day_survives_one_and_its_reinstatement_that_come_late() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(suspend_order, license.order, today=day(30))
    does(suspend_order, license.order, today=day(31), on=day(10))
    does(reinstate_order, license.order, today=day(31), on=day(20))

    assert [valid(company, on) for on in (day(10), day(20), day(30))] == [0, 1_000, 0]


def test_an_act_that_changes_no_credits_posts_nothing() -> None:
    license = make_license(units=1_000)
    does(cancel_order, license.order, today=day(10))
    entries = LicenseEntry.objects.count()
    does(cancel_order, license.order, today=day(12))

    assert LicenseEntry.objects.count() == entries


def test_undoing_the_cancellation_of_a_changed_plan_brings_back_the_new_one_only() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    pro = does(change_plan, license.order, product=make_product(rate=2), today=day(10))
    does(cancel_order, license.order, today=day(20))
    does(reinstate_order, license.order, today=day(30), undo_cancellation=True, reason="a slip")

    assert (license_credits(license, day(30)), license_credits(pro, day(30))) == (0, 2_000)


def test_the_cancellation_of_an_order_moved_away_cannot_be_undone() -> None:
    license = make_license(units=1_000)
    does(transfer_order, license.order, to=make_company(), reason="sold")

    with pytest.raises(Refused):
        does(reinstate_order, license.order, undo_cancellation=True, reason="a slip")
