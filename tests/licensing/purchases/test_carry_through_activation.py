"""Activating a marketplace purchase, step by step as the contract has it: found, reviewed, activated there, issued here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from console.errors import Refused
from console.models import Actor
from licensing.marketplaces.practice import changes
from licensing.marketplaces.practice.faults import behave, misbehave
from licensing.marketplaces.practice.models import PracticeSubscription
from licensing.models import Activation, LicenseStatement, MarketplaceEvent, MarketplacePlan, Subscription
from licensing.purchases.activation.resume_activation import look_again
from licensing.queueing import CARRY_ON_ACTIVATION, after_commit
from licensing.tasks import settle_event
from tests.activations import INSTANT, ONE, begin, begun, now_is, passes, says, state_of
from tests.factories import make_product, make_user
from tests.in_process import InProcess
from tests.jobs import queued, run_jobs
from tests.purchases import activated, administrator, buy, counts, found, happens, press_activate, theirs

pytestmark = pytest.mark.usefixtures("shop")

Status = PracticeSubscription.Status


def test_from_the_purchase_to_credits_in_the_pool(client: Client) -> None:
    company, person = administrator()
    client.force_login(person)
    activation = found(buy(quantity=25_000), person)
    assert activation.state == "found"
    page = client.get(f"/activate/{activation.pk}/review/")
    assert page.status_code == 200, page.content.decode()[:2000]
    answer = press_activate(client, activation, company)
    assert answer.status_code == 302, answer.content.decode()
    running = client.get(answer["Location"])
    assert "Activation in progress" in running.content.decode()
    run_jobs()
    activation.refresh_from_db()
    assert activation.state == "active", activation.problem
    done = client.get(f"/activate/{activation.pk}/status/").content.decode()
    assert "25,000 credits are active" in done
    assert counts() == ONE


# --- Step 2: what the marketplace says first


def test_a_pending_purchase_is_activated_with_exactly_what_was_bought(shop: InProcess) -> None:
    activation = begun(quantity=250)
    assert passes(activation) is None
    sent = [each for each in shop.asked if each.path.endswith("/activate")]
    assert [each.went for each in sent] == [200]
    assert sent[0].body == b'{"planId": "credits-12m", "quantity": 250}'
    assert sent[0].headers["x-ms-correlationid"] == str(activation.correlation_id)
    assert state_of(activation) == "active"
    assert counts() == ONE


def test_a_purchase_that_is_subscribed_already_is_issued_without_activating_it_again(shop: InProcess) -> None:
    activation = begun()
    changes.activate(theirs(activation.subscription).pk, plan_id="credits-12m", quantity=250)
    assert passes(activation) is None
    assert state_of(activation) == "active"
    assert not [each for each in shop.asked if each.path.endswith("/activate")]
    assert counts() == ONE


@pytest.mark.parametrize("told", [True, False])
def test_a_purchase_cancelled_meanwhile_ends_the_activation(told: bool) -> None:
    activation = begun()
    happens(activation.subscription, "Unsubscribe", told=told)
    assert passes(activation) is None
    assert state_of(activation) == "cancelled"
    assert "cancelled at the marketplace" in activation.problem
    assert counts() == dict.fromkeys(ONE, 0)


def test_a_purchase_that_is_not_found_once_or_twice_is_asked_for_again() -> None:
    """As by a marketplace that has just started."""
    with now_is(INSTANT) as clock:
        activation = begun()
        misbehave(call="get", how="status-404", times=2)
        for seconds, so_far in ((130, 1), (300, 2)):
            assert passes(activation) == seconds
            assert (state_of(activation), len(activation.missed_at)) == ("activating", so_far)
            clock.shift(seconds)
        assert passes(activation) is None
    assert (state_of(activation), activation.missed_at) == ("active", [])
    assert counts() == ONE


ENDS = {
    "status-404": ("not-known", "Open it again from there"),
    "status-400": ("failed", "Ordered to fail."),
    "status-409": ("failed", "Ordered to fail."),
}


@pytest.mark.parametrize("how", ENDS)
def test_what_a_question_is_answered_with_is_believed_after_the_third_time_minutes_apart(how: str) -> None:
    state, words = ENDS[how]
    with now_is(INSTANT) as clock:
        activation = begun()
        misbehave(call="get", how=how, times=20)
        # Asked four times within a minute and a half, it is still the first reading.
        for _time in range(4):
            assert passes(activation) == 130
            Activation.objects.update(due_at=timezone.now())
            clock.shift(30)
        clock.shift(30)
        assert passes(activation) == 300
        clock.shift(300)
        assert passes(activation) is None
        assert state_of(activation) == state
        assert words in activation.problem
        assert "cancelled" not in activation.problem
        assert Subscription.objects.get().claimed_by is None


def test_a_purchase_that_was_activated_there_and_is_not_found_any_more_is_supports(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = changes.activate

    def activate(*arguments: Any, **rest: Any) -> PracticeSubscription:
        done = usual(*arguments, **rest)
        misbehave(call="get", how="status-404", times=20)
        return done

    monkeypatch.setattr(changes, "activate", activate)
    with now_is(INSTANT) as clock:
        activation = begun()
        for seconds in (130, 300):
            assert passes(activation) == seconds
            clock.shift(seconds)
        assert passes(activation) is None
    assert state_of(activation) == "failed"
    assert "You may be charged" in activation.problem
    assert Subscription.objects.get().claimed_by == activation.company


def test_the_page_says_what_to_do_and_looks_again_when_asked_but_not_every_second(client: Client, shop: InProcess) -> None:
    activation = begun()
    client.force_login(activation.person)
    page, button = f"/activate/{activation.pk}/status/", f"/activate/{activation.pk}/look-again/"
    with now_is(timezone.now()) as clock:
        misbehave(call="get", how="status-404", times=20)
        passes(activation)
        text = client.get(page).content.decode()
        assert "did not find the subscription when we asked" in text
        assert "open the subscription again from Azure Marketplace" in text
        assert "Look again now" in text
        asked = len(shop.asked)
        assert client.post(button)["Location"] == page
        run_jobs()
        assert len(shop.asked) > asked
        assert "we asked a moment ago" in client.post(button, follow=True).content.decode()
        for seconds in (130, 300):
            clock.shift(seconds)
            run_jobs()
        assert state_of(activation) == "not-known"
        text = client.get(page).content.decode()
        assert "Not found at the marketplace" in text
        assert "Open it again from there" in text
        assert "Look again now" in text
        behave()
        client.post(button)
        run_jobs()
    assert state_of(activation) == "active"
    assert counts() == ONE


def test_after_a_minute_the_page_says_that_it_takes_longer(client: Client) -> None:
    with now_is(timezone.now()) as clock:
        activation = begun()
        client.force_login(activation.person)
        assert "longer than usual" not in client.get(f"/activate/{activation.pk}/status/").content.decode()
        clock.shift(61)
        assert "longer than usual" in client.get(f"/activate/{activation.pk}/status/").content.decode()


def test_a_suspended_purchase_fails_with_an_explanation_and_can_be_tried_again() -> None:
    activation = begun()
    changes.activate(theirs(activation.subscription).pk, plan_id="credits-12m", quantity=250)
    happens(activation.subscription, "Suspend", told=False)
    assert passes(activation) is None
    assert state_of(activation) == "failed"
    assert "a payment failed" in activation.problem
    assert Subscription.objects.get().claimed_by == activation.company  # it is billed: nobody else takes it meanwhile
    happens(activation.subscription, "Reinstate", told=False)
    changes.settle(theirs(activation.subscription).operations.get(action="Reinstate").pk, accepted=True, outcome="")
    begin(activation, activation.company)
    assert passes(activation) is None
    assert state_of(activation) == "active"
    assert counts() == ONE


@pytest.mark.parametrize("known_before", [True, False])
def test_a_status_word_nobody_knows_changes_nothing_and_is_shown(
    known_before: bool, shop: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    if known_before:
        activation = begun()
        says(monkeypatch, saasSubscriptionStatus="Hibernating")
        assert passes(activation) is None
        assert state_of(activation) == "failed"
        assert "Hibernating" in activation.problem
        assert Subscription.objects.get().status == "pending"
    else:
        says(monkeypatch, saasSubscriptionStatus="Hibernating")
        activation = found(buy(), person := make_user())
        client = Client()
        client.force_login(person)
        assert "a status we do not know" in client.get(f"/activate/{activation.pk}/review/").content.decode()
    assert not [each for each in shop.asked if each.path.endswith("/activate")]
    assert counts() == dict.fromkeys(ONE, 0)


def test_a_changed_quantity_sends_the_person_back_to_the_review_page(shop: InProcess, client: Client) -> None:
    activation = begun(quantity=250)
    PracticeSubscription.objects.update(quantity=300)
    assert passes(activation) is None
    assert state_of(activation) == "found"
    assert "has changed since you reviewed it" in activation.problem
    assert Subscription.objects.get().claimed_by is None
    assert not [each for each in shop.asked if each.path.endswith("/activate")]
    client.force_login(activation.person)
    page = client.get(f"/activate/{activation.pk}/review/").content.decode()
    assert "has changed since you reviewed it" in page
    assert "300 users = 300 credits" in page
    press_activate(client, activation, activation.company)
    run_jobs()
    assert state_of(activation) == "active"
    assert LicenseStatement.objects.get().units == 300


def test_a_changed_plan_sends_the_person_back_to_the_review_page() -> None:
    activation = begun(quantity=250)
    PracticeSubscription.objects.update(plan_id="credits-36m")
    assert passes(activation) is None
    assert state_of(activation) == "found"
    assert Subscription.objects.get().term_months == 36


def test_a_quantity_that_is_not_named_any_more_is_not_remembered_from_before(monkeypatch: pytest.MonkeyPatch) -> None:
    activation = begun(quantity=250)
    says(monkeypatch, quantity=None)
    assert passes(activation) is None
    assert state_of(activation) == "found"
    assert Subscription.objects.get().units is None
    begin(activation, activation.company)  # what the page shows now
    misbehave(call="activate", how="status-503")
    assert passes(activation) == 2  # it was not given back once more


# --- Step 3: what it answers to Activate


@pytest.mark.parametrize("how", ["status-400", "status-409"])
def test_a_refusal_while_the_purchase_is_pending_is_believed_after_the_third_time(how: str) -> None:
    with now_is(INSTANT) as clock:
        activation = begun()
        misbehave(call="activate", how=how, times=20)
        for seconds in (130, 300):
            assert passes(activation) == seconds
            assert Subscription.objects.get().claimed_by == activation.company
            clock.shift(seconds)
        assert passes(activation) is None
        assert state_of(activation) == "failed"
        assert "Ordered to fail." in activation.problem
        assert Subscription.objects.get().claimed_by is None
        assert queued() == []
        behave()
    begin(activation, activation.company)
    assert passes(activation) is None
    assert state_of(activation) == "active"
    assert counts() == ONE


def test_a_refusal_of_a_purchase_that_is_subscribed_meanwhile_issues_the_license(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another pass, whose answer was lost, has activated it between our question and our call."""
    activation, usual = begun(), changes.activate

    def second(*args: Any, **rest: Any) -> PracticeSubscription:
        usual(*args, **rest)
        return usual(*args, **rest)

    monkeypatch.setattr(changes, "activate", second)
    assert passes(activation) is None
    assert state_of(activation) == "active"
    assert counts() == ONE


