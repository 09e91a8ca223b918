"""Attacks on the way from a purchase to credits: what each tried to get, and that it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from console.models import Actor, User
from licensing.acts.companies.register_company import register_own_company
from licensing.acts.state.suspend_and_reinstate import suspend_order
from licensing.acts.transfer import transfer_order
from licensing.errors import AlreadyActivated
from licensing.marketplaces.practice import sending, tokens
from licensing.models import (
    Activation,
    Company,
    License,
    LicenseStatement,
    MarketplaceEvent,
    MarketplacePlan,
    Membership,
    Order,
    Subscription,
)
from licensing.purchases.activation.carry_through_activation import carry_on
from licensing.purchases.activation.hand_over import hand_over, take_over
from licensing.purchases.comparison.nightly_comparison import reconcile, reconcile_one
from licensing.purchases.receive_notification import receive
from tests.activations import INSTANT, LANDING, begin, goes_to, land, now_is, passes, says, state_of
from tests.factories import SYSTEM, make_company, make_user, new_key
from tests.jobs import run_jobs
from tests.ledger import valid
from tests.licensing.pages.test_wizard_people import NEW, open_sign_up
from tests.pages import browser_of
from tests.purchases import activated, administrator, buy, counts, found, happens, press_activate
from tests.test_concurrency import Threads

pytestmark = pytest.mark.usefixtures("shop")

WEBHOOK = "/marketplace/azure/webhook"


def notify(client: Client, body: dict[str, Any]) -> int:
    """A notification whose token is the marketplace's own, whatever it says."""
    headers = {"Authorization": f"Bearer {tokens.webhook_token()}"}
    return client.post(WEBHOOK, json.dumps(body), content_type="application/json", headers=headers).status_code


# --- A marketplace that says what cannot be

NEVER = "9999-12-31T23:59:59Z"
TURNED = "\u202etxt.exe"
CANNOT_BE: dict[str, dict[str, Any]] = {
    "no units": {"quantity": 0},
    "fewer than none": {"quantity": -5},
    "more than fit": {"quantity": 10**30},
    "as many as fit": {"quantity": 2**63 - 1},
    "an end that never comes": {"term": {"termUnit": "P1Y", "startDate": "2026-03-04T00:00:00Z", "endDate": NEVER}},
    "a start that never comes": {"term": {"termUnit": "P1Y", "startDate": NEVER, "endDate": NEVER}},
    "a term since ever": {"term": {"termUnit": "P1Y", "startDate": "0002-01-01T00:00:00Z", "endDate": "9998-12-31T00:00:00Z"}},
    "a term that ends first": {"term": {"startDate": "2027-01-01T00:00:00Z", "endDate": "2020-01-01T00:00:00Z"}},
    "a term of centuries": {"term": {"termUnit": "P99Y999M"}},
    "bought at the end of time": {"created": NEVER},
    "bought at its beginning": {"created": "0002-01-01T00:00:00Z"},
    "names that do harm": {"name": f"<script>alert(1)</script>{TURNED}\0\r\nBcc: x@example.com", "planId": "<b>"},
    "names without end": {"name": "x" * 10_000, "saasSubscriptionStatus": "y" * 10_000},
    "halves of characters": {"name": "\ud800", "beneficiary": {"emailId": "\udfff" * 300, "tenantId": ["x"]}, "purchaser": 7},
}


