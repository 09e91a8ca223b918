"""The pages of the practice marketplace, as a buyer without an account uses them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from licensing.marketplaces.practice import faults, tokens
from licensing.marketplaces.practice.models import PracticeOperation, PracticePurchaseToken, PracticeSubscription
from tests.licensing.marketplaces.practice.conftest import Console, active, buy, change

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

PAGES = ["offers", "offer", "purchase", "subscriptions", "subscription", "misbehave"]


def address(name: str, *arguments: Any) -> str:
    return reverse(f"practice:{name}", args=arguments)


def text_of(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def order(**stated: Any) -> dict[str, Any]:
    usual = {"key": str(uuid4()), "plan": "credits-12m", "name": "Head office", "users": "250", "renews": "on"}
    usual |= {"email": "it@fabrik.example", "tenant_id": str(uuid4()), "step": "subscribe"}
    return {**usual, **stated}


def send(client: Client, subscription: PracticeSubscription, action: str, **form: Any) -> HttpResponse:
    return client.post(address("change", subscription.pk, action), {"key": str(uuid4()), **form}, follow=True)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_that_nothing_is_sold_and_whose_it_is_not(name: str, client: Client) -> None:
    arguments = {"subscription": [active().pk], "offer": ["vision-credits"], "purchase": ["vision-credits"]}.get(name, [])
    response = client.get(address(name, *arguments))
    assert response.status_code == 200
    assert "Nothing is sold here and nobody pays. It is not affiliated with Microsoft." in text_of(response)
    assert "<style" not in response.content.decode()
    assert " style=" not in response.content.decode()
    assert client.put(address(name, *arguments)).status_code == 405


def test_offers_are_found_by_their_words(client: Client) -> None:
    everything = text_of(client.get(address("offers")))
    assert "Trend Vision One Credits" in everything
    assert "Get It Now" in everything
    found = text_of(client.get(address("offers"), {"q": "ENDPOINT core"}))
    assert "Endpoint Security" in found
    assert "Trend Vision One Credits" not in found
    assert "No offer matches “nonsense”" in text_of(client.get(address("offers"), {"q": "nonsense"}))


@pytest.mark.parametrize("name", ["offer", "purchase"])
def test_an_unknown_offer_is_not_found(name: str, client: Client) -> None:
    assert client.get(address(name, "nonsense")).status_code == 404


# --- Buying


def test_a_purchase_is_reviewed_before_it_is_made(client: Client) -> None:
    form = order(step="review", users="1000")
    review = client.post(address("purchase", "vision-credits"), form)
    assert review.status_code == 200
    assert "Nothing has been bought yet" in text_of(review)
    assert "1,000" in text_of(review)
    assert PracticeSubscription.objects.count() == 0
    again = client.post(address("purchase", "vision-credits"), {**form, "step": "edit"})
    assert 'value="1000"' in again.content.decode()
    bought = client.post(address("purchase", "vision-credits"), {**form, "step": "subscribe"}, follow=True)
    assert "Configure account now" in text_of(bought)
    subscription = PracticeSubscription.objects.get()
    assert (subscription.quantity, subscription.status, subscription.renews) == (1000, "PendingFulfillmentStart", True)


def test_recurring_billing_is_on_unless_switched_off(client: Client) -> None:
    assert re.search(r'name="renews"[^>]*\schecked', client.get(address("purchase", "vision-credits")).content.decode())
    form = order()
    del form["renews"]
    client.post(address("purchase", "vision-credits"), form)
    assert PracticeSubscription.objects.get().renews is False


@pytest.mark.parametrize("step", ["review", "subscribe"])
@pytest.mark.parametrize("users", ["2", "1000001", "", "many", "-3", "3.5"])
def test_a_wrong_number_of_users_is_refused_beside_its_field(users: str, step: str, client: Client) -> None:
    response = client.post(address("purchase", "vision-credits"), order(users=users, step=step))
    assert response.status_code == 422
    assert 'id="id_users-error"' in response.content.decode()
    assert PracticeSubscription.objects.count() == 0


@pytest.mark.parametrize("users", ["3", "1000000"])
def test_the_fewest_and_the_most_users_can_be_bought(users: str, client: Client) -> None:
    assert client.post(address("purchase", "endpoint-security"), order(users=users, plan="ep-core-12m")).status_code == 302
    assert PracticeSubscription.objects.get().quantity == int(users)


@pytest.mark.parametrize(
    "wrong", [{"plan": "ep-core-12m"}, {"name": ""}, {"email": "x"}, {"tenant_id": "x"}, {"key": "x"}, {"name": "a\0b"}]
)
def test_a_wrong_order_is_refused(wrong: dict[str, str], client: Client) -> None:
    assert client.post(address("purchase", "vision-credits"), order(**wrong)).status_code == 422


def test_a_double_click_buys_once(client: Client) -> None:
    form = order()
    first, second = (client.post(address("purchase", "vision-credits"), form) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert PracticeSubscription.objects.count() == 1


def test_a_name_cannot_be_markup(client: Client) -> None:
    bought = buy(name="<script>alert(1)</script>")
    for page in (address("subscriptions"), address("subscription", bought.pk)):
        assert "<script>alert" not in client.get(page).content.decode()


def test_forms_of_other_sites_are_refused() -> None:
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.post(address("purchase", "vision-credits"), order()).status_code == 403
    assert PracticeSubscription.objects.count() == 0


# --- To the console


def test_configuring_leads_to_the_landing_page_with_a_fresh_token(client: Client) -> None:
    bought = buy()
    locations = [client.post(address("configure", bought.pk)).headers["Location"] for _ in range(2)]
    for location in locations:
        parts = urlsplit(location)
        assert parts.path == "/marketplace/azure/landing"
        token = parse_qs(parts.query)["token"][0]
        assert not {"+", "/"} & set(parts.query)
        assert tokens.subscription_of(token) == bought
    assert locations[0] != locations[1]
    assert client.get(address("configure", bought.pk)).status_code == 405


def test_an_expired_token_can_be_ordered(client: Client) -> None:
    faults.misbehave(call="landing", how="expired-token")
    client.post(address("configure", buy().pk))
    assert tokens.subscription_of(PracticePurchaseToken.objects.get().text) is None


# --- Changes


def test_a_change_is_told_at_once_and_the_answer_is_shown(client: Client, console: Console) -> None:
    bought = active()
    page = send(client, bought, "users", users="400")
    assert [told["quantity"] for told in console.told] == [400]
    assert "The console answered 200" in text_of(page)
    assert "It has 10 seconds to refuse" in text_of(page)


def test_a_refusal_is_shown(client: Client, console: Console) -> None:
    console.answers = [400]
    page = send(client, active(), "plan", plan="credits-36m")
    assert "Refused by the publisher: it answered 400" in text_of(page)


@pytest.mark.parametrize(
    ("action", "status"), [("renew", "Subscribed"), ("suspend", "Suspended"), ("unsubscribe", "Unsubscribed")]
)
def test_what_takes_effect_at_once_does(action: str, status: str, client: Client, console: Console) -> None:
    bought = active()
    assert send(client, bought, action).status_code == 200
    bought.refresh_from_db()
    assert bought.status == status
    assert len(console.told) == 1


def test_a_suspended_subscription_can_be_reinstated(client: Client, console: Console) -> None:
    bought = active()
    change(bought, "Suspend")
    assert "Reinstate" in text_of(client.get(address("subscription", bought.pk)))
    assert "In progress" in text_of(send(client, bought, "reinstate"))


@pytest.mark.parametrize("form", [{"users": "2"}, {"users": "250"}, {"users": "x"}])
def test_a_wrong_new_number_of_users_is_refused_beside_its_field(form: dict[str, str], client: Client, console: Console) -> None:
    page = send(client, active(), "users", **form)
    assert page.status_code == 422
    assert 'id="users_users-error"' in page.content.decode()
    assert console.told == []


def test_a_change_sent_twice_happens_once(client: Client, console: Console) -> None:
    bought = active()
    key = str(uuid4())
    for _ in range(2):
        assert send(client, bought, "renew", key=key).status_code == 200
    assert len(console.told) == 1
    bought.refresh_from_db()
    assert str(bought.last_day) == "2028-03-03"


def test_a_second_change_waits_for_the_first(client: Client, console: Console) -> None:
    bought = active()
    send(client, bought, "users", users="400")
    page = send(client, bought, "plan", plan="credits-36m")
    assert page.status_code == 409
    assert "Another change is under way" in text_of(page)


def test_what_is_not_possible_is_neither_offered_nor_done(client: Client, console: Console) -> None:
    bought = buy()
    page = text_of(client.get(address("subscription", bought.pk)))
    assert "Suspend" not in page
    assert "Unsubscribe" in page
    assert send(client, bought, "suspend").status_code == 409
    assert send(client, bought, "explode").status_code == 404
    assert PracticeOperation.objects.count() == 0


def test_recurring_billing_is_switched_without_a_word_to_the_console(client: Client, console: Console) -> None:
    bought = active()
    for wanted, renews in [("", False), ("", False), ("on", True)]:
        client.post(address("recurring", bought.pk), {"renews": wanted})
        bought.refresh_from_db()
        assert bought.renews is renews
    assert console.told == []


def test_a_webhook_can_be_sent_again(client: Client, console: Console) -> None:
    console.answers = [503, 200, 200]
    bought = active()
    page = send(client, bought, "renew")
    assert "The console answered 503" in text_of(page)
    assert "Some webhooks wait to be sent again" in text_of(page)
    call = bought.operations.get().calls.get()
    for _ in range(2):
        page = client.post(address("send-again", call.pk), follow=True)
        assert "The console answered 200" in text_of(page)
    assert [told["id"] for told in console.told] == [console.told[0]["id"]] * 3


def test_trouble_is_ordered_and_called_off(client: Client) -> None:
    page = client.post(address("misbehave"), {"fault": "activate:lost-answer", "times": "2", "seconds": "0"}, follow=True)
    assert "Act, then break the connection" in text_of(page)
    fault = faults.take("activate")
    assert fault
    assert (fault.how, fault.times) == ("lost-answer", 1)
    client.post(address("misbehave"), {"behave": "1"})
    assert faults.take("activate") is None


@pytest.mark.parametrize("wrong", [{"fault": "x"}, {"times": "0"}, {"seconds": "61"}])
def test_unknown_trouble_is_refused(wrong: dict[str, str], client: Client) -> None:
    form = {"fault": "webhook:twice", "times": "1", "seconds": "0", **wrong}
    assert client.post(address("misbehave"), form).status_code == 422
