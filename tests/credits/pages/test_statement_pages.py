"""Statements of account as pages: opening, movements with their sources, closing; and the months in a row."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.test import Client

from console.models import recording_at
from licensing.models import Company
from tests.factories import allocate, make_company, make_feature, make_license, make_user
from tests.markup import Element, read
from tests.pages import address_of, browser_of, clock_at, page
from tests.spreadsheets import read_sheet

pytestmark = pytest.mark.django_db
JANUARY, FEBRUARY, MARCH = "2026-01", "2026-02", "2026-03"
TODAY = date(2026, 3, 2)


@pytest.fixture
def company() -> Company:
    """1,000 credits in January, 100 of them allocated in February, and in February 40 more for January."""
    with recording_at(datetime(2026, 1, 10, 12, tzinfo=UTC)):
        company = make_company(name="Harbor Foods", business_id="B-77")
        make_license(company=company, units=1_000, today=date(2026, 1, 10), name="Harbor credits")
        line = make_feature(name="Mail sensor", slug="mail", rates=[5]).lines.get()
        other = make_feature(name="Core sensor", rates=[2]).lines.get()
    with recording_at(datetime(2026, 2, 3, 12, tzinfo=UTC)):
        allocate(company, line, 20, today=date(2026, 2, 3), note="Boxes of the new office")
    with recording_at(datetime(2026, 2, 20, 12, tzinfo=UTC)):
        allocate(company, other, 20, today=date(2026, 2, 20), on=date(2026, 1, 15))
    return company


@pytest.fixture
def client(company: Company) -> Client:
    return browser_of(make_user(company=company, roles=["viewer"]))


def parts(shown: Element) -> list[int]:
    names = ("opening", "valid-change", "allocated-change", "closing")
    return [int(shown.one("data", data_part=name)["value"]) for name in names]


def movements(shown: Element) -> list[str]:
    return [" ".join(row.text.split()) for row in shown.by_id("movements").one("tbody").all("tr")]


def test_a_month_is_told_from_its_opening_to_its_closing(company: Company, client: Client) -> None:
    with clock_at(TODAY):
        shown = page(client, "credits:statement", company, FEBRUARY)
    assert parts(shown) == [1_000, 0, 140, 860]
    opening, first, second, closing = movements(shown)
    assert opening == "Feb 1, 2026 Opening balance closing of January 2026 1,000 0 1,000"
    assert first.startswith("Feb 3, 2026 Mail sensor 20 endpoints set up Boxes of the new office; Test")
    assert first.endswith("Allocation of Feb 3, 2026 0 +100 900")
    assert second.startswith("Feb 20, 2026 Core sensor 20 endpoints set up Correction Holds from Jan 15, 2026;")
    assert closing == "Feb 28, 2026 Closing balance opening of March 2026 1,000 140 860"
    assert "1,000 + 0 − 140 = 860" in " ".join(shown.text.split())
    assert "Nothing recorded later holds from a day of this month." in shown.text


def test_a_month_names_what_was_recorded_later_for_it(company: Company, client: Client) -> None:
    with clock_at(TODAY):
        shown = page(client, "credits:statement", company, JANUARY)
    assert parts(shown) == [0, 1_000, 0, 1_000]
    assert "1 movement recorded later holds from a day of this month: it stands in February 2026" in " ".join(shown.text.split())


def test_the_current_month_is_told_so_far(company: Company, client: Client) -> None:
    with clock_at(TODAY):
        shown = page(client, "credits:statement", company, MARCH)
    assert parts(shown) == [860, 0, 0, 860]
    assert "The month is not over: this is what has moved up to Mar 2, 2026." in " ".join(shown.text.split())
    assert "Nothing moved in this month." in shown.text
    assert not shown.all("a", rel="next")


def test_every_figure_and_source_leads_to_its_explanation_as_known_then(company: Company, client: Client) -> None:
    with clock_at(TODAY):
        for month, balances in ((JANUARY, [0, 1_000]), (FEBRUARY, [1_000, 860]), (MARCH, [860, 860])):
            shown = page(client, "credits:statement", company, month)
            links = [each["href"] for each in shown.all("a", class_="explains")]
            for link, balance in zip(links, balances, strict=True):
                explained = read(client.get(link))
                assert int(explained.one("data", data_part="foot")["value"]) == balance, (month, link)
            for link in [each.one("a")["href"] for each in shown.by_id("movements").all("td", data_label="Source")]:
                assert client.get(link).status_code == 200


def test_the_months_stand_in_a_row_and_lead_to_each(company: Company, client: Client) -> None:
    with clock_at(TODAY):
        shown = page(client, "credits:statements", company)
    rows = [each for each in shown.all("tr") if "data-month" in each]
    assert [each["data-month"] for each in rows] == [MARCH, FEBRUARY, JANUARY]
    assert [each.one("a")["href"] for each in rows] == [
        address_of("credits:statement", company, month) for month in (MARCH, FEBRUARY, JANUARY)
    ]


def test_without_movements_it_says_when_there_will_be_one(client: Client) -> None:
    empty = make_company()
    with clock_at(TODAY):
        shown = page(browser_of(make_user(company=empty, roles=["viewer"])), "credits:statements", empty)
    assert "Nothing has moved yet." in shown.text
    assert not shown.all("table")


def test_a_month_to_come_has_no_statement_and_what_is_no_month_no_page(company: Company, client: Client) -> None:
    with clock_at(TODAY):
        response = client.get(address_of("credits:statement", company, "2026-04"))
        assert response.status_code == 404
        assert "April 2026 is still to come." in read(response).text
        for wrong in ("2026-13", "2026-1", "1999-01", "２０２６-01"):
            address = address_of("credits:statements", company) + f"{wrong}/"
            assert client.get(address).status_code == 404


def test_a_month_before_the_first_is_empty_and_leads_nowhere_further_back(company: Company, client: Client) -> None:
    with clock_at(TODAY):
        shown = page(client, "credits:statement", company, "2025-06")
    assert parts(shown) == [0, 0, 0, 0]
    assert not shown.all("a", rel="prev")


def test_as_a_file_it_goes_from_the_opening_to_the_closing(company: Company, client: Client) -> None:
    with clock_at(TODAY):
        sheet = read_sheet(client.get(address_of("credits:statement", company, FEBRUARY, format="csv")), "csv")
    assert [int(each) for each in sheet.column("Balance")] == [1_000, 900, 860, 860]
    assert [each or "" for each in sheet.column("Correction")] == ["", "", "Correction", ""]
