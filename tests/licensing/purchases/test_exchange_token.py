"""The landing page: every row of the contract's table, tokens as mail gateways mangle them, and whose browser it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from console.security.sealing import Secret, seal, unseal
from console.tasks import forget_sessions
from licensing.marketplaces.contract import MarketplaceError
from licensing.marketplaces.practice import changes, tokens
from licensing.marketplaces.practice.faults import behave, misbehave
from licensing.models import Activation, License, Subscription
from licensing.purchases.activation import exchange_token
from licensing.purchases.activation.carry_through_activation import carry_on
from licensing.purchases.activation.exchange_token import MAX_TOKEN, NoToken, bring, clean_token, look_up
from licensing.tasks import forget
from tests.activations import INSTANT, LANDING, begin, goes_to, land, now_is
from tests.factories import make_user
from tests.in_process import InProcess
from tests.jobs import run_jobs
from tests.purchases import activated, administrator, buy, counts, found, happens, press_activate, theirs

pytestmark = pytest.mark.usefixtures("shop")

# --- The table of the contract's section 4


def test_a_pending_purchase_is_shown_for_review(client: Client) -> None:
    company, person = administrator()
    client.force_login(person)
    landed = land(client, buy(quantity=25_000))
    assert (landed.status_code, Activation.objects.get().state) == (302, "brought")
    page = goes_to(client, landed["Location"])
    assert page.redirect_chain[-1][0] == f"/activate/{Activation.objects.get().pk}/review/"
    text = page.content.decode()
    assert "25,000 users = 25,000 credits" in text
    assert f"Activate 25,000 credits for {company.name}" in text


def test_a_purchase_whose_activation_runs_is_shown_in_progress(client: Client) -> None:
    company, person = administrator()
    bought = buy()
    first = found(bought, person)
    begin(first, company)
    client.force_login(make_user(company=company, roles=["owner"]))
    page = goes_to(client, land(client, bought)["Location"])
    assert page.redirect_chain[-1][0] == f"/activate/{first.pk}/status/"
    assert "Activation in progress" in page.content.decode()


def test_a_viewer_is_told_that_colleagues_are_at_it(client: Client) -> None:
    company, person = administrator(name="Fabrik")
    bought = buy()
    begin(found(bought, person), company)
    client.force_login(make_user(company=company, roles=["viewer"]))
    page = goes_to(client, land(client, bought)["Location"])
    assert page.status_code == 409
    assert "being activated for Fabrik" in page.content.decode()
    assert "another company" not in page.content.decode()


def test_a_purchase_of_ours_leads_to_its_license(client: Client) -> None:
    company, person = administrator()
    row = activated(person, company)
    client.force_login(make_user(company=company, roles=["viewer"]))
    page = goes_to(client, land(client, theirs(row))["Location"])
    assert page.redirect_chain[-1][0] == f"/companies/{company.slug}/licenses/{License.objects.get().pk}/"
    assert page.status_code == 200


def test_a_subscribed_purchase_that_we_lost_is_recovered_for_the_company_confirmed(client: Client, shop: InProcess) -> None:
    company, person = administrator()
    row = found(bought := buy(quantity=40), person).subscription
    assert row is not None
    changes.activate(bought.pk, plan_id="credits-12m", quantity=40)
    client.force_login(person)
    page = goes_to(client, land(client, bought)["Location"]).content.decode()
    assert "no license was issued here" in page
    latest = Activation.objects.latest("brought_at")
    assert press_activate(client, latest, company).status_code == 302
    run_jobs()
    latest.refresh_from_db()
    assert latest.state == "active"
    assert not [each for each in shop.asked if each.path.endswith("/activate")]


@pytest.mark.parametrize("done", [True, False])
def test_a_purchase_of_another_company_is_refused_without_a_word_about_it(done: bool, client: Client) -> None:
    other, owner = administrator(name="Rival & Sons", business_id="R-1")
    bought = buy()
    first = found(bought, owner)
    begin(first, other)
    if done:
        carry_on(first.pk)
    company, person = administrator()
    client.force_login(person)
    page = goes_to(client, land(client, bought)["Location"])
    text = page.content.decode()
    assert page.status_code == 409
    assert "belongs to another company" in text
    assert "Rival" not in text
    assert owner.name not in text
    assert 'id="activate"' not in text
    latest = Activation.objects.latest("brought_at")
    posted = press_activate(client, latest, company)
    assert posted.status_code == 409
    assert "Rival" not in posted.content.decode()


def test_a_suspended_purchase_of_ours_leads_to_its_license_with_a_word_about_payment(client: Client) -> None:
    company, person = administrator()
    row = activated(person, company)
    happens(row, "Suspend")
    run_jobs()
    client.force_login(person)
    page = goes_to(client, land(client, theirs(row))["Location"])
    assert page.redirect_chain[-1][0].startswith(f"/companies/{company.slug}/licenses/")
    assert "because a payment failed" in page.content.decode()


def test_a_suspended_purchase_that_is_nobodys_cannot_be_activated(client: Client) -> None:
    _company, person = administrator()
    bought = buy()
    changes.activate(bought.pk, plan_id="credits-12m", quantity=250)
    happens(bought, "Suspend", told=False)
    client.force_login(person)
    text = goes_to(client, land(client, bought)["Location"]).content.decode()
    assert "Settle that there first" in text
    assert 'id="activate"' not in text


def test_a_cancelled_purchase_says_so_and_offers_no_activation(client: Client) -> None:
    _company, person = administrator()
    bought = buy()
    happens(bought, "Unsubscribe", told=False)
    client.force_login(person)
    text = goes_to(client, land(client, bought)["Location"]).content.decode()
    assert "This subscription was cancelled at the marketplace" in text
    assert 'id="activate"' not in text


def test_a_cancelled_purchase_of_ours_leads_to_its_license_and_says_so(client: Client) -> None:
    company, person = administrator()
    row = activated(person, company)
    happens(row, "Unsubscribe")
    run_jobs()
    client.force_login(person)
    page = goes_to(client, land(client, theirs(row))["Location"])
    assert page.redirect_chain[-1][0].startswith(f"/companies/{company.slug}/licenses/")
    assert "was cancelled at the marketplace" in page.content.decode()


# --- The token on its way


def kept() -> str:
    return unseal(Activation.objects.get().token_sealed)


@pytest.mark.parametrize(
    "encoded",
    [lambda token: quote(token, safe=""), lambda token: token, lambda token: token.replace("+", "%20")],
    ids=["escaped", "as it is", "its plus signs as spaces"],
)
def test_the_token_is_kept_as_the_marketplace_made_it(encoded: Any, client: Client) -> None:
    bought = buy()
    assert land(client, bought, encoded=encoded).status_code == 302
    assert tokens.subscription_of(kept()) == bought


@pytest.mark.parametrize("raw", [" a b ", "+a+b+", "+a b+\r\n"])
def test_plus_signs_at_either_end_survive(raw: str) -> None:
    assert clean_token(raw) == "+a+b+"


def test_a_token_escaped_twice_is_unescaped_once_and_sends_the_person_back(client: Client) -> None:
    token = tokens.purchase_token(buy())
    twice = quote(quote(token, safe=""), safe="")
    landed = client.get(f"{LANDING}?token={twice}")
    assert kept() == quote(token, safe="")
    client.force_login(make_user())
    page = goes_to(client, landed["Location"])
    assert page.status_code == 404
    assert "press “Configure account now” or “Manage account” again" in page.content.decode()


def test_without_a_token_the_page_explains_where_to_go(client: Client) -> None:
    page = client.get(LANDING)
    assert page.status_code == 200
    assert "press “Configure account now”" in page.content.decode()
    assert not Activation.objects.exists()


@pytest.mark.parametrize("garbage", ["", "%00", "caf%C3%A9", "a%0Ab", "%F0%9F%8D%8B", "x" * (MAX_TOKEN + 1), "%"])
def test_what_cannot_be_a_token_is_answered_with_the_way_back(garbage: str, client: Client) -> None:
    page = client.get(f"{LANDING}?token={garbage}")
    if garbage == "%":  # not an escape, so it is the token: its marketplace will not know it
        assert page.status_code == 302
        return
    assert page.status_code == 400
    assert not Activation.objects.exists()


def test_other_words_in_the_address_are_dropped(client: Client) -> None:
    assert client.get(f"{LANDING}?next=https://evil.example/&Token=abc").status_code == 200
    assert not Activation.objects.exists()


def test_looking_for_the_head_only_or_posting_brings_nothing(client: Client) -> None:
    token = quote(tokens.purchase_token(buy()), safe="")
    assert client.head(f"{LANDING}?token={token}").status_code == 200
    assert client.post(f"{LANDING}?token={token}").status_code == 405
    assert client.put(f"{LANDING}?token={token}").status_code == 405
    assert not Activation.objects.exists()
    assert not client.session.keys()


def test_a_channel_that_is_not_sold_here_has_no_landing_page(client: Client) -> None:
    for channel in ("aws", "code", "direct", "nowhere"):
        assert client.get(f"/marketplace/{channel}/landing?token=abc").status_code == 404


def test_a_browser_that_brings_very_many_is_asked_to_wait(client: Client) -> None:
    with now_is(INSTANT):
        for _ in range(60):
            assert client.get(f"{LANDING}?token=abc").status_code == 302
        assert client.get(f"{LANDING}?token=abc").status_code == 429
    assert Activation.objects.count() == 60


def test_a_browser_that_brings_many_for_a_whole_hour_is_asked_to_wait(client: Client) -> None:
    answers = []
    with now_is(INSTANT.replace(minute=0)) as clock:
        for _minute in range(3):
            answers += [client.get(f"{LANDING}?token=abc").status_code for _ in range(51)]
            clock.shift(timedelta(minutes=1))
    assert (answers.count(302), answers[-1]) == (120, 429)


def test_of_strangers_only_so_many_tokens_are_kept_and_the_newest_at_least_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange_token, "MOST_OF_STRANGERS", 5 * len(seal("abc")) + 1)
    claimed = bring("azure", Secret("claimed"))
    Activation.objects.filter(pk=claimed.pk).update(person=make_user())
    with now_is(INSTANT) as clock:
        answers = [Client().get(f"{LANDING}?token=abc") for _ in range(7)]
        assert [each.status_code for each in answers] == [302] * 5 + [429] * 2
        assert not answers[-1].cookies
        assert "Too many purchases at once" in answers[-1].content.decode()
        clock.shift(timedelta(minutes=61))
        assert Client().get(f"{LANDING}?token=new").status_code == 302
        assert Activation.objects.filter(person=None).exclude(token_sealed="").count() == 1
    assert Activation.objects.exclude(token_sealed="").filter(pk=claimed.pk).exists()


def from_address(address: str) -> Client:
    return Client(REMOTE_ADDR=address)


def kept_from(client: Client) -> int:
    """How many of the tokens that this browser brought are still kept."""
    brought = client.session.get("activations", [])
    return Activation.objects.filter(pk__in=brought).exclude(token_sealed="").count()


@pytest.fixture
def room_for_twelve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange_token, "MOST_OF_STRANGERS", 12 * len(seal("abc")))


def filled(*addresses: str, each: int) -> list[Client]:
    """Browsers that bring so many; together they fill the room."""
    browsers = [from_address(address) for address in addresses]
    for browser in browsers:
        assert [browser.get(f"{LANDING}?token=abc").status_code for _ in range(each)] == [302] * each
    return browsers


@pytest.mark.usefixtures("room_for_twelve")
def test_a_room_that_strangers_filled_shuts_out_neither_who_is_signed_in_nor_another_network(client: Client) -> None:
    person = make_user()
    with now_is(INSTANT):
        client.force_login(person)
        filled("198.51.100.1", "198.51.100.2", "198.51.100.3", each=4)
        assert from_address("198.51.100.1").get(f"{LANDING}?token=abc").status_code == 429
        fresh = from_address("203.0.113.9")
        for browser in (client, fresh):
            assert browser.get(f"{LANDING}?token=abc").status_code == 302
    assert Activation.objects.get(person=person).token_sealed
    assert kept_from(fresh) == 1


@pytest.mark.usefixtures("room_for_twelve")
def test_the_network_that_holds_most_gives_way_first_and_its_oldest_token(client: Client) -> None:
    with now_is(INSTANT) as clock:
        (buyer,) = filled("203.0.113.9", each=1)
        clock.shift(timedelta(minutes=1))
        (less,) = filled("198.51.100.1", each=4)
        clock.shift(timedelta(minutes=1))
        (most,) = filled("198.51.100.2", each=1)
        clock.shift(timedelta(seconds=1))
        assert [most.get(f"{LANDING}?token=abc").status_code for _ in range(6)] == [302] * 6
        oldest = most.session["activations"][0]
        for number in range(2):
            assert from_address(f"192.0.2.{number}").get(f"{LANDING}?token=abc").status_code == 302
    assert [kept_from(each) for each in (buyer, less, most)] == [1, 4, 5]
    assert not Activation.objects.get(pk=oldest).token_sealed


@pytest.mark.usefixtures("room_for_twelve")
def test_of_ipv6_who_has_48_bits_is_one_however_many_networks_they_come_from() -> None:
    with now_is(INSTANT):
        (buyer,) = filled("2001:db8:ffff::1", each=1)
        many = filled(*(f"2001:db8:1:{number}::1" for number in range(11)), each=1)
        assert from_address("2001:db8:1:99::1").get(f"{LANDING}?token=abc").status_code == 429
        assert from_address("2001:db8:2::1").get(f"{LANDING}?token=abc").status_code == 302
    assert (kept_from(buyer), sum(map(kept_from, many))) == (1, 10)


@pytest.mark.usefixtures("room_for_twelve")
def test_networks_that_hold_as_much_as_the_newcomer_keep_theirs_for_an_hour() -> None:
    with now_is(INSTANT) as clock:
        browsers = filled(*(f"198.51.100.{number}" for number in range(12)), each=1)
        assert from_address("203.0.113.9").get(f"{LANDING}?token=abc").status_code == 429
        clock.shift(timedelta(minutes=61))
        assert from_address("203.0.113.9").get(f"{LANDING}?token=abc").status_code == 302
    assert sum(map(kept_from, browsers)) == 0


def test_who_is_signed_in_is_counted_by_themselves_and_not_with_their_network(client: Client) -> None:
    with now_is(INSTANT):
        client.force_login(make_user())
        assert [Client().get(f"{LANDING}?token=abc").status_code for _ in range(61)][-1] == 429
        assert client.get(f"{LANDING}?token=abc").status_code == 302
        assert [client.get(f"{LANDING}?token=abc").status_code for _ in range(60)][-1] == 429


def test_the_network_is_kept_as_a_fingerprint_and_only_with_the_token(client: Client) -> None:
    with now_is(INSTANT) as clock:
        client.get(f"{LANDING}?token=abc")
        assert len(Activation.objects.get().brought_from) == 64
        clock.shift(timedelta(hours=25))
        forget(0)
    assert Activation.objects.get().brought_from == ""


def test_what_strangers_brought_is_gone_after_two_days_and_so_are_their_sessions(client: Client) -> None:
    with now_is(INSTANT) as clock:
        client.get(f"{LANDING}?token=abc")
        clock.shift(timedelta(hours=47))
        forget(0)
        forget_sessions(0)
        assert (Activation.objects.count(), Session.objects.count()) == (1, 1)
        clock.shift(timedelta(hours=2))
        forget(0)
        forget_sessions(0)
    assert not Activation.objects.exists()
    assert not Session.objects.exists()


def test_who_signs_in_after_bringing_a_purchase_stays_as_long_as_everybody(client: Client) -> None:
    make_user(email="buyer@example.com", password="right password 1")
    client.get(f"{LANDING}?token=abc")
    client.post("/accounts/login/", {"login": "buyer@example.com", "password": "right password 1", "remember": "on"})
    assert client.session.get_expiry_age() == settings.SESSION_COOKIE_AGE


def test_the_answer_is_kept_nowhere_and_tells_no_other_site(client: Client) -> None:
    bought = buy()
    for answer in (land(client, bought), client.get(LANDING), client.get(f"{LANDING}?token=")):
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["Cache-Control"] == "no-store"


# --- What the marketplace answers to Resolve


def test_a_token_kept_for_more_than_a_day_is_gone(client: Client, shop: InProcess) -> None:
    with now_is(INSTANT) as clock:
        landed = land(client, buy())
        clock.shift(timedelta(hours=24, seconds=1))
        person = make_user()
        client.force_login(person)
        before = len(shop.asked)
        page = goes_to(client, landed["Location"])
    assert page.status_code == 404
    assert "too old or damaged" in page.content.decode()
    assert Activation.objects.get().token_sealed == ""
    assert len(shop.asked) == before


def test_tokens_that_nobody_used_are_forgotten_every_night(client: Client) -> None:
    with now_is(INSTANT) as clock:
        land(client, buy())
        clock.shift(timedelta(hours=23))
        forget(0)
        assert Activation.objects.exclude(token_sealed="").exists()
        clock.shift(timedelta(hours=2))
        forget(0)
    assert not Activation.objects.exclude(token_sealed="").exists()


@pytest.mark.parametrize("how", ["expired-token", "status-400", "status-404", "status-409"])
def test_a_token_that_is_refused_three_times_minutes_apart_is_forgotten_and_the_person_sent_back(
    how: str, client: Client
) -> None:
    with now_is(INSTANT) as clock:
        client.force_login(make_user())
        landed = land(client, buy())
        misbehave(call="resolve", how=how, times=20)
        for minutes, kept in ((0, True), (1, True), (1, True), (1, True), (1, False)):
            clock.shift(timedelta(minutes=minutes))
            page = goes_to(client, landed["Location"])
            assert page.status_code == 404
            assert "too old or damaged" in page.content.decode()
            assert ("try again in a few minutes" in page.content.decode()) == kept
            assert bool(Activation.objects.get().token_sealed) == kept
        behave()
        assert goes_to(client, landed["Location"]).status_code == 404


@pytest.mark.parametrize("call", ["resolve", "get"])
def test_a_marketplace_that_has_just_started_and_finds_nothing_once_costs_nobody_the_purchase(call: str, client: Client) -> None:
    _company, person = administrator()
    client.force_login(person)
    found(bought := buy(), person)  # known here already, so that the purchase is asked for too
    landed = land(client, bought)
    misbehave(call=call, how="status-404")
    assert goes_to(client, landed["Location"]).status_code == 404
    page = goes_to(client, landed["Location"])
    assert page.status_code == 200
    assert "250 users = 250 credits" in page.content.decode()
    assert Activation.objects.latest("brought_at").missed_at == []


def test_a_page_that_the_marketplace_could_not_be_asked_for_has_its_own_title(client: Client) -> None:
    client.force_login(administrator()[1])
    landed = land(client, buy())
    misbehave(call="resolve", how="status-503", times=3)
    text = goes_to(client, landed["Location"]).content.decode()
    assert "Marketplace not reached" in text
    assert "Purchase not found" not in text


# --- An attempt where nothing is left to do


def states() -> list[str]:
    return list(Activation.objects.order_by("brought_at").values_list("state", flat=True))


def test_managing_an_active_purchase_leaves_no_attempt_waiting(client: Client) -> None:
    company, person = administrator()
    row = activated(person, company)
    client.force_login(person)
    page = goes_to(client, land(client, theirs(row))["Location"])
    assert page.redirect_chain[-1][0].startswith(f"/companies/{company.slug}/licenses/")
    assert states() == ["active", "known"]
    again = Activation.objects.get(state="known")
    assert client.get(f"/activate/{again.pk}/").status_code == 302
    assert "Waiting for activation" not in client.get("/activate/").content.decode()
    for part in ("review", "status"):
        assert goes_to(client, f"/activate/{again.pk}/{part}/").status_code == 200


def test_of_two_attempts_at_one_purchase_the_second_is_over_once_the_first_is_done(client: Client) -> None:
    company, person = administrator()
    bought = buy()
    first, _second = found(bought, person), found(bought, person)
    begin(first, company)
    carry_on(first.pk)
    assert states() == ["active", "known"]


def test_an_attempt_at_a_purchase_that_was_cancelled_does_not_wait(client: Client) -> None:
    _company, person = administrator()
    bought = buy()
    happens(bought, "Unsubscribe", told=False)
    client.force_login(person)
    page = goes_to(client, land(client, bought)["Location"])
    assert states() == ["cancelled"]
    assert "Buy again there to get new credits" in page.content.decode()


def test_a_fault_of_our_configuration_keeps_the_token_and_alerts(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.force_login(administrator()[1])
    landed = land(client, buy())
    misbehave(call="resolve", how="status-403", times=2)
    page = goes_to(client, landed["Location"])
    assert page.status_code == 503
    assert "It is our side" in page.content.decode()
    assert [each for each in caplog.records if each.levelname == "ERROR" and "our configuration is refused" in each.message]
    assert goes_to(client, landed["Location"]).status_code == 200


@pytest.mark.parametrize("how", ["status-500", "status-503", "lost-answer", "lost-request", "delay", "unreadable", "status-429"])
def test_a_marketplace_that_does_not_answer_is_tried_again_with_the_same_token(how: str, client: Client) -> None:
    client.force_login(administrator()[1])
    landed = land(client, buy())
    misbehave(call="resolve", how=how, times=3, seconds=60)
    page = goes_to(client, landed["Location"])
    assert page.status_code == 503
    assert "try again" in page.content.decode().lower()
    behave()
    assert goes_to(client, landed["Location"]).status_code == 200
    assert Activation.objects.get().token_sealed == ""


def test_a_purchase_known_before_is_read_afresh(client: Client) -> None:
    person = make_user()
    bought = buy(quantity=250)
    found(bought, person)
    type(bought).objects.filter(pk=bought.pk).update(quantity=300)
    client.force_login(person)
    assert "300 users" in goes_to(client, land(client, bought)["Location"]).content.decode()
    assert Subscription.objects.count() == 1


def test_two_tabs_that_look_up_at_once_find_the_same() -> None:
    activation = bring("azure", Secret(tokens.purchase_token(buy())))
    copy = Activation.objects.get(pk=activation.pk)
    first, second = look_up(activation), look_up(copy)
    assert first.subscription == second.subscription
    assert Subscription.objects.count() == 1
    assert counts()["Order"] == 0


def test_a_token_sealed_with_a_key_that_is_gone_counts_as_too_old(settings: Any) -> None:
    activation = bring("azure", Secret(tokens.purchase_token(buy())))
    settings.SECRET_KEY = "another"
    with pytest.raises(MarketplaceError):
        look_up(activation)
    assert Activation.objects.get().token_sealed == ""


def test_a_token_outlives_a_change_of_the_key_when_the_former_one_is_named(settings: Any) -> None:
    activation = bring("azure", Secret(tokens.purchase_token(buy())))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert look_up(activation).state == "found"


def test_nothing_is_kept_of_what_is_no_token() -> None:
    with pytest.raises(NoToken):
        bring("azure", Secret("no\ttoken"))
    assert not Activation.objects.exists()
