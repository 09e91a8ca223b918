"""Credit requirements and Conversions: what stands there, as of which day, and how it is narrowed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client

from credits.models import PayAsYouGoPrice, SeatUse
from licensing.models import Company
from tests.factories import (
    LISTED_FROM,
    TODAY,
    catalogue_act,
    make_company,
    make_credit_rate,
    make_feature,
    make_offering,
    make_product,
    make_user,
)
from tests.markup import Element, read
from tests.pages import address_of, browser_of, clock_at, page

pytestmark = pytest.mark.django_db

EVIL = "<script>alert('&amp;')</script>"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_at(TODAY):
        yield


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def client(company: Company) -> Client:
    return browser_of(make_user(company=company, roles=["viewer"]))


def rows(table: Element) -> list[list[str]]:
    return [
        [cell.text for cell in row.elements if cell.tag in ("th", "td")] for body in table.all("tbody") for row in body.all("tr")
    ]


def list_price(feature: object, unit: str, price: str, note: str = "") -> None:
    act = catalogue_act()
    PayAsYouGoPrice.objects.create(
        feature=feature,
        unit=unit,
        price=price,
        currency="USD",
        valid_from=LISTED_FROM,
        note=note,
        source="Prices 2025",
        act=act,
        recorded_at=act.recorded_at,
    )


def test_every_feature_with_its_lines_and_how_to_count(client: Client, company: Company) -> None:
    mail = make_offering(name="Mail")
    feature = make_feature(
        name="Mail Protection", offering=mail, rates=[25, "0.5"], description="Filters", help_text="Count users."
    )
    make_feature(name="Overview", offering=mail, rates=[0])
    make_feature(name="Nothing yet", offering=mail, rates=[])
    make_credit_rate(feature.lines.get(position=0), "27.5", valid_from=TODAY + timedelta(days=30))
    shown = page(client, "credits:requirements", company)
    assert rows(shown.all("table")[0]) == [
        ["Mail 3 features"],
        ["Mail Protection Filters Count users.", "Tier 1 endpoint", "25 27.5 from Apr 1, 2026", "Jan 1, 2020", "None"],
        ["Tier 2 endpoint", "0.5", "Jan 1, 2020", "None"],
        ["Nothing yet", "No requirement is listed"],
        ["Overview", "endpoint", "Free", "Jan 1, 2020", "None"],
    ]
    later = page(client, "credits:requirements", company, on=TODAY + timedelta(days=30))
    assert "27.5" in rows(later.all("table")[0])[1][2]
    before = page(client, "credits:requirements", company, on=LISTED_FROM - timedelta(days=1))
    assert rows(before.all("table")[0])[4][1:4] == ["endpoint", "No rate 0 from Jan 1, 2020", "Not listed"]


def test_list_prices_are_a_table_of_their_own_with_each_note_once(client: Client, company: Company) -> None:
    feature = make_feature(name="Scans", switchable=True)
    list_price(feature, "bucket per hour", "1.1", "A started hour counts.")
    list_price(feature, "scan", "0.02", "A started hour counts.")
    make_feature(name="Never metered")
    shown = page(client, "credits:requirements", company)
    assert rows(shown.all("table")[1]) == [
        ["1 feature"],
        ["Scans A started hour counts.", "scan", "USD 0.02", "Jan 1, 2020", "Source 1"],
        ["bucket per hour", "USD 1.1", "Jan 1, 2020", "Source 1"],
    ]
    assert shown.by_id("source-1").text == "Prices 2025"
    assert shown.link("Can be billed pay-as-you-go: list prices") == f"#list-prices-{feature.slug}"


def test_the_lists_are_narrowed_by_words_and_by_group_and_keep_their_day(client: Client, company: Company) -> None:
    mail, endpoint = make_offering(name="Mail", slug="mail"), make_offering(name="Endpoint", slug="endpoint")
    make_feature(name="Mail Protection", offering=mail)
    make_feature(name="Sensor", offering=endpoint, description="Finds mail thieves")
    yesterday = TODAY - timedelta(days=1)
    shown = page(client, "credits:requirements", company, q="MAIL", offering="endpoint", on=yesterday)
    assert [row[0] for row in rows(shown.one("table"))] == ["Endpoint 1 feature", "Sensor Finds mail thieves"]
    assert "1 of 2 features" in shown.text
    assert shown.one("form", role="search").fields()["on"] == [str(yesterday)]
    nothing = page(client, "credits:requirements", company, q=EVIL)
    assert f"Nothing was found for “{EVIL}”." in nothing.text
    assert nothing.link("Show all features") == address_of("credits:requirements", company)
    assert "1 of 2 features" not in page(client, "credits:requirements", company, offering="no-such").text


def test_every_product_with_its_rate_and_what_its_seats_pay_for(client: Client, company: Company) -> None:
    line = make_feature(name="Endpoint Protection", rates=[45, 60]).lines.get(position=0)
    seats = make_product(sku="EP", name="Endpoint seats", kind="seats", unit="seat", rate=45)
    SeatUse.objects.create(product=seats, line=line)
    make_product(sku="PAYG", name="Contract", kind="pay-as-you-go", unit="contract", rate=None)
    make_product(sku="CR", name="Credits")
    shown = page(client, "credits:conversions", company)
    assert rows(shown.one("table")) == [
        ["Credits CR", "Credits", "credit", "1", "Any feature", "Jan 1, 2020", "None"],
        ["Endpoint seats EP", "Seats", "seat", "45", "Endpoint Protection Tier 1", "Jan 1, 2020", "None"],
        ["Contract PAYG", "Pay-as-you-go contract", "contract", "No rate", "Features billed by use", "Not listed", "None"],
    ]
    for query, expected in [
        ({"kind": "seats"}, ["EP"]),
        ({"q": "endpoint"}, ["EP"]),
        ({"kind": "no-such"}, ["CR", "EP", "PAYG"]),
    ]:
        found = page(client, "credits:conversions", company, **query)
        assert [row[0].split()[-1] for row in rows(found.one("table"))] == expected
    nothing = read(client.get(address_of("credits:conversions", company, q="zebra")))
    assert nothing.link("Show all products") == address_of("credits:conversions", company)


@pytest.mark.parametrize("name", ["credits:requirements", "credits:conversions"])
def test_without_a_catalogue_the_page_says_so(client: Client, company: Company, name: str) -> None:
    assert "No catalogue is loaded yet." in page(client, name, company).text