def test_a_fault_of_our_configuration_gives_the_purchase_back_and_alerts(caplog: pytest.LogCaptureFixture) -> None:
    activation = begun()
    misbehave(call="activate", how="status-403", times=2)  # refused again with a fresh access token
    assert passes(activation) is None
    assert state_of(activation) == "found"
    assert "could not be reached" in activation.problem
    assert Subscription.objects.get().claimed_by is None
    assert "our configuration is refused" in [each.message for each in caplog.records if each.levelname == "ERROR"][-1]


@pytest.mark.parametrize("keeps_use", [True, False])
def test_looking_again_keeps_what_was_chosen_for_its_use(keeps_use: bool) -> None:
    activation = begun()
    Activation.objects.update(state="not-known", keeps_use=keeps_use)
    activation.refresh_from_db()
    assert activation.person is not None
    with transaction.atomic():
        look_again(activation, by=Actor.person(activation.person))
    activation.refresh_from_db()
    assert (activation.state, activation.keeps_use) == ("activating", keeps_use)


def test_a_purchase_that_is_found_and_then_unknown_is_refused_after_the_third_time() -> None:
    with now_is(INSTANT) as clock:
        activation = begun()
        misbehave(call="activate", how="status-404", times=20)
        for seconds in (130, 300):
            assert passes(activation) == seconds
            clock.shift(seconds)
        assert passes(activation) is None
        assert state_of(activation) == "failed"
        assert "Ordered to fail." in activation.problem


