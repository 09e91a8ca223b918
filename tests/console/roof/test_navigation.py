"""Where one can go from a company's pages: the day shown comes along, other companies' pages do not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from licensing.acts.companies.set_roles import set_roles
from licensing.models import Company
from tests.factories import SYSTEM, TODAY, make_company, make_user, new_key
from tests.pages import address_of, browser_of, clock_at, page

pytestmark = pytest.mark.django_db
YESTERDAY = TODAY - timedelta(days=1)
PAGES = ["credits:annual-credits", "credits:purchases", "credits:allocations", "licensing:license-information"]


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_at(TODAY):
        yield


@pytest.fixture
def company() -> Company:
    return make_company(name="Aster Foods")


@pytest.mark.parametrize("name", PAGES)
def test_the_sidebar_leads_to_both_apps_and_marks_where_one_is(company: Company, name: str) -> None:
    shown = page(browser_of(make_user(company=company, roles=["viewer"])), name, company)
    links = {each.text: each for each in shown.by_id("sidebar").all("a", class_="sidebar-link")}
    assert {text: each["href"] for text, each in links.items()} == {
        "Credits & Billing": address_of("credits:annual-credits", company),
        "Requests": address_of("credits:requests", company),
        "Statements of account": address_of("credits:statements", company),
        "License Information": address_of("licensing:license-information", company),
    }
    here = "License Information" if name.startswith("licensing") else "Credits & Billing"
    assert [text for text, each in links.items() if "aria-current" in each] == [here]


def test_activating_is_offered_to_whoever_may(company: Company) -> None:
    shown = page(browser_of(make_user(company=company, roles=["license-administrator"])), PAGES[0], company)
    links = {each.text: each["href"] for each in shown.by_id("sidebar").all("a", class_="sidebar-link")}
    assert links["Activate"] == f"/activate/?company={company.slug}"


@pytest.mark.parametrize("name", PAGES)
def test_links_to_other_pages_keep_the_day_shown(company: Company, name: str) -> None:
    shown = page(browser_of(make_user(company=company, roles=["viewer"])), name, company, on=YESTERDAY)
    links = shown.by_id("sidebar").all("a", class_="sidebar-link")
    of_no_day = {address_of("credits:requests", company), address_of("credits:statements", company)}
    assert {each["href"] for each in links if not each["href"].endswith(f"?on={YESTERDAY}")} == of_no_day
    elsewhere = [
        each["href"]
        for each in shown.by_id("content").all("a", href="*")
        if each["href"].startswith(f"/companies/{company.slug}/")
        and not each["href"].startswith(address_of("licensing:roles", company))  # roles are asked for today
    ]
    back_to_today = address_of(name, company)
    assert elsewhere
    kept = (f"on={YESTERDAY}", f"from={YESTERDAY}")
    assert [each for each in elsewhere if not any(day in each for day in kept)] == [back_to_today]


def test_only_somebody_of_several_companies_gets_a_switcher(company: Company) -> None:
    person = make_user(company=company, roles=["viewer"])
    client = browser_of(person)
    assert "Switch company" not in page(client, PAGES[0], company).text
    other = make_company(name="Borealis")
    make_company(name="Not theirs")
    set_roles(other, user=person, roles=["viewer"], by=SYSTEM, key=new_key())
    shown = page(client, PAGES[0], company)
    assert shown.by_id("switch-company")["href"] == "/companies/?to=annual"
    assert not shown.by_id("switcher").parts  # what it lists is asked for when it is opened
    assert "Not theirs" not in shown.text


def test_the_admin_is_offered_to_support_staff_alone(company: Company) -> None:
    def sees_admin(**fields: Any) -> bool:
        shown = page(browser_of(make_user(company=company, roles=["owner"], **fields)), PAGES[0], company)
        return any(each["href"].startswith("/admin/") for each in shown.by_id("sidebar").all("a"))

    assert sees_admin(is_staff=True)
    assert not sees_admin()


def test_the_page_names_the_person_their_roles_and_the_company(company: Company) -> None:
    shown = page(
        browser_of(make_user(company=company, roles=["viewer", "credit-manager"], name="Emil Brandt")), PAGES[0], company
    )
    assert "Emil Brandt" in shown.text
    assert "Credit manager, Viewer" in shown.text
    assert shown.one("title").text == "Annual credits · Aster Foods · Allotment"
