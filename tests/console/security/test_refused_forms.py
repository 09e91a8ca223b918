"""Forms behind ordinary proxies are taken; a refusal names its true reason, and what to do."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.factories import PASSWORD, make_user
from tests.markup import read

pytestmark = pytest.mark.django_db

NAME = "allotment.example.com"
HERE = f"https://{NAME}"


@pytest.fixture(autouse=True)
def production(settings: Any) -> Any:
    settings.ALLOWED_HOSTS, settings.CONSOLE_URL, settings.CSRF_TRUSTED_ORIGINS = [NAME, "localhost"], HERE, [HERE]
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.TRUSTED_PROXIES, settings.SECURE_PROXY_SSL_HEADER = 1, ("HTTP_X_FORWARDED_PROTO", "https")
    return settings


def sign_in(client: Client, *, token: str | None = "", **headers: str) -> HttpResponse:
    """Open the page, send its form. `token` in the place of the page's; None sends none."""
    page = read(client.get("/accounts/login/"))
    (values,) = [values for each in page.all("form", method="post") if "password" in (values := each.values())]
    if token is None:
        del values["csrfmiddlewaretoken"]
    elif token:
        values["csrfmiddlewaretoken"] = token
    values |= {"login": make_user().email, "password": PASSWORD}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/accounts/login/", values, headers=sent)  # type: ignore[return-value]


def behind(**headers: str) -> Client:
    sent = {"Host": NAME, "X-Forwarded-Proto": "https", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Client(enforce_csrf_checks=True, headers={name: value for name, value in sent.items() if value})


@pytest.mark.parametrize(
    "proxy",
    [{}, {"Host": f"{NAME}:443"}, {"Host": f"{NAME}:8443"}, {"X_Forwarded_Proto": "HTTPS"}, {"Host": "localhost:8000"}],
    ids=["plain", "with the port", "a second port", "capitals", "an inner name"],
)
@pytest.mark.parametrize("origin", [{"Origin": HERE}, {"Referer": f"{HERE}/accounts/login/"}], ids=["origin", "referer"])
def test_forms_work_behind_ordinary_proxies(proxy: dict[str, str], origin: dict[str, str]) -> None:
    assert sign_in(behind(**proxy), **origin).status_code == 302


def test_forms_work_where_the_proxy_redirects_and_says_no_scheme(production: Any) -> None:
    production.SECURE_SSL_REDIRECT = False
    assert sign_in(behind(X_Forwarded_Proto=""), Origin=HERE).status_code == 302


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "another site": (
        {"Origin": "https://evil.example"},
        "The form comes from another site",
        "a page of https://evil.example sent it",
    ),
    "an origin that is none": ({"Origin": "https://[", "Referer": ""}, "The form comes from another site", "Nothing was changed"),
    "a hidden origin": ({"Origin": "null"}, "The browser did not say where the form comes from", "a privacy setting"),
    "no origin at all": ({}, "The browser did not say where the form comes from", "a privacy setting"),
    "a port that nobody told of": (
        {"Origin": f"{HERE}:9443"},
        "The console is at another address",
        f"the page was opened at {HERE}:9443, the console is at {HERE}.",
    ),
    "another scheme": (
        {"Origin": f"http://{NAME}"},
        "The console is at another address",
        "the console is at",
    ),
    "a referer without tls": (
        {"Referer": f"http://{NAME}/accounts/login/"},
        "The console is at another address",
        "the console is at",
    ),
    "an old token": ({"Origin": HERE, "token": "o" * 64}, "The form has expired", "Go back, reload the page"),
    "a token that is none": ({"Origin": HERE, "token": "o"}, "The form has expired", "Go back, reload the page"),
    "no token": ({"Origin": HERE, "token": None}, "The form did not arrive whole", "without its token"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_refused_form_names_its_true_reason(why: str, caplog: pytest.LogCaptureFixture) -> None:
    sent, heading, sentence = REFUSED[why]
    answer = sign_in(behind(), **sent)
    assert answer.status_code == 403
    page = read(answer)
    assert page.one("h1").text == heading
    assert sentence in page.one("p", data_sentence="").text
    hints = [each.getMessage() for each in caplog.records if each.name == "allotment.proxies" and "form" in each.getMessage()]
    assert bool(hints) == ("at another address" in heading)
    assert ("For whoever runs the console:" in page.one("main").text) == bool(hints)


def test_a_form_without_its_cookie_is_told_to_allow_cookies() -> None:
    client = behind()
    client.get("/accounts/login/")
    client.cookies.clear()
    answer = client.post("/accounts/login/", {}, headers={"Origin": HERE})
    assert read(answer).one("h1").text == "The browser sent no cookie"
    assert "Allow cookies" in read(answer).text
    assert "https://" not in read(answer).one("p", data_sentence="").text


def test_a_form_without_its_cookie_for_lack_of_tls_is_told_so(production: Any) -> None:
    production.SECURE_SSL_REDIRECT = False
    answer = behind(X_Forwarded_Proto="http").post("/accounts/login/", {}, headers={"Origin": f"http://{NAME}"})
    assert "over https only" in read(answer).one("p", data_sentence="").text
    assert read(answer).one("a", href=f"{HERE}/").text == "Open the console there"


def test_what_htmx_sent_with_an_old_token_is_answered_with_the_new_one_to_our_pages_alone() -> None:
    client = behind()
    client.get("/accounts/login/")
    old = {"X-CSRFToken": "o" * 64, "HX-Request": "true"}
    answer = client.post("/accounts/login/", {}, headers={**old, "Origin": HERE})
    assert answer.status_code == 403
    new = answer.headers["X-CSRFToken"]
    assert client.post("/accounts/login/", {}, headers={**old, "X-CSRFToken": new, "Origin": HERE}).status_code == 200
    for other in ({}, {"Origin": "null"}, {"Origin": "https://evil.example"}, {"Referer": f"{HERE}/"}):
        assert "X-CSRFToken" not in client.post("/accounts/login/", {}, headers={**old, **other}).headers
    client.cookies.clear()
    assert "X-CSRFToken" not in client.post("/accounts/login/", {}, headers={**old, "Origin": HERE}).headers


def test_scripts_cannot_read_the_cookie_of_forms() -> None:
    cookies = behind().get("/accounts/login/").cookies
    assert "csrftoken" in "".join(cookies)
    assert all(each["httponly"] for each in cookies.values())
