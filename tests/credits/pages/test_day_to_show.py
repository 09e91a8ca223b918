"""Days worth looking at: those that are plain links, and those that are looked up when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from licensing.acts.state.cancel import cancel_order
from licensing.models import Company
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_feature, make_license, make_user, new_key
from tests.markup import Element, read
from tests.pages import address_of, browser_of, clock_at, page

pytestmark = pytest.mark.django_db

ANNUAL = "credits:annual-credits"


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


def menu(shown: Element) -> dict[str, str]:
    """Label -> address of every link in the control of the day."""
    return {each.text or each["aria-label"]: each["href"] for each in shown.one("div", class_="as-of").all("a")}


def led_to(client: Client, company: Company, which: str, to: str) -> str:
    response = client.get(address_of("day-to-show", company, which, to=to))
    assert response.status_code == 302
    return str(response["Location"])


def test_the_menu_leads_a_day_a_week_and_a_month_away_and_to_days_that_need_no_reading(client: Client, company: Company) -> None:
    shown = menu(page(client, ANNUAL, company, on="2026-03-31", q="sensor"))
    days = {label: address.partition("on=")[2] for label, address in shown.items() if "on=2" in address and "to=" not in address}
    assert days == {
        "One day earlier": "2026-03-30",
        "One day later": "2026-04-01",
        "A week earlier": "2026-03-24",
        "A week later": "2026-04-07",
        "A month earlier": "2026-02-28",
        "A month later": "2026-04-30",
        "A year ago, Mar 2, 2025": "2025-03-02",
        "End of February 2026": "2026-02-28",
        "End of January 2026": "2026-01-31",
        "End of December 2025": "2025-12-31",
    }
    stays = {label: address for label, address in shown.items() if not label.startswith("What changed")}
    assert all("q=sensor" in unquote(address) for address in stays.values())  # what else the page shows stays
    assert shown["Back to today"] == address_of(ANNUAL, company, q="sensor")


def test_steps_end_where_pages_end(client: Client, company: Company) -> None:
    last = menu(page(client, ANNUAL, company, on="2199-12-31"))
    assert {"A week earlier", "A month earlier"} <= set(last)
    assert not {"A week later", "A month later", "One day later"} & set(last)


@pytest.mark.parametrize("on", [date(2025, 6, 1), date(2027, 6, 1)])
def test_the_title_names_the_day(client: Client, company: Company, on: date) -> None:
    title = page(client, ANNUAL, company, on=on).one("title").text
    assert title == f"Annual credits as of Jun 1, {on.year} · {company.name} · Allotment"
    assert page(client, ANNUAL, company).one("title").text == f"Annual credits · {company.name} · Allotment"


def test_the_last_time_below_zero_is_found_and_pressed_again_the_one_before(client: Client, company: Company) -> None:
    line = make_feature(rates=[1]).lines.get()
    make_license(company=company, units=100, today=TODAY - timedelta(days=300))
    fell = [TODAY - timedelta(days=each) for each in (200, 90)]
    for day in fell:
        allocate(company, line, 150, today=day)
        allocate(company, line, 50, today=day + timedelta(days=5))
    allocate(company, line, 500, on=TODAY + timedelta(days=5))  # planned, not yet below zero
    to = address_of(ANNUAL, company, state="allocated")
    first = led_to(client, company, "below-zero", to)
    assert first == address_of(ANNUAL, company, state="allocated", on=fell[1])
    second = led_to(client, company, "below-zero", first)
    assert second == address_of(ANNUAL, company, state="allocated", on=fell[0])
    assert led_to(client, company, "below-zero", second) == second
    said = read(client.get(second)).said
    assert said == f"No such day: before {fell[0]:%b} {fell[0].day}, {fell[0].year} the balance did not fall below zero."


def test_the_next_expiration_is_that_of_a_license_which_is_not_cancelled(client: Client, company: Company) -> None:
    cancelled = make_license(company=company, today=TODAY - timedelta(days=20))
    soon = make_license(company=company, today=TODAY - timedelta(days=10))
    late = make_license(company=company, today=TODAY)
    cancel_order(cancelled.order, today=TODAY, by=SYSTEM, key=new_key())
    licenses = "licensing:license-information"
    for day, license in ((TODAY, soon), (soon.statements.get().expires_on, late)):
        to = address_of(licenses, company, **({} if day == TODAY else {"on": day}))
        expires_on = license.statements.get().expires_on
        assert led_to(client, company, "next-expiration", to) == address_of(licenses, company, on=expires_on)
    last = address_of(licenses, company, on=late.statements.get().expires_on)
    assert led_to(client, company, "next-expiration", last) == last
    assert "no license expires." in read(client.get(last)).one("div", role="alert").text


@pytest.mark.parametrize(
    "to",
    ["", "https://elsewhere.example/", "//elsewhere.example/companies/x/licenses/", "/\\elsewhere.example", "/accounts/logout/"],
)
def test_an_address_from_elsewhere_is_not_followed(client: Client, company: Company, to: str) -> None:
    make_license(company=company)
    for which in ("next-expiration", "below-zero"):
        assert led_to(client, company, which, to).startswith(address_of(ANNUAL, company))


def test_the_page_of_another_company_is_not_followed(client: Client, company: Company) -> None:
    to = address_of(ANNUAL, make_company())
    assert led_to(client, company, "below-zero", to) == address_of(ANNUAL, company)


def test_a_day_that_is_none_and_a_question_nobody_answers(client: Client, company: Company) -> None:
    to = f"{address_of(ANNUAL, company)}?on=yesterday"
    assert client.get(address_of("day-to-show", company, "below-zero", to=to)).status_code == 400
    assert client.get(address_of("day-to-show", company, "doomsday")).status_code == 404


@pytest.mark.parametrize(("which", "statements"), [("below-zero", 4), ("next-expiration", 5)])
def test_looking_up_a_day_costs_the_same_however_much_there_is(
    client: Client, company: Company, which: str, statements: int
) -> None:
    for _more in range(2):
        for _each in range(3):
            make_license(company=company)
        with CaptureQueriesContext(connection) as queries:
            led_to(client, company, which, address_of(ANNUAL, company))
        assert len(queries) == statements
