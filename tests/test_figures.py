"""Figures in the markup: every page of every company of the demo says the same numbers, to people and to their tools."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client

from console.models import User
from credits.reading.annual_credits import credit_summary
from licensing.models import Company, License
from licensing.rules.a_year_before import a_year_before
from tests.factories import make_company, make_user
from tests.markup import Element, read
from tests.pages import DEMO_COMPANIES, DEMO_DAY, HTMX, address_of, browser_of, clock_at, demo_told, page

SUMMARY = ("total-valid-credits", "allocated-credits", "current-balance")
STATES = {"not-allocated", "allocated", "pay-as-you-go"}
STATUSES = {"not-yet-valid", "valid", "expires-soon", "expired", "suspended", "cancelled"}
COUNTING = {"valid", "expires-soon"}

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("figures")]  # what they share is written once


@pytest.fixture(scope="module")
def companies(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Company]]:
    with django_db_blocker.unblock(), demo_told() as told:
        yield told


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_at(DEMO_DAY):
        yield


@pytest.fixture(params=DEMO_COMPANIES)
def slug(request: pytest.FixtureRequest, companies: dict[str, Company]) -> str:
    return str(request.param)


@pytest.fixture
def owner(slug: str, db: None) -> Client:
    return browser_of(User.objects.get(email=f"owner@{slug}.example"))


def annual(client: Client, slug: str, on: date = DEMO_DAY) -> Element:
    return page(client, "credits:annual-credits", slug, **({} if on == DEMO_DAY else {"on": on}))


class Days(dict[date, Element]):
    """Annual credits of one company, read once per day: no test changes the demo's facts and looks here after that."""

    def __init__(self, slug: str) -> None:
        super().__init__()
        self.slug = slug

    def __missing__(self, on: date) -> Element:
        owner = browser_of(User.objects.get(email=f"owner@{self.slug}.example"))
        self[on] = annual(owner, self.slug, on)
        return self[on]


@pytest.fixture(scope="module")
def days_of_companies() -> dict[str, Days]:
    return {slug: Days(slug) for slug in DEMO_COMPANIES}


@pytest.fixture
def days(days_of_companies: dict[str, Days], slug: str, db: None) -> Days:
    return days_of_companies[slug]


def assert_adds_up(tab: Element, on: date) -> None:
    """Everything that Annual credits says about one day agrees with itself."""
    figures = tab.figures
    valid, allocated, balance = (figures[name] for name in SUMMARY)
    assert balance == valid - allocated
    legend, features = tab.rows("offering"), tab.rows("feature")
    assert sum(row.figures["offering-credits"] for row in legend) == allocated
    assert sum(row.figures["offering-share"] for row in legend) == (Decimal("100.0") if legend else 0)
    assert bool(legend) == bool(allocated)
    assert sum(row.figures.get("feature-credits", 0) for row in features) == allocated
    assert {row.status for row in features} <= STATES
    assert all(("feature-credits" in row.figures) == (row.status != "pay-as-you-go") for row in features)
    assert len({row.key for row in features}) == len(features)
    share = figures.get("allocated-share-of-valid")
    assert share == (None if valid == 0 else (allocated * 100 / valid).quantize(Decimal("0.1"), ROUND_HALF_UP))
    history = tab.data("credit-history")
    days = history["days"]
    assert (days[0], days[-1]) == (a_year_before(on).isoformat(), on.isoformat())
    assert days == sorted(set(days))
    assert len(days) == len(history["valid"]) == len(history["allocated"])
    assert (history["valid"][-1], history["allocated"][-1]) == (valid, allocated)


def test_annual_credits_adds_up(days: Days) -> None:
    tab = days[DEMO_DAY]
    assert set(tab.figures) == {*SUMMARY, "allocated-share-of-valid", "runway"}
    assert_adds_up(tab, DEMO_DAY)


def test_each_day_of_the_history_shows_its_figures_when_asked_for(days: Days) -> None:
    history = days[DEMO_DAY].data("credit-history")
    for text, valid, allocated in zip(*history.values(), strict=True):
        day = date.fromisoformat(text)
        tab = days[day]
        assert_adds_up(tab, day)
        assert [tab.figures[name] for name in SUMMARY] == [valid, allocated, valid - allocated]


@pytest.mark.parametrize("after", [-500, -1, 25, 400])
def test_other_days_of_the_past_and_the_future_add_up_too(days: Days, after: int) -> None:
    day = DEMO_DAY + timedelta(days=after)
    assert_adds_up(days[day], day)


