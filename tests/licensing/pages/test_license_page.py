"""One license: its facts, its life, what was said about it, and what that does to the credits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from console.models import Actor
from credits.models import Feature, SeatUse
from licensing.acts.correct import correct_license
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License, Product
from tests.factories import (
    TODAY,
    act,
    allocate,
    make_company,
    make_feature,
    make_license,
    make_product,
    make_user,
)
from tests.markup import Element, read
from tests.pages import HTMX, address_of, browser_of, clock_at, license_page, page, query_of

pytestmark = pytest.mark.django_db
EVIL = "<script>alert(1)</script>"


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


def table(page: Element, title: str) -> list[list[str]]:
    """The cells of the table in the section with this title."""
    section = page.one("section", aria_labelledby=title)
    return [[cell.text for cell in row.all() if cell.tag in ("td", "th")] for row in section.one("tbody").all("tr")]


def statements(page: Element) -> list[str]:
    return [row[1] for row in table(page, "statements-title")]


def entries(page: Element) -> list[list[str]]:
    return table(page, "entries-title")


def stages(page: Element) -> list[str]:
    return [each.text for each in page.one("ol", class_="stages").all("li")]


# --- Facts


def test_the_facts_of_a_license(client: Client, company: Company) -> None:
    product = make_product(name="Endpoint Security Core", kind="seats", unit="seat", rate=45)
    license = make_license(company=company, product=product, units=400, name="Laptops", external_id="SO-1177", renews=True)
    found = license_page(client, license)
    (own,) = found.rows("license")
    assert (own.key, own.status) == (str(license.pk), "valid")
    assert own.figures == {"license-units": 400, "license-credits": 18_000}
    facts = {each.one("dt").text: each.one("dd").text for each in own.element.one("dl").all("div")}
    assert facts["Product"] == "Endpoint Security Core"
    assert facts["Type"] == "Standard"
    assert facts["Channel"] == "Direct"
    assert facts["Order"] == "SO-1177"
    assert facts["Units"] == "400 seats"
    assert facts["Credit conversion"] == "18,000 at 45 per unit"
    assert facts["Start date"] == "Mar 2, 2026"
    assert facts["Expiration date"] == "Mar 2, 2027 last valid day Mar 1, 2027 365 days left"
    assert facts["Term"] == "12 months"
    assert facts["Renewal"] == "To be renewed with us; nothing renews by itself"


# --- What was said, and what it does


def test_statements_and_entries_tell_the_story_and_the_total_ends_at_zero(client: Client, company: Company) -> None:
    license = make_license(company=company, units=1_000)
    suspend_order(license.order, **act(on=None, reason="Payment failed"))
    later = TODAY + timedelta(days=10)
    reinstate_order(license.order, **act(today=later))
    reduce_order(license.order, units=800, **act(today=TODAY + timedelta(days=20)))
    found = license_page(client, license)
    said = statements(found)
    assert said[0] == "Issued 1,000 credits, from Mar 2, 2026, expires Mar 2, 2027"
    assert said[1] == "Suspended Reason: Payment failed"
    assert said[2].startswith("Reinstated")
    assert said[3:] == ["Reduced to 800 credits", "Units of the order stated 800 credits in all"]
    days = [row[0] for row in table(found, "statements-title")]
    assert days == ["Mar 2, 2026", "Mar 2, 2026", "Mar 12, 2026", "Mar 22, 2026", "Mar 22, 2026"]
    rows = entries(found)
    assert rows[-1][0] == "Mar 2, 2027"
    assert rows[-1][3] == "0"
    total = 0
    for row in rows:
        total += int(row[2].replace("−", "-").replace(",", ""))
        assert row[3] == f"{total:,}".replace("-", "−")


def test_entries_are_named_by_what_posted_them(client: Client, company: Company) -> None:
    license = make_license(company=company, units=1_000)
    set_order_units(license.order, units=900, **act(today=TODAY + timedelta(days=1)))
    correct_license(license, expires_on=date(2027, 6, 1), reason="Prolonged", **act(today=TODAY + timedelta(days=2)))
    assert [row[:3] for row in entries(license_page(client, license))] == [
        ["Mar 2, 2026", "Activated", "+1,000"],
        ["Mar 3, 2026", "Number of units changed", "−100"],
        ["Jun 1, 2027", "Expires", "−900"],
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda license: cancel_order(license.order, **act(today=TODAY + timedelta(days=5))),
        lambda license: correct_license(license, expires_on=date(2027, 6, 1), reason="Typed wrongly", **act()),
        lambda license: correct_license(license, units=900, reason="Typed wrongly", **act()),
        lambda license: (top_up_order(license.order, units=5, **act()), renew_order(license.order, **act())),
    ],
    ids=["cancelled", "prolonged", "corrected", "topped up and renewed"],
)
def test_the_running_total_of_every_license_ends_at_zero_at_its_expiry(client: Client, company: Company, change: Any) -> None:
    license = make_license(company=company, units=1_000)
    change(license)
    for each in License.objects.for_company(company):
        rows = entries(license_page(client, each))
        assert rows[-1][3] == "0"
        assert [date_of(row[0]) for row in rows] == sorted(date_of(row[0]) for row in rows)


def date_of(text: str) -> date:
    return datetime.strptime(text, "%b %d, %Y").date()  # noqa: DTZ007


def test_no_day_shows_fewer_credits_than_none(client: Client, company: Company) -> None:
    license = make_license(company=company, units=1_200)
    for number, change in enumerate((reduce_order, suspend_order, reinstate_order)):
        stated = {"units": 500} if change is reduce_order else {"on": None}
        change(license.order, **stated, **act(today=TODAY + timedelta(days=number + 1)))
    rows = entries(license_page(client, license))
    assert [row[3] for row in rows] == ["1,200", "500", "0", "500", "0"]
    assert rows[-1][1] == "Expires"


def test_a_trial_adds_no_credits(client: Client, company: Company) -> None:
    found = license_page(client, make_license(company=company, units=50, trial=True))
    assert "This license adds no credits." in found.text
    assert "Not converted" in found.text
    assert found.rows("license")[0].figures == {"license-units": 50}


def test_customers_see_support_and_machines_by_their_name_but_never_who_of_the_staff(client: Client, company: Company) -> None:
    license = make_license(company=company)
    staff = make_user(is_staff=True, name="Sam Rivers")
    suspend_order(license.order, **act(by=Actor.person(staff)))
    reinstate_order(license.order, **act(by=Actor.system("Azure Marketplace")))
    by = [row[3] for row in table(license_page(client, license), "statements-title")]
    assert by == ["Test", "Support", "Azure Marketplace"]
    assert "Sam Rivers" not in license_page(client, license).text


def test_names_and_reasons_are_escaped(client: Client, company: Company) -> None:
    license = make_license(company=company, name=EVIL, external_id=EVIL)
    suspend_order(license.order, **act(reason=EVIL))
    found = license_page(client, license)
    assert f"Reason: {EVIL}" in found.text
    assert not found.by_id("content").all("script")
    assert found.one("title").text.startswith(EVIL)


# --- The life of it


def test_stages_have_real_dates_and_the_current_one_is_marked(client: Client, company: Company) -> None:
    license = make_license(company=company)
    found = license_page(client, license)
    assert stages(found) == [
        "Term Mar 2, 2026 to Mar 2, 2027",
        "Grace period Mar 2, 2027 to Apr 1, 2027",
        "Locked Apr 1, 2027 to May 1, 2027",
        "Closed from May 1, 2027",
    ]
    for day, current in (("2026-03-01", None), ("2026-03-02", 0), ("2027-03-02", 1), ("2027-04-01", 2), ("2030-01-01", 3)):
        marked = [
            number
            for number, each in enumerate(license_page(client, license, on=day).one("ol", class_="stages").all("li"))
            if each.get("aria-current") == "step"
        ]
        assert marked == ([] if current is None else [current])


def test_a_trial_has_no_grace(client: Client, company: Company) -> None:
    license = make_license(company=company, trial=True, term_months=2)
    assert stages(license_page(client, license)) == [
        "Term Mar 2, 2026 to May 2, 2026",
        "Locked May 2, 2026 to Jun 1, 2026",
        "Closed from Jun 1, 2026",
    ]


def test_a_renewed_license_goes_on_instead_of_being_closed(client: Client, company: Company) -> None:
    license = make_license(company=company)
    renew_order(license.order, **act())
    assert stages(license_page(client, license)) == ["Term Mar 2, 2026 to Mar 2, 2027", "Renewed from Mar 2, 2027"]
    assert "renewed on Mar 2, 2027" in license_page(client, license, on="2027-03-02").text


def test_a_cancelled_license_has_no_stages(client: Client, company: Company) -> None:
    license = make_license(company=company)
    cancel_order(license.order, **act())
    found = license_page(client, license)
    assert not found.all("ol", class_="stages")
    assert "cancelled on Mar 2, 2026" in found.text
    assert stages(license_page(client, license, on=TODAY - timedelta(days=1)))


# --- Keep using what converted seats paid for


@pytest.fixture
def seats() -> Product:
    """A product of seats that pays for the second line of a feature."""
    product = make_product(name="Endpoint Security Core", kind="seats", unit="seat", rate=45)
    feature = make_feature(name="Endpoint sensor", rates=[20, 45])
    SeatUse.objects.create(product=product, line=feature.lines.get(position=1))
    return product


@pytest.fixture
def manager(company: Company) -> Client:
    return browser_of(make_user(company=company, roles=["credit-manager"]))


def offer(client: Client, license: License, **query: Any) -> str:
    """What the license's page says in the place it leaves for the offer; empty where it leaves none."""
    places = license_page(client, license, **query).all(id="keep-using")
    if not places:
        return ""
    return read(client.get(places[0]["hx-get"], headers=HTMX)).text


