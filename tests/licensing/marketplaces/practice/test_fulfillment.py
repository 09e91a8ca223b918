"""The fulfillment API of the practice marketplace, called as a publisher calls it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from uuid import uuid4

import pytest
import requests
import time_machine
from django.test import Client

from licensing.marketplaces.practice import tokens
from licensing.marketplaces.practice.models import PracticeSubscription
from tests.licensing.marketplaces.practice.conftest import VERSION, Publisher, active, buy, change

pytestmark = pytest.mark.usefixtures("clock")


# --- Who gets in


def test_without_a_version_every_call_is_refused(publisher: Publisher) -> None:
    answer = publisher.call("GET", params={})
    assert answer.status_code == 400
    assert answer.json()["Error"]["Code"] == "UnsupportedApiVersion"


@pytest.mark.parametrize("authorization", ["Basic abc", "Bearer", "Bearer no.token.atall", "Bearer webhook"])
def test_only_a_token_of_the_publisher_gets_in(publisher: Publisher, authorization: str) -> None:
    publisher.authorization = authorization.replace("webhook", tokens.webhook_token())
    answer = publisher.call("GET")
    assert answer.status_code == 403
    assert isinstance(answer.json(), str)


def test_an_access_token_is_good_for_an_hour(publisher: Publisher, clock: time_machine.Traveller) -> None:
    publisher.authorization = f"Bearer {tokens.publisher_token()}"
    clock.shift(timedelta(minutes=59))
    assert publisher.call("GET").status_code == 200
    clock.shift(timedelta(minutes=1))
    assert publisher.call("GET").status_code == 403


def test_tokens_signed_before_a_change_of_keys_stay_good(publisher: Publisher) -> None:
    publisher.authorization = f"Bearer {tokens.publisher_token(version=1)}"
    tokens.rotate_key()
    assert publisher.call("GET").status_code == 200


def test_the_ids_of_a_request_come_back(publisher: Publisher) -> None:
    ids = {"x-ms-requestid": str(uuid4()), "x-ms-correlationid": str(uuid4())}
    answer = publisher.call("GET", headers=ids)
    assert {name: answer.headers[name] for name in ids} == ids
    assert publisher.call("GET").headers["x-ms-requestid"] != ids["x-ms-requestid"]


@pytest.mark.parametrize("path", ["", "/resolve", "/{}", "/{}/activate", "/{}/listAvailablePlans", "/{}/operations"])
def test_a_wrong_method_is_refused(path: str, publisher: Publisher) -> None:
    assert publisher.call("PUT", path.format(uuid4())).status_code == 405


@pytest.mark.parametrize("path", ["/{}", "/{}/operations", "/{}/operations/{}"])
def test_an_unknown_id_is_not_found_and_no_id_is_a_bad_request(path: str, publisher: Publisher) -> None:
    assert publisher.call("GET", path.format(uuid4(), uuid4())).status_code == 404
    assert publisher.call("GET", path.format("nonsense", "nonsense")).status_code == 400


# --- Resolve


def test_a_purchase_token_resolves_more_than_once(publisher: Publisher) -> None:
    bought = buy()
    token = tokens.purchase_token(bought)
    for _ in range(2):
        answer = publisher.resolve(token)
        assert answer.status_code == 200
        said = answer.json()
        assert (said["id"], said["subscriptionName"], said["offerId"]) == (str(bought.pk), "Head office", "vision-credits")
        assert (said["planId"], said["quantity"]) == ("credits-12m", 250)
        assert said["subscription"]["saasSubscriptionStatus"] == "PendingFulfillmentStart"


def test_a_purchase_token_needs_care_in_an_address(publisher: Publisher) -> None:
    token = tokens.purchase_token(buy())
    assert {"+", "/", "="} <= set(token)
    assert publisher.resolve(quote(token, safe="")).status_code == 400


def test_a_purchase_token_ends_after_24_hours(publisher: Publisher, clock: time_machine.Traveller) -> None:
    token = tokens.purchase_token(buy())
    clock.shift(timedelta(hours=23, minutes=59))
    assert publisher.resolve(token).status_code == 200
    clock.shift(timedelta(minutes=1))
    assert publisher.resolve(token).status_code == 400
    assert publisher.resolve("").status_code == 400


# --- Activate


def test_a_term_begins_on_the_day_of_activation_and_ends_on_its_last_day(
    publisher: Publisher, clock: time_machine.Traveller
) -> None:
    bought = buy()
    assert publisher.get(bought)["term"]["endDate"] == "0001-01-01T00:00:00"
    clock.move_to(datetime(2026, 3, 4, 23, 59, tzinfo=UTC))
    answer = publisher.activate(bought)
    assert (answer.status_code, answer.content) == (200, b"")
    said = publisher.get(bought)
    assert said["saasSubscriptionStatus"] == "Subscribed"
    assert said["term"]["startDate"] == "2026-03-04T00:00:00Z"
    assert said["term"]["endDate"] == "2027-03-03T00:00:00Z"


@pytest.mark.parametrize(
    "body", [{"planId": "credits-1m"}, {"planId": None}, {"quantity": 251}, {"quantity": None}, {"quantity": []}]
)
def test_activation_wants_what_was_bought(body: dict[str, Any], publisher: Publisher) -> None:
    bought = buy()
    assert publisher.activate(bought, **body).status_code == 400
    assert publisher.get(bought)["saasSubscriptionStatus"] == "PendingFulfillmentStart"
    assert publisher.activate(bought, quantity="250").status_code == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_activation_wants_an_object(body: bytes, publisher: Publisher) -> None:
    assert publisher.call("POST", f"/{buy().pk}/activate", data=body).status_code == 400


def test_activation_happens_once_and_never_after_the_end(publisher: Publisher) -> None:
    bought = active()
    assert publisher.activate(bought).status_code == 400
    change(bought, "Suspend")
    assert publisher.activate(bought).status_code == 400
    change(bought, "Unsubscribe")
    assert publisher.activate(bought).status_code == 404


# --- Lists


def test_all_subscriptions_are_listed_a_hundred_at_a_time(publisher: Publisher, clock: time_machine.Traveller) -> None:
    made = []
    for _ in range(205):
        clock.shift(timedelta(seconds=1))
        made.append(str(buy().pk))
    params, listed, pages = VERSION, [], 0
    while params:
        answer = publisher.call("GET", params=params).json()
        listed += [each["id"] for each in answer["subscriptions"]]
        pages += 1
        link = answer.get("@nextLink", "")
        params = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    assert (listed, pages) == (made, 3)
    assert publisher.call("GET", params={**VERSION, "continuationToken": "mine"}).status_code == 400


def test_plans_of_the_offer_are_listed(publisher: Publisher) -> None:
    path = f"/{buy().pk}/listAvailablePlans"
    plans = publisher.call("GET", path).json()["plans"]
    assert [plan["planId"] for plan in plans] == ["credits-12m", "credits-36m", "credits-1m", "credits-trial"]
    assert (plans[0]["minQuantity"], plans[0]["maxQuantity"], plans[0]["isPricePerSeat"]) == (3, 1_000_000, True)
    one = publisher.call("GET", path, params={**VERSION, "planId": "credits-1m"}).json()["plans"]
    assert [plan["planId"] for plan in one] == ["credits-1m"]
    assert publisher.call("GET", f"/{uuid4()}/listAvailablePlans").json() == {"plans": []}


# --- Changes by the publisher


@pytest.mark.parametrize(
    "body",
    [{}, {"planId": "credits-1m", "quantity": 3}, {"quantity": 250}, {"quantity": 2}, {"planId": "x"}, {"planId": "credits-12m"}],
)
def test_the_publisher_changes_one_thing_to_another_possible_value(body: dict[str, Any], publisher: Publisher) -> None:
    assert publisher.call("PATCH", f"/{active().pk}", json=body).status_code == 400


def test_a_change_by_the_publisher_runs_on_its_own(publisher: Publisher, clock: time_machine.Traveller) -> None:
    bought = active()
    answer = publisher.call("PATCH", f"/{bought.pk}", json={"quantity": 300})
    assert answer.status_code == 202
    where = answer.headers["Operation-Location"]
    assert publisher.call("PATCH", f"/{bought.pk}", json={"quantity": 400}).status_code == 409
    headers = {"Authorization": f"Bearer {tokens.publisher_token()}"}
    assert publisher.session.get(where, headers=headers).json()["status"] == "InProgress"
    operation = bought.operations.get()
    assert publisher.settle(operation, "Success").status_code == 500
    clock.shift(timedelta(seconds=10))
    assert publisher.session.get(where, headers=headers).json()["status"] == "Succeeded"
    assert publisher.get(bought)["quantity"] == 300


def test_a_cancellation_is_final_and_hides_the_quantity(publisher: Publisher) -> None:
    bought = active()
    assert publisher.call("DELETE", f"/{bought.pk}").status_code == 202
    said = publisher.get(bought)
    assert said["saasSubscriptionStatus"] == "Unsubscribed"
    assert "quantity" not in said
    assert publisher.call("DELETE", f"/{bought.pk}").status_code == 200
    assert publisher.call("PATCH", f"/{bought.pk}", json={"quantity": 300}).status_code == 400


def test_what_a_reseller_bought_can_only_be_read(publisher: Publisher) -> None:
    bought = active(by_reseller=True)
    assert publisher.get(bought)["allowedCustomerOperations"] == ["Read"]
    assert publisher.call("PATCH", f"/{bought.pk}", json={"quantity": 300}).status_code == 400
    assert publisher.call("DELETE", f"/{bought.pk}").status_code == 400


# --- Operations


def test_an_open_operation_can_be_accepted_or_refused_once(publisher: Publisher) -> None:
    bought = active()
    first = change(bought, "ChangeQuantity", quantity=400)
    listed = publisher.call("GET", f"/{bought.pk}/operations").json()["operations"]
    assert [(each["id"], each["quantity"], each["status"]) for each in listed] == [(str(first.pk), 400, "InProgress")]
    assert publisher.get(bought)["quantity"] == 250
    assert publisher.settle(first, "Maybe").status_code == 400
    assert publisher.settle(first, "Failure").status_code == 200
    assert publisher.settle(first, "Success").status_code == 409
    assert publisher.get(bought)["quantity"] == 250
    assert publisher.settle(change(bought, "ChangePlan", plan_id="credits-36m"), "Success").status_code == 200
    assert publisher.get(bought)["planId"] == "credits-36m"
    assert publisher.call("GET", f"/{bought.pk}/operations").json() == {"operations": []}


def test_an_operation_is_found_below_its_own_subscription_only(publisher: Publisher) -> None:
    operation = change(active(), "Suspend")
    assert publisher.call("GET", f"/{operation.subscription_id}/operations/{operation.pk}").json()["status"] == "Succeeded"
    assert publisher.call("GET", f"/{active().pk}/operations/{operation.pk}").status_code == 404


# --- Access tokens


def ask_for_token(publisher: Publisher, version: str = "/v2.0", tenant: str = "", **changes: str) -> requests.Response:
    from django.conf import settings

    form = {"grant_type": "client_credentials", "client_id": settings.PRACTICE_CLIENT_ID}
    form |= {"client_secret": settings.PRACTICE_CLIENT_SECRET}
    form |= {"scope": f"{tokens.RESOURCE_ID}/.default"} if version else {"resource": tokens.RESOURCE_ID}
    url = f"{settings.AZURE_LOGIN_URL}/{tenant or settings.PRACTICE_TENANT_ID}/oauth2{version}/token"
    return publisher.session.post(url, data={**form, **changes}, timeout=5)


@pytest.mark.parametrize("version", ["", "/v2.0"])
def test_the_right_secret_is_given_a_token_that_works(version: str, publisher: Publisher) -> None:
    said = ask_for_token(publisher, version).json()
    assert (said["token_type"], int(said["expires_in"])) == ("Bearer", 3600)
    publisher.authorization = f"Bearer {said['access_token']}"
    assert publisher.call("GET").status_code == 200


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"client_secret": "guess"}, 401, 7000215),
        ({"client_secret": "é"}, 401, 7000215),
        ({"client_secret": "practice-only-expired"}, 401, 7000222),
        ({"client_id": "somebody"}, 400, 700016),
        ({"tenant": "elsewhere"}, 400, 90002),
        ({"grant_type": "password"}, 400, 70003),
        ({"scope": "mail"}, 400, 1002012),
    ],
)
def test_a_wrong_login_is_refused_in_microsofts_words(
    wrong: dict[str, str], status: int, code: int, publisher: Publisher
) -> None:
    answer = ask_for_token(publisher, **wrong)
    said = answer.json()
    assert answer.status_code == status
    assert said["error_codes"] == [code]
    assert said["error_description"].startswith(f"AADSTS{code}: ")
    assert {"error", "trace_id", "correlation_id"} <= set(said)


def test_the_service_is_open_to_programs_but_not_without_their_token(db: None) -> None:
    stranger = Client(enforce_csrf_checks=True)
    path = "/practice-marketplace/api/saas/subscriptions/resolve?api-version=2018-08-31"
    assert stranger.post(path).status_code == 403
    assert stranger.post(path).headers["Content-Type"] == "application/json"
    assert PracticeSubscription.objects.count() == 0
