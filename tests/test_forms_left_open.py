"""A form that was open while its person signed in anew: what was typed comes back, and is sent again by a press of a button."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from console.models import User
from credits.models import AllocationStatement, Feature
from licensing.models import Company
from tests.factories import make_company, make_feature, make_license, make_user
from tests.markup import Element, read
from tests.pages import HTMX, address_of
from tests.purchases import buy, found

pytestmark = pytest.mark.django_db
HERE = {"Origin": "http://testserver"}


def strict_browser_of(person: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    return client


def sign_in_anew(client: Client) -> None:
    """In another tab: the browser's token is another one from now on."""
    client.cookies[settings.CSRF_COOKIE_NAME] = "n" * 32


def opened(client: Client, address: str, form: str = "") -> dict[str, str]:
    page = read(client.get(address))
    return (page.by_id(form) if form else page.one("form", action="")).values()


def given_back(answer: HttpResponse) -> Element | None:
    """The form that sends again what was typed; None where nothing was given back."""
    assert answer.status_code == 403
    page = read(answer)
    forms = [each for each in page.all("form") if "Send it again" in each.text]
    return forms[0] if forms else None


@pytest.fixture
def allocation() -> tuple[Company, Feature, Client]:
    company, feature = make_company(), make_feature()
    make_license(company=company)
    return company, feature, strict_browser_of(make_user(company=company, roles=["credit-manager"], name="Mara"))


def typed(company: Company, feature: Feature, client: Client) -> tuple[str, dict[str, str]]:
    address = address_of("credits:allocation", company, feature.slug)
    values = opened(client, address, "allocation-form")
    return address, {**values, f"units_{feature.lines.get().pk}": "901", "note": "For the\nnew site <b>"}


@pytest.mark.parametrize("roles", [["viewer"], ["credit-manager"], []])
def test_what_somebody_typed_is_given_back_to_nobody_else(allocation: tuple[Company, Feature, Client], roles: list[str]) -> None:
    company, _feature, client = allocation
    address, values = typed(*allocation)
    client.force_login(make_user(company=company if roles else None, roles=roles))
    sign_in_anew(client)
    answer = client.post(address, values, headers=HERE)
    assert given_back(answer) is None
    assert "901" not in read(answer).text
    assert "new site" not in answer.content.decode()


def test_what_was_typed_is_shown_and_saved_by_sending_it_again(allocation: tuple[Company, Feature, Client]) -> None:
    company, _feature, client = allocation
    address, values = typed(*allocation)
    sign_in_anew(client)
    answer = client.post(address, values, headers=HERE)
    again = given_back(answer)
    assert again is not None
    page = read(answer)
    assert "You have signed in anew" in page.text
    assert "You are signed in as Mara" in page.text
    assert {"901", "For the new site <b>"} <= {each.text for each in page.all("dd")}
    assert not AllocationStatement.objects.filter(company=company).exists()
    assert again["action"] == address
    sent = again.values()
    assert {name: value for name, value in sent.items() if name != "csrfmiddlewaretoken"} == {
        name: value for name, value in values.items() if name != "csrfmiddlewaretoken"
    }
    for _ in range(2):  # pressed twice
        assert client.post(address, sent, headers=HERE).status_code == 302
    assert AllocationStatement.objects.get(company=company).units == 901


def test_it_never_sends_itself_and_holds_no_script(allocation: tuple[Company, Feature, Client]) -> None:
    address, values = typed(*allocation)
    sign_in_anew(allocation[2])
    text = allocation[2].post(address, values, headers=HERE).content.decode()
    assert "hx-" not in text
    assert "autofocus" not in text
    assert "<script>" not in text
    assert "&lt;b&gt;" in text


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "null"}, {"Origin": "https://elsewhere.example"}, {**HERE, **HTMX}],
    ids=["no origin", "hidden origin", "from elsewhere", "by htmx"],
)
def test_nothing_is_given_back_to_what_no_page_of_ours_sent(
    allocation: tuple[Company, Feature, Client], headers: dict[str, str]
) -> None:
    address, values = typed(*allocation)
    sign_in_anew(allocation[2])
    answer = allocation[2].post(address, values, headers=headers)
    assert given_back(answer) is None
    assert "901" not in answer.content.decode()


