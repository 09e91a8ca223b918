"""The address that everything counts by, and the scheme: believed as far as TRUSTED_PROXIES says, and no further."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from django.http import HttpRequest
from django.test import Client, RequestFactory

from console.security.arriving import who_and_how
from console.security.arriving.who_and_how import client_address, read_scheme

ROOT = Path(who_and_how.__file__).resolve().parents[3]
PROXY = "10.0.0.9"
ASK_WHO_IS_NEXT = {"console/web_server/environ.py", "console/roof/metrics/who_may_ask.py"}
"""The server says who is connected; whether that is this machine itself, with nobody in between, is no question of who asks."""
REPEATS_WHAT_ARRIVED = {"console/doctor/as_seen.py"}
"""Unbelieved, to the doctor, who judges by it what proxies make of a header that it wrote itself; nothing is counted by that."""
READING = re.compile(r"REMOTE_ADDR|FORWARDED_FOR|TRUSTED_PROXY_COUNT|headers(\.get\(|\[)\"(?i:x-forwarded-for)")


@pytest.fixture(autouse=True)
def nothing_said_yet() -> Iterator[None]:
    who_and_how._warned.clear()
    yield
    who_and_how._warned.clear()


def asked(forwarded: str | None = None, *, peer: str = PROXY, proto: str | None = None) -> HttpRequest:
    more = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    more |= {} if proto is None else {"HTTP_X_FORWARDED_PROTO": proto}
    return RequestFactory().get("/", **{"REMOTE_ADDR": peer, **more})


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.7", PROXY),
        (0, None, PROXY),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (1, "unknown, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7, 10.0.0.8", "203.0.113.7"),
        (2, "203.0.113.7,10.0.0.8", "203.0.113.7"),
        (1, "203.0.113.7:51000", "203.0.113.7"),
        (1, "[2001:db8::1]:51000", "2001:db8::1"),
        (1, "[2001:DB8::1]", "2001:db8::1"),
        (1, "2001:db8:0:0::1", "2001:db8::1"),
        (1, "::ffff:203.0.113.7", "203.0.113.7"),
        (1, "fe80::1%eth0", "fe80::1"),
    ],
)
def test_an_address_is_believed_as_far_as_proxies_are_stated(
    proxies: int, forwarded: str | None, address: str, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert client_address(asked(forwarded)) == address
    assert get_adapter().get_client_ip(asked(forwarded)) == address


@pytest.mark.parametrize(
    ("proxies", "forwarded"),
    [(1, None), (1, ""), (1, " , "), (1, "unknown"), (1, "[::1"), (1, "203.0.113.7, _hidden"), (2, "203.0.113.7")],
)
def test_nobody_is_refused_for_what_a_proxy_says_oddly_and_the_log_says_once_what_to_set(
    proxies: int, forwarded: str | None, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert [client_address(asked(forwarded)) for _time in range(3)] == [PROXY] * 3
    (said,) = [each.getMessage() for each in caplog.records if each.name == "allotment.proxies"]
    assert "X-Forwarded-For" in said
    assert "TRUSTED_PROXIES" in said
    assert "203.0.113.7" not in said


@pytest.mark.parametrize("peer", ["", "not an address"])
def test_whoever_comes_by_a_socket_file_has_an_address_too(peer: str) -> None:
    assert client_address(asked(peer=peer)) == "0.0.0.0"


@pytest.mark.parametrize(
    ("proxies", "proto", "scheme"),
    [
        (0, "https", "http"),
        (1, "https", "https"),
        (1, "HTTPS", "https"),
        (1, " Https ", "https"),
        (1, "http", "http"),
        (1, None, "http"),
        (1, "https, http", "http"),
        (2, "https, http", "https"),
        (2, "http, https, http", "https"),
        (2, "https", "https"),
        (1, "wss", "http"),
    ],
)
def test_a_scheme_is_believed_as_far_as_proxies_are_stated(proxies: int, proto: str | None, scheme: str, settings: Any) -> None:
    settings.TRUSTED_PROXIES = proxies
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if proxies else None
    request = asked(proto=proto)
    read_scheme(request)
    assert request.scheme == scheme


@pytest.mark.django_db
def test_behind_a_stated_proxy_sign_ins_are_counted_by_who_asks_and_not_by_what_they_claim(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1

    def tries(address: str, times: int) -> str:
        for attempt in range(times):
            claimed = f"192.0.2.{attempt}, {address}"
            client = Client(headers={"X-Forwarded-For": claimed}, REMOTE_ADDR=PROXY)
            said = client.post("/accounts/login/", {"login": f"nobody-{address}-{attempt}@example.com", "password": "wrong"})
        return said.content.decode()

    assert "Too many failed" in tries("203.0.113.7", 12)
    assert "Too many failed" not in tries("203.0.113.8", 1)


def test_at_its_start_a_process_says_which_headers_proxies_must_set(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="allotment.proxies")
    Client().get("/healthz")
    assert not caplog.records
    settings.TRUSTED_PROXIES = 1
    Client().get("/healthz")
    (said,) = [each.getMessage() for each in caplog.records if each.levelno == logging.INFO]
    assert said == "One proxy is trusted: it must set X-Forwarded-Proto, and add the address that asked to X-Forwarded-For."


def test_no_part_of_the_console_reads_an_address_by_itself() -> None:
    found = [
        str(path.relative_to(ROOT))
        for room in ("console", "licensing", "credits")
        for path in sorted((ROOT / room).rglob("*.py"))
        if READING.search(path.read_text())
    ]
    assert set(found) - ASK_WHO_IS_NEXT - REPEATS_WHAT_ARRIVED == {"console/security/arriving/who_and_how.py"}
