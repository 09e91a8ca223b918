"""Access tokens: kept, fetched by one at a time, and had for whichever secret is accepted."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from licensing.marketplaces.azure.client import AzureMarketplace
from licensing.marketplaces.contract import MarketplaceError, Problem
from tests.licensing.marketplaces.azure_server import (
    CLIENT,
    KEYS_PATH,
    NEXT_SECRET,
    OLD_KEYS_PATH,
    ONE,
    PURCHASE,
    SECRET,
    SUBSCRIPTIONS,
    TENANT,
    TOKEN_PATH,
    AzureServer,
    Clock,
    Reply,
    marketplace_at,
    reply,
    subscription,
    token_reply,
)


def refusal(code: str, *, status: int = 401, error: str = "invalid_client") -> Reply:
    text = f"{code}: something is wrong with {SECRET}. Trace ID: 1"
    return reply({"error": error, "error_description": text, "error_codes": [int(code[6:])], "trace_id": "1"}, status=status)


def fault(market: AzureMarketplace) -> MarketplaceError:
    with pytest.raises(MarketplaceError) as caught:
        market.access.token(5)
    return caught.value


def test_a_token_is_asked_for_in_the_second_form(market: AzureMarketplace, azure: AzureServer) -> None:
    market.access.token(5)
    [seen] = azure.to(TOKEN_PATH)
    assert seen.form == {
        "grant_type": ["client_credentials"],
        "client_id": [CLIENT],
        "client_secret": [SECRET],
        "scope": ["20e940b3-4c77-4b0b-9a53-9e16a1b010a7/.default"],
    }
    assert seen.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_token_is_asked_for_in_the_first_form(azure: AzureServer) -> None:
    azure.on("POST", f"/{TENANT}/oauth2/token", token_reply())
    with marketplace_at(azure, token_version=1) as market:
        market.access.token(5)
    assert azure.seen[0].form["resource"] == ["20e940b3-4c77-4b0b-9a53-9e16a1b010a7"]


@pytest.mark.parametrize(
    ("expires_in", "kept"),
    [
        (3600, 3300),
        ("3600", 3300),
        (400, 200),
        (10**9, 86100),
        ("soon", 300),
        (None, 300),
        (-5, 300),
        (float("nan"), 300),
        ([], 300),
    ],
)
def test_a_token_is_kept_until_five_minutes_before_its_end(
    expires_in: Any, kept: float, market: AzureMarketplace, azure: AzureServer, clock: Clock
) -> None:
    azure.on("POST", TOKEN_PATH, token_reply("one", expires_in), token_reply("two"))
    assert market.access.token(5) == "one"
    clock.value += kept - 1
    assert market.access.token(5) == "one"
    clock.value += 1
    assert market.access.token(5) == "two"


def test_twenty_threads_ask_for_one_token(azure: AzureServer) -> None:
    released = threading.Event()
    azure.on("POST", TOKEN_PATH, Reply(body=token_reply().body, after=released))
    azure.on("GET", ONE, reply(subscription()))
    with marketplace_at(azure, time.monotonic) as market, ThreadPoolExecutor(20) as threads:
        together = threading.Barrier(21)

        def ask() -> str:
            together.wait(10)
            return market.purchase(PURCHASE).external_id

        asked = [threads.submit(ask) for _time in range(20)]
        together.wait(10)
        released.set()
        assert {each.result(10) for each in asked} == {PURCHASE}
    assert len(azure.to(TOKEN_PATH)) == 1


def test_twenty_threads_whose_token_is_refused_ask_for_one_more(azure: AzureServer) -> None:
    azure.on("POST", TOKEN_PATH, token_reply("old"), token_reply("new"))
    with marketplace_at(azure, time.monotonic) as market, ThreadPoolExecutor(20) as threads:
        old = market.access.token(5)

        def renew(_number: int) -> str:
            market.access.drop(old)
            return market.access.token(5)

        assert set(threads.map(renew, range(20))) == {"new"}
    assert len(azure.to(TOKEN_PATH)) == 2


def test_those_who_waited_share_a_failure(azure: AzureServer) -> None:
    released = threading.Event()
    azure.on("POST", TOKEN_PATH, Reply(status=503, after=released))
    with marketplace_at(azure, time.monotonic) as market, ThreadPoolExecutor(5) as threads:
        asked = [threads.submit(fault, market) for _time in range(5)]
        while sum(each.running() for each in asked) < 5 or not azure.seen:
            threading.Event().wait(0.01)
        threading.Event().wait(0.1)
        released.set()
        assert {each.result(10).problem for each in asked} == {Problem.UNAVAILABLE}
    assert len(azure.to(TOKEN_PATH)) == 1


def test_waiting_for_who_fetches_the_token_ends(azure: AzureServer) -> None:
    released = threading.Event()
    azure.on("POST", TOKEN_PATH, Reply(body=token_reply().body, after=released))
    with marketplace_at(azure, time.monotonic) as market, ThreadPoolExecutor(1) as threads:
        slow = threads.submit(market.access.token, 20)
        while not azure.seen:
            threading.Event().wait(0.01)
        with pytest.raises(MarketplaceError, match="No access token came in time"):
            market.access.token(0.05)
        released.set()
        assert slow.result(10)


# --- What the sign-in service refuses


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AADSTS7000215", "secret is wrong"), ("AADSTS7000222", "secret has expired"),
        ("AADSTS700016", "client id is unknown"), ("AADSTS90002", "tenant is unknown"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [400, 401])
def test_a_refusal_is_a_configuration_fault_in_words_and_not_repeated(
    code: str, words: str, status: int, market: AzureMarketplace, azure: AzureServer, clock: Clock
) -> None:
    azure.on("POST", TOKEN_PATH, refusal(code, status=status))
    with pytest.raises(MarketplaceError) as caught:
        market.purchase(PURCHASE)
    error = caught.value
    assert (error.problem, error.detail.startswith(code), words in error.detail) == (Problem.CONFIGURATION, True, True)
    assert market.configuration_fault == error.detail
    assert (len(azure.seen), clock.slept) == (1, [])


def test_a_refusal_nobody_knows_keeps_its_words_but_not_the_secret(market: AzureMarketplace, azure: AzureServer) -> None:
    azure.on("POST", TOKEN_PATH, refusal("AADSTS53003", error="access_denied"))
    error = fault(market)
    assert (error.problem, "AADSTS53003" in error.detail, SECRET in str(error)) == (Problem.CONFIGURATION, True, False)


@pytest.mark.parametrize(
    "answer", [reply(status=503), reply(status=429), refusal("AADSTS90033", status=400, error="temporarily_unavailable")]
)
def test_a_busy_sign_in_service_is_unavailable_and_asked_again(
    answer: Reply, market: AzureMarketplace, azure: AzureServer, clock: Clock
) -> None:
    azure.on("POST", TOKEN_PATH, answer, token_reply())
    azure.on("GET", ONE, reply(subscription()))
    assert market.purchase(PURCHASE).external_id == PURCHASE
    assert clock.slept == [1.0]


@pytest.mark.parametrize(
    "answer", [reply(b"<html>"), reply({}), reply({"access_token": 5}), reply({"access_token": "a\nb"}), reply(b"[]")]
)
def test_an_answer_without_a_token_is_unreadable(answer: Reply, market: AzureMarketplace, azure: AzureServer) -> None:
    azure.on("POST", TOKEN_PATH, answer)
    assert fault(market).problem is Problem.UNREADABLE


def test_the_sign_in_service_is_not_followed_elsewhere(market: AzureMarketplace, azure: AzureServer) -> None:
    azure.on("POST", TOKEN_PATH, reply(status=307, headers={"Location": f"{azure.url}/elsewhere"}))
    assert fault(market).problem is Problem.UNREADABLE
    assert azure.to("/elsewhere") == []


# --- Two secrets


@pytest.mark.parametrize("code", ["AADSTS7000215", "AADSTS7000222"])
def test_the_second_secret_is_tried_where_the_first_is_refused_and_remembered(
    code: str, azure: AzureServer, clock: Clock
) -> None:
    azure.on("POST", TOKEN_PATH, refusal(code), token_reply("one"), token_reply("two"))
    with marketplace_at(azure, clock, client_secrets=(SECRET, NEXT_SECRET)) as market:
        assert market.access.token(5) == "one"
        clock.value += 4000
        assert market.access.token(5) == "two"
        assert market.access.working == 1
    assert [seen.form["client_secret"] for seen in azure.to(TOKEN_PATH)] == [[SECRET], [NEXT_SECRET], [NEXT_SECRET]]


def test_where_both_secrets_are_refused_the_fault_of_the_first_is_told(azure: AzureServer) -> None:
    azure.on("POST", TOKEN_PATH, refusal("AADSTS7000222"), refusal("AADSTS7000215"))
    with marketplace_at(azure, client_secrets=(SECRET, NEXT_SECRET)) as market:
        error = fault(market)
        assert "has expired" in error.detail
        assert set(market.access.refusals) == {0, 1}


@pytest.mark.parametrize("answer", [refusal("AADSTS700016"), reply(status=503)])
def test_the_second_secret_is_not_tried_for_other_reasons(answer: Reply, azure: AzureServer) -> None:
    azure.on("POST", TOKEN_PATH, answer)
    with marketplace_at(azure, client_secrets=(SECRET, NEXT_SECRET)) as market:
        fault(market)
    assert len(azure.seen) == 1


# --- For the health page


def test_a_check_tells_that_all_is_well(market: AzureMarketplace, azure: AzureServer, keys: Any) -> None:
    azure.on("GET", SUBSCRIPTIONS, reply({"subscriptions": []}))
    keys.publish(azure)
    found = market.check_connection()
    assert found.fine
    assert (found.token, found.secret, found.api, found.clock_difference, found.keys) == (True, 1, True, 0.0, 1)


def test_a_check_tells_everything_that_is_wrong_and_never_raises(azure: AzureServer) -> None:
    azure.on("POST", TOKEN_PATH, refusal("AADSTS7000222"))
    with marketplace_at(azure, tenant_id="fabrik.example") as market:
        found = market.check_connection()
        azure.on("POST", "/fabrik.example/oauth2/v2.0/token", refusal("AADSTS7000222"))
        again = market.check_connection()
    assert (found.token, found.secret, found.api, found.keys, found.fine) == (False, None, False, 0, False)
    assert any("AZURE_TENANT_ID is not a GUID" in problem for problem in found.problems)
    assert any("signing keys" in problem for problem in found.problems)
    assert any("The client secret has expired" in problem for problem in again.problems)


def test_a_check_tells_that_a_clock_is_wrong_and_which_secret_works(azure: AzureServer, keys: Any, clock: Clock) -> None:
    azure.on("POST", TOKEN_PATH, refusal("AADSTS7000222"), token_reply())
    azure.on("GET", SUBSCRIPTIONS, reply(status=403))
    keys.publish(azure)
    with marketplace_at(azure, clock, client_secrets=(SECRET, NEXT_SECRET)) as market:
        market.transport._now = lambda: 1794391200.0 - 90
        found = market.check_connection()
    assert (found.token, found.secret, found.api, found.clock_difference) == (True, 2, False, -90.0)
    assert any("90 s behind" in problem for problem in found.problems)
    assert any("Client secret 1 is refused" in problem for problem in found.problems)
    assert any("technical configuration" in problem for problem in found.problems)


def test_a_check_survives_what_nobody_expects(market: AzureMarketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("odd")

    monkeypatch.setattr(market.transport, "send", broken)
    assert any("RuntimeError" in problem for problem in market.check_connection().problems)


def test_a_failed_check_takes_no_token_away(market: AzureMarketplace, azure: AzureServer) -> None:
    azure.on("POST", TOKEN_PATH, token_reply("kept"), reply(status=503))
    kept = market.access.token(5)
    assert market.check_connection().token is False
    assert market.access.token(5) == kept


def test_the_secret_is_in_no_line_of_the_log(azure: AzureServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    azure.on("POST", TOKEN_PATH, refusal("AADSTS1234567"))
    with marketplace_at(azure, client_secrets=(SECRET, NEXT_SECRET)) as market:
        problems = market.check_connection().problems
        assert str(fault(market))
    told = caplog.text + " ".join(problems)
    assert "AADSTS1234567" in told
    assert SECRET[:8] not in told
    assert NEXT_SECRET[:8] not in told


def test_the_keys_are_asked_for_at_both_addresses(market: AzureMarketplace, azure: AzureServer) -> None:
    market.check_connection()
    assert (len(azure.to(KEYS_PATH)), len(azure.to(OLD_KEYS_PATH))) == (1, 1)
