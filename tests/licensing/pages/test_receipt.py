"""The receipt of a converted license: units times rate, rounded once, its source, and what renewals make of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from credits.acts.price_list.load_price_list import load_price_list
from credits.catalogue.files_and_rows import REFERENCE_FOLDER, ProductRow
from credits.catalogue.read_catalogue import read_catalogue
from licensing.acts.change_plan import change_plan
from licensing.acts.renew import renew_order
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.set_units import set_order_units
from licensing.models import Company, ConversionRate, License, Product
from tests.credits.acts.test_load_price_list import BASE, load, price_list
from tests.factories import SYSTEM, TODAY, act, catalogue_act, make_company, make_license, make_product, make_user, new_key
from tests.ledger import database_clock, day
from tests.markup import Element
from tests.pages import address_of, browser_of, clock_at, page

pytestmark = pytest.mark.django_db

LISTED_FROM = date(2020, 1, 1)


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


def seats_at(rate: str, valid_from: date = LISTED_FROM) -> ProductRow:
    return ProductRow("SEATS", "Sensors", "seats", "seat", Decimal(rate), valid_from, "Price list, page 4")


def receipt(client: Client, license: License, **query: object) -> Element:
    return page(client, "licensing:receipt", license.company, license.pk, **query)


def terms(shown: Element) -> list[list[str]]:
    """Label, units, rate, credits and change of each row of the comparison."""
    section = shown.one("section", aria_labelledby="renewal-title")
    rows = section.one("tbody").all("tr")
    return [[each.text for each in row.all() if each.tag in ("td", "th")] for row in rows]


def test_the_receipt_says_units_rate_version_source_rounding_and_end(company: Company, client: Client) -> None:
    load(price_list(BASE, products=(seats_at("0.3"),)))
    license = make_license(company=company, product=Product.objects.get(sku="SEATS"), units=11)
    shown = receipt(client, license)

    assert (shown.figures["license-units"], shown.figures["license-credits"]) == (11, 4)
    for words in (
        "0.3 per unit",
        "3.3, rounded up once to 4",
        "Price list, page 4",
        "No. 1",
        "Jan 1, 2020",
        "Mar 2, 2027",
        "The license itself is unchanged",
    ):
        assert words in shown.text, words


def test_a_whole_number_of_credits_says_that_nothing_was_rounded(company: Company, client: Client) -> None:
    license = make_license(company=company, product=make_product(kind="seats", rate=45), units=400)

    assert "None: 18,000 is a whole number" in receipt(client, license).text


@pytest.mark.parametrize(
    ("product", "units", "credits"), [("core", 400, 18_000), ("essentials", 300, 19_500), ("pro", 100, 30_000)]
)
def test_the_published_conversions_of_the_reference_catalogue(
    product: str, units: int, credits: int, company: Company, client: Client
) -> None:
    load_price_list(read_catalogue(REFERENCE_FOLDER), by=SYSTEM, key=new_key())
    found = Product.objects.get(kind="seats", name__iendswith=product)
    shown = receipt(client, make_license(company=company, product=found, units=units))

    assert (shown.figures["license-units"], shown.figures["license-credits"]) == (units, credits)


@pytest.mark.parametrize(("units", "rate", "credits"), [(400, 20, 8_000), (300, 5, 1_500)])
def test_the_published_examples(units: int, rate: int, credits: int, company: Company, client: Client) -> None:
    license = make_license(company=company, product=make_product(kind="seats", rate=rate), units=units)

    assert receipt(client, license).figures["license-credits"] == credits


def test_a_license_keeps_its_rate_and_its_version_when_another_list_comes(company: Company, client: Client) -> None:
    load(price_list(BASE, products=(seats_at("2"),)))
    license = make_license(company=company, product=Product.objects.get(sku="SEATS"), units=10)
    load(price_list(BASE, products=(seats_at("3"),)), label="Spring")
    shown = receipt(client, license)

    assert (shown.figures["license-credits"], "No. 1" in shown.text) == (20, True)
    assert [row[1:] for row in terms(shown)] == [["10 seats", "2", "20", "None to compare"], ["10 seats", "3", "30", "+10"]]
    later = make_license(company=company, product=Product.objects.get(sku="SEATS"), units=10)
    assert "No. 2, Spring" in receipt(client, later).text


def test_a_renewal_stands_beside_the_term_it_renewed_with_its_top_ups(company: Company, client: Client) -> None:
    load(price_list(BASE, products=(seats_at("2"), seats_at("1.5", day(100)))))
    license = make_license(company=company, product=Product.objects.get(sku="SEATS"), units=10)
    set_order_units(license.order, units=15, **act())
    renewal = renew_order(license.order, term_months=12, **act())

    before, after = receipt(client, license), receipt(client, renewal)
    assert [row[1:] for row in terms(before)][-1] == ["15 seats", "1.5", "23", "\N{MINUS SIGN}7"]
    assert [row[1:4] for row in terms(after)][:3] == [["10 seats", "2", "20"], ["5 seats", "2", "10"], ["15 seats", "1.5", "23"]]
    assert terms(after)[2][4] == "\N{MINUS SIGN}7"
    assert address_of("licensing:receipt", company, renewal.pk) in [each.get("href") for each in before.all("a")]


def test_the_receipt_of_a_day_says_the_units_of_that_day(company: Company, client: Client) -> None:
    license = make_license(company=company, product=make_product(kind="seats", rate=2), units=10)
    later = TODAY + timedelta(days=10)
    reduce_order(license.order, units=4, **act(today=later))

    assert receipt(client, license).figures["license-credits"] == 20
    assert receipt(client, license, on=later).figures["license-credits"] == 8


def test_after_a_change_of_plan_only_what_is_sold_now_is_renewed(company: Company, client: Client) -> None:
    first, second = make_product(kind="seats", rate=2, unit="seat"), make_product(kind="seats", rate=7, unit="seat")
    license = make_license(company=company, product=first, units=10)
    change_plan(license.order, product=second, **act())
    changed = License.objects.get(order=license.order, kind="plan-change")

    assert [row[1:4] for row in terms(receipt(client, changed))] == [["10 seats", "7", "70"], ["10 seats", "7", "70"]]
    assert len(terms(receipt(client, license))) == 1


@pytest.mark.parametrize("of", [{"kind": "credits"}, {"kind": "pay-as-you-go"}])
def test_what_is_not_converted_has_no_receipt(of: dict[str, str], company: Company, client: Client) -> None:
    license = make_license(company=company, product=make_product(**of), units=10)

    assert client.get(address_of("licensing:receipt", company, license.pk)).status_code == 404


def test_a_trial_has_no_receipt(company: Company, client: Client) -> None:
    license = make_license(company=company, product=make_product(kind="seats", rate=2), units=10, trial=True)

    assert client.get(address_of("licensing:receipt", company, license.pk)).status_code == 404


def test_the_receipt_is_linked_from_the_license_and_from_each_row(company: Company, client: Client) -> None:
    license = make_license(company=company, product=make_product(kind="seats", rate=2), units=10)
    make_license(company=company, units=5)
    url = address_of("licensing:receipt", company, license.pk)

    for shown in (
        page(client, "licensing:license", company, license.pk),
        page(client, "licensing:license-information", company),
        page(client, "credits:purchases", company),
    ):
        assert [each.get("href") for each in shown.all("a") if "/receipt/" in (each.get("href") or "")] == [url]


def test_a_license_that_was_recorded_before_its_price_list_finds_it_still(company: Company, client: Client) -> None:
    product = make_product(kind="seats", rate=None, unit="seat")
    about = {"credits_per_unit": 2, "valid_from": LISTED_FROM, "source": "Told later", "act": catalogue_act()}
    ConversionRate.objects.create(product=product, recorded_at=database_clock() + timedelta(days=1), **about)
    license = make_license(company=company, product=product, units=10)

    assert "Told later" in receipt(client, license).text
