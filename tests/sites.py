"""A console in real web processes, its practice marketplace, and a person who buys and presses Activate in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from django.conf import settings
from django.test import Client

from console.models import User
from console.settings.practice import practice_addresses
from licensing.marketplaces import marketplace
from licensing.models import Activation, Company
from tests.purchases import administrator, buy, found, open_shop


@dataclass
class Site:
    address: str
    company: Company
    person: User
    cookies: dict[str, str]

    def activation(self) -> Activation:
        return found(buy(quantity=25_000), self.person)

    def press(self, activation: Activation, key: str) -> int:
        """Open the review page in a browser of its own and press Activate."""
        with requests.Session() as browser:
            browser.cookies.update(self.cookies)
            page = browser.get(f"{self.address}/activate/{activation.pk}/review/", timeout=60)
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
            if token is None:
                return page.status_code  # under way already: it shows how it stands
            assert activation.subscription is not None
            form: dict[str, Any] = {
                "csrfmiddlewaretoken": token[1],
                "company": self.company.slug,
                "key": key,
                "plan_id": activation.subscription.plan_id,
                "units": activation.subscription.units,
            }
            address = f"{self.address}/activate/{activation.pk}/review/"
            return browser.post(address, form, headers={"Referer": address}, timeout=60).status_code


@contextmanager
def site_at(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The web processes at `address` have a shop and one company. Within a transactional test."""
    company, person = administrator()
    open_shop()
    for name, value in practice_addresses(f"{address}/practice-marketplace").items():
        monkeypatch.setattr(settings, name, value)
    marketplace.cache_clear()
    client = Client()
    client.force_login(person)
    yield Site(address, company, person, {name: morsel.value for name, morsel in client.cookies.items()})
    marketplace.cache_clear()


def is_active(activation: Activation) -> Callable[[], bool]:
    return lambda: Activation.objects.get(pk=activation.pk).state == "active"
