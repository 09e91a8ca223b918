"""What every kind of answer tells browsers, scored by the public rules of the HTTP Observatory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from console.security.what_browsers_may import PERMISSIONS
from tests.factories import make_user

pytestmark = pytest.mark.django_db

A_YEAR = 31_536_000
ANSWERS: dict[str, tuple[int, Callable[[Client], Any]]] = {
    "a page": (200, lambda client: client.get("/accounts/login/")),
    "a redirect": (302, lambda client: client.get("/")),
    "a redirect to TLS": (301, lambda client: client.get("/", headers={"X-Forwarded-Proto": "http"})),
    "a host that is none of ours": (400, lambda client: client.get("/", headers={"Host": "elsewhere.example"})),
    "a form without its token": (403, lambda client: client.post("/accounts/login/", {})),
    "no page": (404, lambda client: client.get("/help/nothing-of-this-name/")),
    "a method that is not allowed": (405, lambda client: client.options("/robots.txt")),
    "health": (200, lambda client: client.get("/healthz")),
    "a style sheet": (200, lambda client: client.get("/static/css/console.css")),
    "a webhook without a token": (415, lambda client: client.post("/marketplace/azure/webhook", {})),
}


@pytest.fixture
def browser_over_tls(settings: Any) -> Client:
    """With what production sets; `tests/console/test_production_settings.py` holds it to that."""
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True, A_YEAR, True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    return Client(enforce_csrf_checks=True, headers={"X-Forwarded-Proto": "https"})


def score(response: HttpResponse, *, over_tls: bool = True) -> int:
    """By the rules of November 2026, as far as one answer shows them."""
    headers, points = response.headers, 100
    policy = headers.get("Content-Security-Policy", "")
    if not policy:
        points -= 25
    elif "unsafe" not in policy:
        points += 10 if "default-src 'none'" in policy else 5
    points += 5 if "frame-ancestors 'none'" in policy else 0 if "X-Frame-Options" in headers else -20
    points += 5 if headers.get("Referrer-Policy") in ("same-origin", "no-referrer") else 0
    points += 10 if headers.get("Cross-Origin-Resource-Policy") == "same-origin" else 0
    points -= 0 if headers.get("X-Content-Type-Options") == "nosniff" else 5
    points -= 0 if not over_tls or str(A_YEAR) in headers.get("Strict-Transport-Security", "") else 20
    points -= 50 if "Access-Control-Allow-Origin" in headers else 0
    for name, cookie in response.cookies.items():
        points -= 0 if cookie["secure"] and cookie["samesite"] else 20
        points -= 30 if "session" in name and not cookie["httponly"] else 0
    return points


@pytest.mark.parametrize("what", ANSWERS)
def test_every_kind_of_answer_scores_as_well_as_can_be(browser_over_tls: Client, what: str) -> None:
    status, ask = ANSWERS[what]
    response = ask(browser_over_tls)
    response.close()
    assert response.status_code == status
    assert score(response, over_tls=status != 301) >= 125
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Permissions-Policy"] == PERMISSIONS
    assert all(name.startswith("__Host-") for name in response.cookies)
    assert all(cookie["path"] == "/" and not cookie["domain"] for cookie in response.cookies.values())


@pytest.mark.parametrize("page", ["account_logout", "admin:logout"])
def test_signing_out_makes_the_browser_forget_what_it_kept(client: Client, page: str) -> None:
    client.force_login(make_user(is_staff=True))
    assert "Clear-Site-Data" not in client.get(reverse("account_logout")).headers
    assert client.post(reverse(page)).headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/").headers["Location"].startswith("/accounts/login/")


def test_passkeys_and_nothing_else_may_be_used_on_a_page() -> None:
    assert {each.partition("=")[0] for each in PERMISSIONS.split(", ") if not each.endswith("=()")} == {
        "publickey-credentials-create",
        "publickey-credentials-get",
    }
