"""Ordinary probes and proxies are served; a host that is none of ours, and TLS that nobody told of, are named."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from console.roof import probes
from tests.markup import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def production(settings: Any) -> Any:
    """As far as it decides about hosts, proxies and TLS; `tests/console/test_production_settings.py` holds it to that."""
    settings.ALLOWED_HOSTS = ["allotment.example.com"]
    settings.CONSOLE_URL = "https://allotment.example.com"
    settings.CSRF_TRUSTED_ORIGINS = ["https://allotment.example.com"]
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.CSRF_COOKIE_NAME = "__Host-csrftoken"
    settings.TRUSTED_PROXIES, settings.SECURE_PROXY_SSL_HEADER = 0, None
    return settings


@pytest.fixture
def one_proxy(production: Any) -> Any:
    production.TRUSTED_PROXIES, production.SECURE_PROXY_SSL_HEADER = 1, ("HTTP_X_FORWARDED_PROTO", "https")
    return production


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    caplog.set_level(logging.WARNING)
    yield caplog
    assert not any(each.exc_info for each in caplog.records)


HOSTS = ["10.42.8.201:8000", "localhost:8000", "[::1]:8000", "allotment.example.com", "elsewhere.example", "not a host", ""]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_machines_are_answered_whatever_the_host_and_scheme(
    path: str, host: str, one_proxy: Any, log: pytest.LogCaptureFixture
) -> None:
    for scheme in ({}, {"X-Forwarded-Proto": "https"}, {"X-Forwarded-Proto": "http"}):
        answer = Client().get(path, headers={"Host": host, **scheme})
        assert answer.status_code == 200
        assert answer.content in (b"ok\n", b"ready\n")
        assert not answer.cookies
    assert not [each for each in log.records if each.name != "allotment.proxies"]


def test_a_probe_by_http_1_0_without_a_host_is_answered(production: Any, log: pytest.LogCaptureFixture) -> None:
    asks = Client(SERVER_PROTOCOL="HTTP/1.0", SERVER_NAME="0.0.0.0", SERVER_PORT="8000")
    assert [asks.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]
    assert not log.records


def test_readiness_says_no_to_machines_the_same_way(production: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing() -> None:
        raise probes.DatabaseError

    monkeypatch.setattr(probes, "_written_at", [])
    monkeypatch.setattr(probes, "_write", failing)
    assert Client().get("/readyz", headers={"Host": "10.0.0.1:8000"}).status_code == 503


def test_only_what_machines_ask_for_is_answered_under_any_host(production: Any) -> None:
    for path in ("/healthz/", "/healthz/../", "/robots.txt", "/nothing", "/static/css/console.css"):
        assert Client().get(path, headers={"Host": "elsewhere.example"}).status_code == 400
    assert Client().post("/healthz", headers={"Host": "elsewhere.example"}).status_code == 405


@pytest.mark.parametrize("debug", [False, True])
def test_a_host_that_is_none_of_ours_is_one_line_in_the_log_and_a_short_page(
    debug: bool, production: Any, log: pytest.LogCaptureFixture
) -> None:
    production.DEBUG = debug
    answer = Client(REMOTE_ADDR="203.0.113.7").get("/accounts/login/", headers={"Host": f"evil.example{'x' * 500}\r\n"})
    assert answer.status_code == 400
    assert len(answer.content) < 12_000
    page = read(answer)
    assert page.one("h1").text == "This is not the address of the console"
    assert page.one("a", href="https://allotment.example.com/").text == "Open the console"
    (line,) = [each.getMessage() for each in log.records]
    assert line.startswith("Refused the host 'evil.example")
    assert line.endswith("asked from 203.0.113.7: ALLOWED_HOSTS does not name it.")
    assert len(line) < 250


# --- Redirects to TLS that would never end

HIDDEN: dict[str, tuple[int, dict[str, str], str]] = {
    "a proxy that is not stated": (0, {"X-Forwarded-Proto": "https"}, "set TRUSTED_PROXIES to the number of proxies"),
    "one that says nothing, by what the browser sends": (0, {"Sec-Fetch-Mode": "navigate"}, "set TRUSTED_PROXIES"),
    "one with a header of its own": (0, {"X-Forwarded-Ssl": "on"}, "set TRUSTED_PROXIES"),
    "one that says nothing, by a cookie": (0, {"Cookie": "__Host-csrftoken=x"}, "set TRUSTED_PROXIES"),
    "a stated one that says nothing": (1, {}, "Let the proxy that ends TLS set X-Forwarded-Proto: https. It sent none."),
    "a stated one that says something else": (1, {"X-Forwarded-Proto": "http", "Sec-Fetch-Mode": "navigate"}, "It sent 'http'."),
}


@pytest.mark.parametrize("why", HIDDEN)
def test_in_the_place_of_redirects_without_end_a_page_and_one_line_name_the_setting(
    why: str, production: Any, log: pytest.LogCaptureFixture
) -> None:
    proxies, headers, fix = HIDDEN[why]
    production.TRUSTED_PROXIES = proxies
    production.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if proxies else None
    client = Client(headers={"Host": "allotment.example.com", **headers})
    answers = [client.get("/accounts/login/") for _time in range(3)]
    assert [each.status_code for each in answers] == [500] * 3
    assert fix in read(answers[0]).one("main").text.replace("&#x27;", "'")
    assert "Location" not in answers[0].headers
    assert "no-store" in answers[0].headers["Cache-Control"]
    (line,) = [each.getMessage() for each in log.records]
    assert fix in line


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_on_the_machine_itself_browsers_send_what_they_send_over_tls(host: str, production: Any) -> None:
    production.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    answer = Client(headers={"Host": host, "Sec-Fetch-Mode": "navigate", "Cookie": "__Host-csrftoken=x"}).get("/help/")
    assert answer.headers["Location"] == f"https://{host}/help/"


@pytest.mark.parametrize("proxies", [0, 1])
def test_who_comes_without_tls_is_led_there(proxies: int, production: Any) -> None:
    production.TRUSTED_PROXIES = proxies
    production.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if proxies else None
    answer = Client(headers={"Host": "allotment.example.com", "X-Forwarded-Proto": "http"}).get("/help/?a=1")
    assert answer.status_code == 301
    assert answer.headers["Location"] == "https://allotment.example.com/help/?a=1"


@pytest.mark.parametrize("address", ["/accounts/login/", "/marketplace/azure/webhook", "/companies/aster/licenses/"])
def test_what_is_sent_without_tls_is_refused_and_not_led_on(address: str, production: Any, log: pytest.LogCaptureFixture) -> None:
    production.TRUSTED_PROXIES, production.SECURE_PROXY_SSL_HEADER = 1, ("HTTP_X_FORWARDED_PROTO", "https")
    client = Client(headers={"Host": "allotment.example.com", "X-Forwarded-Proto": "http"})
    for method in ("POST", "PUT", "DELETE"):
        answer = client.generic(method, address, b"{}", content_type="application/json")
        assert (answer.status_code, "Location" in answer.headers) == (403, False)
        assert "This was sent without encryption" in read(answer).one("main").text
    assert log.records[-1].getMessage().startswith("Refused a 'DELETE' without TLS")
