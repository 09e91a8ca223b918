"""Nothing that a provider answers is believed but for an ID token that checks out; played by a provider over real HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from console.models import User
from console.people.identity_providers import demand_domains, identity_providers
from console.people.openid_connect.signed_in_from import SIGNED_IN_FROM
from console.settings_from_environment import Environment
from tests.console.people.played_provider import signed_in
from tests.factories import PASSWORD, make_user
from tests.markup import read
from tests.oidc_provider import CLIENT_ID, OidcProvider, oidc_provider

pytestmark = pytest.mark.django_db

CONTOSO = "11111111-aaaa-4bbb-8ccc-000000000001"
FABRIK = "22222222-aaaa-4bbb-8ccc-000000000002"


@pytest.fixture(scope="module")
def listening() -> Iterator[OidcProvider]:
    with oidc_provider() as provider:
        yield provider


@pytest.fixture
def entra(listening: OidcProvider, settings: Any) -> OidcProvider:
    """It behaves, and Ada of Contoso signs in."""
    fresh = OidcProvider(url=listening.url, claims={"sub": "ada", "tid": CONTOSO, "email": "ada@contoso.example"})
    listening.__dict__.update(fresh.__dict__)
    settings.SOCIALACCOUNT_PROVIDERS = listening.settings
    return listening


def account_of(person: User, *, tenant: str = CONTOSO, sub: str = "ada") -> SocialAccount:
    return SocialAccount.objects.create(user=person, provider="entra", uid=f"{tenant}/{sub}")


def test_who_has_connected_their_account_signs_in_and_the_session_knows_the_tenant(entra: OidcProvider, client: Client) -> None:
    ada = make_user()
    account_of(ada)
    assert entra.comes_back(client).status_code == 302
    assert signed_in(client) == str(ada.pk)
    assert client.session[SIGNED_IN_FROM] == ["entra", entra.issuer_of(CONTOSO), CONTOSO]


def test_each_request_has_a_state_a_nonce_and_a_challenge_of_its_own(entra: OidcProvider) -> None:
    for _browser in range(2):
        entra.comes_back(Client())
    for name in ("state", "nonce", "code_challenge"):
        assert entra.asked[0][name] != entra.asked[1][name]
    assert entra.asked[0]["code_challenge_method"] == "S256"


def test_an_address_of_ours_has_no_say_in_what_is_asked_of_the_provider(entra: OidcProvider, client: Client) -> None:
    there = client.post("/accounts/oidc/entra/login/?scope=Mail.Read&auth_params=nonce%3Dmine%26prompt%3Dnone")
    assert "Mail.Read" not in there["Location"]
    assert "nonce=mine" not in there["Location"]
    assert "prompt=none" not in there["Location"]


WRONG_TOKENS: dict[str, dict[str, Any]] = {
    "for another application": {"aud": "another"},
    "for several without saying who asked": {"aud": [CLIENT_ID, "another"]},
    "asked for by another application": {"azp": "another"},
    "over": {"exp": int(time.time()) - 600},
    "without an end": {"exp": None},
    "of the future": {"iat": int(time.time()) + 3600},
    "answering another request": {"nonce": "another"},
    "answering no request": {"nonce": None},
    "of another tenant than its issuer's": {"tid": FABRIK, "iss": "CONTOSO"},
    "of no tenant": {"tid": None},
    "of a tenant that is a path": {"tid": "../evil"},
    "of another issuer": {"iss": "https://login.evil.example/v2.0"},
    "of the template itself": {"iss": "TEMPLATE"},
    "about nobody": {"sub": None},
    "about nothing": {"sub": ""},
}


@pytest.mark.parametrize("how", WRONG_TOKENS)
def test_a_token_is_not_believed_that_is(how: str, entra: OidcProvider, client: Client) -> None:
    account_of(make_user())
    named = {"CONTOSO": entra.issuer_of(CONTOSO), "TEMPLATE": entra.url + "/{tenantid}/v2.0"}
    entra.token = {key: named.get(value, value) if isinstance(value, str) else value for key, value in WRONG_TOKENS[how].items()}
    assert "Sign-in did not work" in entra.comes_back(client).content.decode()
    assert signed_in(client) == ""
    assert SIGNED_IN_FROM not in client.session


@pytest.mark.parametrize(("key", "algorithm"), [("another", "RS256"), ("own", "none"), ("own", "HS256")])
def test_nor_one_that_the_provider_has_not_signed(key: str, algorithm: str, entra: OidcProvider, client: Client) -> None:
    account_of(make_user())
    entra.signs_with, entra.algorithm = key, algorithm
    assert "Sign-in did not work" in entra.comes_back(client).content.decode()
    assert signed_in(client) == ""


def test_nor_what_is_told_beside_it_about_another_person(entra: OidcProvider, client: Client) -> None:
    account_of(make_user())
    entra.about = {"sub": "eve"}
    assert "Sign-in did not work" in entra.comes_back(client).content.decode()
    assert signed_in(client) == ""


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://login.evil.example/{tenantid}/v2.0"},
        {"issuer": "https://login.evil.example/v2.0"},
        {"issuer": None},
        {"jwks_uri": None},
    ],
)
def test_a_description_of_another_issuer_is_refused(description: dict[str, Any], entra: OidcProvider, client: Client) -> None:
    account_of(make_user())
    entra.description = description
    answer = client.post("/accounts/oidc/entra/login/")
    assert "Sign-in did not work" in answer.content.decode()
    assert signed_in(client) == ""


def test_an_answer_mixed_up_with_another_providers_is_refused(entra: OidcProvider, client: Client) -> None:
    account_of(make_user())
    for issuer in ("https://login.evil.example", "", entra.issuer_of(FABRIK), entra.issuer_of("{tenantid}")):
        assert "did not work" in entra.comes_back(client, iss=issuer).content.decode()
    assert "did not work" in entra.comes_back(client, state="another").content.decode()
    assert signed_in(client) == ""
    entra.description = {"authorization_response_iss_parameter_supported": True}
    assert "did not work" in entra.comes_back(client).content.decode()
    entra.comes_back(client, iss=entra.issuer_of(CONTOSO))
    assert signed_in(client)


def test_an_answer_is_taken_once_and_in_the_browser_that_asked_alone(entra: OidcProvider, client: Client) -> None:
    account_of(make_user())
    entra.comes_back(client)
    again = {"code": "code-1", "state": entra.asked[0]["state"]}
    for other in (Client(), client):
        assert "did not work" in other.get("/accounts/oidc/entra/login/callback/", again).content.decode()


def test_the_same_subject_of_another_tenant_is_somebody_else(entra: OidcProvider, client: Client) -> None:
    account_of(make_user())
    entra.claims["tid"] = FABRIK
    entra.comes_back(client)
    assert signed_in(client) == ""


@pytest.mark.parametrize("verified", [True, "true", None])
def test_an_address_signs_nobody_in_and_connects_nothing(verified: Any, entra: OidcProvider, client: Client) -> None:
    """Any tenant's administrator writes any address into its accounts."""
    ada = make_user(email="ada@contoso.example")
    EmailAddress.objects.create(user=ada, email=ada.email, verified=True, primary=True)
    entra.claims |= {"sub": "eve", "email_verified": verified, "xms_edov": True}
    entra.comes_back(client)
    assert signed_in(client) == ""
    assert not SocialAccount.objects.exists()