def test_converted_seats_can_keep_their_use_with_the_same_units_preselected(
    manager: Client, company: Company, seats: Product
) -> None:
    license = make_license(company=company, product=seats, units=400)
    assert "Allocate the same 400 units to Endpoint sensor (Tier 2): 18,000 credits." in offer(manager, license)
    place = license_page(manager, license).by_id("keep-using")
    link = read(manager.get(place["hx-get"], headers=HTMX)).by_id("keep-using-action")["href"]
    line = Feature.objects.get().lines.get(position=1)
    assert query_of(link) == [("line", str(line.pk)), ("units", "400")]
    form = read(manager.get(link)).by_id("allocation-form")
    values = form.values()
    assert (values[f"units_{line.pk}"], values[f"seen_{line.pk}"]) == ("400", "0")
    assert manager.post(link, values).status_code == 302
    found = page(manager, "credits:annual-credits", company).figures
    assert (found["allocated-credits"], found["current-balance"]) == (18_000, 0)
    assert "Keep using" not in offer(manager, license)


def test_without_javascript_the_offer_is_a_link_that_leads_to_the_form(manager: Client, company: Company, seats: Product) -> None:
    license = make_license(company=company, product=seats, units=400)
    link = license_page(manager, license).by_id("keep-using").one("a")["href"]
    response = manager.get(link)
    assert response.status_code == 302
    assert dict(query_of(response["Location"]))["units"] == "400"


