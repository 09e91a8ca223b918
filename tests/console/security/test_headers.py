"""What every kind of answer tells browsers, scored by the public rules of the HTTP Observatory."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from console.models import User
from console.people.last_visit import VISIT_OF
from console.security.what_browsers_may import PERMISSIONS
from licensing.access import LAST_COMPANY
from tests.factories import PASSWORD, make_company, make_user
from tests.pages import HTMX, address_of

pytestmark = pytest.mark.django_db

A_YEAR = 31_536_000


REMEMBERED = {LAST_COMPANY, VISIT_OF}
"""Cookies that remember where somebody was. They open nothing: whoever plants one shows what its person may see anyway."""


class Over:
    """Browsers over TLS: a stranger's, a viewer's of a company, and support's."""

    def __init__(self) -> None:
        self.company = make_company()
        self.stranger = self.browser()

    def browser(self, person: User | None = None) -> Client:
        client = Client(enforce_csrf_checks=True, headers={"X-Forwarded-Proto": "https"}, raise_request_exception=False)
        if person is not None:
            client.force_login(person)
        return client

    @property
    def viewer(self) -> Client:
        return self.browser(make_user(company=self.company, roles=["viewer"]))

    @property
    def support(self) -> Client:
        return self.browser(make_user(is_staff=True, is_superuser=True))

    def page(self, name: str, **query: Any) -> str:
        return address_of(name, self.company, **query)

    def explained(self, figure: str) -> str:
        return f"/companies/{self.company.slug}/explain/{figure}.json"

    def while_failing(self, error: Exception) -> Any:
        """What a page answers while the database fails so."""
        viewer = self.viewer

        def fail(*args: Any) -> Any:
            raise error

        with connection.execute_wrapper(fail):
            return viewer.get(self.page("credits:annual-credits"))

    def landings(self, token: str = "made-up") -> Any:
        return self.stranger.get(f"/marketplace/azure/landing?token={token}")

    def too_many_landings(self) -> Any:
        with patch("licensing.pages.marketplace.landing.BROUGHT_PER_MINUTE", 0):
            return self.landings()

    def many_resets(self) -> Any:
        client = Client(headers={"X-Forwarded-Proto": "https"})
        for _time in range(7):
            answer = client.post("/accounts/password/reset/", {"email": "somebody@example.com"})
        return answer

    def own_data(self) -> Any:
        """Of somebody who has just said once more who they are."""
        person = make_user(company=self.company, roles=["viewer"])
        client = Client(headers={"X-Forwarded-Proto": "https"})
        client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        return client.get("/accounts/privacy/data.json")


ANSWERS: dict[str, tuple[int, Callable[[Over], Any]]] = {
    "a page of sign-in": (200, lambda over: over.stranger.get("/accounts/login/")),
    "a page of a company": (200, lambda over: over.viewer.get(over.page("credits:annual-credits"))),
    "a part of one": (200, lambda over: over.viewer.get(over.page("credits:annual-credits"), headers=HTMX)),
    "the admin": (200, lambda over: over.support.get("/admin/")),
    "a page of the admin": (200, lambda over: over.support.get("/admin/console/user/")),
    "a file": (200, lambda over: over.viewer.get(over.page("credits:annual-credits", format="csv"))),
    "an explanation as JSON": (200, lambda over: over.viewer.get(over.explained("total-valid-credits"))),
    "an explanation of nothing": (404, lambda over: over.viewer.get(over.explained("none"))),
    "what is kept of a person": (200, lambda over: over.own_data()),
    "a redirect": (302, lambda over: over.stranger.get("/")),
    "a redirect to TLS": (301, lambda over: over.stranger.get("/", headers={"X-Forwarded-Proto": "http"})),
    "TLS that nobody told of": (
        500,
        lambda over: over.stranger.get("/", headers={"X-Forwarded-Proto": "http", "Sec-Fetch-Mode": "navigate"}),
    ),
    "a host that is none of ours": (400, lambda over: over.stranger.get("/", headers={"Host": "elsewhere.example"})),
    "a zero byte": (400, lambda over: over.stranger.get("/?a=%00")),
    "a form without its token": (403, lambda over: over.stranger.post("/accounts/login/", {})),
    "a role that is missing": (403, lambda over: over.viewer.get(over.page("credits:plan"))),
    "no page": (404, lambda over: over.stranger.get("/help/nothing-of-this-name/")),
    "a company of others": (404, lambda over: over.browser(make_user()).get(over.page("credits:annual-credits"))),
    "a method that is not allowed": (405, lambda over: over.stranger.options("/robots.txt")),
    "a body that is too large": (413, lambda over: over.stranger.post("/accounts/login/", {"a": "x" * 3_000_000})),
    "a day that is none": (400, lambda over: over.viewer.get(over.page("credits:annual-credits", on="nonsense"))),
    "a purchase": (302, lambda over: over.landings()),
    "a purchase without its token": (400, lambda over: over.landings(token="")),
    "purchases too often": (429, lambda over: over.too_many_landings()),
    "mails asked for too often": (429, lambda over: over.many_resets()),
    "a fault of ours": (500, lambda over: over.while_failing(RuntimeError("a fault"))),
    "a database that is away": (503, lambda over: over.while_failing(OperationalError("it is away"))),
    "health": (200, lambda over: over.stranger.get("/healthz", headers={"Host": "10.0.0.1:8000"})),
    "readiness": (200, lambda over: over.stranger.get("/readyz")),
    "what search engines may read": (200, lambda over: over.stranger.get("/robots.txt")),
    "a style sheet": (200, lambda over: over.stranger.get("/static/css/console.css")),
    "a script": (200, lambda over: over.stranger.get("/static/js/messages.js")),
    "a webhook of no JSON": (415, lambda over: over.stranger.post("/marketplace/azure/webhook", {})),
    "a webhook without a token": (
        401,
        lambda over: over.stranger.post("/marketplace/azure/webhook", {}, content_type="application/json"),
    ),
    "the practice marketplace": (200, lambda over: over.stranger.get("/practice-marketplace/")),
    "its api without a token": (
        403,
        lambda over: over.stranger.get("/practice-marketplace/api/saas/subscriptions?api-version=2018-08-31"),
    ),
}

AS_JSON = ("an explanation as JSON", "what is kept of a person")


@pytest.fixture
def over(settings: Any) -> Over:
    """With what production sets; `tests/console/test_production_settings.py` holds it to that."""
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True, A_YEAR, True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    settings.TRUSTED_PROXIES, settings.SECURE_PROXY_SSL_HEADER = 1, ("HTTP_X_FORWARDED_PROTO", "https")
    return Over()


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
    for cookie in response.cookies.values():
        points -= 0 if cookie["secure"] and cookie["samesite"] else 20
        points -= 0 if cookie["httponly"] else 30
    return points


@pytest.mark.parametrize("what", ANSWERS)
def test_every_kind_of_answer_scores_as_well_as_can_be(over: Over, what: str) -> None:
    status, ask = ANSWERS[what]
    response = ask(over)
    response.close()
    assert response.status_code == status
    assert score(response, over_tls="TLS" not in what) >= 125
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Permissions-Policy"] == PERMISSIONS
    kind = response.headers["Content-Type"]
    assert what not in AS_JSON or kind == "application/json"
    assert not re.match(r"text/|[a-z/+]*xml|\w+/javascript", kind) or re.search(r'charset="?utf-8"?$', kind)
    assert "Cache-Control" in response.headers
    for name, cookie in response.cookies.items():
        assert name in REMEMBERED or (name.startswith("__Host-") and cookie["path"] == "/")
        assert not cookie["domain"]


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
