"""A marketplace that fails and cites the token: no eight characters of it get into logs, database, mails or pages.

LEAKED_TOKENS says how many are tried; without it every failure meets every spelling once.
"""

from __future__ import annotations

import itertools
import json
import os
import random
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from urllib.parse import quote

import pytest
import requests
from django.core import mail
from django.test import Client
from urllib3 import HTTPResponse

from licensing.health import connection_notes
from licensing.marketplaces import marketplace
from licensing.marketplaces.azure.not_asked_while_it_fails import Breaker
from licensing.marketplaces.contract import MarketplaceError
from licensing.models import Activation, ConnectionNote
from licensing.purchases.mirror import marketplace_of
from tests.activations import LANDING
from tests.factories import make_user
from tests.in_process import InProcess
from tests.licensing.purchases.test_token_secrecy import everything_logged, in_the_database, seen
from tests.spellings import SPELLINGS, left_of, pieces, random_token

pytestmark = pytest.mark.usefixtures("shop")

TOKENS = int(os.environ.get("LEAKED_TOKENS", "0"))


def in_json(said: str) -> bytes:
    return json.dumps({"error": {"code": "BadToken", "message": f"x-ms-marketplace-token: {said} is bad"}}).encode()


def in_html(said: str) -> bytes:
    return f"<html><p>x-ms-marketplace-token: {said}</p></html>".encode()


STATUSES = (302, 400, 401, 403, 404, 409, 422, 429, 500, 503)
Fails = Callable[[requests.PreparedRequest, str], requests.Response]


def answering(status: int, body: Callable[[str], bytes] = in_json) -> Fails:
    """With the token in its body, and in each header that is read."""

    def fails(request: requests.PreparedRequest, said: str) -> requests.Response:
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = status, request, str(request.url)
        for header in ("x-ms-requestid", "x-ms-correlationid", "Retry-After", "Date", "Location"):
            answer.headers[header] = said
        answer.raw = HTTPResponse(BytesIO(body(said)), status=status, preload_content=False)
        return answer

    return fails


def broken(request: requests.PreparedRequest, said: str) -> requests.Response:
    raise requests.ConnectionError(f"Failed: {said} {request.headers}", request=request)


FAILS: dict[str, Fails] = {
    **{f"{status} in JSON": answering(status) for status in STATUSES},
    **{f"{status} in HTML": answering(status, in_html) for status in STATUSES},
    "cut": answering(400, lambda said: in_json(said)[: 60 + len(said) // 2]),
    "a list of errors": answering(
        400, lambda said: json.dumps({"error": {"code": "x", "details": [{"message": said}] * 3}}).encode()
    ),
    "another shape": answering(500, lambda said: json.dumps({"x-ms-marketplace-token": [said, {said: said}]}).encode()),
    "no JSON": answering(200, in_html),
    "no purchase": answering(200),
    "a purchase without an id": answering(200, lambda said: json.dumps({"id": f"{said}/+", "planId": "x"}).encode()),
    "broken": broken,
}


class Failing:
    """What the marketplace does next, and with which spelling of which token."""

    fails: Fails = staticmethod(broken)
    said = ""


@pytest.fixture
def failing(shop: InProcess, monkeypatch: pytest.MonkeyPatch) -> Failing:
    order, usual = Failing(), shop._answer

    def answer(request: requests.PreparedRequest, timeout: Any) -> requests.Response:
        if str(request.url).partition("?")[0].endswith("/resolve"):
            return order.fails(request, order.said)
        return usual(request, timeout)

    monkeypatch.setattr(shop, "_answer", answer)
    # Each token is told of by itself: nothing is left alone for a while, nor noted together with what came before.
    monkeypatch.setattr(Breaker, "check", lambda self: None)
    market: Any = marketplace("azure")
    monkeypatch.setattr(market.access, "token", lambda seconds: "eyJhbGciOiJSUzI1NiJ9.YWNjZXNz.c2ln")
    connection_notes.forget_counts()
    monkeypatch.setattr("licensing.pages.marketplace.landing.BROUGHT_PER_MINUTE", 1_000)
    return order


def drawn(number: int, seed: int) -> Iterator[tuple[str, str, str]]:
    """Tokens, each with a failure and a spelling; all pairs of these come in turn."""
    chance = random.Random(seed)
    pairs = list(itertools.product(FAILS, SPELLINGS))
    chance.shuffle(pairs)
    for how, spelling in itertools.islice(itertools.cycle(pairs), number):
        yield random_token(chance), how, spelling


def test_no_token_is_left_in_errors_logs_and_notes(failing: Failing) -> None:
    source = marketplace_of("azure")
    with everything_logged("licensing", "allotment", "urllib3") as lines:
        for token, how, spelling in drawn(TOKENS or len(FAILS) * len(SPELLINGS), 1):
            failing.fails, failing.said = FAILS[how], SPELLINGS[spelling](token)
            lines.clear()
            connection_notes.forget_counts()
            with pytest.raises(MarketplaceError) as caught:
                source.resolve(token)
            noted = [*ConnectionNote.objects.values_list("reason", "detail", "request_id", "correlation_id")]
            told = [*lines, f"{caught.value!r} {vars(caught.value)}", repr(noted)]
            assert left_of(token, "\n".join(told)) == [], (how, spelling)
            assert any("/resolve" in line for line in lines)


def test_each_failure_leaves_nothing_in_pages_mails_and_database(failing: Failing, settings: Any) -> None:
    settings.ADMINS = ["admin@example.com"]
    desk, known, answers = Client(), set[str](), []
    desk.force_login(make_user(is_staff=True, is_superuser=True))
    with everything_logged("licensing", "allotment", "urllib3", "django.request", "django.security") as lines:
        for token, how, spelling in drawn(len(FAILS), 2):
            failing.fails, failing.said = FAILS[how], SPELLINGS[spelling](token)
            connection_notes.forget_counts()
            known |= pieces(token)
            client = Client()
            client.force_login(make_user())
            landed = client.get(f"{LANDING}?token={quote(token, safe='')}")
            step = client.get(landed["Location"])
            assert step.status_code in (404, 503), how
            answers += [seen(landed), seen(step), seen(desk.get("/admin/marketplaces/"))]
        answers += [seen(desk.get(f"/admin/licensing/{name}/")) for name in ("connectionnote", "activation")]
    assert {each.state for each in Activation.objects.all()} == {"brought"}
    assert left_of("", "\n".join([*answers, *lines, *(str(each.message()) for each in mail.outbox)]), known) == []
    assert in_the_database(lambda text: left_of("", text, known)) == []
