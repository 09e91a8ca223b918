"""A figure that looks wrong is reported to support, with all that support needs to see the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from console.models import Act, OutgoingMail
from licensing.models import Company
from licensing.pages.report_a_figure import MOST_IN_AN_HOUR
from tests.factories import make_company, make_user, new_key
from tests.markup import read
from tests.pages import address_of, browser_of, page, query_of

pytestmark = pytest.mark.django_db

SUPPORT = "support@vendor.example"
WORDS = "Yesterday it was 1,200,\nand nothing was changed."


@pytest.fixture(autouse=True)
def contact(settings: Any) -> Iterator[None]:
    settings.SUPPORT_CONTACT = SUPPORT
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def client(company: Company) -> Client:
    return browser_of(make_user(company=company, roles=["viewer"], email="ada@example.com", name="Ada Lovelace"))


def report(client: Client, company: Company, page: str = "", **changed: str) -> Any:
    values = {"page": page or address_of("credits:annual-credits", company), "key": new_key(), "words": WORDS, **changed}
    return client.post(address_of("licensing:report-figure", company), values)


def test_every_page_with_figures_says_when_they_were_computed_and_leads_to_the_form(client: Client, company: Company) -> None:
    for name in ("credits:annual-credits", "credits:purchases", "credits:allocations", "licensing:license-information"):
        before = timezone.now()
        shown = page(client, name, company, on="2026-03-02")
        line = shown.by_id("figures-of")
        assert f"{company.name} Figures of " in line.text
        at = datetime.fromisoformat(line.one("time")["datetime"])
        assert before <= at <= timezone.now()
        asked = dict(query_of(line.one("a")["href"]))
        assert asked["page"] == address_of(name, company, on="2026-03-02")
        form = read(client.get(line.one("a")["href"])).one(
            "form", method="post", action=address_of("licensing:report-figure", company)
        )
        assert form.values()["page"] == asked["page"]


def test_support_gets_the_address_the_day_the_instant_the_figure_and_the_words(
    client: Client, company: Company, settings: Any
) -> None:
    settings.CONSOLE_URL = "https://console.example"
    at = timezone.now() - timedelta(minutes=7)
    address = address_of("credits:annual-credits", company, on="2026-03-02")
    response = report(client, company, address, at=at.isoformat(), figure="Current balance")
    assert (response.status_code, response["Location"]) == (302, address)
    said = read(client.get(address)).said
    assert said == "Reported to support: they answer to ada@example.com."
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.purpose) == (SUPPORT, OutgoingMail.Purpose.REPORT)
    assert company.name in mail.subject
    assert "Mar 2, 2026" in mail.subject
    for fact in (
        "From: Ada Lovelace, ada@example.com",
        f"({company.slug})",
        f"https://console.example{address}",
        "Day shown: 2026-03-02",
        f"Figures of: {at.isoformat(timespec='seconds')}",
        "Which figure: Current balance",
        WORDS,
    ):
        assert fact in mail.text.replace("\r\n", "\n")
    kept = Act.objects.get(name="figure.report").result
    assert kept["page"] == address
    assert (kept["day"], kept["figure"]) == ("2026-03-02", "Current balance")


def test_the_same_form_sent_twice_is_one_mail(client: Client, company: Company) -> None:
    key = new_key()
    at = timezone.now().isoformat()
    assert [report(client, company, key=key, at=at).status_code for _ in range(2)] == [302, 302]
    assert OutgoingMail.objects.count() == 1


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/companies/{slug}/licenses/",
        "//elsewhere.example/companies/{slug}/licenses/",
        "/companies/{other}/licenses/",
        "/accounts/logout/",
        "/companies/{slug}/nothing/",
        "/\\elsewhere.example",
        "javascript:alert(1)",
        "http://[",
    ],
)
def test_only_pages_of_the_company_itself_are_reported(client: Client, company: Company, address: str) -> None:
    address = address.format(slug=company.slug, other=make_company().slug)
    assert client.get(address_of("licensing:report-figure", company, page=address)).status_code == 404
    assert report(client, company, address).status_code == 404
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    "at", ["", "yesterday", "2020-01-01T00:00:00+00:00", "2199-01-01T00:00:00+00:00", "2026-13-45T00:00:00Z"]
)
def test_an_instant_that_cannot_be_is_now(client: Client, company: Company, at: str) -> None:
    before = timezone.now()
    assert report(client, company, at=at).status_code == 302
    assert Act.objects.get(name="figure.report").result["seen_at"] >= before.isoformat()


def test_without_words_nothing_is_sent(client: Client, company: Company) -> None:
    response = report(client, company, words="  ")
    assert response.status_code == 422
    assert read(response).by_id("id_words-error").text == "This field is required."
    assert not OutgoingMail.objects.exists()


def test_nobody_floods_support(client: Client, company: Company) -> None:
    assert {report(client, company).status_code for _ in range(MOST_IN_AN_HOUR)} == {302}
    response = report(client, company)
    assert response.status_code == 429
    shown = read(response)
    assert "Nothing was sent; send this one in an hour." in shown.text
    assert shown.by_id("id_words").text == " ".join(WORDS.split())
    assert OutgoingMail.objects.count() == MOST_IN_AN_HOUR


def test_where_support_has_a_page_it_is_opened_with_the_facts_to_copy(client: Client, company: Company, settings: Any) -> None:
    settings.SUPPORT_CONTACT = "https://support.vendor.example/new"
    address = address_of("credits:annual-credits", company, on="2026-03-02")
    shown = read(client.get(address_of("licensing:report-figure", company, page=address)))
    assert shown.link("Contact support") == "https://support.vendor.example/new"
    facts = shown.by_id("report-facts").text
    assert address in facts
    assert "Day shown: 2026-03-02" in facts
    assert report(client, company).status_code >= 400
    assert not OutgoingMail.objects.exists()


def test_without_a_contact_no_page_leads_there(client: Client, company: Company, settings: Any) -> None:
    settings.SUPPORT_CONTACT = ""
    line = page(client, "credits:annual-credits", company).by_id("figures-of")
    assert line.all("a") == []