def test_the_days_between_two_points_keep_the_figures_of_the_first(days: Days, slug: str) -> None:
    history = days[DEMO_DAY].data("credit-history")
    points = list(zip(*history.values(), strict=True))
    for (text, valid, allocated), (following, *_rest) in pairwise(points):
        eve = date.fromisoformat(following) - timedelta(days=1)
        if eve > date.fromisoformat(text):
            figures = credit_summary(Company.objects.get(slug=slug), on=eve)
            assert (figures.total_valid_credits, figures.allocated_credits) == (valid, allocated)


def test_the_history_table_says_what_the_graph_says(owner: Client, slug: str) -> None:
    tab = page(owner, "credits:annual-credits", slug, table="history")
    history = tab.data("credit-history")
    totals = dict(zip(history["days"], zip(history["valid"], history["allocated"], strict=True), strict=True))
    rows = tab.by_id("history-table").one("tbody").all("tr")
    written = [[cell.text for cell in row.all("td")] for row in rows]
    days = [f"{day:%b} {day.day}, {day.year}" for day in map(date.fromisoformat, reversed(history["days"]))]
    assert [row[0] for row in written if row[0] in days] == days
    for text, (valid, allocated) in zip(days, reversed(totals.values()), strict=True):
        balance = f"{valid - allocated:,}".replace("-", "−")
        assert next(row[2:] for row in written if row[0] == text) == [f"{valid:,}", f"{allocated:,}", balance]


def steps_of(path: str, days: list[str], top: int) -> list[int]:
    """The values of a line in the graph, back from its outline through its scale, on the days of its points."""
    first = date.fromisoformat(days[0])
    start, *corners = re.findall(r"[MHV][-0-9. ]+", path)
    values, at = {0: float(start.split()[1])}, 0
    for corner in corners:
        if corner[0] == "H":
            at = int(corner[1:])
        else:
            values[at] = float(corner[1:])
    assert at == (date.fromisoformat(days[-1]) - first).days
    offsets = [(date.fromisoformat(day) - first).days for day in days]
    return [round((1 - values[offset] / 1000) * top) for offset in offsets]


def test_tables_svg_plotly_json_and_summary_agree_on_twenty_days(owner: Client, slug: str) -> None:
    for number in range(20):
        on = DEMO_DAY - timedelta(days=19 * number - 40)
        range_shown = ("1y", "90d", "all", "30d")[number % 4]
        tab = page(owner, "credits:annual-credits", slug, on=on, table="history", range=range_shown)
        valid, allocated = tab.figures["total-valid-credits"], tab.figures["allocated-credits"]
        history = tab.data("credit-history")
        assert (history["days"][-1], history["valid"][-1], history["allocated"][-1]) == (str(on), valid, allocated)

        figure = tab.data("history-figure")
        lines = {each["name"]: each for each in figure["data"] if "name" in each}
        box = tab.by_id("history-chart").one("svg", class_="graph-box")
        for name, line in (("valid", lines["Total valid"]), ("allocated", lines["Allocated"])):
            assert (line["x"], line["y"]) == (history["days"], history[name])
            path = box.one("path", class_=f"graph-{name}")["d"]
            assert steps_of(path, history["days"], int(box["data-top"])) == history[name]
        assert figure["layout"]["yaxis"]["range"][1] == int(box["data-top"])

        table = {row.all("td")[0].text: row for row in tab.by_id("history-table").one("tbody").all("tr")}
        for day, *totals in zip(history["days"], history["valid"], history["allocated"], strict=True):
            row = table[f"{date.fromisoformat(day):%b} {date.fromisoformat(day).day}, {day[:4]}"]
            assert [cell.text for cell in row.all("td")[2:4]] == [f"{total:,}" for total in totals]

        legend = {row.key: row.figures["offering-credits"] for row in tab.rows("offering")}
        pie = tab.data("donut-figure")["data"][0]
        slices = [each["data-slice"] for each in tab.by_id("donut").all("path", data_slice="*")]
        if allocated:
            told = dict(zip(pie["customdata"], pie["values"], strict=True))
            assert sum(told.values()) == sum(legend.values()) == allocated
            assert {slug: told[slug] for slug in told if slug != "other"}.items() <= legend.items()
            assert slices == pie["customdata"]