def test_the_offer_is_made_only_where_it_applies(manager: Client, client: Client, company: Company, seats: Product) -> None:
    line = Feature.objects.get().lines.get(position=1)
    license = make_license(company=company, product=seats, units=400)
    assert offer(manager, license)
    assert not offer(client, license)  # a viewer cannot allocate
    assert not offer(manager, license, on=TODAY - timedelta(days=1))  # the past is read-only
    assert not offer(manager, make_license(company=company, product=seats, units=9, trial=True))
    assert not offer(manager, make_license(company=company, units=9))  # credits
    assert not offer(manager, make_license(company=company, product=seats, units=9, term_starts_on=TODAY + timedelta(days=1)))
    assert not offer(manager, make_license(company=company, product=seats, units=9, today=TODAY - timedelta(days=400)))
    unused = make_product(kind="seats", unit="seat", rate=45)
    assert not offer(manager, make_license(company=company, product=unused, units=9))
    allocate(company, line, 399)
    assert offer(manager, license)
    allocate(company, line, 400)
    assert not offer(manager, license)
    suspend_order(license.order, **act())
    allocate(company, line, 0)
    assert not offer(manager, license)


def test_asking_for_an_offer_that_is_not_made_leads_back_to_the_license(
    manager: Client, company: Company, seats: Product
) -> None:
    license = make_license(company=company, units=9)
    address = address_of("credits:keep-using", company, license.pk)
    assert manager.get(address)["Location"] == address_of("licensing:license", company, license.pk)
    seat_license = make_license(company=company, product=seats, units=400)
    past = address_of("credits:keep-using", company, seat_license.pk, on=TODAY - timedelta(days=1))
    assert read(manager.get(past, headers=HTMX)).text == ""
