"""The pages of a person's account: headings in sentence case, one verb for one thing, the demo's people at sign-in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import allauth
import pytest
from django.contrib.messages import get_messages
from django.test import Client

from console.people.demo_password import DEMO_PASSWORD, KNOWN_PERSON
from console.people.words_of_account_pages import WORDS
from credits.demo.people import SIGN_INS
from tests.factories import PASSWORD, make_company, make_user
from tests.markup import Element, read
from tests.pages import browser_of

pytestmark = pytest.mark.django_db

ACCOUNT_PAGES = [
    "/accounts/notices/",
    "/accounts/sessions/",
    "/accounts/privacy/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/2fa/webauthn/",
    "/accounts/3rdparty/",
    "/accounts/reauthenticate/",
    "/accounts/inactive/",
    "/accounts/login/",
    "/accounts/password/reset/",
]
NAMES = {"QR", "RK", "Allotment", "Trend", "Micro", "Continue", "Not"}


def signed_in() -> Client:
    """Somebody who gave their password a moment ago."""
    person = make_user(company=make_company(name="fabrik"), roles=["owner"], is_active=True)
    client = Client()
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    return client


def in_title_case(text: str) -> list[str]:
    """Words after the first that begin with a capital letter and are no names."""
    words = re.findall(r"[A-Za-z]+", text)
    return [each for each in words[1:] if each[0].isupper() and each not in NAMES]


@pytest.mark.parametrize("address", ACCOUNT_PAGES)
def test_what_they_say_is_in_sentence_case(address: str) -> None:
    client = Client() if address.endswith(("login/", "reset/", "inactive/")) else signed_in()
    shown = read(client.get(address, follow=True))
    content: Element = shown.by_id("content")
    said = [each.text for tag in ("h1", "h2", "button") for each in content.all(tag)]
    said += [each.text for each in content.all("label", class_="form-label")]
    assert said
    assert [each for each in [*said, shown.one("title").text.partition(" · ")[0]] if in_title_case(each)] == []


def test_an_authenticator_is_set_up_and_purchases_are_activated() -> None:
    content = read(signed_in().get("/accounts/2fa/")).by_id("content")
    assert content.link("Set up") == "/accounts/2fa/totp/activate/"
    assert "ctivate" not in content.text


def test_our_words_are_for_words_that_the_library_says() -> None:
    root = Path(allauth.__file__).parent
    said = "".join(each.read_text() for each in [*root.rglob("*.html"), *root.rglob("forms.py")])
    assert [each for each in WORDS if each not in said] == []


@pytest.mark.parametrize("provided", [{}, {"openid_connect": {"APPS": []}}])
def test_connections_are_offered_where_there_is_a_provider(provided: dict[str, Any], settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = provided
    shown = read(browser_of(make_user()).get("/accounts/notices/"))
    assert ("Connections" in shown.by_id("content").text) == bool(provided)


def test_nobody_is_told_that_they_have_signed_in() -> None:
    person = make_user(company=make_company(), roles=["owner"])
    answer = Client().post("/accounts/login/?next=/activate/", {"login": person.email, "password": PASSWORD}, follow=True)
    assert answer.redirect_chain
    assert list(get_messages(answer.wsgi_request)) == []
    assert "Successfully" not in answer.content.decode()


# --- The demo's people


def demo_forms(client: Client, query: str = "") -> dict[str, Element]:
    forms = read(client.get(f"/accounts/login/{query}")).all("form", data_demo_sign_in="*")
    return {each.values()["login"]: each for each in forms}


def test_each_of_the_demos_people_signs_in_with_a_press_and_goes_where_they_wanted(client: Client, settings: Any) -> None:
    settings.DEMO = True
    make_user(email=KNOWN_PERSON, password=DEMO_PASSWORD, company=make_company(slug="aster"), roles=["viewer"])
    forms = demo_forms(client, "?next=/companies/aster/licenses/")
    assert list(forms) == list(SIGN_INS)
    form = forms[KNOWN_PERSON]
    answer = client.post(form["action"], form.values())
    assert (answer.status_code, answer["Location"]) == (302, "/companies/aster/licenses/")
    assert client.get("/companies/aster/licenses/").status_code == 200


@pytest.mark.parametrize(("demo", "loaded"), [(False, True), (True, False)])
def test_without_a_demo_nobodys_password_stands_on_the_page(client: Client, settings: Any, demo: bool, loaded: bool) -> None:
    settings.DEMO = settings.DEBUG = demo
    if loaded:
        make_user(email=KNOWN_PERSON, password=DEMO_PASSWORD)
    assert demo_forms(client) == {}
    assert DEMO_PASSWORD not in client.get("/accounts/login/").content.decode()
