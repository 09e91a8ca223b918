"""What happens to subscriptions by and by: windows, terms, lapses. The clock is moved, nothing runs in between."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command

from licensing.marketplaces.practice import changes, sending
from licensing.marketplaces.practice.changes import Refused
from licensing.marketplaces.practice.models import PracticeOperation, PracticeSubscription
from licensing.marketplaces.practice.offers import OFFERS, last_day
from tests.licensing.marketplaces.practice.conftest import Console, active, buy, change

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.mark.parametrize(
    ("first", "unit", "last"),
    [
        (date(2026, 3, 4), "P1Y", date(2027, 3, 3)),
        (date(2026, 1, 31), "P1M", date(2026, 2, 27)),
        (date(2028, 2, 29), "P1Y", date(2029, 2, 27)),
        (date(2026, 12, 1), "P1M", date(2026, 12, 31)),
        (date(2026, 3, 4), "P3Y", date(2029, 3, 3)),
    ],
)
def test_a_term_ends_on_the_day_before_its_anniversary(first: date, unit: str, last: date) -> None:
    assert last_day(first, unit) == last


def test_what_is_on_sale_has_distinct_names() -> None:
    assert len({(plan.offer_id, plan.plan_id) for plan in OFFERS}) == len(OFFERS)
    assert {"credits-12m", "ep-core-12m"} <= {plan.plan_id for plan in OFFERS}


def test_silence_for_ten_seconds_accepts_a_change(clock: time_machine.Traveller, console: Console) -> None:
    bought = active()
    operation = change(bought, "ChangeQuantity", quantity=400)
    clock.shift(timedelta(minutes=1))
    sending.deliver(sending.call_of(operation))
    clock.shift(timedelta(seconds=9))
    changes.settle_due()
    assert PracticeSubscription.objects.get().quantity == 250
    clock.shift(timedelta(seconds=1))
    changes.settle_due()
    assert PracticeSubscription.objects.get().quantity == 400
    operation.refresh_from_db()
    assert operation.status == "Succeeded"


def test_a_change_that_nobody_was_told_of_fails_after_eight_hours(clock: time_machine.Traveller) -> None:
    operation = change(active(), "ChangeQuantity", quantity=400)
    clock.shift(timedelta(hours=7, minutes=59))
    changes.settle_due()
    operation.refresh_from_db()
    assert operation.status == "InProgress"
    clock.shift(timedelta(minutes=1))
    changes.settle_due()
    operation.refresh_from_db()
    assert operation.status == "Failed"
    assert PracticeSubscription.objects.get().quantity == 250


def test_one_change_at_a_time() -> None:
    bought = active()
    change(bought, "ChangeQuantity", quantity=400)
    with pytest.raises(Refused) as refused:
        change(bought, "ChangePlan", plan_id="credits-36m")
    assert refused.value.status == 409


def test_a_suspension_overtakes_an_open_change() -> None:
    bought = active()
    operation = change(bought, "ChangeQuantity", quantity=400)
    change(bought, "Suspend")
    operation.refresh_from_db()
    assert operation.status == "Failed"


def test_a_change_to_the_present_value_is_only_for_taking_back() -> None:
    bought = active()
    with pytest.raises(Refused):
        change(bought, "ChangeQuantity", quantity=250)
    assert change(bought, "ChangeQuantity", quantity=250, revert=True).status == "InProgress"


def test_a_reinstatement_counts_once_it_is_settled(clock: time_machine.Traveller, console: Console) -> None:
    bought = active()
    change(bought, "Suspend")
    operation = change(bought, "Reinstate")
    sending.deliver(sending.call_of(operation))
    assert PracticeSubscription.objects.get().status == "Suspended"
    changes.settle(operation.pk, accepted=True, outcome="Accepted")
    assert PracticeSubscription.objects.get().status == "Subscribed"


def test_a_term_that_is_over_is_renewed_as_often_as_needed(clock: time_machine.Traveller) -> None:
    bought = active(plan_id="credits-1m")
    clock.move_to(datetime(2026, 4, 3, 23, 59, tzinfo=UTC))
    changes.settle_due()
    assert bought.operations.count() == 0
    clock.move_to(datetime(2026, 6, 4, tzinfo=UTC))
    changes.settle_due()
    changes.settle_due()
    bought.refresh_from_db()
    assert (bought.starts_on, bought.last_day) == (date(2026, 6, 4), date(2026, 7, 3))
    assert [each.action for each in bought.operations.all()] == ["Renew"] * 3


def test_without_recurring_billing_the_end_of_the_term_is_the_end(clock: time_machine.Traveller) -> None:
    bought = active(renews=False)
    clock.move_to(datetime(2027, 3, 4, tzinfo=UTC))
    changes.settle_due()
    bought.refresh_from_db()
    assert bought.status == "Unsubscribed"
    assert [each.action for each in bought.operations.all()] == ["Unsubscribe"]


def test_thirty_days_end_a_suspension_and_an_unused_purchase(clock: time_machine.Traveller) -> None:
    suspended, unused = active(), buy()
    change(suspended, "Suspend")
    clock.shift(timedelta(days=29))
    changes.settle_due()
    assert not PracticeSubscription.objects.filter(status="Unsubscribed").exists()
    clock.shift(timedelta(days=1))
    changes.settle_due()
    assert PracticeSubscription.objects.filter(status="Unsubscribed").count() == 2
    assert [each.action for each in suspended.operations.all()] == ["Unsubscribe", "Suspend"]
    assert not unused.operations.exists()


def test_the_command_moves_time_and_sends_what_is_due(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    bought = active()
    call_command("practice_marketplace", "--now", "2027-03-04T00:00Z")
    bought.refresh_from_db()
    assert bought.last_day == date(2028, 3, 3)
    assert console.told == []
    call_command("practice_marketplace", "--deliver")
    assert [told["action"] for told in console.told] == ["Renew"]
    assert "Renewal of Head office: 200" in capsys.readouterr().out
    assert PracticeOperation.objects.get().status == "Succeeded"