@pytest.mark.parametrize("status", ["PendingFulfillmentStart", "Subscribed"])
@pytest.mark.parametrize("what", CANNOT_BE)
def test_no_answer_of_the_marketplace_breaks_the_wizard_the_comparison_or_supports_pages(
    what: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(monkeypatch, **{"saasSubscriptionStatus": status, **CANNOT_BE[what]})
    company, person = administrator(time_zone="Pacific/Auckland")
    browser = browser_of(person)
    landed = land(browser, buy())
    assert browser.get(landed["Location"]).status_code == 302
    activation = Activation.objects.get()
    pages = [browser.get(f"/activate/{activation.pk}/review/")]
    press_activate(browser, activation, company)
    run_jobs()
    pages += [browser.get(f"/activate/{activation.pk}/status/", follow=True), browser.get("/activate/")]
    assert reconcile("azure").problem == ""
    desk = browser_of(make_user(is_staff=True, is_superuser=True))
    pages += [desk.get(f"/admin/licensing/{each}/") for each in ("subscription", "activation", "difference")]
    pages.append(desk.get(f"/admin/licensing/subscription/{Subscription.objects.get().pk}/change/"))
    for page in pages:
        assert page.status_code in (200, 422)
        assert "<script>alert" not in page.content.decode()
        assert TURNED[0] not in page.content.decode()


@pytest.mark.parametrize("what", CANNOT_BE)
def test_no_answer_about_a_license_that_is_there_breaks_the_comparison_or_the_companys_pages(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, person = administrator(time_zone="Pacific/Auckland")
    subscription = activated(person, company)
    says(monkeypatch, **CANNOT_BE[what])
    happens(subscription, "Renew")
    assert reconcile("azure").problem == ""
    run_jobs()
    browser = browser_of(person)
    for address in ("licenses/", "credits/annual/"):
        assert browser.get(f"/companies/{company.slug}/{address}").status_code == 200


@pytest.mark.parametrize("quantity", [0, 2**63 - 1])
def test_a_quantity_that_no_license_can_have_is_refused_before_the_marketplace_bills_it(
    quantity: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(monkeypatch, quantity=quantity)
    company, person = administrator()
    activation = found(buy(), person)
    answer = press_activate(browser_of(person), activation, company, units=quantity)
    assert answer.status_code == 422
    assert "names a quantity that cannot be activated" in answer.content.decode()
    assert state_of(activation) == "found"
    assert counts()["License"] == 0


# --- A genuine token with another body


@pytest.mark.parametrize("action", ["Suspend", "Unsubscribe", "ChangeQuantity"])
def test_the_instant_that_a_notification_names_does_not_rewrite_the_history_of_credits(action: str, client: Client) -> None:
    with now_is(INSTANT) as clock:
        company, person = administrator()
        subscription = activated(person, company)
        bought_on = company.day_of(timezone.now())
        clock.shift(timedelta(days=180))
        operation = happens(subscription, action, told=False, **({"quantity": 1_400} if action == "ChangeQuantity" else {}))
        body = sending.call_of(operation).body
        assert notify(client, {**body, "timeStamp": "0002-01-01T00:00:00Z"}) == 200
        today = company.day_of(timezone.now())
        assert valid(company, today) == {"Suspend": 0, "Unsubscribe": 0, "ChangeQuantity": 1_400}[action]
        for days in (0, 100, 177):
            assert valid(company, bought_on + timedelta(days=days)) == 250
        said = LicenseStatement.objects.order_by("id").last()
        assert said is not None
        assert said.effective_on >= today - timedelta(days=2)


@pytest.mark.parametrize("action", ["Suspend", "ChangeQuantity"])
def test_an_instant_beyond_the_calendar_is_no_reason_to_fail(action: str, client: Client) -> None:
    company, person = administrator(time_zone="Pacific/Auckland")
    subscription = activated(person, company)
    operation = happens(subscription, action, told=False, **({"quantity": 1_400} if action == "ChangeQuantity" else {}))
    assert notify(client, {**sending.call_of(operation).body, "timeStamp": NEVER}) == 200
    assert MarketplaceEvent.objects.get().state == "applied"


@pytest.mark.parametrize("name", ["purchaseToken", "PurchaseToken", "purchasetoken"])
def test_a_purchase_token_is_not_kept_however_its_name_is_spelled(name: str, client: Client) -> None:
    body = {"id": str(uuid4()), "subscriptionId": str(uuid4()), "action": "Renew", name: "canary", "inside": {name: "canary"}}
    assert notify(client, body) == 200
    assert "canary" not in MarketplaceEvent.objects.get().raw


# --- The landing page, flooded


def test_whoever_had_to_wait_at_the_landing_page_waits_no_longer_than_a_minute(client: Client) -> None:
    with now_is(INSTANT) as clock:
        assert [client.get(f"{LANDING}?token=made-up").status_code for _ in range(61)][-1] == 429
        clock.shift(timedelta(seconds=60))
        assert client.get(f"{LANDING}?token=made-up").status_code == 302


def test_the_many_addresses_of_one_household_are_counted_as_one_at_the_landing_page() -> None:
    with now_is(INSTANT):
        answers = [Client(REMOTE_ADDR=f"2001:db8::{n:x}").get(f"{LANDING}?token=made-up").status_code for n in range(1, 62)]
        assert answers[-1] == 429
        assert Client(REMOTE_ADDR="2001:db8:0:1::1").get(f"{LANDING}?token=made-up").status_code == 302


# --- Other people's activations, companies and accounts


def test_a_made_up_token_sets_up_no_company(settings: LazySettings) -> None:
    settings.COMPANY_SELF_SERVICE = True
    browser = browser_of(make_user())
    address = browser.get(f"{LANDING}?token=made-up")["Location"]
    form = {"name": "Aster", "business_id": "DE 1", "time_zone": "UTC", "key": new_key()}
    assert browser.get(f"{address}company/")["Location"] == address
    assert browser.post(f"{address}company/", form)["Location"] == address
    assert not Company.objects.exists()


def test_a_link_that_was_not_taken_in_time_tells_nothing_of_what_was_activated() -> None:
    company, person = administrator()
    activation = found(buy(name="Secret project"), person)
    secret = hand_over(activation)
    begin(activation, company)
    passes(activation)
    page = goes_to(browser_of(make_user()), f"/activate/handed-over/?link={secret}")
    assert page.status_code == 404
    assert "Secret project" not in page.content.decode()


@pytest.mark.parametrize("invited_as", ["Noor@Fabrik.example", "NOOR@FABRIK.EXAMPLE"])
def test_an_address_that_was_invited_in_capitals_is_neither_told_apart_nor_taken_over(invited_as: str, client: Client) -> None:
    owner = make_user(email=invited_as)
    assert client.post(open_sign_up(client), NEW)["Location"] == "/accounts/confirm-email/"
    assert User.objects.get() == owner
    run_jobs()
    assert "already" in mail.outbox[-1].body


def test_names_chosen_by_others_add_no_header_to_a_mail() -> None:
    company, person = administrator()
    Company.objects.filter(pk=company.pk).update(name="Aster\r\nBcc: all@example.com")
    subscription = activated(person, company, name="Credits\r\nCc: all@example.com")
    operation = happens(subscription, "ChangePlan", told=False, plan_id="credits-36m")
    body = sending.call_of(operation).body
    subscription.refresh_from_db()
    MarketplacePlan.objects.filter(plan_id="credits-36m").delete()
    assert notify(Client(), body) == 400
    run_jobs()
    sent = mail.outbox[-1].message()
    assert sent["To"] == person.email
    assert sent["Cc"] is None
    assert sent["Bcc"] is None


@pytest.mark.parametrize(
    ("table", "column"), [("licensing_activation", "company_id"), ("licensing_subscription", "claimed_by_id")]
)
def test_the_database_lets_no_activation_or_claim_point_at_what_another_company_holds(table: str, column: str) -> None:
    company, person = administrator()
    activated(person, company)
    other = make_company()
    sql = f"UPDATE {table} SET {column} = {other.pk}; SET CONSTRAINTS ALL IMMEDIATE"
    with pytest.raises(IntegrityError, match="in_same_company"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_an_order_taken_from_its_subscription_by_hand_still_goes_to_no_second_company() -> None:
    (company, person), (other, stranger) = administrator(), administrator()
    bought = buy()
    activation = found(bought, person)
    begin(activation, company)
    passes(activation)
    Subscription.objects.update(order=None, claimed_by=None)
    second = found(bought, stranger)
    begin(second, other)
    carry_on(second.pk)
    assert state_of(second) == "failed"
    assert str(AlreadyActivated(Order.objects.get())) == Activation.objects.get(pk=second.pk).problem
    assert set(License.objects.values_list("company", flat=True)) == {company.pk}


# --- All at once


@pytest.fixture
def threads() -> Iterator[Threads]:
    threads = Threads()
    threads.pool.shutdown()
    threads.pool = ThreadPoolExecutor(max_workers=20)
    yield threads
    threads.pool.shutdown()


def kinds(results: list[Any]) -> dict[str, int]:
    names = [type(each).__name__ for each in results]
    return {name: names.count(name) for name in names}


@pytest.mark.django_db(transaction=True)
def test_one_person_sets_up_one_company_however_often_the_form_is_sent_at_once(threads: Threads, settings: LazySettings) -> None:
    settings.COMPANY_SELF_SERVICE = True
    person = make_user()
    calls = [
        partial(register_own_company, person, name=f"A{n}", business_id=f"{n}", time_zone="UTC", key=new_key()) for n in range(8)
    ]
    assert kinds(threads.at_once(*calls)) == {"Company": 1, "NotAllowed": 7}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("same", "made"), [("business ID", {"Company": 1, "Conflict": 7}), ("name", {"Company": 8})])
def test_people_who_register_the_same_at_once_are_answered_in_words(
    same: str, made: dict[str, int], threads: Threads, settings: LazySettings
) -> None:
    settings.COMPANY_SELF_SERVICE = True
    calls = [
        partial(
            register_own_company,
            make_user(),
            name="Aster" if same == "name" else f"Aster {n}",
            business_id=f"{n}" if same == "name" else "DE 1",
            time_zone="UTC",
            key=new_key(),
        )
        for n in range(8)
    ]
    assert kinds(threads.at_once(*calls)) == made
    assert Membership.objects.count() == made["Company"]


@pytest.mark.django_db(transaction=True)
def test_a_link_is_taken_by_one_of_ten_who_press_at_once(threads: Threads) -> None:
    _company, person = administrator()
    secret = hand_over(found(buy(), person))
    assert kinds(threads.at_once(*(partial(take_over, secret, make_user()) for _ in range(10)))) == {
        "Activation": 1,
        "Refused": 9,
    }


@pytest.mark.django_db(transaction=True)
def test_ten_companies_that_activate_one_purchase_at_once_get_one_license(threads: Threads) -> None:
    bought = buy()
    pairs = [administrator() for _ in range(10)]
    tries = [(found(bought, person), company, person) for company, person in pairs]

    def press(activation: Activation, company: Company, person: User) -> None:
        begin(activation, company, by=Actor.person(person))
        carry_on(activation.pk)

    assert kinds(threads.at_once(*(partial(press, *each) for each in tries))) == {"NoneType": 1, "TakenByAnother": 9}
    assert counts() == {"Order": 1, "License": 1, "LicenseStatement": 1, "LicenseEntry": 2}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["suspend", "transfer"])
def test_notifications_comparisons_and_supports_acts_at_once_neither_lock_each_other_out_nor_apply_twice(
    act: str, threads: Threads
) -> None:
    company, person = administrator()
    subscription = activated(person, company, quantity=1_000)
    assert subscription.order is not None
    operation = happens(subscription, "ChangeQuantity", told=False, quantity=1_500)
    body, token = json.dumps(sending.call_of(operation).body).encode(), f"Bearer {tokens.webhook_token()}"
    stated: dict[str, Any] = {"today": company.day_of(timezone.now()), "by": SYSTEM, "reason": "test"}
    support: Any = suspend_order if act == "suspend" else partial(transfer_order, to=make_company())
    calls: list[Any] = [partial(receive, "azure", read=lambda: body, authorization=token) for _ in range(8)]
    calls += [partial(reconcile_one, "azure", subscription.external_id) for _ in range(3)]
    calls += [partial(support, subscription.order, key=new_key(), **stated) for _ in range(2)]
    results = threads.at_once(*calls)
    assert results[:8] == [200] * 8
    refused = [each for each in results if isinstance(each, Exception)]
    # Whoever comes second to suspend is told that it is suspended, unless a comparison has lifted it in between.
    assert kinds(refused) in ({}, *[{"Refused": 1}] * (act == "suspend"))
    assert MarketplaceEvent.objects.get().times == 8
    for _ in range(3):  # whoever came first, the next looks bring it to what the marketplace says
        reconcile_one("azure", subscription.external_id)
    holders = [each for each in Company.objects.all() if valid(each, stated["today"])]
    assert [valid(each, stated["today"]) for each in holders] == [1_500]