@pytest.mark.parametrize("how", ["status-500", "status-503", "lost-request"])
def test_a_failure_to_answer_is_tried_again_after_looking_first(how: str, shop: InProcess) -> None:
    activation = begun()
    misbehave(call="activate", how=how)
    assert passes(activation) == 2
    assert state_of(activation) == "activating"
    before = len(shop.asked)
    with now_is(timezone.now() + timedelta(seconds=2)):
        assert passes(activation) is None
    calls = [each.method for each in shop.asked[before:] if "/saas/" in each.path]
    assert calls == ["GET", "POST", "GET"]
    assert state_of(activation) == "active"
    assert counts() == ONE


def test_too_many_calls_are_answered_with_the_patience_asked_for_within_reason() -> None:
    activation = begun()
    misbehave(call="activate", how="status-429", seconds=90)
    assert passes(activation) == 90
    misbehave(call="activate", how="status-429", seconds=10**8)
    with now_is(timezone.now() + timedelta(seconds=90)):
        assert passes(activation) == 3600


def test_the_pauses_grow_and_the_job_is_queued_for_them() -> None:
    activation = begun()
    after_commit(CARRY_ON_ACTIVATION, activation=str(activation.pk))
    misbehave(call="activate", how="status-503", times=7)
    now = timezone.now()
    with now_is(now) as clock:
        waited = []
        for _ in range(7):
            run_jobs()
            [(name, arguments, due)] = queued()
            assert (name, arguments) == ("licensing.carry_on_activation", {"activation": str(activation.pk)})
            assert due is not None
            waited.append(round((due - timezone.now()).total_seconds()))
            clock.move_to(due)
        assert waited == [2, 5, 15, 60, 600, 600, 600]
        run_jobs()
    assert state_of(activation) == "active"
    assert "licensing.carry_on_activation" not in [name for name, _arguments, _due in queued()]
    assert counts() == ONE


