"""Tokens of notifications, genuine and forged, and the key sets they are signed by."""

from __future__ import annotations

import json
import time
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from licensing.marketplaces.azure.client import AzureMarketplace
from licensing.marketplaces.contract import Forged, MarketplaceError, Problem
from tests.licensing.marketplaces.azure_server import CLIENT, KEYS_PATH, OLD_KEYS_PATH, TENANT, AzureServer, reply

MARKETPLACE = "20e940b3-4c77-4b0b-9a53-9e16a1b010a7"
LEFT_OUT = object()


@cache
def private_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key per name, made once per run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def published(name: str, **overrides: Any) -> dict[str, Any]:
    """A key as it is published; its name is its id."""
    return {**RSAAlgorithm.to_jwk(private_key(name).public_key(), as_dict=True), "kid": name, "use": "sig"} | overrides


class Keys:
    """What the server publishes, and tokens signed by it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def publish(self, azure: AzureServer, *names: str, old: tuple[str, ...] = ()) -> None:
        names = names or ("current",)
        azure.on("GET", KEYS_PATH, reply({"keys": [published(name) for name in names]}))
        azure.on("GET", OLD_KEYS_PATH, reply({"keys": [published(name) for name in old or names]}))

    def claims(self, **overrides: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "aud": CLIENT,
            "iss": f"{self.url}/{TENANT}/v2.0",
            "iat": now - 10,
            "nbf": now - 10,
            "exp": now + 3600,
            "azp": MARKETPLACE,
            "azpacr": "2",
            "tid": TENANT,
            "ver": "2.0",
            **overrides,
        }
        return {name: value for name, value in claims.items() if value is not LEFT_OUT}

    def token(
        self, *, signed_by: Any = "current", algorithm: str = "RS256", headers: dict[str, Any] | None = None, **overrides: Any
    ) -> str:
        """An Authorization header that is genuine but for what is overridden."""
        key = private_key(signed_by) if isinstance(signed_by, str) else signed_by
        headers = {"kid": "current"} | (headers or {})
        shown = {name: value for name, value in headers.items() if value is not LEFT_OUT}
        return "Bearer " + jwt.PyJWS().encode(json.dumps(self.claims(**overrides)).encode(), key, algorithm, shown)


def forged(market: AzureMarketplace, authorization: str) -> str:
    with pytest.raises(Forged) as caught:
        market.check_sender(authorization)
    assert caught.value.__context__ is None
    return str(caught.value)


def unavailable(market: AzureMarketplace, authorization: str) -> None:
    with pytest.raises(MarketplaceError) as caught:
        market.check_sender(authorization)
    assert caught.value.problem is Problem.UNAVAILABLE


def fetches(azure: AzureServer) -> int:
    return len(azure.to(KEYS_PATH))
