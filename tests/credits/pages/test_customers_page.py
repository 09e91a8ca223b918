"""The page of all customers of a service provider: figures as on each one's own page, at the same cost for many."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console.models import Export, User
from console.people.second_factor.of_the_demo import give_demo_factor
from credits.models import ThresholdStatement
from credits.reading.annual_credits import annual_credits
from credits.reading.customers.customers import customers_of, read_customers
from licensing.acts.company_settings.second_factor import require_second_factor
from licensing.models import Company, Notice
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_feature, make_license, make_user, new_key
from tests.markup import Element, read
from tests.pages import HTMX, address_of, browser_of, clock_at, page
from tests.providers import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_at(TODAY):
        yield


@pytest.fixture
def provider() -> Company:
    return make_company(name="Harbor Services")


@pytest.fixture
def client(provider: Company) -> Any:
    return browser_of(make_user(company=provider, roles=["provider-viewer"]))


@pytest.fixture
def three(provider: Company) -> list[Company]:
    """Aqua: covered for good. Brig: below zero. Clyde: goes below zero when its license ends."""
    line = make_feature().lines.get()
    aqua, brig, clyde = (make_customer(provider, name=name) for name in ("Aqua", "Brig", "Clyde"))
    for company, units, taken in ((aqua, 1_000, 0), (brig, 500, 700), (clyde, 300, 100)):
        make_license(company=company, units=units, today=TODAY - timedelta(days=40))
        if taken:
            allocate(company, line, taken, today=TODAY - timedelta(days=30))
    return [aqua, brig, clyde]


def names(shown: Element) -> list[str]:
    return [each.text for each in shown.all("a", class_="row-title")]


def test_each_figure_is_that_of_the_customers_own_page(provider: Company, three: list[Company]) -> None:
    for on in (TODAY, TODAY - timedelta(days=35), TODAY + timedelta(days=300)):
        found = read_customers(provider, customers_of(provider), {each.pk: on for each in three})
        for company, shown in zip(three, found, strict=True):
            own = annual_credits(company, on=on).summary
            assert (shown.valid, shown.allocated, shown.balance) == (
                own.total_valid_credits,
                own.allocated_credits,
                own.current_balance,
            )
            assert (shown.runway_on, shown.runway_days) == (own.runway_on, own.runway_days)
            assert shown.below_since == own.below_zero_since


def test_the_page_sums_sorts_searches_and_filters(client: Any, provider: Company, three: list[Company]) -> None:
    shown = page(client, "credits:customers", provider)
    assert names(shown) == ["Brig", "Clyde", "Aqua"]  # the worst balance first
    assert shown.figures["customers-valid"] == 1_800
    assert shown.figures["customers-allocated"] == 800
    assert shown.figures["customers-balance"] == 1_000
    for sort, wanted in {
        "name": ["Aqua", "Brig", "Clyde"],
        "-name": ["Clyde", "Brig", "Aqua"],
        "-valid": ["Aqua", "Brig", "Clyde"],
        "allocated": ["Aqua", "Clyde", "Brig"],
        "runway": ["Brig", "Clyde", "Aqua"],
        "-runway": ["Clyde", "Brig", "Aqua"],  # what is covered for good comes last
        "expires": ["Aqua", "Brig", "Clyde"],
        "threshold": ["Aqua", "Brig", "Clyde"],
        "-notices": ["Aqua", "Brig", "Clyde"],
    }.items():
        assert (sort, names(page(client, "credits:customers", provider, sort=sort))) == (sort, wanted)
    assert names(page(client, "credits:customers", provider, state="below")) == ["Brig"]
    assert names(page(client, "credits:customers", provider, q="CLY")) == ["Clyde"]
    assert "No customer matches" in page(client, "credits:customers", provider, q="nobody").text
    part = read(client.get(address_of("credits:customers", provider, q="cly"), headers=HTMX))
    assert names(part) == ["Clyde"]
    assert not part.all("h1")


def test_the_year_is_drawn_with_its_words(client: Any, provider: Company, three: list[Company]) -> None:
    lines = page(client, "credits:customers", provider, sort="name").all("svg", class_="sparkline")
    assert [each["aria-label"] for each in lines][1] == "Balance over one year: 0 to −200, at the least −200"


def test_another_day_is_that_day_for_all_and_changes_nothing(client: Any, provider: Company, three: list[Company]) -> None:
    shown = page(client, "credits:customers", provider, on=TODAY - timedelta(days=35))
    assert shown.figures["customers-allocated"] == 0
    assert not [each for each in shown.all("a", href="*") if "/threshold/" in each["href"]]
    sorted_by = shown.by_id("sort-name")["href"]
    assert f"on={TODAY - timedelta(days=35)}" in sorted_by


def test_unread_are_notices_that_hold_and_that_nobody_there_has_read(
    client: Any, provider: Company, three: list[Company]
) -> None:
    company = three[0]
    for about, resolved in (("one", None), ("two", None), ("three", SYSTEM and date(2026, 3, 1))):
        Notice.objects.create(
            company=company,
            kind="refused",
            about=about,
            created_at="2026-03-01T00:00Z",
            resolved_at=resolved and "2026-03-01T01:00Z",
        )
    (shown,) = read_customers(provider, [company], {company.pk: TODAY})
    assert shown.unread == 2
    assert names(page(client, "credits:customers", provider, state="unread")) == ["Aqua"]


def test_a_closed_customer_is_named_without_a_figure(client: Any, provider: Company, three: list[Company]) -> None:
    Company.objects.filter(pk=three[1].pk).update(closed_to_provider=True)
    shown = page(client, "credits:customers", provider)
    assert names(shown) == ["Clyde", "Aqua"]
    assert shown.figures["customers-balance"] == 1_200
    assert "Closed to you" in shown.text
    assert client.get(address_of("credits:threshold", provider, three[1].slug)).status_code == 404


def test_the_head_counts_all_that_are_looked_after(client: Any, provider: Company, three: list[Company]) -> None:
    Company.objects.filter(pk=three[0].pk).update(closed_to_provider=True)
    assert "3 companies that Harbor Services looks after." in " ".join(page(client, "credits:customers", provider).text.split())


def test_grandchildren_and_strangers_are_in_no_row(client: Any, provider: Company, three: list[Company]) -> None:
    grandchild, stranger = make_customer(three[0], name="Grandchild"), make_company(name="Stranger")
    text = page(client, "credits:customers", provider).text
    assert grandchild.name not in text
    assert stranger.name not in text
    for company in (grandchild, stranger, provider):
        assert client.get(address_of("credits:threshold", provider, company.slug)).status_code == 404
    assert client.get(address_of("credits:customers", three[0])).status_code == 403  # it looks there as a viewer


def test_the_export_has_the_rows_shown_and_is_recorded(client: Any, provider: Company, three: list[Company]) -> None:
    response = client.get(address_of("credits:customers", provider, state="below", format="csv"))
    text = b"".join(response.streaming_content).decode()
    assert "Brig" in text
    assert "Aqua" not in text
    assert (Export.objects.get().company_id, Export.objects.get().rows) == (provider.pk, 1)


def test_the_page_costs_the_same_for_3_and_for_300(client: Any, provider: Company, three: list[Company]) -> None:
    address = address_of("credits:customers", provider)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address)
        assert response.status_code == 200
        return len([each for each in queries if not each["sql"].startswith(("SAVEPOINT", "RELEASE"))])

    few = cost()
    more = Company.objects.bulk_create(
        Company(name=f"Customer {n}", slug=f"c-{n}", business_id=f"c-{n}", parent=provider) for n in range(297)
    )
    for row in (three[0].time_zones.get(), *Notice.objects.none()):
        type(row).objects.bulk_create(
            type(row)(company=each, time_zone=row.time_zone, effective_at=row.effective_at) for each in more
        )
    assert cost() == few
    shown = read(client.get(address))
    assert len(names(shown)) == 50
    assert "300 companies" in shown.text
    assert len(names(read(client.get(f"{address}?page=6")))) == 50


# --- Thresholds


def test_a_threshold_is_stated_typed_as_people_do_and_shown(client: Any, provider: Company, three: list[Company]) -> None:
    brig = three[1]
    form = page(client, "credits:threshold", provider, brig.slug).one(
        "form", action=address_of("credits:threshold", provider, brig.slug)
    )
    sent = {**form.values(), "kind": "manual", "credits": "1,650"}
    sent["credits"] = "650"
    for _twice in range(2):
        assert client.post(form["action"], sent).status_code == 302
    row = ThresholdStatement.objects.get()
    assert (row.company, row.customer, row.credits, row.effective_on) == (provider, brig, 650, TODAY)
    shown = page(client, "credits:customers", provider, state="over")
    assert names(shown) == ["Brig"]
    assert "over by 50" in shown.text


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"kind": "manual", "credits": ""}, "Say from how many credits on"),
        ({"kind": "manual", "credits": "1.5"}, "Enter a whole number of credits"),
        ({"kind": "manual", "credits": "-3"}, "Enter a whole number of credits"),
        ({"kind": "dynamic", "on": "2026-02-30"}, "Enter a day such as"),
        ({"kind": "dynamic", "on": str(TODAY - timedelta(days=1))}, "A threshold holds from today or a later day"),
        ({"kind": "dynamic", "on": "9999-12-31"}, "Choose a day not after"),
    ],
)
def test_bad_input_is_named_beside_its_field_and_kept(
    client: Any, provider: Company, three: list[Company], typed: dict[str, str], says: str
) -> None:
    address = address_of("credits:threshold", provider, three[0].slug)
    response = client.post(address, {"key": new_key(), "on": str(TODAY), "credits": "", **typed})
    assert response.status_code == 422
    shown = read(response)
    assert says in shown.text
    assert shown.one("input", name="kind", checked="*")["value"] == typed["kind"]
    assert not ThresholdStatement.objects.exists()


def test_a_threshold_from_today_holds_at_once_where_the_customers_day_is_behind() -> None:
    provider = make_company(time_zone="Asia/Singapore")
    customer = make_customer(provider, time_zone="America/Chicago")
    browser = browser_of(make_user(company=provider, roles=["provider-viewer"]))
    address = address_of("credits:threshold", provider, customer.slug)
    with clock_at(datetime.combine(TODAY, time(20), UTC)):
        form = page(browser, "credits:threshold", provider, customer.slug).one("form", action=address)
        assert form.values()["on"] == str(TODAY)
        assert browser.post(address, {**form.values(), "kind": "manual", "credits": "650"}).status_code == 302
        assert "650" in page(browser, "credits:customers", provider).one("tr", data_customer=customer.slug).text


def test_a_customer_that_requires_a_factor_is_a_name_alone_to_who_has_none(
    provider: Company, three: list[Company], client: Any
) -> None:
    aqua, brig, _clyde = three
    require_second_factor(brig, on=TODAY, today=TODAY, by=SYSTEM, key=new_key())
    shown = page(client, "credits:customers", provider)
    assert sorted(names(shown)) == ["Aqua", "Clyde"]
    assert "Brig" in shown.text
    assert "Set up a second factor" in shown.text
    assert client.get(address_of("credits:threshold", provider, brig.slug)).status_code == 404
    assert client.get(address_of("credits:annual-credits", brig))["Location"].startswith("/accounts/2fa/")
    assert client.get(address_of("credits:annual-credits", aqua)).status_code == 200
    give_demo_factor(User.objects.get(memberships__company=provider))
    assert sorted(names(page(client, "credits:customers", provider))) == ["Aqua", "Brig", "Clyde"]
    assert client.get(address_of("credits:annual-credits", brig)).status_code == 200
