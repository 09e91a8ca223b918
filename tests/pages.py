"""What tests of pages share: a clock that stands still, a person's browser, addresses, and the demo as one reading.

The company's today enters at the edge, in `licensing.access`; only there does a test stop the clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

from django.core.management import call_command
from django.db import transaction
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.models import User
from credits.demo.loading import load_demo
from licensing.models import Company, License
from tests.factories import TODAY
from tests.markup import Element, read

HTMX = {"HX-Request": "true"}
DEMO_DAY = date(2025, 11, 20)
DEMO_COMPANIES = ("aster", "borealis", "cobalt", "delta")


@contextmanager
def clock_at(instant: datetime | date = TODAY) -> Iterator[None]:
    """Pages are asked for at `instant`, or at noon UTC of a day."""
    if not isinstance(instant, datetime):
        instant = datetime.combine(instant, time(12), UTC)
    with patch("licensing.access.timezone", SimpleNamespace(now=lambda: instant)):
        yield


def admin_page(model: type[Model], name: str, *args: Any) -> str:
    """Address of a page of the model in the admin: `changelist`, `add`, or `change` of a row."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def browser_of(user: User) -> Client:
    """The browser of a person who has signed in."""
    client = Client()
    client.force_login(user)
    return client


def address_of(name: str, company: Company | str, *further: Any, **query: Any) -> str:
    """The address of a company's page, with `query` as its parameters."""
    slug = company if isinstance(company, str) else company.slug
    return reverse(name, args=[slug, *further], query=query or None)


def page(client: Client, name: str, company: Company | str, *further: Any, **query: Any) -> Element:
    """A page that answers 200, read."""
    response = client.get(address_of(name, company, *further, **query))
    assert response.status_code == 200, response.status_code
    return read(response)


def license_page(client: Client, license: License, **query: Any) -> Element:
    return page(client, "licensing:license", license.company, license.pk, **query)


def query_of(address: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(address).query)


def read_with_status(response: HttpResponse, status: int) -> Element:
    assert response.status_code == status, response.status_code
    return read(response)


@contextmanager
def demo_told() -> Iterator[dict[str, Company]]:
    """Catalogue and demo, told up to DEMO_DAY, for as long as the block runs; afterwards nothing of it is left."""
    with transaction.atomic():
        call_command("load_catalogue", "--reference", verbosity=0)
        yield {each.company.slug: each.company for each in load_demo(timezone.now(), DEMO_DAY)}
        transaction.set_rollback(True)
