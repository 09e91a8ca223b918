"""Webhooks of the practice marketplace: what they carry, how often they come, and what their answers mean."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt
import pytest
import requests
import time_machine
from django.conf import settings
from jwt import PyJWKSet

from licensing.marketplaces.practice import changes, faults, sending, tokens
from licensing.marketplaces.practice.models import PracticeOperation
from tests.in_process import in_process
from tests.licensing.marketplaces.practice.conftest import Console, active, change

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def claims_of(token: str, **expected: Any) -> dict[str, Any]:
    """As the publisher reads them: by the published keys."""
    key = PyJWKSet.from_dict(tokens.key_set())[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=["RS256"], **{"audience": settings.PRACTICE_CLIENT_ID, **expected})


def told_of(action: str = "ChangeQuantity", **stated: Any) -> PracticeOperation:
    """A change whose webhook has been tried once."""
    operation = change(active(), action, **({"quantity": 400} if action == "ChangeQuantity" else {}), **stated)
    sending.deliver(sending.call_of(operation), first=True)
    operation.refresh_from_db()
    return operation


def test_a_webhook_says_what_is_asked_for_and_how_it_was_before(console: Console) -> None:
    operation = told_of()
    [body] = console.told
    assert (body["id"], body["subscriptionId"]) == (str(operation.pk), str(operation.subscription_id))
    assert (body["action"], body["status"], body["quantity"]) == ("ChangeQuantity", "InProgress", 400)
    assert (body["operationRequestSource"], body["purchaseToken"]) == ("Azure", None)
    assert body["subscription"]["quantity"] == 250
    assert body["timeStamp"] == "2026-03-04T12:00:00.0000000Z"


@pytest.mark.parametrize("action", ["Renew", "Suspend", "Unsubscribe"])
def test_what_cannot_be_refused_has_happened_when_it_is_told(action: str, console: Console) -> None:
    console.answers = [400]
    operation = told_of(action)
    assert console.told[0]["status"] == "Succeeded"
    assert operation.status == "Succeeded"


def test_a_webhook_carries_a_token_of_the_marketplace_for_the_publisher(console: Console) -> None:
    told_of()
    claims = claims_of(console.tokens[0], issuer=f"{settings.AZURE_LOGIN_URL}/{settings.AZURE_TENANT_ID}/v2.0")
    assert claims["azp"] == "20e940b3-4c77-4b0b-9a53-9e16a1b010a7"
    assert claims["tid"] == settings.AZURE_TENANT_ID
    assert {"oid", "sub", "uti", "nbf", "iat"} <= set(claims)
    assert claims["ver"] == "2.0"
    old = claims_of(tokens.webhook_token(version=1), issuer=f"{settings.AZURE_ISSUER_URL}/{settings.AZURE_TENANT_ID}/")
    assert old["appid"] == claims["azp"]


@pytest.mark.parametrize(
    ("how", "problem"), [("wrong-audience", jwt.InvalidAudienceError), ("expired-token", jwt.ExpiredSignatureError)]
)
def test_tokens_can_be_ordered_wrong(how: str, problem: type[Exception], console: Console) -> None:
    faults.misbehave(call="webhook", how=how)
    told_of()
    with pytest.raises(problem):
        claims_of(console.tokens[0])


def test_a_forged_token_has_the_right_key_id_and_a_strangers_signature(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens.signing_key()
    monkeypatch.undo()
    monkeypatch.setattr("licensing.marketplaces.practice.sending.requests.post", console.post)
    faults.misbehave(call="webhook", how="forged")
    told_of()
    with pytest.raises(jwt.InvalidSignatureError):
        claims_of(console.tokens[0])


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_a_4xx_answer_refuses_a_change(status: int, console: Console) -> None:
    console.answers = [status]
    operation = told_of()
    assert operation.status == "Failed"
    assert operation.subscription.quantity == 250
    assert sending.call_of(operation).due_at is None


def test_a_refusal_after_ten_seconds_comes_too_late(console: Console, clock: time_machine.Traveller) -> None:
    console.answers, console.takes, console.clock = [400], timedelta(seconds=11), clock.shift
    operation = told_of()
    assert operation.status == "InProgress"
    changes.settle_due()
    operation.refresh_from_db()
    assert operation.status == "Succeeded"


@pytest.mark.parametrize("status", [0, 302, 500, 503])
def test_anything_else_is_tried_again_until_it_is_answered(status: int, console: Console, clock: time_machine.Traveller) -> None:
    console.answers = [status, status]
    operation = told_of()
    assert sending.deliver_due() == []
    clock.shift(timedelta(seconds=10))
    assert len(sending.deliver_due()) == 1
    assert operation.called_at is None
    clock.shift(timedelta(seconds=30))
    sending.deliver_due()
    clock.shift(timedelta(seconds=10))
    assert sending.deliver_due() == []
    assert [told["id"] for told in console.told] == [str(operation.pk)] * 3
    operation.refresh_from_db()
    assert operation.status == "Succeeded"
    assert [attempt["status"] for attempt in sending.call_of(operation).attempts] == [status, status, 200]


def test_after_eight_hours_it_gives_up(console: Console, clock: time_machine.Traveller) -> None:
    console.answers = [500] * 9
    operation = told_of()
    clock.shift(timedelta(hours=8))
    sending.deliver_due()
    operation.refresh_from_db()
    assert operation.status == "Failed"
    assert sending.call_of(operation).due_at is None


def test_a_first_attempt_is_made_once(console: Console) -> None:
    call = sending.call_of(told_of())
    sending.deliver(call, first=True)
    assert len(console.told) == 1
    sending.deliver(call, again=True)
    assert len(console.told) == 2


def test_a_webhook_can_come_twice(console: Console) -> None:
    faults.misbehave(call="webhook", how="twice")
    told_of()
    assert console.told[0] == console.told[1]


def test_a_skipped_webhook_counts_as_sent(console: Console, clock: time_machine.Traveller) -> None:
    faults.misbehave(call="webhook", how="skip")
    operation = told_of()
    clock.shift(timedelta(seconds=10))
    assert sending.deliver_due() == []
    operation.refresh_from_db()
    assert (operation.status, console.told) == ("Succeeded", [])


def test_a_webhook_that_is_held_back_comes_after_the_next(console: Console, clock: time_machine.Traveller) -> None:
    faults.misbehave(call="webhook", how="later")
    first = told_of("Renew")
    second = change(first.subscription, "Suspend")
    sending.deliver(sending.call_of(second))
    clock.shift(timedelta(seconds=10))
    sending.deliver_due()
    assert [told["id"] for told in console.told] == [str(second.pk), str(first.pk)]


def test_an_answer_that_got_lost_leads_to_a_repetition(console: Console, clock: time_machine.Traveller) -> None:
    faults.misbehave(call="webhook", how="lost-answer")
    told_of()
    clock.shift(timedelta(seconds=10))
    sending.deliver_due()
    assert console.told[0] == console.told[1]


def test_nobody_listening_is_no_refusal() -> None:
    with in_process() as network:
        network.reachable = False
        operation = told_of()
    assert operation.status == "InProgress"
    assert sending.call_of(operation).attempts[0]["said"] == "No answer: ConnectionError"


def test_the_key_set_is_published_without_private_halves() -> None:
    with in_process():
        for version in ("", "/v2.0"):
            url = f"{settings.AZURE_LOGIN_URL}/{settings.AZURE_TENANT_ID}/discovery{version}/keys"
            published = requests.get(url, timeout=5).json()["keys"]
            assert [set(key) for key in published] == [{"kty", "use", "alg", "kid", "n", "e"}]
