"""Trouble on request, as a client sees it; and the network without one that shows it."""

from __future__ import annotations

import pytest
import requests
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from licensing.marketplaces.practice import faults, tokens
from licensing.marketplaces.practice.models import PracticeFault, PracticeSubscription
from tests.in_process import in_process
from tests.licensing.marketplaces.practice.conftest import VERSION, Publisher, active, buy


def status_of(subscription: PracticeSubscription) -> str:
    subscription.refresh_from_db()
    return subscription.status


@pytest.mark.parametrize(
    ("how", "problem", "status"),
    [
        ("lost-answer", requests.ConnectionError, "Subscribed"),
        ("lost-request", requests.ConnectionError, "PendingFulfillmentStart"),
        ("delay", requests.ReadTimeout, "Subscribed"),
    ],
)
def test_a_caller_may_never_learn_what_came_of_its_call(
    how: str, problem: type[Exception], status: str, publisher: Publisher
) -> None:
    bought = buy()
    faults.misbehave(call="activate", how=how, seconds=6)
    with pytest.raises(problem):
        publisher.activate(bought)
    assert status_of(bought) == status
    assert publisher.get(bought)["saasSubscriptionStatus"] == status


def test_a_short_delay_is_only_a_delay(publisher: Publisher) -> None:
    faults.misbehave(call="get", how="delay", seconds=4)
    assert publisher.get(active())["saasSubscriptionStatus"] == "Subscribed"


@pytest.mark.parametrize("status", [400, 403, 404, 409, 429, 500, 503])
def test_a_status_is_answered_as_often_as_ordered_and_nothing_happens(status: int, publisher: Publisher) -> None:
    bought = buy()
    faults.misbehave(call="activate", how=f"status-{status}", times=2, seconds=7)
    answers = [publisher.activate(bought) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].headers.get("Retry-After") == ("7" if status == 429 else None)
    assert not PracticeFault.objects.exists()


def test_any_stands_for_every_call_of_the_api(publisher: Publisher) -> None:
    bought = active()
    faults.misbehave(call="any", how="status-500", times=2)
    assert publisher.call("GET", f"/{bought.pk}").status_code == 500
    assert publisher.call("GET").status_code == 500
    assert publisher.call("GET").status_code == 200


def test_broken_and_unreadable_answers_hide_what_was_done(publisher: Publisher) -> None:
    for how in ("broken-answer", "unreadable"):
        bought = buy()
        faults.misbehave(call="activate", how=how)
        answer = publisher.activate(bought)
        assert answer.status_code == (500 if how == "broken-answer" else 200)
        assert status_of(bought) == "Subscribed"


def test_dates_can_be_missing_and_tokens_expired(publisher: Publisher) -> None:
    bought = active()
    faults.misbehave(call="get", how="no-dates")
    assert publisher.get(bought)["term"]["endDate"] == "0001-01-01T00:00:00"
    assert publisher.get(bought)["term"]["endDate"] != "0001-01-01T00:00:00"
    token = tokens.purchase_token(bought)
    faults.misbehave(call="resolve", how="expired-token")
    assert [publisher.resolve(token).status_code for _ in range(2)] == [400, 200]


@pytest.mark.parametrize(
    ("call", "how"), [("activate", "explode"), ("nothing", "delay"), ("webhook", "status-500"), ("get", "twice")]
)
def test_there_is_no_other_trouble(call: str, how: str, db: None) -> None:
    with pytest.raises(ValueError, match="There is no fault"):
        faults.misbehave(call=call, how=how)


def test_a_stranger_uses_up_no_trouble(publisher: Publisher) -> None:
    faults.misbehave(call="list", how="status-500")
    assert Client().get("/practice-marketplace/api/saas/subscriptions", VERSION).status_code == 403
    assert PracticeFault.objects.exists()


def test_the_network_without_one_keeps_what_was_asked(db: None) -> None:
    with in_process() as network:
        assert requests.get("http://127.0.0.1:8000/healthz", timeout=1).text == "ok\n"
    assert [(asked.method, asked.path, asked.went) for asked in network.asked] == [("GET", "/healthz", 200)]


@pytest.mark.django_db(transaction=True)
def test_a_real_client_never_gets_the_whole_answer() -> None:
    bought = buy()
    faults.misbehave(call="activate", how="lost-answer")
    headers = {"Authorization": f"Bearer {tokens.publisher_token()}"}
    server = LiveServer("localhost")
    try:
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            requests.post(
                f"{server.url}/practice-marketplace/api/saas/subscriptions/{bought.pk}/activate?api-version=2018-08-31",
                json={"planId": bought.plan_id, "quantity": bought.quantity},
                headers=headers,
                timeout=1,  # the server of tests leaves the connection open
            )
    finally:
        server.stop()
    assert status_of(bought) == "Subscribed"
