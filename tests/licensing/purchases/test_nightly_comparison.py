"""The nightly comparison: what was missed is mended by the same acts; what only a person can mend is listed until it is gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.transfer import transfer_order
from licensing.marketplaces.practice import changes, faults
from licensing.marketplaces.practice.models import PracticeSubscription
from licensing.models import (
    Activation,
    Company,
    Difference,
    License,
    LicenseStatement,
    MarketplacePlan,
    Order,
    Product,
    Reconciliation,
    Subscription,
)
from licensing.purchases.comparison import nightly_comparison
from licensing.purchases.comparison.nightly_comparison import reconcile
from tests.factories import SYSTEM, make_company, new_key
from tests.in_process import InProcess
from tests.jobs import run_jobs
from tests.purchases import activated, administrator, buy, found, happens, theirs

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("clock", "shop")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def held(shop: InProcess) -> tuple[Company, Subscription]:
    company, person = administrator()
    return company, activated(person, company, quantity=1_000)


def credits_on(company: Company, day: date) -> int:
    return sum(each.credits_on(day) for each in LicenseStatement.objects.for_company(company).facts_of_all().values())


def open_ones() -> dict[str, str]:
    return dict(Difference.objects.filter(mended_at=None).values_list("kind", "problem"))


def never_told(subscription: Subscription, action: str, **stated: object) -> None:
    happens(subscription, action, told=False, **stated)
    changes.settle_due()


def test_nothing_differs_after_an_activation(held: tuple[Company, Subscription]) -> None:
    run = reconcile("azure")
    assert (run.compared, run.mended, run.problem) == (1, 0, "")
    assert not Difference.objects.exists()


def test_a_suspension_nobody_told_is_mended_and_written_down(held: tuple[Company, Subscription]) -> None:
    company, subscription = held
    never_told(subscription, "Suspend")
    run = reconcile("azure")
    assert run.mended == 1
    assert credits_on(company, NOON.date()) == 0
    difference = Difference.objects.get()
    assert (difference.kind, difference.theirs, difference.ours) == ("status", "suspended", "active")
    assert difference.mended_at is not None
    assert reconcile("azure").mended == 0


def test_two_renewals_nobody_told_leave_no_gap(held: tuple[Company, Subscription], clock: time_machine.Traveller) -> None:
    company, subscription = held
    for year in (2027, 2028):
        clock.move_to(datetime(year, 3, 5, 12, tzinfo=UTC))
        if theirs(subscription).last_day < timezone.now().date():
            never_told(subscription, "Renew")
    assert reconcile("azure").problem == ""
    last = theirs(subscription).last_day
    assert last is not None
    assert all(credits_on(company, NOON.date() + timedelta(days=days)) == 1_000 for days in range(0, 1_090, 7))
    assert credits_on(company, last) == 1_000
    assert credits_on(company, last + timedelta(days=1)) == 0


def test_recurring_billing_has_no_notification_and_is_found_here(held: tuple[Company, Subscription]) -> None:
    company, subscription = held
    changes.set_recurring(theirs(subscription).pk, renews=False)
    reconcile("azure")
    facts = next(iter(LicenseStatement.objects.for_company(company).facts_of_all().values()))
    assert facts.renews_on(NOON.date()) is False
    changes.set_recurring(theirs(subscription).pk, renews=True)
    reconcile("azure")
    facts = next(iter(LicenseStatement.objects.for_company(company).facts_of_all().values()))
    assert facts.renews_on(NOON.date()) is True


def test_a_purchase_that_nobody_configured_is_listed_until_somebody_does(shop: InProcess) -> None:
    bought = buy()
    reconcile("azure")
    assert list(open_ones()) == ["not-configured"]
    _company, person = administrator()
    assert Subscription.objects.get().external_id == str(bought.pk)
    activated_one = found(bought, person)
    assert activated_one.state == Activation.State.FOUND
    changes.start(bought.pk, "Unsubscribe")
    reconcile("azure")
    assert open_ones() == {}


def test_somebody_who_pays_without_a_license_is_listed(shop: InProcess) -> None:
    bought = buy()
    changes.activate(bought.pk, plan_id=bought.plan_id, quantity=bought.quantity)
    reconcile("azure")
    assert "Manage account" in open_ones()["not-here"]


def test_a_purchase_that_cannot_be_asked_for_is_named_and_not_counted_as_unknown(held: tuple[Company, Subscription]) -> None:
    _company, subscription = held
    PracticeSubscription.objects.filter(pk=subscription.external_id).delete()
    faults.misbehave(call="get", how="status-400")
    run = reconcile("azure")
    assert f"{subscription.external_id} (refused)" in run.problem
    subscription.refresh_from_db()
    assert subscription.missing_times == 0


def test_a_purchase_unknown_there_is_listed_after_the_third_time_and_nothing_is_changed(
    held: tuple[Company, Subscription], clock: time_machine.Traveller
) -> None:
    company, subscription = held
    PracticeSubscription.objects.filter(pk=subscription.external_id).delete()
    # Pressed five times in three minutes it is three readings, not five.
    for minutes, expected in ((0, []), (1, []), (1, []), (1, []), (1, ["not-there"])):
        clock.shift(timedelta(minutes=minutes))
        reconcile("azure")
        assert list(open_ones()) == expected
    assert credits_on(company, NOON.date()) == 1_000


def test_a_purchase_counts_as_unknown_there_only_after_three_times_in_a_row(
    held: tuple[Company, Subscription], clock: time_machine.Traveller
) -> None:
    _company, subscription = held
    there = PracticeSubscription.objects.filter(pk=subscription.external_id)
    (row,) = there
    for known in (False, False, True, False, False, True, False):
        there.delete()
        if known:
            row.save(force_insert=True)
        clock.shift(timedelta(minutes=5))
        reconcile("azure")
        assert open_ones() == {}


def test_a_status_nobody_knows_is_listed_and_closes_nothing_that_was_not_compared(held: tuple[Company, Subscription]) -> None:
    company, subscription = held
    MarketplacePlan.objects.filter(plan_id="credits-36m").delete()
    PracticeSubscription.objects.filter(pk=subscription.external_id).update(plan_id="credits-36m")
    reconcile("azure")
    assert list(open_ones()) == ["plan"]
    PracticeSubscription.objects.filter(pk=subscription.external_id).update(status="Paused")
    reconcile("azure")
    assert sorted(open_ones()) == ["plan", "status"]
    assert Difference.objects.get(kind="status").theirs == "Paused"
    assert credits_on(company, NOON.date()) == 1_000
    PracticeSubscription.objects.filter(pk=subscription.external_id).update(status="Subscribed", plan_id="credits-12m")
    reconcile("azure")
    assert open_ones() == {}


def test_what_support_cancelled_by_hand_is_not_undone_but_listed(held: tuple[Company, Subscription]) -> None:
    company, _subscription = held
    order = Order.objects.get()
    cancel_order(order, today=NOON.date(), by=SYSTEM, key=new_key(), reason="asked for")
    reconcile("azure")
    assert "Cancelled here by hand" in open_ones()["status"]
    assert credits_on(company, NOON.date()) == 0


def test_what_a_notification_cannot_mend_is_listed_at_once(held: tuple[Company, Subscription]) -> None:
    _company, subscription = held
    cancel_order(Order.objects.get(), today=NOON.date(), by=SYSTEM, key=new_key(), reason="asked for")
    happens(subscription, "Suspend")
    assert "Cancelled here by hand" in open_ones()["status"]
    happens(subscription, "Unsubscribe")
    assert open_ones() == {}
    assert Difference.objects.get().mended_at is not None


def test_events_of_an_order_that_was_transferred_go_to_its_successor(
    held: tuple[Company, Subscription], clock: time_machine.Traveller
) -> None:
    company, subscription = held
    other = make_company()
    clock.shift(timedelta(days=10))
    today = timezone.now().date()
    transfer_order(Order.objects.get(), to=other, today=today, by=SYSTEM, key=new_key(), reason="sold the business")
    happens(subscription, "ChangeQuantity", quantity=1_500)
    run_jobs()
    assert (credits_on(company, today), credits_on(other, today)) == (0, 1_500)
    clock.move_to(datetime(2027, 3, 4, 12, tzinfo=UTC))
    happens(subscription, "Renew")
    assert credits_on(other, date(2028, 1, 1)) == 1_500
    happens(subscription, "Unsubscribe")
    assert credits_on(other, date(2028, 1, 1)) == 0


def test_right_after_a_transfer_there_is_nothing_to_mend(
    held: tuple[Company, Subscription], clock: time_machine.Traveller
) -> None:
    _company, subscription = held
    renew_order(Order.objects.get(), today=NOON.date(), by=SYSTEM, key=new_key())
    happens(subscription, "ChangeQuantity", quantity=1_500)
    run_jobs()
    PracticeSubscription.objects.filter(pk=subscription.external_id).update(renews=not theirs(subscription).renews)
    happens(subscription, "Suspend")
    reconcile("azure")
    assert not Difference.objects.filter(mended_at=None).exists()
    clock.shift(timedelta(days=10))
    today = timezone.now().date()
    transfer_order(Order.objects.get(), to=make_company(), today=today, by=SYSTEM, key=new_key(), reason="sold the business")
    rows = LicenseStatement.objects.count()
    assert reconcile("azure").mended == 0
    assert LicenseStatement.objects.count() == rows
    assert not Difference.objects.filter(mended_at=None).exists()


def test_unsubscribed_is_final(held: tuple[Company, Subscription]) -> None:
    company, subscription = held
    happens(subscription, "Unsubscribe")
    PracticeSubscription.objects.filter(pk=subscription.external_id).update(status="Subscribed")
    reconcile("azure")
    assert Subscription.objects.get().status == "unsubscribed"
    assert credits_on(company, NOON.date()) == 0
    assert License.objects.count() == 1


def test_a_notification_that_was_lost_is_taken_up_as_the_operation_it_was(
    held: tuple[Company, Subscription], clock: time_machine.Traveller
) -> None:
    company, subscription = held
    operation = happens(subscription, "ChangeQuantity", told=False, quantity=1_400)
    clock.shift(timedelta(minutes=2))
    reconcile("azure")
    run_jobs()
    operation.refresh_from_db()
    assert operation.status == "Succeeded"
    assert credits_on(company, NOON.date()) == 1_400


def test_a_comparison_that_breaks_off_says_so(held: tuple[Company, Subscription]) -> None:
    faults.misbehave(call="list", how="status-500", times=10)
    run = reconcile("azure")
    assert run.finished_at is not None
    assert "unavailable" in run.problem
    assert Reconciliation.objects.count() == 1


def test_a_purchase_that_cannot_be_compared_keeps_no_other_from_it(
    held: tuple[Company, Subscription], monkeypatch: pytest.MonkeyPatch
) -> None:
    company, broken = held
    other, person = administrator()
    never_told(activated(person, other, quantity=300), "Suspend")
    compare = nightly_comparison.take_in_and_converge

    def stumbling(row: Subscription, *given: Any) -> Any:
        if row.pk == broken.pk:
            raise ArithmeticError
        return compare(row, *given)

    monkeypatch.setattr(nightly_comparison, "take_in_and_converge", stumbling)
    run = reconcile("azure")
    assert (run.mended, run.problem) == (1, f"Could not be compared: {broken.external_id} (ArithmeticError).")
    assert (credits_on(company, NOON.date()), credits_on(other, NOON.date())) == (1_000, 0)


def test_a_plan_without_a_product_is_listed_and_mended_once_it_has_one(held: tuple[Company, Subscription]) -> None:
    company, subscription = held
    plan = MarketplacePlan.objects.get(plan_id="credits-36m")
    plan.delete()
    PracticeSubscription.objects.filter(pk=subscription.external_id).update(plan_id="credits-36m")
    reconcile("azure")
    assert "has no product here" in open_ones()["plan"]
    product = Product.objects.get(sku="CREDITS-AZURE")
    MarketplacePlan.objects.create(channel="azure", offer_id="vision-credits", plan_id="credits-36m", product=product)
    reconcile("azure")
    assert open_ones() == {}
    assert credits_on(company, NOON.date()) == 1_000