def test_after_thirty_days_without_success_the_activation_is_abandoned() -> None:
    with now_is(INSTANT) as clock:
        activation = begun()
        misbehave(call="activate", how="status-503", times=9)
        misbehave(call="get", how="status-503", times=9)
        clock.move_to(INSTANT + timedelta(days=29, hours=23))
        assert passes(activation) is not None
        clock.move_to(INSTANT + timedelta(days=30, minutes=1))
        assert passes(activation) is None
        assert state_of(activation) == "abandoned"
        assert Subscription.objects.get().claimed_by is None
        with pytest.raises(Refused, match="within 30 days and has lapsed"):
            begin(activation, activation.company)


def test_a_purchase_whose_day_nobody_names_is_abandoned_thirty_days_after_the_confirmation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with now_is(INSTANT) as clock:
        says(monkeypatch, created=None)
        activation = begun()
        misbehave(call="activate", how="status-503", times=9)
        clock.move_to(INSTANT + timedelta(days=31))
        monkeypatch.setattr(changes, "settle_due", lambda: None)
        assert passes(activation) is None
    assert state_of(activation) == "abandoned"


def test_what_the_marketplace_accepted_is_never_abandoned(monkeypatch: pytest.MonkeyPatch) -> None:
    with now_is(INSTANT) as clock:
        activation = begun()
        says(monkeypatch, saasSubscriptionStatus="PendingFulfillmentStart")  # it has accepted, and does not show it yet
        assert passes(activation) == 2
        assert state_of(activation) == "activating"
        assert activation.accepted_at is not None
        clock.move_to(INSTANT + timedelta(days=31))
        misbehave(call="get", how="status-503", times=3)
        assert passes(activation) is not None
        assert state_of(activation) == "activating"
        says(monkeypatch)
        clock.move_to(INSTANT + timedelta(days=32))
        assert passes(activation) is None
    assert state_of(activation) == "active"
    assert counts() == ONE


# --- Step 4: the dates


def test_missing_dates_are_waited_for_and_then_computed_provisionally(client: Client) -> None:
    activation = begun()
    with now_is(timezone.now()) as clock:
        misbehave(call="get", how="no-dates", times=20)
        waited = [2.0, 5.0, 15.0, 30.0]
        for seconds in waited:
            assert passes(activation) == seconds
            clock.shift(seconds)
            assert counts() == dict.fromkeys(ONE, 0)
        assert passes(activation) is None
        assert state_of(activation) == "active"
        today = activation.company.day_of(timezone.now())
        issued = LicenseStatement.objects.get()
        assert (issued.starts_on, issued.expires_on) == (today, today.replace(year=today.year + 1))
        client.force_login(activation.person)
        assert "are provisional" in client.get(f"/activate/{activation.pk}/status/").content.decode()
        [(name, _arguments, due)] = [each for each in queued() if each[0] != "licensing.tell_company"]
        assert name == "licensing.reconcile_one"
        assert due == timezone.now() + timedelta(seconds=600)
        # The marketplace names other dates than we computed.
        changes.settle_due()
        PracticeSubscription.objects.update(starts_on=today, last_day=today + timedelta(days=99))
        behave()
        run_jobs(everything=True)
    latest = LicenseStatement.objects.order_by("id").last()
    assert latest is not None
    assert latest.expires_on == today + timedelta(days=100)
    assert counts()["License"] == 1


