"""A publisher who calls the practice marketplace, and subscriptions to call about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import time_machine
from django.conf import settings

from licensing.marketplaces.practice import changes, tokens
from licensing.marketplaces.practice.models import PracticeOperation, PracticeSubscription
from tests.in_process import InProcess
from tests.purchases import buy

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
VERSION = {"api-version": "2018-08-31"}


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def one_key_for_all(monkeypatch: pytest.MonkeyPatch, practice_key: str) -> None:
    monkeypatch.setattr(tokens, "new_private_key", lambda: practice_key)


def active(**stated: Any) -> PracticeSubscription:
    bought = buy(**stated)
    return changes.activate(bought.pk, plan_id=bought.plan_id, quantity=bought.quantity)


def change(subscription: PracticeSubscription, action: str, **stated: Any) -> PracticeOperation:
    return changes.start(subscription.pk, action, **stated)


@dataclass
class Publisher:
    """Calls the API as the offers' own app does."""

    session: requests.Session = field(default_factory=requests.Session)
    authorization: str = ""

    def call(self, method: str, path: str = "", *, params: dict[str, str] | None = None, **more: Any) -> requests.Response:
        headers = {"Authorization": self.authorization or f"Bearer {tokens.publisher_token()}", **more.pop("headers", {})}
        url = f"{settings.PRACTICE_MARKETPLACE_URL}/api/saas/subscriptions{path}"
        return self.session.request(method, url, params=VERSION if params is None else params, headers=headers, timeout=5, **more)

    def resolve(self, token: str) -> requests.Response:
        return self.call("POST", "/resolve", headers={"x-ms-marketplace-token": token})

    def activate(self, subscription: PracticeSubscription, **body: Any) -> requests.Response:
        usual = {"planId": subscription.plan_id, "quantity": subscription.quantity}
        return self.call("POST", f"/{subscription.pk}/activate", json={**usual, **body})

    def get(self, subscription: PracticeSubscription) -> dict[str, Any]:
        answer = self.call("GET", f"/{subscription.pk}")
        assert answer.status_code == 200
        return answer.json()

    def settle(self, operation: PracticeOperation, status: str) -> requests.Response:
        return self.call("PATCH", f"/{operation.subscription_id}/operations/{operation.pk}", json={"status": status})


@pytest.fixture
def publisher(db: None) -> Publisher:
    made = Publisher()
    made.session.mount("http://", InProcess())
    return made


@dataclass
class Console:
    """Plays the publisher's webhook: answers from a list of statuses (0: none at all), then always 200."""

    answers: list[int] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    takes: timedelta = timedelta(0)
    clock: Callable[[timedelta], None] | None = None

    def post(self, url: str, *, json: dict[str, Any], headers: dict[str, str], **more: Any) -> requests.Response:
        assert url == settings.PRACTICE_WEBHOOK_URL
        self.told.append(json)
        self.tokens.append(headers["Authorization"].removeprefix("Bearer "))
        if self.clock:
            self.clock(self.takes)
        answer = requests.Response()
        answer.status_code = self.answers.pop(0) if self.answers else 200
        if answer.status_code == 0:
            raise requests.ReadTimeout
        answer._content = b""
        return answer


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> Console:
    played = Console()
    monkeypatch.setattr("licensing.marketplaces.practice.sending.requests.post", played.post)
    return played