def test_both_charts_are_drawn_with_few_elements(days: Days) -> None:
    for on in (DEMO_DAY, DEMO_DAY - timedelta(days=100), DEMO_DAY + timedelta(days=200)):
        shown = [days[on].by_id(each) for each in ("offerings", "history")]
        # Links of figures are no part of a chart, nor is the menu that exports its table.
        menus = [
            each for part in shown for menu in part.all("details") if "export" in menu.get("class") for each in menu.elements
        ]
        apart = {id(each) for each in menus}
        drawn = [
            [each for each in (part, *part.elements) if "explains" not in each.get("class") and id(each) not in apart]
            for part in shown
        ]
        offerings, history = (len(each) for each in drawn)
        assert history <= 200
        assert offerings + history <= 300


def test_filters_leave_the_summary_alone_and_the_unfiltered_table_is_whole(owner: Client, slug: str, days: Days) -> None:
    whole = page(owner, "credits:annual-credits", slug, state="all")
    assert len(whole.rows("feature")) == 52  # the reference catalogue: never paged
    assert whole.figures == days[DEMO_DAY].figures
    assert {row.key: row.figures for row in days[DEMO_DAY].rows("feature")} == {
        row.key: row.figures for row in whole.rows("feature") if row.status == "allocated"
    }
    narrow = page(owner, "credits:annual-credits", slug, q="endpoint sensor", state="all")
    assert narrow.figures == whole.figures
    assert 0 < len(narrow.rows("feature")) < 52


def figures_of(tab: Element, *names: str) -> dict[str, Decimal]:
    return {name: tab.figures[name] for name in names}


def test_purchases_end_with_the_valid_credits(owner: Client, slug: str, days: Days) -> None:
    for on in (DEMO_DAY, DEMO_DAY - timedelta(days=250), DEMO_DAY + timedelta(days=40)):
        shown = page(owner, "credits:purchases", slug, on=on)
        totals = [Decimal(foot.one("data")["value"]) for foot in shown.all("tfoot")]
        assert sum(totals) == days[on].figures["total-valid-credits"]
        assert shown.figures == figures_of(days[on], "total-valid-credits")


def test_allocations_add_up_per_feature_and_per_offering(owner: Client, slug: str, days: Days) -> None:
    for on in (DEMO_DAY, DEMO_DAY - timedelta(days=250), DEMO_DAY + timedelta(days=40)):
        tab = days[on]
        shown = page(owner, "credits:allocations", slug, on=on)
        of_offerings = {}
        for section in shown.all("section", aria_labelledby="*"):
            if not section["aria-labelledby"].startswith("offering-"):
                continue
            offering = Decimal(section.one("p", class_="strong m-0").one("data")["value"])
            features = [Decimal(data["value"]) for data in section.all("data", class_="strong")]
            assert sum(features) == offering
            of_offerings[section.one("h2").text] = offering
        assert sum(of_offerings.values()) == tab.figures["allocated-credits"]
        assert shown.figures == figures_of(tab, "allocated-credits", "total-valid-credits")
        balance = shown.figures["total-valid-credits"] - shown.figures["allocated-credits"]
        assert balance == tab.figures["current-balance"]
        legend = {row.element.one("a", class_="offering").text: row.figures["offering-credits"] for row in tab.rows("offering")}
        assert of_offerings == legend
        shares = [Decimal(cell.text[:-1]) for cell in shown.all("td", data_label="Share of allocated") if "%" in cell.text]
        assert sum(shares) == (100 if legend else 0)


def test_license_information_carries_units_and_credits_of_each_row(owner: Client, slug: str, days: Days) -> None:
    for on in (DEMO_DAY, DEMO_DAY - timedelta(days=250), DEMO_DAY + timedelta(days=40), DEMO_DAY + timedelta(days=1_000)):
        shown = page(owner, "licensing:license-information", slug, on=on)
        rows = shown.rows("license")
        trials = set(map(str, License.objects.filter(company__slug=slug, trial=True).values_list("pk", flat=True)))
        assert {row.status for row in rows} <= STATUSES
        assert all("license-units" in row.figures for row in rows)
        assert all("license-credits" not in row.figures for row in rows if row.key in trials)
        counting = [row for row in rows if row.status in COUNTING]
        valid = days[on].figures["total-valid-credits"]
        assert sum(row.figures.get("license-credits", 0) for row in counting) == valid
        assert shown.figures == {"total-valid-credits": valid}
        assert len({row.key for row in rows}) == len(rows)


