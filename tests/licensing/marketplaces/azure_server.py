"""A loopback server that answers as Azure Marketplace and its sign-in service would, by a script, and a client for it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from licensing.marketplaces.azure.client import AzureMarketplace
from licensing.marketplaces.azure.where_it_is import AzureConfig

TENANT = "0c1d6f3e-92b5-4a6c-8f0e-5d3b7a9e1c22"
CLIENT = "7e5f0b1a-3c8d-4f2e-a6b9-1d4c8e7f0a33"
PURCHASE = "6f9a2c1e-4b1d-4c55-9d0e-3f0f6f0b7a11"
OPERATION = "2c0d7a70-51e2-4a0e-9c3b-8d1f6e0c9b52"
CORRELATION = "11111111-2222-4333-8444-555555555555"
SECRET = "first~Secret.Q8x/+="
NEXT_SECRET = "next~Secret.W7z/+="
ACCESS_TOKEN = "eyJhbGciOiJSUzI1NiJ9.access-token-payload.signature"
PURCHASE_TOKEN = "q1+zz/9=Purchase+Token/0123456789="

TOKEN_PATH = f"/{TENANT}/oauth2/v2.0/token"
KEYS_PATH = f"/{TENANT}/discovery/v2.0/keys"
OLD_KEYS_PATH = f"/{TENANT}/discovery/keys"
SUBSCRIPTIONS = "/api/saas/subscriptions"
ONE = f"{SUBSCRIPTIONS}/{PURCHASE}"
ONE_OPERATION = f"{ONE}/operations/{OPERATION}"


@dataclass(frozen=True)
class Seen:
    """One request that came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode())


@dataclass(frozen=True)
class Reply:
    """One answer of the script: held back until `after` is set, or the connection dropped instead."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    after: threading.Event | None = None
    dropped: bool = False
    halved: bool = False


def reply(said: Any = None, *, status: int = 200, **rest: Any) -> Reply:
    body = said if isinstance(said, bytes) else b"" if said is None else json.dumps(said).encode()
    return Reply(status=status, body=body, **rest)


class AzureServer:
    """Answers by method and path; the last reply of a script is repeated. Without a script: 599."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.closing = threading.Event()
        self._scripts: dict[tuple[str, str], list[Reply]] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def on(self, method: str, path: str, *replies: Reply) -> None:
        self._scripts[method, path] = list(replies)

    def to(self, path: str, method: str | None = None) -> list[Seen]:
        """The requests that came to a path."""
        return [each for each in self.seen if each.path == path and method in (None, each.method)]

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _answer(self, seen: Seen) -> Reply:
        with self._lock:
            self.seen.append(seen)
            script = self._scripts.get((seen.method, seen.path), [])
            return script.pop(0) if len(script) > 1 else script[0] if script else Reply(status=599, body=b"no script")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10
            wbufsize = 65536

            def handle_any(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                seen = Seen(self.command, parts.path, parse_qs(parts.query), dict(self.headers.items()), body)
                said = server._answer(seen)
                if said.after:
                    while not (said.after.wait(0.01) or server.closing.is_set()):
                        pass
                if said.dropped:
                    self.close_connection = True
                    return
                try:
                    self.send_response(said.status)
                    for name, value in said.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(said.body)))
                    self.end_headers()
                    self.wfile.write(said.body[: len(said.body) // 2] if said.halved else said.body)
                    self.close_connection = self.close_connection or said.halved
                except OSError:
                    self.close_connection = True  # the client has gone, as some tests want

            do_GET = do_POST = do_PATCH = do_DELETE = handle_any

            def date_time_string(self, timestamp: float | None = None) -> str:
                return "Wed, 11 Nov 2026 10:00:00 GMT"

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.value = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.value

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.value += seconds


SERVER_TIME = 1794391200.0
"""The instant that the server's Date header names."""


def config_for(server: AzureServer, **overrides: Any) -> AzureConfig:
    values: dict[str, Any] = {
        "tenant_id": TENANT,
        "client_id": CLIENT,
        "client_secrets": (SECRET,),
        "api_url": f"{server.url}/api",
        "login_url": server.url,
        "timeouts": {"connect": 3.0, "person": 10.0, "job": 30.0, "webhook": 2.0},
    }
    return AzureConfig(**(values | overrides))


@contextmanager
def marketplace_at(server: AzureServer, clock: Callable[[], float] | None = None, **overrides: Any) -> Iterator[AzureMarketplace]:
    """A client of the server. Tokens are to be had unless a test scripts them otherwise."""
    clock = clock or Clock()
    sleep = clock.sleep if isinstance(clock, Clock) else (lambda seconds: None)
    market = AzureMarketplace(
        config_for(server, **overrides), sleep=sleep, monotonic=clock, now=lambda: SERVER_TIME, chance=lambda: 1.0
    )
    try:
        yield market
    finally:
        market.close()


def token_reply(token: str = ACCESS_TOKEN, expires_in: Any = 3599) -> Reply:
    return reply({"token_type": "Bearer", "expires_in": expires_in, "access_token": token})


def subscription(**overrides: Any) -> dict[str, Any]:
    """A subscription object as the contract shows it."""
    return {
        "id": PURCHASE,
        "publisherId": "northwindsec",
        "offerId": "nw-credits",
        "name": "Credits for head office",
        "saasSubscriptionStatus": "Subscribed",
        "planId": "credits-12m",
        "quantity": 250,
        "beneficiary": {"emailId": "it@fabrik.example", "objectId": "o-1", "tenantId": "t-1", "puid": "10032001"},
        "purchaser": {"emailId": "buy@fabrik.example", "objectId": "o-2", "tenantId": "t-2", "puid": "10032002"},
        "term": {"termUnit": "P1Y", "startDate": "2026-03-04T00:00:00Z", "endDate": "2027-03-03T00:00:00Z"},
        "autoRenew": True,
        "isTest": False,
        "isFreeTrial": False,
        "allowedCustomerOperations": ["Read", "Update", "Delete"],
        "created": "2026-03-03T16:20:11.5Z",
        "lastModified": "2026-03-04T09:01:55.1Z",
        **overrides,
    }


def operation(**overrides: Any) -> dict[str, Any]:
    return {
        "id": OPERATION,
        "subscriptionId": PURCHASE,
        "planId": "credits-12m",
        "quantity": 400,
        "action": "ChangeQuantity",
        "timeStamp": "2026-05-11T08:15:30.1234567Z",
        "status": "InProgress",
        **overrides,
    }
