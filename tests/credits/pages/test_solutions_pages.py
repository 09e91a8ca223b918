"""All available solutions, the calculator, its overview as a spreadsheet, and asking sales about it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core import mail as outbox
from django.db import transaction

from console.models import Act, OutgoingMail
from console.tasks import send_mail
from credits.models import AllocationStatement, CreditRequirement, Offering, PayAsYouGoPrice
from tests.factories import (
    LISTED_FROM,
    TODAY,
    allocate,
    catalogue_act,
    make_company,
    make_feature,
    make_license,
    make_offering,
    make_user,
    new_key,
)
from tests.markup import Element, read
from tests.pages import address_of, browser_of, clock_at, page
from tests.spreadsheets import body_of

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("solutions")]  # what they share is written once

PLANNED = TODAY + timedelta(days=24)


class World:
    """25,000 valid credits, 21,000 allocated: 4,000 are left, and 1,000 more are planned."""

    def __init__(self) -> None:
        self.company = make_company(name="Harbor Lines")
        endpoint = make_offering(name="Endpoint Protection")
        cloud = make_offering(name="Cloud Protection")
        Offering.objects.filter(pk=endpoint.pk).update(description="Computers, guarded")
        self.sensor = make_feature(name="Sensor", description="Sees endpoints", offering=endpoint, rates=[100]).lines.get()
        self.core = make_feature(name="=Core", offering=endpoint, rates=[500], app_url="https://core.example/app").lines.get()
        self.nodes = make_feature(name="Nodes", offering=cloud, rates=[1100], switchable=True).lines.get()
        self.mail = make_feature(name="Mail", offering=cloud, rates=["0.2"]).lines.get()
        listed = catalogue_act()
        prices = {
            "feature": self.nodes.feature,
            "currency": "USD",
            "valid_from": LISTED_FROM,
            "act": listed,
            "recorded_at": listed.recorded_at,
        }
        PayAsYouGoPrice.objects.create(unit="node per hour (the list price)", price=Decimal("0.168"), **prices)
        make_license(company=self.company, units=25_000)
        allocate(self.company, self.core, 42)
        allocate(self.company, self.sensor, 10, on=PLANNED)
        self.client = browser_of(make_user(company=self.company, roles=["viewer"], email="vera@harbor.example"))

    def estimate(self, units: dict[CreditRequirement, Any] | None = None, **query: Any) -> Element:
        fields = {f"units_{line.pk}": number for line, number in (units or {}).items()}
        return page(self.client, "credits:estimate", self.company, **fields, **query)


@pytest.fixture(scope="module")
def world_of_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Written once; what a test changes is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


@pytest.fixture
def world(world_of_the_module: World, db: None, settings: Any) -> Iterator[World]:
    settings.SALES_CONTACT = "sales@vendor.example"
    with clock_at(TODAY):
        yield world_of_the_module


def sums(shown: Element) -> dict[str, Decimal]:
    return {name: shown.figures[name] for name in ("required-credits", "current-balance", "recommended-purchase")}


def test_the_published_example_is_computed_and_what_the_balance_lacks_is_recommended(world: World) -> None:
    shown = world.estimate({world.sensor: 65, world.core: 25})
    assert sums(shown) == {"required-credits": 19_000, "current-balance": 4_000, "recommended-purchase": 15_000}
    text = shown.text
    assert "21.1% is covered by the balance" in text
    assert "16,000 from Mar 26, 2026: what is planned takes 1,000 more, and the balance is 3,000 then." in text
    assert "One credit never means one user." in text
    assert "An estimate allocates nothing." in text


def test_an_estimate_writes_nothing(world: World) -> None:
    before = Act.objects.count(), AllocationStatement.objects.count()
    world.estimate({world.sensor: 65})
    assert (Act.objects.count(), AllocationStatement.objects.count()) == before


def test_from_todays_allocation_only_what_goes_beyond_it_is_required(world: World) -> None:
    same = world.estimate(start="today")
    assert same.by_id(f"units-{world.core.pk}")["value"] == "42"
    assert sums(same) == {"required-credits": 0, "current-balance": 4_000, "recommended-purchase": 0}
    more = world.estimate({world.sensor: 50}, start="today")
    assert sums(more) == {"required-credits": 5_000, "current-balance": 4_000, "recommended-purchase": 1_000}
    fewer = world.estimate({world.sensor: 50, world.core: 40}, start="today")
    assert sums(fewer) == {"required-credits": 4_000, "current-balance": 4_000, "recommended-purchase": 0}


def test_below_zero_is_made_up_for_by_the_purchase(world: World) -> None:
    allocate(world.company, world.core, 51)
    shown = world.estimate({world.sensor: 65, world.core: 25})
    assert sums(shown) == {"required-credits": 19_000, "current-balance": -500, "recommended-purchase": 19_500}


def test_the_recommendation_is_shown_unless_the_form_was_sent_without_it(world: World) -> None:
    shown = world.estimate({world.sensor: 65}, price="1")
    assert shown.figures["required-credits"] == 6_500
    assert "recommended-purchase" not in shown.figures
    assert world.estimate({world.sensor: 65}, price="1", purchase="1").figures["recommended-purchase"] == 2_500


def test_the_form_says_all_that_the_address_says(world: World) -> None:
    query = {"start": "today", f"units_{world.sensor.pk}": "1,000", "price": "0.95", "purchase": "1"}
    values = world.estimate(**query).by_id("estimate-form").values()
    assert values == {**query, "add": "", f"units_{world.core.pk}": "42"}
    assert world.estimate(**values).figures["required-credits"] == 100_000


@pytest.mark.parametrize(
    ("price", "said"), [("1", "273 days"), ("0.5", "137 days"), ("2", "Not within a year"), ("", "USD 0.168/h"), ("0", "1 day")]
)
def test_credits_are_compared_with_the_list_price_by_what_a_credit_costs(world: World, price: str, said: str) -> None:
    shown = world.estimate({world.nodes: 4, world.sensor: 1}, price=price, purchase=1)
    assert shown.by_id(f"cheaper-{world.nodes.pk}").text.startswith(said)
    assert shown.by_id(f"cheaper-{world.sensor.pk}").text == "Credits only"


@pytest.mark.parametrize("typed", ["many", "-3", "1.5", "9999999999", "1,00"])
def test_what_is_no_number_is_named_at_its_line_and_counts_nothing(world: World, typed: str) -> None:
    shown = world.estimate({world.sensor: typed, world.core: 1}, price="cheap", purchase=1)
    assert shown.by_id(f"units-{world.sensor.pk}")["value"] == typed
    assert "Enter a whole number" in shown.by_id(f"credits-{world.sensor.pk}").text or typed == "-3"
    assert shown.by_id("price-problem").text == "Enter what a credit costs, such as 0.95."
    assert shown.figures["required-credits"] == 500


def test_what_is_searched_for_is_added_with_everything_entered_before(world: World) -> None:
    shown = world.estimate({world.sensor: 7}, add="cloud")
    hits = [each for each in shown.by_id("estimate-hits").elements if each.tag == "a"]
    assert [each.text.split()[0] for each in hits] == ["Cloud", "Mail", "Nodes"]
    added = dict(parse_qsl(urlsplit(hits[0]["href"]).query, keep_blank_values=True))
    assert added == {f"units_{world.sensor.pk}": "7", f"units_{world.mail.pk}": "", f"units_{world.nodes.pk}": ""}
    assert "No solution or feature has these words." in world.estimate(add="zebra").text


def test_lines_that_nobody_knows_are_left_out(world: World) -> None:
    shown = world.estimate(**{"units_999999999": "5", "units_x": "5", f"units_{world.sensor.pk}": "1"})
    assert shown.figures["required-credits"] == 100


def test_the_overview_sums_to_the_page_and_holds_no_formula(world: World) -> None:
    address = address_of(
        "credits:estimate", world.company, format="csv", **{f"units_{world.core.pk}": 25, f"units_{world.mail.pk}": 3}
    )
    response = world.client.get(address)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    header, *rows = csv.reader(StringIO(body_of(response).decode("utf-8-sig")))
    assert header == ["Solution", "Feature", "Tier", "Unit", "Units", "Credits per unit", "Credits"]
    lines, said = [row for row in rows if row[1]], {row[0]: int(row[6]) for row in rows if not row[1]}
    assert [(row[1], row[4], row[6]) for row in lines] == [("'=Core", "25", "12500"), ("Mail", "3", "1")]
    assert said == {"Credits for one year": 12_501, "Current balance": 4_000, "Recommended purchase": 8_501}


def test_sales_is_asked_once_with_the_overview_and_the_words(world: World) -> None:
    address = world.estimate({world.sensor: 65, world.core: 25}).link("Ask sales, overview attached")
    form = next(each for each in read(world.client.get(address)).elements if each.tag == "form" and "ask-sales" in each["action"])
    values = {**form.values(), "words": "From July on."}
    for _again in range(2):
        response = world.client.post(form["action"], values)
        assert response.status_code == 302
    assert read(world.client.get(response["Location"])).figures["required-credits"] == 19_000
    (mail,) = OutgoingMail.objects.filter(to="sales@vendor.example")
    for part in (
        "Harbor Lines",
        "vera@harbor.example",
        "From July on.",
        "/solutions/estimate/?",
    ):
        assert part in mail.text
    send_mail(mail=mail.pk)
    ((name, rows, _kind),) = outbox.outbox[0].attachments
    assert (name, '"Recommended purchase",,,,,,15000' in str(rows)) == (f"estimate-{world.company.slug}-{TODAY}.csv", True)
    assert Act.objects.get(name="sales.ask").result["words"] == "From July on."


def test_an_empty_or_wrong_estimate_is_not_sent(world: World) -> None:
    address = address_of("credits:ask-sales", world.company)
    empty = world.client.post(address, {"key": new_key()})
    wrong = world.client.post(address, {"key": new_key(), f"units_{world.sensor.pk}": "many"})
    assert (empty.status_code, wrong.status_code) == (422, 422)
    assert "Nothing is estimated yet. Enter units first." in read(empty).text
    assert not OutgoingMail.objects.exists()


def test_too_many_questions_in_an_hour_are_not_sent(world: World) -> None:
    address = address_of("credits:ask-sales", world.company)
    answers = [world.client.post(address, {"key": new_key(), f"units_{world.sensor.pk}": "1"}).status_code for _each in range(11)]
    assert answers == [302] * 10 + [429]


@pytest.mark.parametrize(("contact", "leads"), [("https://sales.example/ask", "https://sales.example/ask"), ("", "")])
def test_where_sales_has_no_mailbox_its_own_page_is_linked(world: World, settings: Any, contact: str, leads: str) -> None:
    settings.SALES_CONTACT = contact
    shown = world.estimate({world.sensor: 1})
    links = [each["href"] for each in shown.elements if each.tag == "a" and "Ask sales" in each.text]
    assert links == ([leads] if leads else [])


def test_another_day_is_estimated_at_its_rates_and_asks_nobody(world: World) -> None:
    shown = world.estimate({world.sensor: 1}, on=PLANNED)
    assert "times the rates of Mar 26, 2026" in shown.text
    assert shown.figures["current-balance"] == 3_000
    assert "Ask sales" not in shown.text


def test_solutions_are_listed_with_what_they_require_and_their_apps(world: World) -> None:
    shown = page(world.client, "credits:solutions", world.company)
    assert "Endpoint Protection 2 features Computers, guarded 100 to 500" in shown.text
    assert shown.link("Go to app") == "https://core.example/app"
    estimate = page(world.client, "credits:solutions", world.company, q="sees endpoints")
    assert "1 of 4 features" in estimate.text
    assert "Nodes" not in estimate.text
    nothing = page(world.client, "credits:solutions", world.company, q="zebra")
    assert nothing.link("Show all solutions") == address_of("credits:solutions", world.company)


def test_a_solution_is_described_and_found_by_its_description(world: World) -> None:
    shown = page(world.client, "credits:solutions", world.company, q="guarded")
    (group,) = [each for each in shown.all("tr") if "group-row" in each.get("class")]
    assert "Computers, guarded" in group.text
    assert "Sensor" in shown.by_id("solutions-found").text
    assert "Nodes" not in shown.by_id("solutions-found").text


def test_the_tabs_lead_from_one_page_to_the_other(world: World) -> None:
    for name in ("credits:annual-credits", "credits:solutions"):
        shown = page(world.client, name, world.company)
        assert shown.link("All available solutions") == address_of("credits:solutions", world.company)
        assert shown.link("Estimate credit usage") == address_of("credits:estimate", world.company)


@pytest.mark.parametrize("typed", ["1000000000000", "-1", "9" * 5_000, "1e9", "٣٣", "=1+1", "<script>"])
def test_what_is_no_number_of_units_counts_as_none_and_is_said(world: World, typed: str) -> None:
    shown = world.estimate({world.sensor: typed, world.core: 2})
    assert shown.figures["required-credits"] == 1_000
    assert "What is no number counts as 0 here." in shown.text
    assert "<script>" not in shown.text


@pytest.mark.parametrize(
    "query",
    [
        {"price": "9" * 500},
        {"price": "1e999999"},
        {"price": "-1"},
        {"price": "NaN"},
        {f"units_{10**17}": "5"},
        {"units_0": "5", "units_x": "5", "units_": "5"},
        {"add": "x" * 5_000},
        {"start": "nowhere"},
    ],
)
def test_an_address_that_no_page_made_shows_an_estimate(world: World, query: dict[str, str]) -> None:
    assert page(world.client, "credits:estimate", world.company, **query).figures["required-credits"] == 0
    answer = world.client.get(address_of("credits:estimate", world.company, **{"format": "csv", **query}))
    assert answer.status_code == 200


def test_a_line_that_fills_all_its_digits_is_summed_exactly(world: World) -> None:
    shown = world.estimate({world.nodes: 10**9, world.core: 10**9}, price="1000000")
    assert shown.figures["required-credits"] == 1_600 * 10**9