def test_nothing_is_given_back_without_the_token_the_cookie_or_the_person(
    allocation: tuple[Company, Feature, Client],
) -> None:
    client = allocation[2]
    address, values = typed(*allocation)
    sign_in_anew(client)
    without = {name: value for name, value in values.items() if name != "csrfmiddlewaretoken"}
    assert given_back(client.post(address, without, headers=HERE)) is None
    client.logout()
    sign_in_anew(client)
    assert given_back(client.post(address, values, headers=HERE)) is None
    del client.cookies[settings.CSRF_COOKIE_NAME]
    assert given_back(client.post(address, values, headers=HERE)) is None


@pytest.mark.parametrize("name", ["password", "code", "new_password1", "api_token", "client_secret"])
def test_a_form_with_a_secret_is_not_given_back(allocation: tuple[Company, Feature, Client], name: str) -> None:
    address, values = typed(*allocation)
    sign_in_anew(allocation[2])
    answer = allocation[2].post(address, {**values, name: "hunter2"}, headers=HERE)
    assert given_back(answer) is None
    assert "hunter2" not in answer.content.decode()


@pytest.mark.parametrize("address", ["account_login", "account_change_password", "account_notices", "activation:start"])
def test_forms_of_sign_in_and_of_codes_are_not_given_back(address: str) -> None:
    client = strict_browser_of(make_user())
    client.get(reverse("activation:start"))
    sign_in_anew(client)
    sent = {"csrfmiddlewaretoken": "o" * 32, "code": "ABCDE-12345", "oldpassword": "hunter2", "told": "digest"}
    answer = client.post(reverse(address), sent, headers=HERE)
    assert given_back(answer) is None
    assert "hunter2" not in answer.content.decode()
    assert "ABCDE" not in answer.content.decode()


@pytest.mark.usefixtures("shop")
def test_the_form_of_a_new_company_comes_back_too(settings: Any) -> None:
    settings.COMPANY_SELF_SERVICE = True
    person = make_user()
    client, activation = strict_browser_of(person), found(buy(), person)
    address = f"/activate/{activation.pk}/company/"
    key = next(each["value"] for each in read(client.get(address)).all("input", type="hidden") if each["name"] == "key")
    values = {
        "name": "株式会社\u3000山田",
        "business_id": "HRB 1",
        "time_zone": "Asia/Tokyo",
        "key": key,
        "form_of": str(person.pk),
    }
    sign_in_anew(client)
    again = given_back(client.post(address, {**values, "csrfmiddlewaretoken": "o" * 32}, headers=HERE))
    assert again is not None
    assert client.post(again["action"], again.values(), headers=HERE).status_code == 302
    assert Company.objects.get(business_id="HRB 1").name == "株式会社\u3000山田"


# --- By htmx: the page takes the token from the cookie, so it says for whom it was made


def test_a_page_of_somebody_else_saves_nothing_as_the_person_who_signed_in_meanwhile(
    allocation: tuple[Company, Feature, Client],
) -> None:
    company, _feature, client = allocation
    address, values = typed(*allocation)
    other = make_user(company=company, roles=["credit-manager"], name="Omar")
    headers = {**HERE, **HTMX, "X-CSRFToken": values["csrfmiddlewaretoken"]}
    answer = client.post(address, values, headers={**headers, "X-Person": str(other.pk)})
    assert answer.status_code == 403
    said = read(answer).one("p", data_sentence="").text
    assert said == "Mara has signed in meanwhile, so nothing was saved: this page was opened by somebody else. Reload it."
    assert not AllocationStatement.objects.filter(company=company).exists()
    mara = User.objects.get(name="Mara")
    assert f'"X-Person": "{mara.pk}"' in client.get(address).content.decode()
    assert client.post(address, values, headers={**headers, "X-Person": str(mara.pk)}).status_code == 200
