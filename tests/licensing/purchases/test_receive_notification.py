"""Notifications: who may send them, what is believed, and what is answered."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

from licensing.acts.state.cancel import cancel_order
from licensing.health import connection_notes
from licensing.marketplaces import marketplace
from licensing.marketplaces.contract import MarketplaceError
from licensing.marketplaces.practice import changes, faults, sending, tokens
from licensing.marketplaces.practice.models import PracticeOperation
from licensing.models import Company, ConnectionNote, LicenseStatement, MarketplaceEvent, Order, Subscription
from licensing.purchases import receive_notification
from licensing.tasks import settle_event
from tests.factories import SYSTEM, allocate, make_feature, new_key
from tests.in_process import InProcess
from tests.jobs import queued, run_jobs
from tests.purchases import activated, administrator, counts, happens, tell, theirs
from tests.spellings import left_of

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
WEBHOOK = "/marketplace/azure/webhook"

pytestmark = pytest.mark.usefixtures("clock", "shop")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def held(shop: InProcess) -> tuple[Company, Subscription]:
    company, person = administrator()
    return company, activated(person, company, quantity=1_000)


def units_of(company: Company) -> int:
    day = company.day_of(timezone.now())
    return sum(each.units_on(day) for each in LicenseStatement.objects.for_company(company).facts_of_all().values())


def body_of(operation: PracticeOperation, **other: Any) -> dict[str, Any]:
    return {**sending.call_of(operation).body, **other}


def post(client: Client, body: Any, token: str | None, **more: Any) -> int:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(WEBHOOK, text, **{"content_type": "application/json", "headers": headers, **more}).status_code


# --- Forgeries

OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_PEM = OTHER_KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


def claims(**other: Any) -> dict[str, Any]:
    right = jwt.decode(tokens.webhook_token(), options={"verify_signature": False})
    return {name: value for name, value in {**right, **other}.items() if value is not None}


def signed(**other: Any) -> str:
    return tokens.sign(claims(**other))


def encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def without_signature() -> str:
    return f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(claims())}."


def with_the_public_key_as_secret() -> str:
    key = tokens.signing_key()
    private = serialization.load_pem_private_key(key.private_pem.encode(), None)
    public = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    kid = jwt.get_unverified_header(tokens.webhook_token())["kid"]
    text = f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': kid})}.{encoded(claims())}"
    signature = hmac.new(public, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def self_signed() -> str:
    kid = jwt.get_unverified_header(tokens.webhook_token())["kid"]
    return jwt.encode(claims(), OTHER_PEM, algorithm="RS256", headers={"kid": kid})


def unknown_key() -> str:
    return jwt.encode(claims(), OTHER_PEM, algorithm="RS256", headers={"kid": "nobody-knows-it"})


FORGED = {
    "no token": lambda: None,
    "an empty token": lambda: "",
    "not a token": lambda: "a.b.c",
    "alg none": without_signature,
    "HS256 with the public key": with_the_public_key_as_secret,
    "signed by somebody else": self_signed,
    "a key nobody knows": unknown_key,
    "another audience": lambda: signed(aud=str(uuid4())),
    "another issuer": lambda: signed(iss="https://login.example/other/v2.0"),
    "another tenant": lambda: signed(tid=str(uuid4())),
    "another caller": lambda: signed(azp=str(uuid4())),
    "no caller": lambda: signed(azp=None),
    "expired": lambda: signed(exp=int(timezone.now().timestamp()) - 600),
    "not valid yet": lambda: signed(nbf=int(timezone.now().timestamp()) + 600),
    "no expiry": lambda: signed(exp=None),
    "1 MB": lambda: tokens.webhook_token() + "A" * 1_000_000,
}


@pytest.mark.parametrize("forgery", FORGED)
def test_a_forged_notification_gets_401_and_changes_nothing(
    forgery: str, held: tuple[Company, Subscription], client: Client
) -> None:
    _company, subscription = held
    operation = happens(subscription, "ChangeQuantity", told=False, quantity=1_400)
    before = counts(), queued()
    assert post(client, body_of(operation), FORGED[forgery]()) == 401
    assert (counts(), queued()) == before
    assert not MarketplaceEvent.objects.exists()


def test_the_real_one_is_taken(held: tuple[Company, Subscription], client: Client) -> None:
    company, subscription = held
    operation = happens(subscription, "ChangeQuantity", told=False, quantity=1_400)
    assert post(client, body_of(operation), tokens.webhook_token()) == 200
    assert post(client, body_of(operation), tokens.webhook_token(version=1)) == 200
    assert units_of(company) == 1_400
    assert MarketplaceEvent.objects.get().times == 2


def test_a_purchase_token_in_a_notification_is_not_kept(held: tuple[Company, Subscription], client: Client) -> None:
    _company, subscription = held
    operation = happens(subscription, "ChangeQuantity", told=False, quantity=1_400)
    body = body_of(operation, purchaseToken='canary"\\token')
    assert post(client, body, tokens.webhook_token()) == 200
    raw = MarketplaceEvent.objects.get().raw
    assert "canary" not in raw
    assert json.loads(raw) == {**body, "purchaseToken": None}


CANARY = "q1+zz/9z+Canary/7f3a=="
HOLDING_IT: dict[str, Callable[[str], str]] = {
    "its name escaped": lambda said: said.replace('"purchaseToken"', '"purchase\\u0054oken"'),
    "its name with other marks": lambda said: said.replace('"purchaseToken"', '"Purchase_TOKEN"'),
    "another token": lambda said: said.replace('"purchaseToken"', '"x-ms-marketplace-token"'),
    "its value escaped": lambda said: said.replace("+", "\\u002b").replace("/", "\\/"),
    "named twice": lambda said: said[:-1] + ', "purchaseToken": "another"}',
    "within another": lambda said: said.replace('"purchaseToken"', f'"x": {{"purchaseToken": "{CANARY}"}}, "purchaseToken"'),
    "cited elsewhere": lambda said: said[:-1] + f', "landing": "https://c.example/?token={quote(CANARY)}"}}',
    "in another encoding": lambda said: said,
}


@pytest.mark.parametrize("how", HOLDING_IT)
def test_no_token_is_kept_however_its_member_is_written(how: str, held: tuple[Company, Subscription], client: Client) -> None:
    _company, subscription = held
    operation = happens(subscription, "ChangeQuantity", told=False, quantity=1_400)
    text = HOLDING_IT[how](json.dumps(body_of(operation, purchaseToken=CANARY)))
    body = text.encode("utf-16-le" if how == "in another encoding" else "utf-8")
    assert post(client, body, tokens.webhook_token()) == 200
    raw = MarketplaceEvent.objects.get().raw
    assert left_of(CANARY, raw) == []
    assert json.loads(raw)["id"] == str(operation.pk)


def test_a_notification_without_a_token_is_kept_to_the_letter(held: tuple[Company, Subscription], client: Client) -> None:
    _company, subscription = held
    text = json.dumps(body_of(happens(subscription, "ChangeQuantity", told=False, quantity=1_400)), indent=3)
    assert post(client, text, tokens.webhook_token()) == 200
    assert MarketplaceEvent.objects.get().raw == text


@pytest.mark.parametrize("other", [{"quantity": 9_000}, {"action": "ChangePlan", "planId": "credits-36m"}])
def test_a_right_token_with_another_body_changes_nothing(
    other: dict[str, Any], held: tuple[Company, Subscription], client: Client
) -> None:
    company, subscription = held
    operation = happens(subscription, "ChangeQuantity", told=False, quantity=1_400)
    assert post(client, body_of(operation, **other), tokens.webhook_token()) == 200
    assert units_of(company) == 1_000
    assert MarketplaceEvent.objects.get().state == "suspicious"


def test_an_operation_that_the_marketplace_does_not_know_is_asked_for_once_more_and_then_left_to_be_sent_again(
    held: tuple[Company, Subscription], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, subscription = held
    waited: list[float] = []
    monkeypatch.setattr(receive_notification, "wait", waited.append)
    operation = happens(subscription, "ChangeQuantity", told=False, quantity=1_400)
    made_up = body_of(operation, id=str(uuid4()), quantity=9_000)
    assert post(client, made_up, tokens.webhook_token()) == 503
    assert waited == [1.0]
    assert units_of(company) == 1_000


def test_told_that_it_was_suspended_though_it_was_not_we_only_look(held: tuple[Company, Subscription], client: Client) -> None:
    company, subscription = held
    operation = happens(subscription, "ChangeQuantity", told=False, quantity=1_400)
    body = body_of(operation, id=str(uuid4()), action="Suspend", status="Succeeded")
    assert post(client, body, tokens.webhook_token()) == 200
    run_jobs(everything=True)
    assert units_of(company) == 1_000
    states = {each.state_on(NOON.date()) for each in LicenseStatement.objects.for_company(company).facts_of_all().values()}
    assert states == {"active"}


def test_without_a_key_set_the_sender_is_asked_to_come_again(held: tuple[Company, Subscription], client: Client) -> None:
    _company, subscription = held
    operation = happens(subscription, "ChangeQuantity", told=False, quantity=1_400)
    marketplace.cache_clear()
    faults.misbehave(call="keys", how="status-503", times=50)
    assert post(client, body_of(operation), tokens.webhook_token()) == 503
    faults.behave()


def test_a_marketplace_that_cannot_confirm_leaves_everything_as_it_was(
    held: tuple[Company, Subscription], client: Client
) -> None:
    company, subscription = held
    operation = happens(subscription, "ChangeQuantity", told=False, quantity=1_400)
    faults.misbehave(call="operation", how="status-500", times=5)
    assert post(client, body_of(operation), tokens.webhook_token()) == 503
    assert units_of(company) == 1_000
    faults.behave()
    assert post(client, body_of(operation), tokens.webhook_token()) == 200, "sent again, it is handled"
    assert units_of(company) == 1_400


@pytest.mark.parametrize(
    ("body", "status"),
    [("", 415), ("{}", 400), ("[]", 400), ("not json", 400), ('{"id": "x"}', 400), ("x" * 70_000, 400)],
    ids=["empty", "object", "list", "text", "incomplete", "too long"],
)
def test_what_cannot_be_read_gets_400(body: str, status: int, client: Client) -> None:
    assert post(client, body, tokens.webhook_token()) == status
    assert not MarketplaceEvent.objects.exists()


def test_only_json_is_posted_here(client: Client) -> None:
    assert post(client, "a=b", tokens.webhook_token(), content_type="application/x-www-form-urlencoded") == 415
    for near in ("evil/notjson", "application/notjson", "json", "application/json5", "text/x+json+y", "image/json"):
        assert post(client, "{}", tokens.webhook_token(), content_type=near) == 415, near
    for right in (
        "application/json",
        "application/json; charset=utf-8",
        "text/json",
        "application/cloudevents+json",
        "Application/JSON",
    ):
        assert post(client, "{}", tokens.webhook_token(), content_type=right) == 400, right
    assert client.get(WEBHOOK).status_code == 405
    assert client.post("/marketplace/aws/webhook", "{}", content_type="application/json").status_code == 404


def test_a_purchase_that_nobody_configured_yet_may_be_cancelled(client: Client) -> None:
    from tests.purchases import buy

    bought = buy()
    happens(bought, "Unsubscribe")
    event = MarketplaceEvent.objects.get()
    assert (event.state, event.answered) == ("unmatched", 200)
    run_jobs(everything=True)
    assert Subscription.objects.get().status == "unsubscribed"


# --- Ten seconds


@pytest.mark.parametrize(("seconds", "holds"), [(9, True), (11, False)])
def test_a_refusal_after_9_seconds_holds_and_after_11_the_marketplace_has_accepted_and_we_follow(
    seconds: int, holds: bool, held: tuple[Company, Subscription], clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, subscription = held
    allocate(company, make_feature(rates=[1]).lines.get(), 900, today=date(2026, 3, 4))
    refuse = receive_notification._Handling.refuse

    def slowly(self: Any, reason: str) -> int:
        clock.shift(timedelta(seconds=seconds))
        return refuse(self, reason)

    monkeypatch.setattr(receive_notification._Handling, "refuse", slowly)
    operation = happens(subscription, "ChangeQuantity", quantity=800)
    assert MarketplaceEvent.objects.get().answered == 400
    assert units_of(company) == 1_000
    clock.shift(timedelta(seconds=30))
    run_jobs()
    operation.refresh_from_db()
    assert operation.status == ("Failed" if holds else "Succeeded")
    assert units_of(company) == theirs(subscription).quantity == (1_000 if holds else 800)


@pytest.mark.parametrize("seconds", [9, 11])
def test_an_acceptance_holds_whenever_it_is_acknowledged(
    seconds: int, held: tuple[Company, Subscription], clock: time_machine.Traveller
) -> None:
    company, subscription = held
    operation = happens(subscription, "ChangeQuantity", quantity=1_400)
    clock.shift(timedelta(seconds=seconds))
    changes.settle_due()
    run_jobs(everything=True)
    operation.refresh_from_db()
    assert operation.status == "Succeeded"
    assert units_of(company) == 1_400
    assert MarketplaceEvent.objects.get().settled_at is not None


def test_a_change_that_the_marketplace_takes_back_is_never_refused(
    held: tuple[Company, Subscription], clock: time_machine.Traveller
) -> None:
    company, subscription = held
    happens(subscription, "ChangeQuantity", quantity=1_400)
    run_jobs()
    allocate(company, make_feature(rates=[1]).lines.get(), 1_400, today=date(2026, 3, 4))
    operation = changes.start(subscription.external_id, "ChangeQuantity", quantity=1_400, revert=True)
    assert tell(operation) == 200
    assert units_of(company) == 1_400


def test_saying_that_it_takes_something_back_is_not_believed(held: tuple[Company, Subscription], client: Client) -> None:
    company, subscription = held
    allocate(company, make_feature(rates=[1]).lines.get(), 900, today=date(2026, 3, 4))
    operation = happens(subscription, "ChangeQuantity", told=False, quantity=800)
    body = body_of(operation)
    body["subscription"] = {**body["subscription"], "quantity": 800}
    assert post(client, body, tokens.webhook_token()) == 400
    assert units_of(company) == 1_000


def test_a_late_notification_of_an_older_change_does_not_undo_a_newer_one(
    held: tuple[Company, Subscription], clock: time_machine.Traveller
) -> None:
    company, subscription = held
    faults.misbehave(call="webhook", how="skip")
    older = happens(subscription, "ChangeQuantity", quantity=1_400)
    clock.shift(timedelta(minutes=1))
    changes.settle_due()
    newer = happens(subscription, "ChangeQuantity", quantity=1_200)
    run_jobs()
    assert tell(older) == 200
    run_jobs(everything=True)
    newer.refresh_from_db()
    assert units_of(company) == theirs(subscription).quantity == 1_200


def test_a_late_notification_is_older_only_than_changes_of_its_own_kind(
    held: tuple[Company, Subscription], clock: time_machine.Traveller
) -> None:
    company, subscription = held
    faults.misbehave(call="webhook", how="skip")
    units = happens(subscription, "ChangeQuantity", quantity=1_400)
    clock.shift(timedelta(minutes=1))
    changes.settle_due()
    happens(subscription, "ChangePlan", plan_id="credits-36m")
    assert tell(units) == 200
    assert list(MarketplaceEvent.objects.order_by("pk").values_list("state", flat=True)) == ["applied", "applied"]
    assert units_of(company) == 1_400


def test_a_plan_that_is_not_set_up_is_refused(held: tuple[Company, Subscription]) -> None:
    from licensing.models import MarketplacePlan

    company, subscription = held
    MarketplacePlan.objects.filter(plan_id="credits-36m").delete()
    operation = happens(subscription, "ChangePlan", plan_id="credits-36m")
    event = MarketplaceEvent.objects.get()
    assert (event.answered, event.state) == (400, "refused")
    operation.refresh_from_db()
    assert operation.status == "Failed"
    assert units_of(company) == 1_000


def test_a_change_is_not_counted_as_acknowledged_while_the_marketplace_does_not_know_us(
    held: tuple[Company, Subscription],
) -> None:
    _company, subscription = held
    happens(subscription, "ChangeQuantity", quantity=1_400)
    faults.misbehave(call="settle", how="status-403", times=2)
    with pytest.raises(MarketplaceError):
        run_jobs()
    assert MarketplaceEvent.objects.get().settled_at is None
    settle_event(event=MarketplaceEvent.objects.get().pk)
    assert MarketplaceEvent.objects.get().settled_at is not None


def test_a_difference_that_only_a_person_can_mend_is_not_called_applied(held: tuple[Company, Subscription]) -> None:
    company, subscription = held
    cancel_order(Order.objects.get(), today=company.day_of(timezone.now()), by=SYSTEM, key=new_key(), reason="asked for")
    happens(subscription, "Renew")
    run_jobs(everything=True)
    event = MarketplaceEvent.objects.get()
    assert (event.answered, event.state) == (200, "waiting")
    assert event.detail.count("Cancelled here by hand") == 1


def test_an_action_nobody_knows_is_looked_at_and_harmless(held: tuple[Company, Subscription], client: Client) -> None:
    company, subscription = held
    operation = happens(subscription, "ChangeQuantity", told=False, quantity=1_400)
    body = body_of(operation, id=str(uuid4()), action="Transfer")
    assert post(client, body, tokens.webhook_token()) == 200
    run_jobs(everything=True)
    assert MarketplaceEvent.objects.get().action_said == "Transfer"
    assert units_of(company) == theirs(subscription).quantity


def test_the_marketplace_settings_are_those_of_the_practice_marketplace_here() -> None:
    assert settings.AZURE_API_URL.endswith("/practice-marketplace/api")


def test_what_is_expected_is_no_statement_that_fails(held: tuple[Company, Subscription], client: Client) -> None:
    """A database's log repeats statements that fail, with all values."""
    failed: list[str] = []

    def noted(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        try:
            return execute(sql, params, many, context)
        except DatabaseError:
            failed.append(str(sql))
            raise

    operation = happens(held[1], "ChangeQuantity", told=False, quantity=1_400)
    with connection.execute_wrapper(noted):
        for _time in range(3):
            assert post(client, body_of(operation), tokens.webhook_token()) == 200
            connection_notes._write("azure", "refused", "no token", 1, {})
    assert failed == []
    assert MarketplaceEvent.objects.get().times == 3
    assert ConnectionNote.objects.get(reason="no token").times == 3