def test_earlier_trouble_does_not_shorten_the_wait_for_dates() -> None:
    activation = begun()
    with now_is(timezone.now()) as clock:
        misbehave(call="activate", how="status-503", times=5)
        for _ in range(5):
            clock.shift(passes(activation) or 0)
        misbehave(call="get", how="no-dates", times=20)
        # The first of these reads is the one before Activate, where there are no dates anyway.
        assert passes(activation) == 2


# --- What adds no credits, and what is over


@pytest.mark.parametrize("plan", ["credits-trial", "ep-core-12m"])
def test_what_adds_no_credits_is_valid_and_does_not_count(plan: str, client: Client) -> None:
    if plan == "ep-core-12m":
        contract = make_product(sku="CONTRACT", kind="pay-as-you-go", rate=None)
        MarketplacePlan.objects.filter(plan_id=plan).update(product=contract)
    activation = begun(plan_id=plan)
    client.force_login(activation.person)
    review = client.get(f"/activate/{found(buy(plan), activation.person).pk}/review/").content.decode()
    assert "Credits count at once" not in review
    passes(activation)
    assert state_of(activation) == "active", activation.problem
    text = client.get(f"/activate/{activation.pk}/status/").content.decode()
    assert "It is valid from" in text
    assert "They count from" not in text
    assert "Its credits count" not in text


def over(monkeypatch: pytest.MonkeyPatch) -> None:
    says(monkeypatch, term={"termUnit": "P1Y", "startDate": "2025-01-01T00:00:00Z", "endDate": "2025-12-31T00:00:00Z"})


def test_a_purchase_that_names_a_term_which_is_over_is_not_activated_there(
    shop: InProcess, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    activation = begun()
    over(monkeypatch)
    assert passes(activation) is None
    assert not [each for each in shop.asked if each.path.endswith("/activate")]
    assert state_of(activation) == "failed"
    for words in ("ended on Dec 31, 2025", "ask support", "You may be charged"):
        assert words in activation.problem
    assert "Renew the order" not in activation.problem


def test_a_purchase_that_turns_out_to_be_over_once_it_is_active_says_that_it_may_be_charged(
    shop: InProcess, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    activation = begun()
    usual = changes.activate

    def activate(*arguments: Any, **rest: Any) -> PracticeSubscription:
        done = usual(*arguments, **rest)
        over(monkeypatch)
        return done

    monkeypatch.setattr(changes, "activate", activate)
    assert passes(activation) is None
    assert state_of(activation) == "failed"
    assert "may have charged it: ask support" in activation.problem
    assert Subscription.objects.get().claimed_by == activation.company
    client.force_login(activation.person)
    page = client.get(f"/activate/{activation.pk}/review/").content.decode()
    assert "ended on Dec 31, 2025" in page
    assert 'id="activate"' not in page


@pytest.mark.parametrize("told", ["suspended", "cancelled"])
def test_the_review_of_a_purchase_that_was_stopped_promises_nothing(told: str, client: Client) -> None:
    _company, person = administrator()
    bought = buy(quantity=25)
    activation = found(bought, person)
    status = {"suspended": "suspended", "cancelled": "unsubscribed"}[told]
    Subscription.objects.update(status=status)
    client.force_login(person)
    text = client.get(f"/activate/{activation.pk}/review/").content.decode()
    assert "Cannot be activated" in text
    for promise in ("Recurring billing", "Renews on", "if activated today", "25 users = 25 credits"):
        assert promise not in text


def test_an_acknowledgment_is_not_given_up_after_one_answer_of_a_marketplace_that_has_just_started() -> None:
    company, person = administrator()
    with now_is(timezone.now()) as clock:
        subscription = activated(person, company)
        happens(subscription, "ChangeQuantity", quantity=400)
        event = MarketplaceEvent.objects.get(action="change-quantity")
        misbehave(call="settle", how="status-404", times=9)
        run_jobs()
        for minutes, settled in ((0, False), (3, False), (4, True)):
            clock.shift(timedelta(minutes=minutes))
            settle_event(event=event.pk)
            event.refresh_from_db()
            assert (event.settled_at is not None) == settled
