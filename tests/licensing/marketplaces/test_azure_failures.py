"""Azure Marketplace failing: how long is waited, when it is left alone, and that no secret is told."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import pytest

from licensing.marketplaces import marketplace
from licensing.marketplaces.azure import transport
from licensing.marketplaces.azure.client import AzureMarketplace
from licensing.marketplaces.contract import MarketplaceError, Patience, Problem
from tests.licensing.marketplaces.azure_calls import ACTIVATE, BOUGHT, CALLS, RESOLVE, problem_of
from tests.licensing.marketplaces.azure_server import (
    ACCESS_TOKEN,
    CLIENT,
    ONE,
    PURCHASE,
    PURCHASE_TOKEN,
    SECRET,
    TENANT,
    AzureServer,
    Clock,
    Reply,
    marketplace_at,
    reply,
    subscription,
)

# --- Waiting


@pytest.mark.parametrize("name", ["purchase", "activate", "settle"])
def test_an_answer_just_before_the_timeout_counts(name: str, azure: AzureServer) -> None:
    released = threading.Event()
    method, path, call = CALLS[name]
    azure.on(method, path, reply(subscription(), after=released))
    seconds = {"connect": 3.0, "person": 3.0, "job": 3.0, "webhook": 3.0}
    with marketplace_at(azure, time.monotonic, timeouts=seconds) as market:
        timer = threading.Timer(0.6, released.set)
        timer.start()
        call(market)
        timer.join()


@pytest.mark.parametrize("name", ["purchase", "activate", "settle"])
def test_an_answer_after_the_timeout_leaves_the_outcome_unknown(name: str, azure: AzureServer) -> None:
    never = threading.Event()
    method, path, call = CALLS[name]
    azure.on(method, path, reply(subscription(), after=never))
    seconds = {"connect": 3.0, "person": 0.2, "job": 0.2, "webhook": 0.2}
    with marketplace_at(azure, time.monotonic, timeouts=seconds) as market:
        market.access.token(3)
        error = problem_of(call, market)
    assert (error.problem, len(azure.to(path))) == (Problem.UNAVAILABLE, 3 if name == "purchase" else 1)
    assert "did not answer within 0.2 s" in error.detail


def test_nobody_listening_is_unavailable(azure: AzureServer, clock: Clock) -> None:
    with marketplace_at(azure, clock, api_url="http://127.0.0.1:1/api") as market:
        error = problem_of(CALLS["activate"][2], market)
    assert error.problem is Problem.UNAVAILABLE
    assert "127.0.0.1:1" in error.detail


def test_an_answer_that_does_not_end_is_left(
    monkeypatch: pytest.MonkeyPatch, market: AzureMarketplace, azure: AzureServer
) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 1000)
    azure.on("POST", ACTIVATE, reply(b" " * 200000))
    assert problem_of(CALLS["activate"][2], market).problem is Problem.UNREADABLE


# --- Leaving alone what fails


def ask(market: AzureMarketplace) -> Any:
    return market.purchase(PURCHASE, patience=Patience.PERSON)


def test_after_five_failures_a_person_is_told_at_once_and_after_thirty_seconds_one_may_try(
    market: AzureMarketplace, azure: AzureServer, clock: Clock
) -> None:
    azure.on("POST", ACTIVATE, reply(status=500))
    for _time in range(5):
        problem_of(CALLS["activate"][2], market)
    clock.value += 10
    error = problem_of(ask, market)
    assert (error.problem, error.retry_after, azure.to(ONE)) == (Problem.UNAVAILABLE, 20.0, [])
    clock.value += 20
    azure.on("GET", ONE, reply(status=500))
    problem_of(ask, market)
    tried = len(azure.to(ONE))
    assert tried
    problem_of(ask, market)
    assert len(azure.to(ONE)) == tried
    clock.value += 31
    azure.on("GET", ONE, reply(subscription()))
    assert ask(market) == ask(market) == BOUGHT


def test_jobs_and_notifications_are_not_stopped_and_their_success_ends_the_pause(
    market: AzureMarketplace, azure: AzureServer
) -> None:
    azure.on("POST", ACTIVATE, reply(status=500))
    for _time in range(5):
        problem_of(CALLS["activate"][2], market)
    azure.on("GET", ONE, reply(subscription()))
    assert market.purchase(PURCHASE, patience=Patience.WEBHOOK) == BOUGHT
    assert ask(market) == BOUGHT


@pytest.mark.parametrize("answer", [reply(status=400), reply(status=403), reply()])
def test_only_failures_in_a_row_count(answer: Reply, market: AzureMarketplace, azure: AzureServer) -> None:
    failure = reply(status=500)
    azure.on("POST", ACTIVATE, *[failure] * 4, answer, answer, failure)
    told = []
    for _time in range(9):
        try:
            market.activate(BOUGHT)
        except MarketplaceError as error:
            told.append(error.detail)
    assert [each for each in told if "left alone" in each] == []


# --- Settings


def test_the_adapter_is_built_from_settings_when_it_is_asked_for(settings: Any) -> None:
    settings.MARKETPLACES = {"azure": "licensing.marketplaces.azure.client.from_settings"}
    settings.AZURE_TENANT_ID, settings.AZURE_CLIENT_ID, settings.AZURE_CLIENT_SECRETS = TENANT.upper(), CLIENT, [SECRET]
    settings.AZURE_LOGIN_URL, settings.AZURE_TOKEN_VERSION = "https://login.example/", 1
    found = marketplace("azure")
    assert isinstance(found, AzureMarketplace)
    assert found.config.token_url == f"https://login.example/{TENANT}/oauth2/token"
    assert found.config.token_form["resource"] == found.config.resource_id
    assert SECRET not in repr(found.config) + repr(found)
    settings.AZURE_TOKEN_VERSION = 2
    again = marketplace("azure")
    assert isinstance(again, AzureMarketplace)
    assert again.config.token_form["scope"] == f"{found.config.resource_id}/.default"


# --- Secrets


def causes(error: BaseException | None) -> list[BaseException]:
    return [] if error is None else [error, *causes(error.__cause__), *causes(error.__context__)]


@pytest.mark.parametrize(
    "answer",
    [
        reply(subscription()),
        reply({"message": f"bad token {PURCHASE_TOKEN} for {ACCESS_TOKEN}"}, status=400),
        reply({"message": f"bad token {PURCHASE_TOKEN[:20]}"}, status=400),
        reply(f"<p>q1%2bzz%2f9%3dPurchase%2bToken%2f0123456789%3d and {PURCHASE_TOKEN} {ACCESS_TOKEN}".encode(), status=500),
        reply(f'{{"m": "{ACCESS_TOKEN}", "t": "{PURCHASE_TOKEN.replace("/", chr(92) + "/")}"'.encode(), status=403),
        reply({"t\0": [f"q1+zz\0{PURCHASE_TOKEN[5:]}"]}, status=400),
        Reply(dropped=True),
        reply(b"x" * 100, halved=True),
        reply(status=302, headers={"Location": "http://\0"}),
    ],
)  # fmt: skip
def test_no_token_and_no_secret_is_told_to_anybody(
    answer: Reply, market: AzureMarketplace, azure: AzureServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    azure.on("POST", RESOLVE, answer)
    caught: list[MarketplaceError] = []
    try:
        market.resolve(PURCHASE_TOKEN)
    except MarketplaceError as error:
        caught.append(error)
    assert [causes(error) for error in caught] == [[error] for error in caught]
    told = "".join(f"{error!r} {error} {vars(error)}" for error in caught)
    told += caplog.text + repr(vars(market.config)["client_id"]) + repr(market.config) + repr(market.access._kept)
    assert "resolve" in caplog.text
    for part in (PURCHASE_TOKEN[:10], "Purchase+Token", "q1%2bzz", ACCESS_TOKEN[:20], "access-token-payload", SECRET[:8]):
        assert part.lower() not in told.lower()
