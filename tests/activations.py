"""Activations half done, and a marketplace that words its answers otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.test import Client

from console.models import Actor
from licensing.marketplaces.practice import fulfillment, tokens, wire
from licensing.marketplaces.practice.models import PracticeSubscription
from licensing.models import Activation, Company
from licensing.purchases.activation.begin_activation import begin_activation
from licensing.purchases.activation.carry_through_activation import carry_on
from tests.factories import new_key
from tests.purchases import administrator, buy, found

ONE = {"Order": 1, "License": 1, "LicenseStatement": 1, "LicenseEntry": 2}
"""What there is after one activation: the entries are the credits' start and their end."""
NONE = dict.fromkeys(ONE, 0)
AS_IT_IS = wire.subscription_json
INSTANT = datetime(2027, 3, 4, 12, tzinfo=UTC)
LANDING = "/marketplace/azure/landing"


def now_is(instant: datetime) -> time_machine.travel:
    return time_machine.travel(instant, tick=False)


def begin(
    activation: Activation, company: Company | None, *, by: Actor | None = None, key: str = "", **shown: object
) -> Activation:
    """The person pressed Activate on a page that shows the purchase as it is known; `shown` says what it showed instead."""
    activation.refresh_from_db()
    assert company is not None
    assert activation.person is not None
    row = activation.subscription
    as_known = {"plan_id": row.plan_id, "units": row.units} if row else {}
    by = by or Actor.person(activation.person)
    return begin_activation(activation, company=company, by=by, key=key or new_key(), shown={**as_known, **shown})


def begun(company: dict[str, Any] | None = None, **bought: Any) -> Activation:
    """Bought, found, and confirmed for a company of its own; no pass has been made."""
    made, person = administrator(**(company or {}))
    activation = found(buy(**bought), person)
    begin(activation, made)
    activation.refresh_from_db()
    return activation


def passes(activation: Activation) -> int | None:
    """One pass of the job; afterwards `activation` is what the database has."""
    seconds = carry_on(activation.pk)
    activation.refresh_from_db()
    return seconds


def state_of(activation: Activation) -> str:
    activation.refresh_from_db()
    return activation.state


def says(monkeypatch: pytest.MonkeyPatch, **words: Any) -> None:
    """From now on the marketplace describes each subscription with `words` in the place of its own."""

    def worded(subscription: PracticeSubscription, **rest: Any) -> dict[str, Any]:
        return {**AS_IT_IS(subscription, **rest), **words}

    monkeypatch.setattr(wire, "subscription_json", worded)
    monkeypatch.setattr(fulfillment, "subscription_json", worded)


# --- Coming from the marketplace


def land(client: Client, bought: Any, *, encoded: Any = None) -> Any:
    """Configure account now, or Manage account; the marketplace escapes the token once."""
    token = tokens.purchase_token(bought)
    return client.get(f"{LANDING}?token={(encoded or (lambda text: quote(text, safe='')))(token)}")


def goes_to(client: Client, address: str) -> Any:
    """The page that a browser ends up with."""
    return client.get(address, follow=True)