def test_a_license_page_says_what_its_row_says(owner: Client, slug: str) -> None:
    for row in page(owner, "licensing:license-information", slug).rows("license"):
        shown = page(owner, "licensing:license", slug, row.key)
        (own,) = shown.rows("license")
        assert (own.key, own.status, own.figures) == (row.key, row.status, row.figures)
        assert not shown.figures


def test_an_allocation_page_has_figures_of_its_own_names(owner: Client, slug: str, days: Days) -> None:
    allocated = [row for row in days[DEMO_DAY].rows("feature") if row.status == "allocated"]
    balance = days[DEMO_DAY].figures["current-balance"]
    for row in allocated:
        figures = page(owner, "credits:allocation", slug, row.key).figures
        assert set(figures) == {"credits-before", "credits-after", "allocated-after", "balance-before", "balance-after"}
        assert figures["credits-before"] == figures["credits-after"] == row.figures["feature-credits"]
        assert figures["balance-before"] == figures["balance-after"] == balance


def test_the_headlines_of_every_page_are_those_of_the_summary(owner: Client, slug: str) -> None:
    for on in (DEMO_DAY, DEMO_DAY - timedelta(days=100), DEMO_DAY + timedelta(days=60)):
        summary = credit_summary(Company.objects.get(slug=slug), on=on)
        expected = {
            "total-valid-credits": summary.total_valid_credits,
            "allocated-credits": summary.allocated_credits,
            "current-balance": summary.current_balance,
        }
        headlines = {
            "credits:annual-credits": SUMMARY,
            "credits:purchases": ("total-valid-credits",),
            "credits:allocations": ("total-valid-credits", "allocated-credits"),
            "licensing:license-information": ("total-valid-credits",),
        }
        for name, figures in headlines.items():
            shown = page(owner, name, slug, on=on)
            assert figures_of(shown, *figures) == {figure: expected[figure] for figure in figures}


def test_every_page_names_a_figure_once(owner: Client, slug: str) -> None:
    names = ("credits:annual-credits", "credits:purchases", "credits:allocations", "licensing:license-information")
    for name in names:
        figures = page(owner, name, slug).figures  # fails where a name stands twice outside rows
        assert not set(figures) - {*SUMMARY, "allocated-share-of-valid", "runway"}


# --- Borealis: below zero, and nothing is blocked


def test_borealis_is_negative_by_sign_word_and_sentence(companies: dict[str, Company], db: None) -> None:
    manager = browser_of(User.objects.get(email="manager@borealis.example"))
    summary = annual(manager, "borealis").by_id("summary")
    assert summary.figures["current-balance"] == -10_150
    assert "−10,150" in summary.text
    assert "Negative" in summary.text
    assert "Nothing is blocked and every feature keeps working" in summary.text
    assert summary.figures["allocated-share-of-valid"] == Decimal("113.5")


@pytest.mark.parametrize("htmx", [False, True])
def test_the_manager_of_borealis_still_allocates_after_confirming(companies: dict[str, Company], db: None, htmx: bool) -> None:
    manager = browser_of(User.objects.get(email="manager@borealis.example"))
    headers = HTMX if htmx else {}
    address = address_of("credits:allocation", "borealis", "mobile-sensor")
    form = read(manager.get(address, headers=headers)).by_id("allocation-form")
    values = form.values()
    (units,) = [name for name in values if name.startswith("units_")]
    assert values[units] == "240"
    response = manager.post(address, {**values, units: "260"}, headers=headers)
    assert response.status_code == 422
    shown = read(response)
    form = shown.by_id("allocation-form")
    assert "Tick the box" in shown.error_beside("confirm")
    response = manager.post(address, {**form.values(), "confirm": "on"}, headers=headers)
    assert response.status_code == (200 if htmx else 302)
    tab = annual(manager, "borealis")
    assert_adds_up(tab, DEMO_DAY)
    row = next(row for row in tab.rows("feature") if row.key == "mobile-sensor")
    assert tab.figures["current-balance"] == -10_150 - row.figures["feature-credits"] * 20 / 260


def test_a_company_without_anything_has_zeros_and_no_percentage(companies: dict[str, Company], db: None) -> None:
    company = make_company(name="New here")
    tab = annual(browser_of(make_user(company=company, roles=["viewer"])), company.slug)
    assert_adds_up(tab, DEMO_DAY)
    assert tab.figures == dict.fromkeys(SUMMARY, 0)
    assert "There are no valid credits yet" in tab.text
    assert "0 valid, 0 allocated, balance 0" in tab.by_id("summary").text
    assert "%" not in tab.by_id("summary").text
