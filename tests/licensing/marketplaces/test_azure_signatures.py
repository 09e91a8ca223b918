"""Who sent a notification: only tokens of the marketplace's own, for us, now, pass."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from licensing.marketplaces.azure import sender_signature, signing_keys
from licensing.marketplaces.azure.client import AzureMarketplace
from licensing.marketplaces.contract import Forged, MarketplaceError, Problem
from tests.licensing.marketplaces.azure_server import (
    CLIENT,
    TENANT,
    AzureServer,
    marketplace_at,
    reply,
)
from tests.licensing.marketplaces.azure_tokens import (
    LEFT_OUT,
    MARKETPLACE,
    Keys,
    fetches,
    forged,
    private_key,
    published,
)

OTHER = "99999999-9999-4999-8999-999999999999"
NOW = int(time.time())


@pytest.fixture(autouse=True)
def publish(azure: AzureServer, keys: Keys) -> None:
    keys.publish(azure)


def part(said: Any) -> str:
    raw = said if isinstance(said, bytes) else json.dumps(said).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


# --- Genuine


def test_a_genuine_token_gives_its_claims(market: AzureMarketplace, keys: Keys) -> None:
    assert market.check_sender(keys.token())["tid"] == TENANT


@pytest.mark.parametrize(
    "claims",
    [
        {"azp": LEFT_OUT, "appid": MARKETPLACE, "ver": "1.0", "iss": f"https://sts.windows.net/{TENANT}/"},
        {"appid": MARKETPLACE}, {"azp": MARKETPLACE.upper(), "tid": TENANT.upper()}, {"nbf": LEFT_OUT},
        {"exp": NOW - 30}, {"nbf": NOW + 30, "iat": NOW + 30},
    ],
    ids=["first version", "both callers", "capitals", "no nbf", "expired within the leeway", "early within the leeway"],
)  # fmt: skip
def test_other_genuine_tokens_pass(claims: dict[str, Any], market: AzureMarketplace, keys: Keys) -> None:
    now = int(time.time())
    moved = {
        name: value - NOW + now if name in ("exp", "nbf", "iat") and isinstance(value, int) else value
        for name, value in claims.items()
    }
    assert market.check_sender(keys.token(**moved))


def test_the_scheme_may_be_spelled_in_any_case(market: AzureMarketplace, keys: Keys) -> None:
    assert market.check_sender(keys.token().replace("Bearer ", "bearer  "))


def test_a_key_of_the_older_address_counts_too(azure: AzureServer, market: AzureMarketplace, keys: Keys) -> None:
    keys.publish(azure, old=("older",))
    assert market.check_sender(keys.token(signed_by="older", headers={"kid": "older"}))
    assert market.check_sender(keys.token())
    assert fetches(azure) == 1


# --- Forged claims


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"aud": OTHER}, "aud"), ({"aud": [CLIENT]}, "aud"), ({"aud": LEFT_OUT}, "missing"), ({"aud": None}, ""),
        ({"aud": CLIENT + " "}, "aud"),
        ({"iss": f"https://login.microsoftonline.com/{OTHER}/v2.0"}, "iss"), ({"iss": "https://sts.windows.net/"}, "iss"),
        ({"iss": LEFT_OUT}, "missing"), ({"iss": f"https://sts.windows.net/{TENANT}"}, "iss"), ({"iss": 5}, ""),
        ({"iss": [TENANT]}, ""),
        ({"tid": OTHER}, "tid"), ({"tid": LEFT_OUT}, "tid"), ({"tid": None}, "tid"), ({"tid": [TENANT]}, "tid"),
        ({"azp": OTHER}, "caller"), ({"azp": LEFT_OUT}, "no caller"), ({"azp": LEFT_OUT, "appid": OTHER}, "caller"),
        ({"appid": OTHER}, "caller"), ({"azp": OTHER, "appid": MARKETPLACE}, "caller"),
        ({"azp": None, "appid": MARKETPLACE}, "caller"),
        ({"azp": [MARKETPLACE]}, "caller"),
        ({"exp": NOW - 3600}, "expired"), ({"exp": LEFT_OUT}, "missing"), ({"exp": "soon"}, ""), ({"exp": None}, ""),
        ({"exp": 1e400}, ""), ({"exp": 10**400}, "too long"), ({"exp": NOW + 3 * 86_400}, "too long"),
        ({"nbf": NOW + 3600}, "not valid yet"), ({"iat": NOW + 3600}, "not valid yet"), ({"iat": LEFT_OUT}, "missing"),
        ({"nbf": "x"}, ""),
    ],
)  # fmt: skip
def test_a_token_whose_claims_do_not_fit_is_forged(
    claims: dict[str, Any], reason: str, market: AzureMarketplace, keys: Keys
) -> None:
    assert reason in forged(market, keys.token(**claims))


def test_the_leeway_is_a_setting(azure: AzureServer, keys: Keys) -> None:
    with marketplace_at(azure, clock_leeway=300) as market:
        assert market.check_sender(keys.token(exp=int(time.time()) - 200))
    with marketplace_at(azure, clock_leeway=0) as market:
        assert "expired" in forged(market, keys.token(exp=int(time.time()) - 2))


# --- Forged signatures


def test_a_self_signed_token_with_all_the_right_claims_is_forged(market: AzureMarketplace, keys: Keys) -> None:
    assert forged(market, keys.token(signed_by="attacker")) == "its signature is wrong"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, "HS256", "RS384", "PS256", "ES256", "rs256", ["RS256"]])
def test_only_rs256_is_accepted(algorithm: Any, market: AzureMarketplace, keys: Keys, azure: AzureServer) -> None:
    signature = part(b"signature") if algorithm else part(b"x")
    token = f"Bearer {part({'alg': algorithm, 'kid': 'current'})}.{part(keys.claims())}.{signature}"
    assert "RS256" in forged(market, token)
    assert azure.seen == []


def test_an_unsigned_token_is_forged(market: AzureMarketplace, keys: Keys) -> None:
    forged(market, f"Bearer {part({'alg': 'none', 'kid': 'current'})}.{part(keys.claims())}.")
    head, claims, _signature = keys.token().split(".")
    forged(market, f"{head}.{claims}.")


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_token_signed_with_the_public_key_as_a_password_is_forged(
    encoding: Encoding, market: AzureMarketplace, keys: Keys
) -> None:
    password = private_key("current").public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    for algorithm in ("HS256", "RS256"):
        signed = f"{part({'alg': algorithm, 'kid': 'current', 'typ': 'JWT'})}.{part(keys.claims())}"
        forged(market, f"Bearer {signed}.{part(hmac.new(password, signed.encode(), hashlib.sha256).digest())}")


def test_changed_claims_are_forged(market: AzureMarketplace, keys: Keys) -> None:
    head, _claims, signature = keys.token().split(".")
    assert forged(market, f"{head}.{part(keys.claims(oid='other'))}.{signature}") == "its signature is wrong"


def test_keys_that_the_token_brings_along_are_ignored(market: AzureMarketplace, keys: Keys, azure: AzureServer) -> None:
    azure.on("GET", "/attacker", reply({"keys": [published("attacker", kid="current")]}))
    brought = {"jku": f"{azure.url}/attacker", "x5u": f"{azure.url}/attacker", "jwk": published("attacker", kid="current")}
    assert forged(market, keys.token(signed_by="attacker", headers=brought)) == "its signature is wrong"
    assert azure.to("/attacker") == []
    assert market.check_sender(keys.token(headers=brought))


def test_extensions_are_refused(market: AzureMarketplace, keys: Keys) -> None:
    assert "extensions" in forged(market, keys.token(headers={"crit": ["b64"], "b64": True}))


@pytest.mark.parametrize(
    "kid",
    ["../../etc/passwd", "/dev/null", "https://evil.example/keys", "file:///etc/passwd", "a' OR '1'='1", "", "x" * 129, "a\0b",
     None, 5, ["current"], {}, True],
)  # fmt: skip
def test_a_key_id_of_another_shape_is_forged_and_fetches_nothing(
    kid: Any, market: AzureMarketplace, keys: Keys, azure: AzureServer
) -> None:
    head = part({"alg": "RS256", "kid": kid})
    assert "key id" in forged(market, f"Bearer {head}.{part(keys.claims())}.{part(b'x')}")
    assert azure.seen == []


def test_a_token_without_a_key_id_is_forged(market: AzureMarketplace, keys: Keys) -> None:
    assert "key id" in forged(market, keys.token(headers={"kid": LEFT_OUT}))


# --- Not tokens at all


@pytest.mark.parametrize(
    "authorization",
    [
        "", " ", "Bearer", "Bearer ", "Basic dTpw", "Bearer a", "Bearer a.b", "Bearer a.b.c.d", "Bearer ..", "Bearer a.b.c",
        "Token a.b.c",
        "Bearer a b.c.d",
        "Bearer !.b.c", f"Bearer {part([])}.b.c", f"Bearer {part(b'x' * 9)}.b.c", f"Bearer {part(b'[' * 9000)}.b.c",
        "Bearer é.b.c", "Bearer a.b.c\n", None,
    ],
)  # fmt: skip
def test_what_is_no_token_is_forged(authorization: Any, market: AzureMarketplace, azure: AzureServer) -> None:
    assert forged(market, authorization)
    assert azure.seen == []


def test_claims_nested_too_deeply_are_forged(market: AzureMarketplace) -> None:
    key = private_key("current")
    for claims in (
        b"[" * 9000,
        b'{"exp": ' + b"9" * 5000 + b"}",
        b"[]",
        b"\xff",
        b'{"exp": 1e999, "iat": 1e999, "aud": 1, "iss": 1}',
    ):
        signed = f"{part({'alg': 'RS256', 'kid': 'current'})}.{part(claims)}"
        forged(market, f"Bearer {signed}.{part(key.sign(signed.encode(), PKCS1v15(), hashes.SHA256()))}")


def test_a_token_of_a_megabyte_is_refused_before_it_is_read(
    market: AzureMarketplace, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender_signature.jwt, "decode", lambda *args, **kwargs: pytest.fail("it was read"))
    monkeypatch.setattr(sender_signature, "_json_of", lambda part: pytest.fail("it was read"))
    assert "too large" in forged(market, "Bearer " + "a" * 1_000_000)
    assert "too large" in forged(market, keys.token() + "a" * 16384)


@given(st.text(max_size=200) | st.text(alphabet="aA0._-=", max_size=60).map("Bearer {}".format))
def test_any_text_is_forged(authorization: str) -> None:
    def never(url: str, seconds: float) -> Any:
        raise MarketplaceError(Problem.UNAVAILABLE)

    keys = signing_keys.KeySet(["http://x"], fetch=never, seconds=1, monotonic=time.monotonic)
    with pytest.raises(Forged):
        sender_signature.check_sender(
            authorization, expected=sender_signature.Expected(TENANT, CLIENT, MARKETPLACE, ("https://x",), 60), keys=keys
        )