def test_nobody_makes_an_account_from_a_tenant_that_no_company_verified(entra: OidcProvider, client: Client) -> None:
    shown = read(entra.comes_back(client))
    assert not User.objects.exists()
    assert "No company here has verified the organization that you signed in with" in shown.text
    assert "No company here has verified" not in read(client.get("/accounts/signup/")).text


@pytest.mark.parametrize("staff", [{"is_staff": True}, {"is_superuser": True}])
def test_staff_do_not_sign_in_by_it(staff: Any, entra: OidcProvider, client: Client) -> None:
    account_of(make_user(**staff))
    assert entra.comes_back(client).status_code == 403
    assert signed_in(client) == ""


@pytest.mark.parametrize("guest", [{"acct": 1}, {"idp": f"https://sts.windows.net/{FABRIK}/"}])
def test_a_guest_of_a_tenant_signs_in_but_is_not_of_it(guest: Any, entra: OidcProvider, client: Client) -> None:
    ada = make_user()
    account_of(ada)
    entra.claims |= guest
    entra.comes_back(client)
    assert signed_in(client) == str(ada.pk)
    assert SIGNED_IN_FROM not in client.session


def test_the_next_sign_in_by_a_password_comes_from_no_tenant(entra: OidcProvider, client: Client) -> None:
    ada = make_user()
    account_of(ada)
    entra.comes_back(client)
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"login": ada.email, "password": PASSWORD})
    assert signed_in(client) == str(ada.pk)
    assert SIGNED_IN_FROM not in client.session


def test_somebody_signed_in_connects_their_account_and_not_somebody_elses(entra: OidcProvider, client: Client) -> None:
    ada, eve = make_user(), make_user()
    for person in (ada, eve):
        browser = Client()
        browser.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
        entra.comes_back(browser, process="connect")
        assert SIGNED_IN_FROM not in browser.session
        browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
        assert (SIGNED_IN_FROM in browser.session) is (person == ada)
    assert [each.user for each in SocialAccount.objects.all()] == [ada]


@pytest.mark.parametrize(("name", "value"), [("DOMAINS", "contoso.com"), ("STAFF", "1")])
def test_a_provider_of_several_tenants_vouches_for_no_address_and_no_staff(name: str, value: str) -> None:
    said = {"ISSUER": "https://login.microsoftonline.com/organizations/v2.0", "CLIENT_ID": "allotment", "CLIENT_SECRET": "hush"}
    named = {f"OIDC_ENTRA_{each}": text for each, text in {**said, "TENANTS": "1"}.items()}
    env = Environment({"OIDC_PROVIDERS": "entra", **named})
    providers, origins = identity_providers(env)
    demand_domains(env, providers)
    assert (env.problems, origins) == ([], ["https://login.microsoftonline.com"])
    env.values[f"OIDC_ENTRA_{name}"] = value  # type: ignore[index]
    identity_providers(env)
    assert len(env.problems) == 1
