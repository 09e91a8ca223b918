"""The network, without one: `requests` answered by this project's own application, in the test's thread and transaction.

    with in_process():                       # every session that asks for an address of this installation
        client.resolve(token)
    session.mount(origin, InProcess())       # or one session only

The middleware and the checks for CSRF are the real ones. Broken connections and waits that the practice marketplace was ordered
to cause arrive as `requests` would report them, and nobody waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.test import RequestFactory
from django.test.client import ClientHandler
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPResponse

from console import company_in_hand
from licensing.marketplaces.practice import faults


@dataclass
class Asked:
    """One request that was made, and how it went: a status, or the name of what `requests` raised."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]
    went: int | str = ""


@dataclass
class InProcess(BaseAdapter):
    """`asked` has every request in order; with `reachable` False nothing is answered."""

    reachable: bool = True
    asked: list[Asked] = field(default_factory=list)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        noted = Asked(str(request.method), urlsplit(str(request.url)).path, _body(request), dict(request.headers))
        self.asked.append(noted)
        try:
            answer = self._answer(request, timeout)
        except requests.RequestException as problem:
            noted.went = type(problem).__name__
            raise
        noted.went = answer.status_code
        return answer

    def close(self) -> None:
        pass

    def _answer(self, request: requests.PreparedRequest, timeout: Any) -> requests.Response:
        if not self.reachable:
            raise requests.ConnectionError("Nobody listens there: the test says so.", request=request)
        waited: list[float] = []
        with patch.object(faults, "hold", waited.append):
            django_response = copy_context().run(_answer, request)
        patience = timeout[1] if isinstance(timeout, tuple) else timeout
        if patience is not None and sum(waited) > patience:
            raise requests.ReadTimeout("Read timed out.", request=request)
        try:
            content = b"".join(django_response)  # the handler has closed it, or does so at its end
        except faults.AnswerLost as lost:
            raise requests.ConnectionError(str(lost), request=request) from lost
        answer = requests.Response()
        answer.status_code = django_response.status_code
        answer.reason = django_response.reason_phrase
        answer.headers = CaseInsensitiveDict(django_response.headers)
        answer.encoding = get_encoding_from_headers(answer.headers)
        # With its headers, so that what was compressed is read as what it was.
        answer.raw = HTTPResponse(BytesIO(content), answer.headers, status=answer.status_code, preload_content=False)
        answer.url = str(request.url)
        answer.request = request
        answer.connection = self  # type: ignore[attr-defined]
        return answer


def _body(request: requests.PreparedRequest) -> bytes:
    body = request.body or b""
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else b"".join(body)


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
    parts = urlsplit(str(request.url))
    made = RequestFactory().generic(
        str(request.method),
        f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/",
        _body(request),
        content_type=request.headers.get("Content-Type", ""),
        secure=parts.scheme == "https",
        headers={"host": parts.netloc, **{name: value for name, value in request.headers.items() if name != "Content-Type"}},
    )
    return made.environ


@contextmanager
def in_process(*addresses: str) -> Iterator[InProcess]:
    """Let every session reach addresses that begin so, and all of this installation's where none is named."""
    beginnings = addresses or (settings.PRACTICE_MARKETPLACE_URL.removesuffix("practice-marketplace"),)
    adapter, usual = InProcess(), requests.Session.get_adapter

    def get_adapter(session: requests.Session, url: str) -> BaseAdapter:
        return adapter if url.startswith(beginnings) else usual(session, url)

    with patch.object(requests.Session, "get_adapter", get_adapter):
        yield adapter


def _answer(request: requests.PreparedRequest) -> Any:
    """As in a server's thread, which has nothing of the caller's in hand; but on the caller's connection to the database."""
    company_in_hand._in_hand.set(None)
    company_in_hand._in_an_act.set("")
    return ClientHandler(enforce_csrf_checks=True)(_environ(request))
