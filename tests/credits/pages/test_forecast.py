"""What is ahead on Annual credits, and the page of the runway: picture, figures, table and words say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go
import pytest
from django.test import Client

from credits.models import CreditRequirement
from licensing.acts.renew import renew_order
from licensing.acts.state.suspend_and_reinstate import suspend_order
from licensing.models import Company, License
from licensing.rules.calendar_arithmetic import add_months
from tests.factories import (
    TODAY,
    act,
    allocate,
    make_company,
    make_conversion_rate,
    make_feature,
    make_license,
    make_product,
    make_user,
)
from tests.markup import Element, read
from tests.pages import address_of, browser_of, clock_at, page, query_of

pytestmark = pytest.mark.django_db
NAME = "credits:annual-credits"
STEP = re.compile(r"([MHV])(-?[0-9.]+)(?: ([0-9.]+))?")


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_at(TODAY):
        yield


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def client(company: Company) -> Client:
    return browser_of(make_user(company=company, roles=["credit-manager"]))


@pytest.fixture
def line() -> CreditRequirement:
    return make_feature(slug="sensor", name="Endpoint sensor", rates=[5]).lines.get()


@pytest.fixture
def renews(company: Company, line: CreditRequirement) -> License:
    """1,000 credits that end in 100 days and are to be renewed, 500 that are not; 1,200 allocated, 1,300 from day 50 on."""
    license = make_license(company=company, units=1_000, name="Head office", renews=True, term_ends_on=day(99), term_months=12)
    make_license(company=company, units=500, name="Web shop", term_ends_on=day(149))
    allocate(company, line, 240)
    allocate(company, line, 260, on=day(50))
    return license


def forecast(client: Client, company: Company, **query: Any) -> dict[date, tuple[int, int, int]]:
    found = page(client, NAME, company, **query).data("credit-forecast")
    days = [date.fromisoformat(each) for each in found["days"]]
    return dict(zip(days, zip(found["valid"], found["allocated"], found["valid_if_renewed"], strict=True), strict=True))


def values_of(shown: Element, path: str) -> dict[date, int]:
    """Day -> credits of a line of the picture, read from its path."""
    box = shown.one("svg", class_="graph-box")
    first, top = date.fromisoformat(shown.data("credit-history")["days"][0]), int(box["data-top"])
    found: dict[date, int] = {}
    across = 0
    for kind, one, two in STEP.findall(shown.one("path", class_=path)["d"]):
        across = int(one) if kind in "MH" else across
        if kind in "MV":
            found[first + timedelta(days=across)] = round(top * (1 - float(two if kind == "M" else one) / 1000))
    return found


def test_the_forecast_begins_with_the_day_shown_and_goes_six_months(client: Client, company: Company, renews: License) -> None:
    found = forecast(client, company)
    assert found == {
        TODAY: (1_500, 1_200, 1_500),
        day(50): (1_500, 1_300, 1_500),
        day(100): (500, 1_300, 1_500),
        day(150): (0, 1_300, 1_000),
        add_months(TODAY, 6): (0, 1_300, 1_000),
    }
    assert page(client, NAME, company).figures["total-valid-credits"] == 1_500
    assert list(forecast(client, company, ahead=3))[-1] == add_months(TODAY, 3)
    year = forecast(client, company, ahead=12)
    assert list(year)[-1] == add_months(TODAY, 12)
    assert list(forecast(client, company, on="2199-10-01")) == [date(2199, 10, 1), date(2199, 12, 31)]
    assert list(forecast(client, company, on="2199-12-31")) == [date(2199, 12, 31)]
    assert forecast(client, company, ahead=13) == forecast(client, company, ahead="x") == found


def test_picture_figure_and_table_have_the_numbers_of_the_forecast(client: Client, company: Company, renews: License) -> None:
    shown = page(client, NAME, company, table="history")
    found = forecast(client, company)
    for number, path in enumerate(("graph-contracted", "graph-planned", "graph-renewed")):
        assert values_of(shown, path) == {each: values[number] for each, values in found.items()}
    assert shown.one("path", class_="graph-short")["d"].count("Z") == 2, "a box for each level that is not covered"
    figure = shown.data("history-figure")
    assert figure["layout"]["meta"]["ahead"] == shown.data("credit-forecast")
    go.Figure(figure)
    lines = {each["name"]: each["y"] for each in figure["data"] if "name" in each}
    assert lines["Contracted"] == shown.data("credit-forecast")["valid"]
    assert lines["If renewed"] == shown.data("credit-forecast")["valid_if_renewed"]
    rows = {}
    for row in shown.by_id("history-rows").one("tbody").all("tr"):
        on = date.fromisoformat(dict(query_of(row.all("a")[0]["href"])).get("on", str(TODAY)))
        rows[on] = [each.text for each in row.all("td")][1:]
    assert rows[day(100)] == [
        "Head office: expires, −1,000 credits If renewed: Head office, +1,000 credits",
        "500 1,500 if renewed",
        "1,300",
        "−800",
    ]
    assert {each for each in rows if each > TODAY} == set(found) - {TODAY}
    assert rows[day(50)][0] == "Endpoint sensor: 20 endpoints added"


def test_switched_off_the_ground_goes_and_the_axis_ends_with_the_day_shown(
    client: Client, company: Company, renews: License
) -> None:
    shown = page(client, NAME, company, ahead=0, range="90d")
    assert not shown.all(id="credit-forecast")
    assert not shown.all("path", class_="graph-ground")
    assert shown.data("history-figure")["layout"]["xaxis"]["range"][1] == str(TODAY)
    switch = shown.by_id("history").one("a", role="switch")
    assert switch["aria-checked"] == "false"
    assert query_of(switch["href"]) == [("range", "90d")]
    on = page(client, NAME, company, range="90d").by_id("history").one("a", role="switch")
    assert (on["aria-checked"], query_of(on["href"])) == ("true", [("range", "90d"), ("ahead", "0")])


def test_suppositions_stand_in_the_address_and_are_named_above_the_graph(
    client: Client, company: Company, renews: License
) -> None:
    shop = License.objects.for_company(company).latest("id")
    not_renewed = {"suppose": f"{renews.pk}:not"}
    assert forecast(client, company, **not_renewed)[day(100)] == (500, 1_300, 500)
    address = address_of(NAME, company) + f"?suppose={renews.pk}:not&suppose={shop.pk}:renewed&suppose=x&suppose=999:not"
    shown = read(client.get(address))
    forecast_shown = shown.data("credit-forecast")
    assert forecast_shown["valid_if_renewed"][-1] == 500
    first, second = shown.by_id("history").one("ul", class_="suppositions").all("li")
    assert first.text.startswith(f"Supposed: Head office, which ends on {written(day(100))}, is not renewed.")
    assert "Web shop" in second.text
    assert ("suppose", f"{shop.pk}:renewed") in query_of(first.one("a")["href"])
    assert ("suppose", f"{renews.pk}:not") not in query_of(first.one("a")["href"])
    chip = shown.by_id("history").one("ul", class_="pick history-ranges").all("a")[0]
    assert query_of(chip["href"])[:1] == [("range", "30d")]
    assert ("suppose", f"{renews.pk}:not") in query_of(chip["href"])


def test_a_renewal_is_worth_what_its_rate_will_be(client: Client, company: Company) -> None:
    product = make_product(kind="seats", rate=45)
    make_license(company=company, product=product, units=100, renews=True, term_ends_on=day(29), term_months=2)
    make_conversion_rate(product, 50, valid_from=day(20))
    make_conversion_rate(product, 60, valid_from=day(80))
    found = forecast(client, company)
    renewed_again = max(each for each in found if each < add_months(TODAY, 6) and found[each][2] == 6_000)
    assert found[day(30)] == (0, 0, 5_000)
    assert renewed_again > day(80)


def test_what_has_ended_without_a_renewal_is_in_the_line_only_if_somebody_supposes_it(
    client: Client, company: Company, renews: License
) -> None:
    with clock_at(day(120)):
        assert {valid == renewed for valid, _allocated, renewed in forecast(client, company).values()} == {True}
        supposed = forecast(client, company, suppose=f"{renews.pk}:renewed")
        assert supposed[day(120)] == (500, 1_300, 1_500)
        assert supposed[day(150)] == (0, 1_300, 1_000)


def test_the_renewal_of_what_is_suspended_adds_nothing(client: Client, company: Company, renews: License) -> None:
    suspend_order(renews.order, **act())
    found = forecast(client, company)
    assert {values[0] for values in found.values()} == {0, 500}
    assert all(valid == renewed for valid, _allocated, renewed in found.values())


def test_a_renewal_that_was_issued_is_contracted_and_marked_as_ahead(client: Client, company: Company, renews: License) -> None:
    renew_order(renews.order, **act())
    found = forecast(client, company)
    assert found[day(150)] == (1_000, 1_300, 1_000)
    shown = page(client, NAME, company, ahead=12)
    assert shown.all("use", href="#mark-issued")
    assert not page(client, NAME, company, suppose=f"{renews.pk}:not").all("ul", class_="suppositions"), (
        "it cannot be supposed away"
    )


@pytest.mark.parametrize(
    ("planned", "words"),
    [
        (210, "Then Endpoint sensor takes 500 credits more: 50 short . Releasing 50 credits avoids it."),
        (0, "Then 1,000 credits of Head office end: 550 short . Renewed, it lasts until "),
    ],
)
def test_the_tile_names_the_day_the_cause_and_what_helps(
    client: Client, company: Company, line: CreditRequirement, planned: int, words: str
) -> None:
    make_license(company=company, units=1_000, name="Head office", term_ends_on=day(99))
    allocate(company, line, 110)
    if planned:
        allocate(company, line, planned, on=day(10))
    shown = page(client, NAME, company).by_id("summary")
    assert words in shown.text
    assert shown.link("What would help") == address_of("credits:runway", company)


def test_below_zero_already_the_tile_still_names_the_cause_and_what_helps(
    client: Client, company: Company, line: CreditRequirement
) -> None:
    make_license(company=company, units=1_000, name="Head office", term_ends_on=day(99))
    allocate(company, line, 110)
    ended = f"On {written(day(100))}, 1,000 credits of Head office"
    helps = f"Renewed, it lasts until {written(add_months(day(100), 12))}."
    shown = page(client, NAME, company, on=day(120)).by_id("summary").text
    assert f"{ended} end: 550 short on this day . {helps}" in shown
    with clock_at(day(120)):
        assert f"{ended} ended: now 550 short . {helps}" in page(client, NAME, company).by_id("summary").text
    with clock_at(day(100)):
        shown = page(client, NAME, company).by_id("summary").text
        assert f"Today 1,000 credits of Head office ended: 550 short . {helps}" in shown


def test_without_anything_to_renew_releasing_takes_a_balance_back_to_zero(
    client: Client, company: Company, line: CreditRequirement
) -> None:
    allocate(company, line, 20)
    allocate(company, line, 30, on=day(5))
    shown = page(client, NAME, company).by_id("summary").text
    assert "Today Endpoint sensor took 100 credits more: 100 short . Releasing 100 credits takes it back to zero." in shown
    assert page(client, NAME, company).figures["runway"] == 0


def test_the_page_of_the_runway_lists_causes_and_what_would_help_with_the_day_that_follows(
    client: Client, company: Company, renews: License
) -> None:
    shown = page(client, "credits:runway", company)
    assert "it is 800 credits short" in shown.text
    (cause,) = shown.by_id("runway-causes").one("tbody").all("tr")
    assert cause.text == "Head office ends −1,000"
    rows = {(row.key, name): value for row in shown.rows("license") for name, value in row.figures.items()}
    assert rows[str(renews.pk), "cause-change"] == -1_000
    assert rows[str(renews.pk), "renewal-credits"] == 1_000
    assert shown.figures == {"runway-short": 800}
    renew, release = (row.text for row in shown.by_id("runway-help").one("tbody").all("tr"))
    shop_ends, renewed_ends = day(150), day(150)
    assert renew == f"Renew Head office : 1,000 credits from {written(day(100))} until {written(shop_ends)}"
    assert release == (
        f"Release Endpoint sensor : 160 of 260 endpoints from {written(day(100))}, 800 credits until {written(renewed_ends)}"
    )


def test_what_to_release_is_the_fewest_units_that_cover_what_is_short(
    client: Client, company: Company, line: CreditRequirement
) -> None:
    make_license(company=company, units=994)
    allocate(company, line, 200, on=day(3))
    (release,) = (row.text for row in page(client, "credits:runway", company).by_id("runway-help").one("tbody").all("tr"))
    assert "2 of 200 endpoints" in release, "one brings 5 credits, and 6 are short"
    assert "10 credits" in release


def test_suppositions_are_a_form_without_scripts(client: Client, company: Company, renews: License) -> None:
    shown = page(client, "credits:runway", company, suppose=f"{renews.pk}:not")
    form = shown.by_id("runway-suppose").one("form")
    assert form["method"] == "get"
    first = shown.by_id(f"suppose-{renews.pk}")
    assert [each["value"] for each in first.all("option") if "selected" in each] == [f"{renews.pk}:not"]
    assert f"it lasts until {written(day(100))}" in shown.by_id("runway-suppose").text
    assert f"it lasts until {written(day(150))}" in page(client, "credits:runway", company).by_id("runway-suppose").text
    graph = shown.link("See it in the graph")
    assert query_of(graph.partition("#")[0]) == [("suppose", f"{renews.pk}:not")]


def test_with_no_end_in_sight_the_page_says_so(client: Client, company: Company) -> None:
    assert "There is no end in sight" in page(client, "credits:runway", company).text
    assert page(client, NAME, company, on=TODAY).figures["current-balance"] == 0


def written(on: date) -> str:
    return f"{on:%b} {on.day}, {on.year}"
