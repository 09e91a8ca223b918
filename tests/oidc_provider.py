"""A provider of OpenID Connect on this machine, for tests: discovery, keys, tokens and user information by real HTTP.

It plays Microsoft Entra: one address for all organizations, an issuer for each tenant, and ID tokens that name it by `tid`. What
a dishonest provider, or somebody in between, would answer is played by changing what it says.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from django.test import Client

from tests.licensing.marketplaces.azure_tokens import private_key, published
from tests.local_servers import serving

CLIENT_ID, SECRET = "allotment", "hush"
AUTHORITY = "/organizations/v2.0"


def signed(claims: dict[str, Any], *, by: str = "own", algorithm: str = "RS256") -> str:
    """An ID token; by a secret that we hold too, or by nobody, where the algorithm is none of keys."""
    key: Any = private_key(by) if algorithm.startswith("RS") else "" if algorithm == "none" else SECRET * 8
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "own"})


@dataclass
class OidcProvider:
    """What it knows of who signs in, and how it misbehaves."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    """Of whoever signs in next; `tid` is their tenant."""
    token: dict[str, Any] = field(default_factory=dict)
    """What ID tokens say in the place of what they should; None leaves a claim out."""
    description: dict[str, Any] = field(default_factory=dict)
    """The same for its description."""
    about: dict[str, Any] = field(default_factory=dict)
    """The same for what it tells beside the token."""
    signs_with: str = "own"
    algorithm: str = "RS256"
    asked: list[dict[str, str]] = field(default_factory=list)
    """The requests with which browsers came."""
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        """`SOCIALACCOUNT_PROVIDERS` of an installation that uses it."""
        app = {
            "provider_id": "entra",
            "name": "Microsoft",
            "client_id": CLIENT_ID,
            "secret": SECRET,
            "settings": {
                "server_url": self.url + AUTHORITY,
                "fetch_userinfo": True,
                "domains": [],
                "staff": False,
                "tenants": True,
            },
        }
        return {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}

    def issuer_of(self, tenant: str) -> str:
        return f"{self.url}/{tenant}/v2.0"

    def comes_back(self, client: Client, *, process: str = "login", **more: str) -> Any:
        """A browser goes there, its person signs in as `claims` say, and it comes back with what `more` adds to the answer."""
        there = client.post(f"/accounts/oidc/entra/login/?process={process}")
        assert there.status_code == 302, there.content
        assert there["Location"].startswith(f"{self.url}/authorize?"), there["Location"]
        asked = {name: values[0] for name, values in parse_qs(urlsplit(there["Location"]).query).items()}
        self.asked.append(asked)
        code = f"code-{len(self.asked)}"
        self.codes[code] = {"asked": asked, "claims": dict(self.claims)}
        return client.get("/accounts/oidc/entra/login/callback/", {"code": code, "state": asked["state"], **more})

    # --- What it answers

    def answer(self, path: str, form: dict[str, str], headers: Any) -> tuple[int, dict[str, Any]]:
        if path == f"{AUTHORITY}/.well-known/openid-configuration":
            said = {
                "issuer": self.url + "/{tenantid}/v2.0",
                "jwks_uri": f"{self.url}/keys",
                **{f"{each}_endpoint": f"{self.url}/{each}" for each in ("authorization", "token", "userinfo")},
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
            return 200, {**said, **self.description}
        if path == "/keys":
            return 200, {"keys": [published("own")]}
        if path == "/token":
            return self._token(form)
        if path == "/userinfo":
            code = self.codes[headers["Authorization"].removeprefix("Bearer ")]
            return 200, {"sub": code["claims"]["sub"], **self.about}
        return 404, {}

    def _token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        code = self.codes.get(form.get("code", ""))
        if code is None or code.pop("used", False) or (form["client_id"], form["client_secret"]) != (CLIENT_ID, SECRET):
            return 400, {"error": "invalid_grant"}
        asked, claims = code["asked"], code["claims"]
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (asked["redirect_uri"], asked["code_challenge"]) != (form["redirect_uri"], challenge):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        said = {"iss": self.issuer_of(claims["tid"]), "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        said = {name: value for name, value in {**said, **claims, **self.token}.items() if value is not None}
        token = signed(said, by=self.signs_with, algorithm=self.algorithm)
        return 200, {"access_token": form["code"], "token_type": "Bearer", "id_token": token}


@contextmanager
def oidc_provider() -> Iterator[OidcProvider]:
    """It listens as long as the block runs."""
    provider = OidcProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.say(*provider.answer(urlsplit(self.path).path, {}, self.headers))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self.say(*provider.answer(urlsplit(self.path).path, form, self.headers))

        def say(self, status: int, said: dict[str, Any]) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    with serving(server):
        yield provider
