"""One license: its facts, its life, what was said about it, and what that does to the credits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from console.models import Actor
from credits.models import Feature, SeatUse
from licensing.acts.activate import activate_order
from licensing.acts.change_plan import change_plan
from licensing.acts.corrections.correct import correct_license
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
    make_order,
    make_product,
    make_user,
)
from tests.ledger import line_units
from tests.markup import Element, read
from tests.pages import HTMX, address_of, browser_of, clock_at, license_page

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
    suspend_order(license.order, **act(on=None, note="Payment failed"))
    later = TODAY + timedelta(days=10)
    reinstate_order(license.order, **act(today=later))
    reduce_order(license.order, units=800, **act(today=TODAY + timedelta(days=20)))
    found = license_page(client, license)
    said = statements(found)
    assert said[0] == "Issued 1,000 credits, from Mar 2, 2026, expires Mar 2, 2027"
    assert said[1] == "Suspended Note: Payment failed"
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


def test_what_was_added_and_taken_back_for_one_day_is_told(client: Client, company: Company) -> None:
    license = make_license(company=company, units=100)
    cancel_order(license.order, on=TODAY, **act())
    found = license_page(client, license)
    assert "what it added was taken back for the same day" in found.text
    kept = make_license(company=company, units=100)
    assert "adds no credits" not in license_page(client, kept).text


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


def test_names_and_notes_are_escaped(client: Client, company: Company) -> None:
    license = make_license(company=company, name=EVIL, external_id=EVIL)
    suspend_order(license.order, **act(note=EVIL))
    found = license_page(client, license)
    assert f"Note: {EVIL}" in found.text
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


def offer(client: Client, license: License, **query: Any) -> Element | None:
    """What the license's page shows in the place it leaves for the choice of use; None where it shows nothing."""
    places = license_page(client, license, **query).all(id="keep-using")
    if not places:
        return None
    shown = read(client.get(places[0]["hx-get"], headers=HTMX))
    return shown if shown.text else None


def left(company: Company, seats: Product, units: int = 400, **order: Any) -> License:
    return activate_order(make_order(product=seats, units=units, **order), company=company, keeps_use=False, **act())


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_what_was_left_available_is_kept_later_and_left_again(
    manager: Client, company: Company, seats: Product, headers: dict[str, str]
) -> None:
    license, line = left(company, seats), Feature.objects.get().lines.get(position=1)
    allocate(company, line, 60)
    address = address_of("credits:keep-using", company, license.pk)
    shown = read(manager.get(address, headers=headers))
    assert "Endpoint sensor: 60 now + 400 = 460 (Tier 2), 18,000 credits." in shown.text
    values = shown.one("form", action=address, method="post").values()
    assert manager.post(address, values, headers=headers)["Location"] == address_of("licensing:license", company, license.pk)
    assert line_units(company, line, TODAY) == 460
    assert "Kept in use: 400 endpoints of Endpoint sensor. Balance " in license_page(manager, license).text

    shown = read(manager.get(address, headers=headers))
    assert "400 endpoints of Endpoint sensor" in shown.text
    assert "Endpoint sensor: 460 now − 400 = 60 (Tier 2), 18,000 credits." in shown.text
    values = shown.one("form", action=address, method="post").values()
    assert [manager.post(address, values).status_code for _twice in range(2)] == [302, 302]
    assert line_units(company, line, TODAY) == 60


def test_a_choice_that_changes_nothing_says_so(manager: Client, company: Company, seats: Product) -> None:
    license = left(company, seats)
    address = address_of("credits:keep-using", company, license.pk)
    manager.post(address, {"keeps": "0", "key": "some key"})
    assert "Nothing of this order is kept in use that could be taken back." in license_page(manager, license).text


def test_the_choice_is_offered_only_where_it_applies(manager: Client, client: Client, company: Company, seats: Product) -> None:
    line = Feature.objects.get().lines.get(position=1)
    license = left(company, seats)
    assert offer(manager, license)
    assert not offer(manager, license, on=TODAY - timedelta(days=1))  # the past is read-only
    assert not offer(manager, left(company, seats, 9, trial=True))
    assert not offer(manager, make_license(company=company, units=9))  # credits
    long_ago = act(today=TODAY - timedelta(days=400))
    assert not offer(manager, activate_order(make_order(product=seats), company=company, keeps_use=False, **long_ago))
    unused = make_product(kind="seats", unit="seat", rate=45)
    assert not offer(manager, left(company, unused, 9))
    allocate(company, line, 400)  # by hand: nothing of it was kept
    assert offer(manager, license)
    suspend_order(license.order, **act())
    assert not offer(manager, license)


def test_who_may_not_allocate_sees_what_is_kept_and_who_may_choose(client: Client, company: Company, seats: Product) -> None:
    shown = offer(client, left(company, seats))
    assert shown is not None
    assert "A credit manager or an owner can keep it in use." in shown.text
    assert not shown.all("form")
    kept = offer(client, make_license(company=company, product=seats, units=7))
    assert kept is not None
    assert "7 endpoints of Endpoint sensor" in kept.text
    assert not kept.all("form")


def test_a_license_that_begins_later_shows_what_is_kept_from_then_on(manager: Client, company: Company, seats: Product) -> None:
    begins = TODAY + timedelta(days=10)
    kept = offer(manager, make_license(company=company, product=seats, units=7, term_starts_on=begins))
    assert kept is not None
    assert "7 endpoints of Endpoint sensor from Mar 12, 2026 on" in kept.text
    assert "Endpoint sensor, from Mar 12, 2026 on: 7 − 7 = 0 (Tier 2)" in kept.text


def test_every_line_and_day_that_a_choice_reaches_is_named(manager: Client, company: Company, seats: Product) -> None:
    """The renewal has more, and the plan became another one that pays for another line."""
    other = make_product(kind="seats", unit="seat", rate=65)
    SeatUse.objects.create(product=other, line=make_feature(name="Server protection", rates=[235]).lines.get())
    license = make_license(company=company, product=seats, units=100)
    change_plan(license.order, product=other, **act())
    shown = offer(manager, license)
    assert shown is not None
    assert "100 endpoints of Endpoint sensor" in shown.text
    assert "Server protection: 0 now + 100 = 100, 23,500 credits." in shown.text
    assert "Endpoint sensor: 100 now − 100 = 0 (Tier 2), 4,500 credits." in shown.text


def test_asking_for_a_choice_that_there_is_not_says_so(manager: Client, company: Company) -> None:
    license = make_license(company=company, units=9)
    address = address_of("credits:keep-using", company, license.pk)
    assert "Nothing can be chosen here" in read(manager.get(address)).text
    assert read(manager.get(address, headers=HTMX)).text == ""
