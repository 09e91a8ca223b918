"""The keys that notifications are signed with: had, kept and renewed, whatever made-up tokens ask for."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from licensing.marketplaces.azure import signing_keys
from licensing.marketplaces.azure.client import AzureMarketplace
from licensing.marketplaces.contract import MarketplaceError, Problem
from tests.licensing.marketplaces.azure_server import (
    KEYS_PATH,
    OLD_KEYS_PATH,
    AzureServer,
    Clock,
    Reply,
    marketplace_at,
    reply,
)
from tests.licensing.marketplaces.azure_tokens import (
    Keys,
    fetches,
    forged,
    private_key,
    published,
    unavailable,
)


@pytest.fixture(autouse=True)
def publish(azure: AzureServer, keys: Keys) -> None:
    keys.publish(azure)


def unknown(keys: Keys, kid: str = "unknown") -> str:
    return keys.token(signed_by="attacker", headers={"kid": kid})


def test_an_unknown_key_id_fetches_at_most_once_in_thirty_seconds(
    market: AzureMarketplace, azure: AzureServer, keys: Keys, clock: Clock
) -> None:
    market.check_sender(keys.token())
    for number in range(50):
        assert "no key is published" in forged(market, unknown(keys, f"made-up-{number}"))
    assert fetches(azure) == 1
    clock.value += 30
    for number in range(50):
        forged(market, unknown(keys, f"made-up-{number}"))
    assert fetches(azure) == 2


def test_a_new_key_is_found_and_a_withdrawn_one_forgotten(
    market: AzureMarketplace, azure: AzureServer, keys: Keys, clock: Clock
) -> None:
    market.check_sender(keys.token())
    keys.publish(azure, "next")
    clock.value += 31
    assert market.check_sender(keys.token(signed_by="next", headers={"kid": "next"}))
    assert "no key is published" in forged(market, keys.token())


def test_keys_are_fetched_anew_after_twelve_hours(market: AzureMarketplace, azure: AzureServer, keys: Keys, clock: Clock) -> None:
    market.check_sender(keys.token())
    clock.value += 12 * 3600 - 1
    market.check_sender(keys.token())
    assert fetches(azure) == 1
    clock.value += 1
    market.check_sender(keys.token())
    assert fetches(azure) == 2


def test_where_keys_cannot_be_fetched_the_old_ones_serve_for_a_day(
    market: AzureMarketplace, azure: AzureServer, keys: Keys, clock: Clock
) -> None:
    market.check_sender(keys.token())
    for path in (KEYS_PATH, OLD_KEYS_PATH):
        azure.on("GET", path, reply(status=503))
    clock.value += 24 * 3600 - 1
    assert market.check_sender(keys.token())
    clock.value += 31
    unavailable(market, keys.token())


def test_without_any_keys_nothing_can_be_told(market: AzureMarketplace, azure: AzureServer, keys: Keys, clock: Clock) -> None:
    for path in (KEYS_PATH, OLD_KEYS_PATH):
        azure.on("GET", path, Reply(dropped=True))
    for _time in range(5):
        unavailable(market, keys.token())
    assert fetches(azure) == 1
    keys.publish(azure)
    clock.value += 5
    assert market.check_sender(keys.token())


def test_an_unknown_key_id_while_keys_cannot_be_fetched_is_not_called_forged(
    market: AzureMarketplace, azure: AzureServer, keys: Keys, clock: Clock
) -> None:
    market.check_sender(keys.token())
    azure.on("GET", OLD_KEYS_PATH, reply(status=503))
    clock.value += 31
    unavailable(market, unknown(keys))
    assert market.check_sender(keys.token())


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"keys": 5}', b'{"keys": [null, 5, {}]}', b'{"keys": []}'])
def test_an_answer_without_keys_replaces_none(
    body: bytes, market: AzureMarketplace, azure: AzureServer, keys: Keys, clock: Clock
) -> None:
    market.check_sender(keys.token())
    for path in (KEYS_PATH, OLD_KEYS_PATH):
        azure.on("GET", path, reply(body))
    clock.value += 31
    unavailable(market, unknown(keys))
    assert market.check_sender(keys.token())


@pytest.mark.parametrize(
    "entry",
    [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "odd"}, {"kty": "RSA", "kid": "odd"},
        {"kty": "RSA", "kid": "odd", "n": 5, "e": "AQAB"},
        {"kty": "RSA", "kid": "odd", "n": "AQAB", "e": "AQAB"}, published("odd", use="enc"), published("odd", alg="HS256"),
        published("odd", kid=None), published("odd", kid="a/b"),
    ],
)  # fmt: skip
def test_keys_of_other_kinds_are_passed_over(entry: dict[str, Any]) -> None:
    assert set(signing_keys.read_keys({"keys": [entry, published("current")]})) == {"current"}


def test_keys_that_are_too_small_are_passed_over() -> None:
    small = {**signing_keys.RSAAlgorithm.to_jwk(private_key("small", 1024).public_key(), as_dict=True), "kid": "small"}
    with pytest.raises(MarketplaceError):
        signing_keys.read_keys({"keys": [small]})


def test_a_private_key_that_is_published_is_used_as_a_public_one() -> None:
    whole = {**signing_keys.RSAAlgorithm.to_jwk(private_key("current"), as_dict=True), "kid": "current"}
    assert set(signing_keys.read_keys({"keys": [whole]})) == {"current"}


def test_the_keys_are_not_had_by_way_of_a_redirect(market: AzureMarketplace, azure: AzureServer, keys: Keys) -> None:
    azure.on("GET", "/elsewhere", reply({"keys": [published("current")]}))
    for path in (KEYS_PATH, OLD_KEYS_PATH):
        azure.on("GET", path, reply(status=302, headers={"Location": f"{azure.url}/elsewhere"}))
    unavailable(market, keys.token())
    assert azure.to("/elsewhere") == []


def test_while_keys_are_fetched_known_ones_serve_and_nobody_waits_long(azure: AzureServer, keys: Keys) -> None:
    clock = Clock()
    seconds = {"connect": 3.0, "person": 10.0, "job": 30.0, "webhook": 1.0}
    with marketplace_at(azure, clock, timeouts=seconds) as market, ThreadPoolExecutor(1) as threads:
        market.check_sender(keys.token())
        released = threading.Event()
        azure.on("GET", KEYS_PATH, Reply(body=json.dumps({"keys": [published("current")]}).encode(), after=released))
        clock.value += 31
        slow = threads.submit(forged, market, unknown(keys))
        while fetches(azure) < 2:
            threading.Event().wait(0.005)
        assert market.check_sender(keys.token())
        released.set()
        assert "no key is published" in slow.result(10)
        assert fetches(azure) == 2


def test_who_waits_for_a_fetch_in_vain_is_told_to_come_again(azure: AzureServer, keys: Keys) -> None:
    started, released = threading.Event(), threading.Event()

    def fetch(url: str, seconds: float) -> Any:
        started.set()
        released.wait(10)
        return {"keys": [published("current")]}

    found = signing_keys.KeySet(["http://x"], fetch=fetch, seconds=0.05, monotonic=time.monotonic)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(found.key, "current")
        started.wait(10)
        with pytest.raises(MarketplaceError) as caught:
            found.key("current")
        assert caught.value.problem is Problem.UNAVAILABLE
        released.set()
        assert slow.result(10)
    assert found.key("current")


def test_twenty_notifications_at_once_fetch_the_keys_once(azure: AzureServer, keys: Keys) -> None:
    with marketplace_at(azure, time.monotonic) as market, ThreadPoolExecutor(20) as threads:
        token = keys.token()
        assert all(threads.map(lambda _number: market.check_sender(token), range(20)))
    assert (fetches(azure), len(azure.to(OLD_KEYS_PATH))) == (1, 1)


def test_key_addresses_that_hang_are_given_up(azure: AzureServer, keys: Keys) -> None:
    never = threading.Event()
    for path in (KEYS_PATH, OLD_KEYS_PATH):
        azure.on("GET", path, Reply(after=never))
    seconds = {"connect": 3.0, "person": 10.0, "job": 30.0, "webhook": 0.2}
    with marketplace_at(azure, time.monotonic, timeouts=seconds) as market:
        started = time.monotonic()
        unavailable(market, keys.token())
        assert time.monotonic() - started < 2
