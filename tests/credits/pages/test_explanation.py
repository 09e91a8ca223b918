"""The explanation of a figure as a page, as a sheet of the dialog, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from credits.models import CreditRequirement
from licensing.models import Company, License
from tests.factories import TODAY, allocate, make_company, make_feature, make_license, make_user
from tests.ledger import database_clock
from tests.markup import read
from tests.pages import HTMX, browser_of, clock_at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_at(TODAY):
        yield


@pytest.fixture
def company() -> Company:
    company = make_company()
    make_license(company=company, units=1_000)
    feature = make_feature(rates=[5, 2])
    allocate(company, feature.lines.get(position=0), 20)
    allocate(company, feature.lines.get(position=1), 30)
    return company


@pytest.fixture
def viewer(company: Company) -> Client:
    return browser_of(make_user(company=company, roles=["viewer"]))


def address(company: Company, figure: str, **query: str) -> str:
    return reverse("explain", args=[company.slug, figure], query=query or None)


def test_the_page_says_the_figure_a_sentence_and_each_entry(company: Company, viewer: Client) -> None:
    page = read(viewer.get(address(company, "allocated-credits")))
    assert page.one("h1").text == f"Allocated credits of {company.name}, Mar 2, 2026"
    assert page.one(class_="sheet-value").text == "160"
    assert [each["value"] for each in page.all("data", data_part="entry")] == ["100", "60"]
    assert page.one("data", data_part="foot")["value"] == "160"
    assert "1 sum, 2 entries" in page.text


def test_htmx_gets_the_sheet_alone(company: Company, viewer: Client) -> None:
    sheet = read(viewer.get(address(company, "current-balance"), headers=HTMX))
    assert not sheet.all("main")
    assert sheet.by_id("panel-title").text.startswith("Current balance of")
    assert sum(int(each["value"]) for each in sheet.all("data", data_part="sum")) == 840


def test_json_is_told_by_its_address_and_to_who_accepts_it(company: Company, viewer: Client) -> None:
    told = viewer.get(reverse("explain-json", args=[company.slug, "total-valid-credits"])).json()
    assert told["foot"] == {"value": 1000, "sums": 1, "entries": 1}
    assert told == viewer.get(address(company, "total-valid-credits"), headers={"Accept": "application/json"}).json()
    (entry,) = told["groups"][0]["entries"]
    assert (entry["units"], entry["change"], entry["group_after"]) == (1000, 1000, 1000)


def test_by_day_the_same_entries_lead_through_the_whole(company: Company, viewer: Client) -> None:
    page = read(viewer.get(address(company, "current-balance", by="day")))
    assert sum(Decimal(each["value"]) for each in page.all("data", data_part="entry")) == 840
    assert [each.one("summary").text.split(" 2026")[0] for each in page.all("details", class_="ledger-group")] == ["March"]


@pytest.mark.parametrize("figure", ["no-such", "license-units.1", "offering-share.none", "license-credits.x"])
def test_an_unknown_figure_is_not_found(company: Company, viewer: Client, figure: str) -> None:
    assert viewer.get(address(company, figure)).status_code == 404


def test_a_share_is_told_down_to_its_largest_remainder(company: Company, viewer: Client) -> None:
    offering = make_feature().offering.slug
    page = read(viewer.get(address(company, f"offering-share.{offering}")))
    assert page.one("data", data_part="share")["value"] == "100.0"
    assert page.one("data", data_part="foot")["value"] == "100.0"


def test_what_is_no_cause_is_told_so_and_what_there_is_not_is_not_found(company: Company, viewer: Client) -> None:
    """The day of a page can be changed, so that a cause of one day is asked for on another."""
    license, line = License.objects.get(), CreditRequirement.objects.earliest("pk")
    asked = {f"cause-change.license-{license.pk}": -1_000, f"cause-change.line-{line.pk}": None, "runway-short": 160}
    for figure, value in asked.items():
        told = viewer.get(address(company, figure), headers={"Accept": "application/json"}).json()
        assert told["foot"]["value"] == value, figure
    assert viewer.get(address(company, "cause-change.line-0")).status_code == 404


def test_its_links_lead_to_the_places_they_name_also_as_known(company: Company, viewer: Client) -> None:
    known = database_clock().isoformat()
    places = set()
    for query in ({}, {"known": known, "on": str(TODAY)}):
        for each in read(viewer.get(address(company, "current-balance", **query))).one("main").all("a", href="*"):
            path, _hash, place = each["href"].partition("#")
            if place and path:
                assert ("known=" in path) is bool(query)
                assert read(viewer.get(path)).by_id(place), each["href"]
                places.add(place.split("-")[0])
    assert places == {"statement", "feature"}


def test_a_license_leads_to_its_order_by_the_whole_number(viewer: Client, company: Company) -> None:
    license = make_license(company=company, external_id="PO 7, part 2")
    page = read(viewer.get(address(company, f"license-credits.{license.pk}")))
    (order,) = [each["href"] for each in page.all("a", href="*") if each.text.startswith("Order ")]
    found = read(viewer.get(order))
    assert [row.key for row in found.rows("license")] == [str(license.pk)]
