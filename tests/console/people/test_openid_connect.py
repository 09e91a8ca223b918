"""What the console asks of an identity provider, and that it believes none but the right answer to this browser's sign-in."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import time
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.apps import apps
from django.test import Client

from tests.console.people.played_provider import ISSUER, LOGIN, Provider, comes_from, goes_there, signed_in, with_settings
from tests.factories import make_user
from tests.licensing.marketplaces.azure_tokens import private_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Any:
    return make_user(email="ada@contoso.example")


def comes_back_as_ada(contoso: Provider, client: Client) -> Any:
    return comes_from(contoso, client, email="ada@contoso.example")


def comes_back(contoso: Provider, client: Client, **answer: str) -> Any:
    contoso.claims = {"sub": "1", "email_verified": True, "email": "ada@contoso.example"}
    return client.get(f"{LOGIN}callback/", {"code": "code", **answer})


def refused(answer: Any, client: Client) -> bool:
    return answer.status_code == 401 and signed_in(client) == "" and not SocialAccount.objects.exists()


# --- What is asked


def test_the_code_alone_is_asked_for_with_secrets_that_no_other_sign_in_has(contoso: Provider, client: Client, ada: Any) -> None:
    first, second = goes_there(contoso, client), goes_there(contoso, client)
    assert first["response_type"] == "code"
    assert set(first["scope"].split()) == {"openid", "profile", "email"}
    assert first["code_challenge_method"] == "S256"
    for each in ("state", "nonce", "code_challenge"):
        assert first[each] != second[each]
        assert len(first[each]) >= 43  # 256 bits
    comes_back(contoso, client, state=second["state"])
    [sent] = [data for url, data in contoso.asked if url.endswith("/token")]
    challenge = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest()).rstrip(b"=").decode()
    assert (challenge, sent["grant_type"]) == (second["code_challenge"], "authorization_code")
    assert signed_in(client) == str(ada.pk)


def test_nothing_that_is_asked_is_taken_from_the_address(contoso: Provider, client: Client) -> None:
    usual = goes_there(contoso, client)
    led = goes_there(contoso, client, scope="offline_access", auth_params="response_type=token&redirect_uri=https://evil.example")
    assert {each: led[each] for each in ("response_type", "redirect_uri")} == {
        each: usual[each] for each in ("response_type", "redirect_uri")
    }
    assert set(led["scope"].split()) == set(usual["scope"].split())


def test_tokens_stay_on_the_server_and_are_kept_by_nobody(contoso: Provider, client: Client, ada: Any) -> None:
    assert comes_back_as_ada(contoso, client).status_code == 302
    assert not SocialToken.objects.exists()
    kept = json.dumps(SocialAccount.objects.get().extra_data) + json.dumps(dict(client.session.items()), default=str)
    for secret in ("opaque", "kept by nobody", contoso.id_token()):
        assert secret not in kept
    assert contoso.nonce not in json.dumps(dict(client.session.items()), default=str)  # it was used


# --- Whose answer it is


@pytest.mark.parametrize("state", ["", "made-up", "of another browser", "used", "of another provider", "old"])
def test_an_answer_counts_once_for_the_browser_the_provider_and_the_sign_in_it_is_for(
    state: str, contoso: Provider, client: Client, ada: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_settings(settings, "contoso", "fabrik")
    brought = goes_there(contoso, client)["state"]
    if state == "used":
        comes_back(contoso, client, state=brought, error="access_denied")
    if state == "old":
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 601)
    if state == "of another provider":
        contoso.claims = {"sub": "1", "email_verified": True, "email": "ada@contoso.example"}
        answer = client.get("/accounts/oidc/fabrik/login/callback/", {"code": "code", "state": brought})
        assert refused(answer, client)
        return
    asks = Client() if state == "of another browser" else client
    said = state if state in ("", "made-up") else brought
    before = len(contoso.asked)
    assert refused(comes_back(contoso, asks, state=said), asks)
    assert not [url for url, _ in contoso.asked[before:] if url.endswith("/token")]  # the code is not even exchanged


@pytest.mark.parametrize(
    ("supported", "said", "believed"),
    [
        (False, None, True),
        (False, ISSUER, True),
        (False, "https://login.fabrik.example", False),
        (True, None, False),
        (True, ISSUER, True),
        (True, "", False),
    ],
)
def test_an_answer_that_names_another_issuer_or_none_where_it_should_is_refused(
    supported: bool, said: str | None, believed: bool, contoso: Provider, client: Client, ada: Any
) -> None:
    contoso.change_metadata = lambda metadata: metadata | {"authorization_response_iss_parameter_supported": supported}
    state = goes_there(contoso, client)["state"]
    answer = comes_back(contoso, client, state=state, **({} if said is None else {"iss": said}))
    assert (signed_in(client) == str(ada.pk)) == believed
    assert believed or refused(answer, client)
    assert believed or not [url for url, _ in contoso.asked if url.endswith("/token")]  # whoever it is gets no code


# --- The ID token


def in_seconds(changed: dict[str, Any]) -> dict[str, Any]:
    """Its times are given as seconds from now: the tests may have been collected a while ago."""
    return {name: int(time.time()) + value if isinstance(value, int) else value for name, value in changed.items()}


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"nonce": ""},
        {"iss": "https://login.fabrik.example"},
        {"iss": f"{ISSUER}/"},
        {"iss": None},
        {"aud": "somebody else"},
        {"aud": ["allotment", "somebody else"]},
        {"aud": None},
        {"azp": "somebody else"},
        {"exp": -3600},
        {"exp": None},
        {"iat": 3600},
        {"sub": None},
        {"sub": "2"},
    ],
    ids=",".join,
)
def test_a_token_of_another_sign_in_issuer_client_or_time_is_refused(
    changed: dict[str, Any], contoso: Provider, client: Client, ada: Any
) -> None:
    contoso.change_token = lambda token: token | in_seconds(changed)
    assert refused(comes_back_as_ada(contoso, client), client)


@pytest.mark.parametrize("changed", [{"aud": ["allotment"]}, {"azp": "allotment"}, {"exp": -10}], ids=",".join)
def test_what_the_standard_allows_is_believed(changed: dict[str, Any], contoso: Provider, client: Client, ada: Any) -> None:
    contoso.change_token = lambda token: token | in_seconds(changed)
    comes_back_as_ada(contoso, client)
    assert signed_in(client) == str(ada.pk)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(private_key("a stranger's"), "RS256"), ("hush" * 16, "HS256"), (None, "none")],
    ids=["a stranger's key", "the client's secret", "unsigned"],
)
def test_a_token_that_its_issuer_did_not_sign_is_refused(
    key: Any, algorithm: str, contoso: Provider, client: Client, ada: Any
) -> None:
    contoso.signed_by, contoso.algorithm = key, algorithm
    assert refused(comes_back_as_ada(contoso, client), client)


@pytest.mark.parametrize("token", [None, "", "not a token", "a.b.c"])
def test_without_a_token_that_can_be_read_nobody_is_signed_in(token: Any, contoso: Provider, client: Client, ada: Any) -> None:
    contoso.change_answer = lambda answer: answer | {"id_token": token}
    assert refused(comes_back_as_ada(contoso, client), client)


@pytest.mark.parametrize("said", [["access_token"], {"access_token": "opaque", "expires_in": "soon"}, "access_token"], ids=repr)
def test_nor_by_an_answer_that_is_none(said: Any, contoso: Provider, client: Client, ada: Any) -> None:
    contoso.change_answer = lambda _usual: said
    assert refused(comes_back_as_ada(contoso, client), client)


def test_who_somebody_is_at_a_provider_is_the_subject_and_not_the_address(contoso: Provider, client: Client, ada: Any) -> None:
    comes_back_as_ada(contoso, client)
    bob = make_user(email="bob@contoso.example")
    again = Client()
    comes_from(contoso, again, sub="1", email="bob@contoso.example")  # the address was given to somebody else at the provider
    assert signed_in(again) == str(ada.pk)
    other = Client()
    comes_from(contoso, other, sub="2", email="bob@contoso.example")
    assert signed_in(other) == str(bob.pk)
    assert set(SocialAccount.objects.values_list("provider", "uid")) == {("contoso", "1"), ("contoso", "2")}


# --- The provider's metadata


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://login.fabrik.example"},
        {"issuer": f"{ISSUER}/tenant"},
        {"issuer": None},
        {"jwks_uri": "http://login.contoso.example/keys"},
        {"token_endpoint": "http://login.contoso.example/token"},
        {"userinfo_endpoint": "http://login.contoso.example/userinfo"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
    ],
    ids=",".join,
)
def test_metadata_of_another_issuer_or_of_addresses_in_clear_leads_nobody_there(
    changed: dict[str, Any], contoso: Provider, client: Client
) -> None:
    contoso.change_metadata = lambda metadata: metadata | changed
    answer = client.post(LOGIN)
    assert answer.status_code == 401
    assert "Sign-in did not work" in answer.content.decode()
    assert [url for url, _ in contoso.asked] == [f"{ISSUER}/.well-known/openid-configuration"]


@pytest.mark.parametrize("metadata", [[], "contoso", None], ids=repr)
def test_metadata_that_is_none_is_refused_like_another_issuers(metadata: Any, contoso: Provider, client: Client) -> None:
    contoso.change_metadata = lambda _usual: metadata
    assert refused(client.post(LOGIN), client)


def test_a_slash_at_the_end_of_the_issuer_may_differ(contoso: Provider, client: Client, ada: Any, settings: Any) -> None:
    with_settings(settings, ISSUER=f"{ISSUER}/")
    comes_back_as_ada(contoso, client)
    assert signed_in(client) == str(ada.pk)


def test_a_provider_that_does_not_answer_is_a_sentence_and_a_line(
    contoso: Provider, client: Client, ada: Any, caplog: pytest.LogCaptureFixture
) -> None:
    state = goes_there(contoso, client)["state"]
    contoso.answers = False
    with caplog.at_level(logging.WARNING, "allotment.sign_in"):
        assert client.post(LOGIN).status_code == 401
        assert refused(comes_back(contoso, client, state=state), client)
    lines = [each.getMessage() for each in caplog.records if "sign-in by provider failed" in each.getMessage()]
    assert len(lines) == 2
    assert all("provider=contoso" in each for each in lines)


@pytest.mark.parametrize("set_up", [["contoso"], ["contoso", "fabrik"]])
@pytest.mark.parametrize("name", ["nobody", "openid_connect"])
def test_a_provider_that_is_not_set_up_is_not_there(
    name: str, set_up: list[str], contoso: Provider, client: Client, settings: Any
) -> None:
    with_settings(settings, *set_up)
    for address in (f"/accounts/oidc/{name}/login/", f"/accounts/oidc/{name}/login/callback/"):
        assert [client.get(address).status_code, client.post(address).status_code] == [404, 404]


def test_the_console_gives_out_no_tokens_itself() -> None:
    assert not [each.name for each in apps.get_app_configs() if "idp" in each.name or "oauth2_provider" in each.name]
