"""An identity provider, Contoso's, played where requests are sent: what it publishes, and what it says of who signs in."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import requests
from django.test import Client

from console.people.identity_providers import identity_providers
from console.settings_from_environment import Environment
from tests.licensing.marketplaces.azure_tokens import private_key, published

ISSUER = "https://login.contoso.example"
LOGIN = "/accounts/oidc/contoso/login/"


class Provider:
    """Each `change_` takes what it would answer and gives what it answers."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        """What it says under its address of user information."""
        self.asked: list[tuple[str, dict[str, Any]]] = []
        """Where it was asked, with what was sent."""
        self.nonce = ""
        """What the browser that signs in brought."""
        self.answers = True
        self.signed_by: Any = private_key("contoso")
        self.algorithm = "RS256"
        self.change_metadata: Callable[[dict[str, Any]], Any] = lambda metadata: metadata
        self.change_token: Callable[[dict[str, Any]], dict[str, Any]] = lambda token: token
        self.change_answer: Callable[[dict[str, Any]], dict[str, Any]] = lambda answer: answer

    def metadata(self) -> Any:
        said = {f"{each}_endpoint": f"{ISSUER}/{each}" for each in ("authorization", "token", "userinfo")}
        return self.change_metadata(said | {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"})

    def id_token(self) -> str:
        now = int(time.time())
        said = {"iss": ISSUER, "aud": "allotment", "sub": self.claims["sub"], "iat": now, "exp": now + 300, "nonce": self.nonce}
        said = {name: value for name, value in self.change_token(said).items() if value is not None}
        return jwt.encode(said, self.signed_by, algorithm=self.algorithm, headers={"kid": "contoso"})

    def answer(self, url: str) -> Any:
        if url.endswith("openid-configuration"):
            return self.metadata()
        if url.endswith("/keys"):
            return {"keys": [published("contoso")]}
        if url.endswith("/token"):
            return self.change_answer({"access_token": "opaque", "refresh_token": "kept by nobody", "id_token": self.id_token()})
        return self.claims

    def request(self, method: str, url: str, **rest: Any) -> Any:
        if not self.answers:
            raise requests.ConnectionError
        self.asked.append((url, rest.get("data") or {}))
        said = self.answer(url)
        headers = {"content-type": "application/json"}
        return SimpleNamespace(
            status_code=200, headers=headers, text=json.dumps(said), json=lambda: said, raise_for_status=lambda: None
        )

    def get(self, url: str, **rest: Any) -> Any:
        return self.request("GET", url)

    def __enter__(self) -> Provider:
        return self

    def __exit__(self, *error: object) -> None:
        pass


def with_settings(settings: Any, *names: str, **more: str) -> None:
    """As the environment would name it, or several, all of the same issuer."""
    said = {"ISSUER": ISSUER, "CLIENT_ID": "allotment", "CLIENT_SECRET": "hush", "DOMAINS": "contoso.example", **more}
    names = names or ("contoso",)
    each_of = {f"OIDC_{one.upper()}_{name}": value for one in names for name, value in said.items()}
    env = Environment({"OIDC_PROVIDERS": ",".join(names), **each_of})
    settings.SOCIALACCOUNT_PROVIDERS, _origins = identity_providers(env)
    assert env.problems == []


def goes_there(provider: Provider, client: Client, *, process: str = "login", **more: str) -> dict[str, str]:
    """What a browser that presses Sign in is sent to the provider with."""
    there = client.post(LOGIN, query_params={"process": process, **more})
    assert there["Location"].startswith(f"{ISSUER}/authorization?"), there.content
    brought = {name: value for name, [value] in parse_qs(urlsplit(there["Location"]).query).items()}
    provider.nonce = brought["nonce"]
    return brought


def comes_from(provider: Provider, client: Client, *, process: str = "login", **claims: Any) -> Any:
    """The answer to a browser that comes back from the provider."""
    provider.claims = {"sub": "1", "email_verified": True, **claims}
    brought = goes_there(provider, client, process=process)
    return client.get(f"{LOGIN}callback/", {"code": "code", "state": brought["state"]})


def signed_in(client: Client) -> str:
    return str(client.session.get("_auth_user_id", ""))
