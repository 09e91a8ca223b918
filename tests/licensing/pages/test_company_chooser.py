"""Choosing between companies: the page, the list of the top bar, and the company that pages of a person stay in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.models import User
from licensing.access import LAST_COMPANY
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.renew import renew_order
from licensing.models import Company
from licensing.pages.company_chooser.view import IN_THE_SWITCHER, ON_ONE_PAGE
from licensing.reading.next_expirations import NextExpiration, next_expirations
from tests.factories import SYSTEM, TODAY, act, allocate, make_code, make_company, make_feature, make_license, make_user, new_key
from tests.markup import Element, read
from tests.pages import HTMX, browser_of, page

pytestmark = pytest.mark.django_db
CHOOSER, SWITCH = "/companies/", "/companies/switch/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(f"{TODAY}T12:00:00Z", tick=False):
        yield


def member_of(*companies: Company, roles: tuple[str, ...] = ("owner",)) -> User:
    person = make_user()
    for each in companies:
        set_roles(each, user=person, roles=roles, by=SYSTEM, key=new_key())
    return person


@pytest.fixture
def companies() -> list[Company]:
    """Åkerblom, which has nothing; Below, whose balance is −200; Soon, whose credits expire in 30 days."""
    empty, below, soon = (make_company(name=name, slug=name.lower()) for name in ("Akerblom", "Below", "Soon"))
    line = make_feature(rates=[1]).lines.get()
    make_license(company=below, units=1_000)
    allocate(below, line, 1_200)
    make_license(company=soon, units=500, today=TODAY - timedelta(days=335))
    Company.objects.filter(pk=empty.pk).update(name="Åkerblom")
    return [Company.objects.get(pk=empty.pk), below, soon]


def rows(client: Client, query: str = "") -> dict[str, Element]:
    shown = read(client.get(CHOOSER + query))
    return {each["data-company"]: each for each in shown.all("a", data_company="*")}


def test_each_company_says_its_balance_and_what_expires_next(companies: list[Company]) -> None:
    found = rows(browser_of(member_of(*companies)))
    assert list(found) == ["akerblom", "below", "soon"]
    assert "0 available Nothing expires" in found["akerblom"].text
    assert "\N{MINUS SIGN}200 negative 1,000 credits expire on" in found["below"].text
    assert [slug for slug, each in found.items() if each.all("span", class_="company-balance negative")] == ["below"]
    assert "500 available 500 credits expire on" in found["soon"].text
    assert [slug for slug, each in found.items() if each.all("span", class_="company-expiry days-soon")] == ["soon"]


def test_its_figures_are_none_of_the_page(companies: list[Company]) -> None:
    client = browser_of(member_of(*companies))
    assert "data-figure" not in client.get(CHOOSER).content.decode()
    assert "data-figure" not in client.get(SWITCH, headers=HTMX).content.decode()


def test_an_expiration_that_a_renewal_follows_on_its_day_is_renewed() -> None:
    license = make_license(units=1_000)
    company = license.company
    assert company is not None
    ends = next_expirations({company.pk: TODAY})[company.pk].on
    assert next_expirations({company.pk: TODAY}) == {company.pk: NextExpiration(ends, 1_000, -1_000)}
    renew_order(license.order, **act())
    assert next_expirations({company.pk: TODAY}) == {company.pk: NextExpiration(ends, 1_000, 0)}
    assert next_expirations({company.pk: TODAY})[company.pk].renewed
    make_license(company=company, units=5)
    found = next_expirations({company.pk: TODAY})[company.pk]
    assert (found, found.renewed) == (NextExpiration(ends, 1_005, -5), False)
    assert next_expirations({company.pk: ends})[company.pk].on == date(ends.year + 1, ends.month, ends.day)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=akerb", ["akerblom"]),
        ("?q=ÅKERB", ["akerblom"]),
        ("?q=o", ["akerblom", "below", "soon"]),
        ("?q=%20low%20", ["below"]),
        ("?q=%", []),
        ("?show=attention", ["below", "soon"]),
        ("?show=attention&q=soon", ["soon"]),
    ],
)
def test_they_are_searched_and_narrowed_to_what_needs_somebody(companies: list[Company], query: str, found: list[str]) -> None:
    client = browser_of(member_of(*companies))
    assert list(rows(client, query)) == found
    if not found:
        assert read(client.get(CHOOSER + query)).link("Show all companies") == CHOOSER


def test_a_search_that_leaves_one_goes_on_to_the_page_wanted(companies: list[Company]) -> None:
    client = browser_of(member_of(*companies))
    assert client.get(f"{CHOOSER}?q=below&go=1&to=licenses")["Location"] == "/companies/below/licenses/"
    assert client.get(f"{CHOOSER}?q=o&go=1").status_code == 200


@pytest.mark.parametrize(
    ("name", "leads_to"),
    [
        ("credits:annual-credits", "credits/annual/"),
        ("credits:purchases", "credits/annual/purchases/"),
        ("credits:allocations", "credits/annual/allocations/"),
        ("credits:requirements", "credits/requirements/"),
        ("credits:conversions", "credits/conversions/"),
        ("licensing:license-information", "licenses/"),
        ("licensing:notices", "notices/"),
    ],
)
def test_the_switcher_keeps_the_kind_of_page_with_and_without_htmx(companies: list[Company], name: str, leads_to: str) -> None:
    client = browser_of(member_of(*companies))
    opener = page(client, name, companies[1]).by_id("switch-company")
    for address, headers in ((opener["href"], {}), (opener["hx-get"], HTMX)):
        shown = read(client.get(address, headers=headers))
        links = [each["href"] for each in shown.all("a", href="*") if each.get("class") in ("company-row", "switcher-row")]
        assert links == [f"/companies/{each.slug}/{leads_to}" for each in companies]


def test_it_keeps_the_day_shown_and_a_license_leads_to_the_licenses(companies: list[Company]) -> None:
    client = browser_of(member_of(*companies))
    yesterday = TODAY - timedelta(days=1)
    opener = page(client, "credits:annual-credits", companies[1], on=yesterday).by_id("switch-company")
    assert f"on={yesterday}" in opener["href"]
    assert rows(client, f"?to=licenses&on={yesterday}")["soon"]["href"] == f"/companies/soon/licenses/?on={yesterday}"
    license = make_license(company=companies[0])
    opener = page(client, "licensing:license", companies[0], license.pk).by_id("switch-company")
    assert opener["href"] == f"{CHOOSER}?to=licenses"


@pytest.mark.parametrize("query", ["?to=//elsewhere.example", "?to=admin", "?on=yesterday", "?to=licenses%0d", "?on=2026-13-01"])
def test_a_page_that_is_none_leads_to_annual_credits(companies: list[Company], query: str) -> None:
    client = browser_of(member_of(*companies))
    assert rows(client, query)["below"]["href"] == "/companies/below/credits/annual/"


def test_the_list_marks_where_one_is_and_without_htmx_is_the_chooser(companies: list[Company]) -> None:
    client = browser_of(member_of(*companies))
    shown = read(client.get(f"{SWITCH}?here=below&to=notices", headers=HTMX))
    assert [each["href"] for each in shown.all("a", aria_current="true")] == ["/companies/below/notices/"]
    assert shown.link("All companies") == f"{CHOOSER}?to=notices"
    assert client.get(f"{SWITCH}?to=notices&q=a")["Location"] == f"{CHOOSER}?to=notices&q=a"
    typed = read(client.get(f"{SWITCH}?here=below&q=SOON", headers=HTMX))
    assert typed.one("div", id="switcher-rows")["data-q"] == "SOON"
    assert [each["href"] for each in typed.all("a", href="*")] == ["/companies/soon/credits/annual/"]


def test_nobody_finds_a_company_that_is_not_theirs(companies: list[Company]) -> None:
    client = browser_of(member_of(*companies[1:]))
    for address, headers in ((f"{CHOOSER}?q=k", {}), (f"{SWITCH}?q=k&here=akerblom", HTMX), (CHOOSER, {}), (SWITCH, HTMX)):
        said = client.get(address, headers=headers).content.decode()
        assert "kerblom" not in said.replace("q=k", "").replace("here=akerblom", ""), address
    assert client.get("/companies/akerblom/licenses/").status_code == 404


def test_many_companies_are_paged_and_the_list_is_bounded_at_the_same_cost() -> None:
    person = member_of(*(make_company(name=f"Firm {number:03}") for number in range(2)))
    client = browser_of(person)

    def cost(address: str, **headers: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address, headers=headers).status_code == 200
        return len(queries)

    before = cost(CHOOSER), cost(SWITCH, **HTMX), cost(f"{CHOOSER}?q=firm&show=attention")
    for number in range(2, ON_ONE_PAGE + 10):
        set_roles(make_company(name=f"Firm {number:03}"), user=person, roles=["viewer"], by=SYSTEM, key=new_key())
    assert (cost(CHOOSER), cost(SWITCH, **HTMX), cost(f"{CHOOSER}?q=firm&show=attention")) == before == (5, 5, 5)
    assert len(rows(client)) == ON_ONE_PAGE
    assert len(rows(client, "?page=2&to=licenses")) == 10
    assert all(each["href"].endswith("/licenses/") for each in rows(client, "?page=2&to=licenses").values())
    shown = read(client.get(SWITCH, headers=HTMX))
    assert len(shown.all("a", class_="switcher-row")) == IN_THE_SWITCHER
    assert f"{IN_THE_SWITCHER} of {ON_ONE_PAGE + 10} are shown" in shown.text


# --- Staying in the company one comes from

OF_A_PERSON = ["/accounts/notices/", "/accounts/password/change/", "/accounts/2fa/", "/activate/", "/help/credits/"]


def company_named(shown: Element) -> str:
    return shown.one("span", class_="company-name").text


@pytest.mark.parametrize("address", OF_A_PERSON)
def test_pages_of_a_person_stay_in_the_company_shown_last(companies: list[Company], address: str) -> None:
    client = browser_of(member_of(*companies))
    for company in companies[::-1]:
        page(client, "licensing:license-information", company)
        shown = read(client.get(address))
        assert company_named(shown) == company.name
        assert shown.by_id("sidebar").link("License Information") == f"/companies/{company.slug}/licenses/"
    assert company_named(read(client.get(f"{address}?company=below"))) == "Below"


@pytest.mark.parametrize("address", ["/accounts/notices/", "/activate/"])
def test_a_company_that_is_not_the_persons_is_shown_to_nobody(companies: list[Company], address: str) -> None:
    client = browser_of(member_of(*companies[1:]))
    client.cookies[LAST_COMPANY] = "akerblom"
    shown = read(client.get(f"{address}?company=akerblom"))
    assert company_named(shown) == "Choose a company"
    assert "kerblom" not in shown.text


def test_the_cookie_is_set_where_it_changes_and_is_for_the_server_alone(companies: list[Company]) -> None:
    client = browser_of(member_of(*companies))
    address = reverse("licensing:license-information", args=["below"])
    cookie = client.get(address).cookies[LAST_COMPANY]
    assert (cookie.value, cookie["httponly"], cookie["samesite"], cookie["max-age"]) == ("below", True, "Lax", "")
    assert LAST_COMPANY not in client.get(address).cookies
    assert client.get("/companies/soon/licenses/").cookies[LAST_COMPANY].value == "soon"


def test_a_license_registered_from_a_companys_page_is_for_that_company(companies: list[Company]) -> None:
    client = browser_of(member_of(*companies))
    start = page(client, "licensing:license-information", companies[1]).link("Register license")
    assert start == "/activate/?company=below"
    page(client, "licensing:license-information", companies[2])  # in another tab
    form = next(each for each in read(client.get(start)).all("form") if "code" in each.fields())
    answer = client.post(form["action"], {**form.values(), "code": make_code()})
    review = read(client.get(answer["Location"]))
    assert company_named(review) == "Below"
    assert [each["value"] for each in review.all("input", type="radio", name="company") if "checked" in each] == ["below"]


def test_what_one_may_not_activate_for_is_not_chosen(companies: list[Company]) -> None:
    person = member_of(*companies[1:])
    set_roles(companies[0], user=person, roles=["viewer"], by=SYSTEM, key=new_key())
    shown = read(browser_of(person).get("/activate/?company=akerblom"))
    assert company_named(shown) == "Åkerblom"
    assert [each["action"] for each in shown.by_id("content").all("form")] == ["/activate/"]
