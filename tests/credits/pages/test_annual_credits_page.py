"""The Annual credits tab: summary, donut and legend, history, all available features."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from credits.acts.billing_model.switch_billing_model import switch_billing_model
from credits.models import Feature
from licensing.models import Company
from tests.factories import (
    SYSTEM,
    TODAY,
    allocate,
    make_company,
    make_feature,
    make_license,
    make_offering,
    make_product,
    make_user,
    new_key,
)
from tests.markup import Element, Row, read
from tests.pages import HTMX, address_of, browser_of, clock_at, page, query_of

pytestmark = pytest.mark.django_db
NAME = "credits:annual-credits"
YESTERDAY = TODAY - timedelta(days=1)


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
def features() -> dict[str, Feature]:
    endpoint, email = make_offering(slug="endpoint", name="Endpoint Security"), make_offering(slug="email", name="Email Security")
    return {
        "sensor": make_feature(slug="sensor", name="Endpoint sensor", description="On computers", offering=endpoint, rates=[5]),
        "mobile": make_feature(slug="mobile", name="Mobile sensor", description="On phones", offering=endpoint, rates=[2]),
        "mail": make_feature(slug="mail", name="Email protection", description="Mailboxes", offering=email, rates=[25, 50]),
    }


def features_shown(client: Client, company: Company, **query: Any) -> list[str]:
    return [row.key for row in page(client, NAME, company, **query).rows("feature")]


def row_of(shown: Element, key: str, kind: str = "feature") -> Row:
    return next(row for row in shown.rows(kind) if row.key == key)


# --- Summary


def test_the_four_parts_are_there(client: Client, company: Company) -> None:
    make_license(company=company, units=1_000)
    shown = page(client, NAME, company)
    assert [shown.by_id(each).one("h2").text for each in ("summary", "offerings", "history", "features")] == [
        "Summary",
        "Allocated credits by offering",
        "History and what is ahead",
        "All available features",
    ]


def test_the_summary_tells_purchased_from_converted(client: Client, company: Company, features: dict[str, Feature]) -> None:
    make_license(company=company, units=1_000)
    make_license(company=company, product=make_product(kind="seats", unit="seat", rate=45), units=10)
    allocate(company, features["sensor"].lines.get(), 58)
    shown = page(client, NAME, company)
    assert shown.figures == {
        "total-valid-credits": 1_450,
        "allocated-credits": 290,
        "current-balance": 1_160,
        "allocated-share-of-valid": 20,
        "runway": 365,
    }
    assert "1,000 purchased and 450 converted from licenses" in shown.by_id("summary").text
    assert "1 feature in 1 offering, 20.0% of valid credits" in shown.by_id("summary").text


def test_a_trial_and_a_future_license_add_nothing_yet(client: Client, company: Company) -> None:
    make_license(company=company, units=500, trial=True)
    make_license(company=company, units=700, term_starts_on=TODAY + timedelta(days=1))
    assert page(client, NAME, company).figures["total-valid-credits"] == 0
    assert page(client, NAME, company, on=TODAY + timedelta(days=1)).figures["total-valid-credits"] == 700


def test_two_licenses_one_expiring_first_take_the_balance_below_zero_on_that_day(
    client: Client, company: Company, features: dict[str, Feature]
) -> None:
    make_license(company=company, units=1_000, term_ends_on=TODAY.replace(month=6, day=30))
    make_license(company=company, units=500, term_ends_on=TODAY.replace(month=12, day=31))
    allocate(company, features["sensor"].lines.get(), 240)
    balances = [page(client, NAME, company, on=f"2026-{day}").figures["current-balance"] for day in ("06-30", "07-01", "12-31")]
    assert balances == [300, -700, -700]
    assert "until Jul 1, 2026" in page(client, NAME, company).by_id("summary").text


def test_below_zero_is_told_by_sign_word_and_whom_to_ask(
    client: Client, company: Company, features: dict[str, Feature], settings: Any
) -> None:
    settings.SALES_CONTACT = "mailto:sales@example.com"
    settings.MARKETPLACE_URL = "https://market.example/"
    allocate(company, features["sensor"].lines.get(), 58)
    shown = page(client, NAME, company)
    summary = shown.by_id("summary")
    assert shown.figures["current-balance"] == -290
    assert "allocated-share-of-valid" not in shown.figures  # of nothing there is no share
    assert "The balance is 290 credits below zero, since Mar 2, 2026. Nothing is blocked" in summary.text
    assert "Negative −290" in summary.text
    assert summary.link("Contact sales") == "mailto:sales@example.com"
    assert summary.link("Buy credits") == "https://market.example/"


def test_view_details_and_the_legend_keep_the_day(client: Client, company: Company, features: dict[str, Feature]) -> None:
    allocate(company, features["sensor"].lines.get(), 5, today=YESTERDAY)
    shown = page(client, NAME, company, on=YESTERDAY)
    details = {each["href"] for each in shown.by_id("summary").all("a") if each.text.startswith("View details")}
    assert details == {address_of(f"credits:{name}", company, on=YESTERDAY) for name in ("purchases", "allocations")}
    (row,) = shown.rows("offering")
    assert query_of(row.element.one("a", class_="offering")["href"]) == [("offering", "endpoint"), ("on", str(YESTERDAY))]


# --- Donut and legend


def test_the_legend_has_each_offering_with_credits_largest_first(
    client: Client, company: Company, features: dict[str, Feature]
) -> None:
    make_license(company=company, units=10_000)
    allocate(company, features["sensor"].lines.get(), 10)
    allocate(company, features["mobile"].lines.get(), 25)
    mail = features["mail"].lines.order_by("position")
    allocate(company, mail[0], 8)
    allocate(company, mail[1], 1)
    shown = page(client, NAME, company)
    legend = [(row.key, row.figures["offering-credits"], row.figures["offering-share"]) for row in shown.rows("offering")]
    assert legend == [("email", 250, Decimal("71.4")), ("endpoint", 100, Decimal("28.6"))]
    pie = shown.data("donut-figure")["data"][0]
    assert dict(zip(pie["customdata"], pie["values"], strict=True)) == {"email": 250, "endpoint": 100}
    assert "The largest part, 71.4%, is Email Security." in shown.by_id("donut").one("svg", role="img")["aria-label"]


def test_of_many_offerings_each_still_has_its_row_and_its_figure(client: Client, company: Company) -> None:
    for number in range(12):
        allocate(company, make_feature(offering=make_offering(), rates=[1]).lines.get(), 100 - number)
    shown = page(client, NAME, company)
    rows = shown.rows("offering")
    assert len(rows) == 12
    assert sum(row.figures["offering-credits"] for row in rows) == shown.figures["allocated-credits"]
    assert sum(row.figures["offering-share"] for row in rows) == 100
    other = shown.one("button", data_expands="legend-tail")
    assert other.text == "Other (5)"
    assert len(shown.by_id("legend-tail").rows("offering")) == 5
    assert shown.data("donut-figure")["data"][0]["labels"][7] == "Other (5)"


def test_units_that_take_no_credits_are_allocated_but_no_slice(client: Client, company: Company) -> None:
    free = make_feature(slug="free", rates=[0])
    make_license(company=company)
    allocate(company, free.lines.get(), 9)
    shown = page(client, NAME, company)
    assert not shown.rows("offering")
    row = row_of(shown, "free")
    assert (row.status, row.figures) == ("allocated", {"feature-credits": 0})
    assert "9 endpoints" in row.text
    assert "1 feature in 1 offering, 0.0% of valid credits" in shown.by_id("summary").text


def test_nothing_allocated_says_what_to_do_next(client: Client, company: Company, features: dict[str, Feature]) -> None:
    make_license(company=company, units=1_000)
    shown = page(client, NAME, company).by_id("offerings")
    assert "0 of 1,000 valid credits are allocated. Set up an allocation for a feature below." in shown.text
    assert not shown.all("table")


# --- History


def test_the_range_is_in_the_address_and_kept_with_day_and_filters(client: Client, company: Company) -> None:
    make_license(company=company, units=1_000, today=TODAY - timedelta(days=800), term_months=60)
    make_license(company=company, units=100, today=TODAY - timedelta(days=60))
    shown = page(client, NAME, company, range="90d", q="sensor", on=YESTERDAY)
    first = YESTERDAY - timedelta(days=90)
    assert shown.data("credit-history")["days"][0] == str(first)
    assert [each["aria-current"] for each in shown.by_id("history").all("a", data_sets="range") if "aria-current" in each] == [
        "true"
    ]
    links = {
        each.text: dict(query_of(each["href"].partition("#")[0])) for each in shown.by_id("history").all("a", data_sets="range")
    }
    kept = {"q": "sensor", "on": str(YESTERDAY)}
    assert links == {
        "30 days": {**kept, "range": "30d"},
        "90 days": {**kept, "range": "90d"},
        "1 year": kept,
        "All": {**kept, "range": "all"},
    }
    days = {words: page(client, NAME, company, range=words).data("credit-history")["days"] for words in ("30d", "1y", "all", "x")}
    assert days["30d"][0] == str(TODAY - timedelta(days=30))
    assert days["1y"] == days["x"]
    assert days["all"][:2] == [str(TODAY - timedelta(days=801)), str(TODAY - timedelta(days=800))]
    summaries = [page(client, NAME, company, range=words).by_id("summary").text for words in ("30d", "1y", "all")]
    assert len(set(summaries)) == 1, "only the picture reaches further"


def test_the_rows_of_the_history_come_when_asked_for(client: Client, company: Company) -> None:
    make_license(company=company, units=1_000, today=TODAY - timedelta(days=60))
    closed = page(client, NAME, company).by_id("history-table")
    assert "open" not in closed
    assert not closed.all("table")
    fetch = closed.by_id("history-rows")["href"].partition("#")[0]
    opened = read(client.get(fetch)).by_id("history-table")
    assert "open" in opened
    assert len(opened.one("tbody").all("tr")) == 4
    part = read(client.get(closed.by_id("history-rows")["hx-get"], headers={"HX-Request": "true", "HX-Target": "history-rows"}))
    assert part.one("table").text == opened.one("table").text
    assert not part.all("html")
    day = str(TODAY - timedelta(days=60))
    assert [dict(query_of(each["href"]))["on"] for each in part.one("tbody").all("a") if each.get("class") != "explains"] == [
        "2026-09-02",
        str(TODAY),
        day,
        "2025-03-02",
    ]


def test_a_mark_is_a_link_that_opens_its_day(client: Client, company: Company) -> None:
    day = TODAY - timedelta(days=60)
    make_license(company=company, name="Group credits", units=1_000, today=day)
    chart = page(client, NAME, company).by_id("history-chart")
    assert "ending at 1,000 valid and 0 allocated" in chart.one("svg", role="img")["aria-label"]
    (mark,) = chart.all("a")
    assert query_of(mark["href"]) == [("on", str(day))]
    assert mark["aria-label"] == "Jan 1, 2026: Group credits: purchase, +1,000 credits"


def test_what_the_features_are_filtered_by_stays_marked_in_legend_and_ring(
    client: Client, company: Company, features: dict[str, Feature]
) -> None:
    allocate(company, features["sensor"].lines.get(), 10)
    allocate(company, features["mail"].lines.order_by("position")[0], 8)
    shown = page(client, NAME, company, offering="email").by_id("offerings")
    assert [each["id"] for each in shown.all("a", aria_current="true")] == ["legend-email"]
    dimmed = {each["data-slice"]: "is-dimmed" in each["class"] for each in shown.all("path", data_slice="*")}
    assert dimmed == {"endpoint": True, "email": False}
    assert not [each for each in page(client, NAME, company).by_id("offerings").all("path") if "is-dimmed" in each.get("class")]


# --- Features


def test_the_three_states_have_their_buttons(client: Client, company: Company, features: dict[str, Feature]) -> None:
    make_license(company=company, product=make_product(kind="pay-as-you-go", unit="contract", rate=None), units=1)
    Feature.objects.filter(slug="mobile").update(switchable=True, app_url="https://example.com/app")
    mobile = Feature.objects.get(slug="mobile")
    switch_billing_model(company, feature=mobile, model="pay-as-you-go", today=TODAY, by=SYSTEM, key=new_key())
    allocate(company, features["sensor"].lines.get(), 9)
    shown = page(client, NAME, company, state="all")
    found = {row.key: (row.status, row.element.by_id(f"action-{row.key}")) for row in shown.rows("feature")}
    assert {key: status for key, (status, _action) in found.items()} == {
        "sensor": "allocated",
        "mobile": "pay-as-you-go",
        "mail": "not-allocated",
    }
    assert [(found[key][1].text, found[key][1]["aria-label"]) for key in ("sensor", "mobile", "mail")] == [
        ("Manage allocation", "Manage allocation: Endpoint sensor"),
        ("Go to app", "Go to app: Mobile sensor"),
        ("Set up allocation", "Set up allocation: Email protection"),
    ]
    assert found["mobile"][1]["href"] == "https://example.com/app"
    assert "hx-get" not in found["mobile"][1]
    assert row_of(shown, "mobile").figures == {}  # credits do not apply
    assert "Metered" in row_of(shown, "mobile").text
    assert row_of(shown, "mail").figures == {"feature-credits": 0}


def test_a_viewer_can_look_but_gets_no_button_that_changes(company: Company, features: dict[str, Feature]) -> None:
    allocate(company, features["sensor"].lines.get(), 9)
    shown = page(browser_of(make_user(company=company, roles=["viewer"])), NAME, company)
    assert [each["aria-label"] for each in shown.by_id("features").all("a") if each.get("id").startswith("action-")] == [
        "View: Endpoint sensor"
    ]
    assert not [each for each in shown.all("a") if each.text == "Add an allocation"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["sensor"]),
        ({"state": "all"}, ["sensor", "mobile", "mail"]),
        ({"q": "sensor"}, ["sensor"]),
        ({"q": "sensor", "state": "all"}, ["sensor", "mobile"]),
        ({"q": "PHONES mobile", "state": "all"}, ["mobile"]),
        ({"q": "x" * 10_000}, []),
        ({"q": "%"}, []),
        ({"offering": "email"}, []),
        ({"offering": "email", "state": "all"}, ["mail"]),
        ({"offering": "nonsense"}, ["sensor"]),
        ({"state": "allocated"}, ["sensor"]),
        ({"state": "planned"}, []),
        ({"state": "not-allocated", "offering": "endpoint"}, ["mobile"]),
        ({"state": "pay-as-you-go"}, []),
        ({"state": "nonsense"}, ["sensor"]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_search_and_filters_narrow_the_features(
    client: Client, company: Company, features: dict[str, Feature], query: dict[str, str], found: list[str]
) -> None:
    allocate(company, features["sensor"].lines.get(), 9)
    assert features_shown(client, company, **query) == found


def test_filters_stand_in_the_address_and_in_every_link_that_changes_one(
    client: Client, company: Company, features: dict[str, Feature]
) -> None:
    shown = page(client, NAME, company, q="sensor", offering="endpoint", state="not-allocated", on=YESTERDAY).by_id("features")
    assert "2 of 3 features" in shown.text
    fields = shown.one("form").fields()
    assert not shown.all("select")  # the offering is told once
    assert fields == {"on": [str(YESTERDAY)], "state": ["not-allocated"], "q": ["sensor"], "offering": ["endpoint"]}
    kept = {"q": "sensor", "offering": "endpoint", "on": str(YESTERDAY)}
    for state in ("allocated", "planned", "all", "not-allocated", "pay-as-you-go"):
        link = shown.by_id(f"features-state-{state}")
        assert dict(query_of(link["hx-get"])) == kept | {"state": state}
        assert link["href"] == link["hx-get"] + "#features"
    assert shown.by_id("features-state-not-allocated").get("aria-current") == "true"
    clear = next(each for each in shown.all("a") if each.text == "Clear the filter")
    assert dict(query_of(clear["hx-get"])) == {"q": "sensor", "state": "not-allocated", "on": str(YESTERDAY)}


@pytest.mark.parametrize("q", ["a-day", "feature-slug"])
def test_a_search_may_say_what_stands_for_something_in_our_addresses(
    client: Client, company: Company, features: dict[str, Feature], q: str
) -> None:
    allocate(company, features["sensor"].lines.get(), 9)
    shown = page(client, NAME, company, q=q, state="all")
    days = [each["href"] for each in shown.by_id("history").all("a", data_sets="on")]
    assert days
    assert all(f"q={q}" in each and f"on={TODAY.year}" in each for each in days)


def test_nothing_found_says_so_and_leads_back(client: Client, company: Company, features: dict[str, Feature]) -> None:
    shown = page(client, NAME, company, q="<b>nothing</b>", offering="email", state="allocated").by_id("features")
    assert (
        "Nothing was found for “<b>nothing</b>”. Only Email Security is shown. Among those shown under “Allocated”." in shown.text
    )
    assert shown.link("Show all features") == address_of(NAME, company, state="all") + "#features"


def test_rows_stand_in_groups_by_offering_with_sums_that_are_no_figures(
    client: Client, company: Company, features: dict[str, Feature]
) -> None:
    allocate(company, features["sensor"].lines.get(), 9)
    allocate(company, features["mobile"].lines.get(), 3)
    allocate(company, features["mail"].lines.order_by("position")[0], 8)
    shown = page(client, NAME, company).by_id("features")
    groups = [each.text for each in shown.all("tr", class_="group-row")]
    assert groups == ["Email Security 1 feature 200", "Endpoint Security 2 features 51"]
    assert shown.one("tfoot").text == "Total allocated 3 features 251"
    assert not [each for part in (*shown.all("tr", class_="group-row"), shown.one("tfoot")) for each in part.all(data_figure="*")]
    assert [row.key for row in shown.by_id("group-endpoint").rows("feature")] == ["sensor", "mobile"]


def test_where_nothing_is_allocated_the_table_opens_on_all_features(
    client: Client, company: Company, features: dict[str, Feature]
) -> None:
    make_license(company=company, units=1_000)
    shown = page(client, NAME, company).by_id("features")
    assert len(shown.rows("feature")) == 3
    assert shown.by_id("features-state-all").get("aria-current") == "true"
    assert "Mailboxes" in row_of(shown, "mail").element.text  # its description, in a second line


def test_a_plan_stands_in_its_row_with_the_sum_it_leads_to_and_can_be_withdrawn_there(
    client: Client, company: Company, features: dict[str, Feature]
) -> None:
    make_license(company=company, units=1_000)
    later = TODAY + timedelta(days=40)
    allocate(company, features["sensor"].lines.get(), 9)
    allocate(company, features["sensor"].lines.get(), 20, on=later)
    shown = page(client, NAME, company)
    words = f"20 from {later:%b} {later.day}, {later.year}"
    assert words in row_of(shown, "sensor").element.text
    assert f"900 from {later:%b} {later.day}, {later.year}, as planned" in shown.by_id("summary").text
    assert f"100 from {later:%b} {later.day}, {later.year}" in shown.by_id("features").one("tfoot").text
    assert features_shown(client, company, state="planned") == ["sensor"]
    assert words not in page(client, NAME, company, on=later, state="all").by_id("features").text

    form = row_of(shown, "sensor").element.one("form")
    answer = client.post(form["action"], form.values(), headers={**HTMX, "HX-Current-URL": address_of(NAME, company)})
    assert answer.status_code == 200
    assert features_shown(client, company, state="planned") == []
    viewer = browser_of(make_user(company=company, roles=["viewer"]))
    allocate(company, features["sensor"].lines.get(), 30, on=later)
    row = row_of(page(viewer, NAME, company), "sensor").element
    assert "30 from " in row.text
    assert not row.all("form")


# --- The tense of the day, and first steps


def test_another_day_is_told_in_its_own_tense_and_sells_nothing(
    client: Client, company: Company, features: dict[str, Feature], settings: Any
) -> None:
    settings.SALES_CONTACT, settings.MARKETPLACE_URL = "mailto:sales@example.com", "https://market.example/"
    before, after = TODAY - timedelta(days=30), TODAY + timedelta(days=400)
    make_license(company=company, units=1_000, today=YESTERDAY)
    allocate(company, features["sensor"].lines.get(), 58, today=before)
    past = page(client, NAME, company, on=before).by_id("summary")
    assert f"On {before:%b} {before.day}, {before.year} the balance was 290 credits below zero. Nothing was blocked" in past.text
    assert f"From {YESTERDAY:%b} {YESTERDAY.day}, {YESTERDAY.year} on it was at zero or above again." in past.text
    future = page(client, NAME, company, on=after).by_id("summary")
    assert f"On {after:%b} {after.day}, {after.year} the balance will be 290 credits below zero" in future.text
    for shown in (past, future):
        assert "Negative" in shown.text
        assert not [each for each in shown.all("a") if each.text in ("Buy credits", "Contact sales")]


def test_the_runway_names_what_ends_and_what_a_renewal_would_bring(
    client: Client, company: Company, features: dict[str, Feature]
) -> None:
    license = make_license(company=company, units=1_000, name="Head office")
    allocate(company, features["sensor"].lines.get(), 58)
    shown = page(client, NAME, company).by_id("summary")
    assert "Then 1,000 credits of Head office end: 290 short . Renewed, it lasts until " in shown.text
    assert shown.link("Head office") == address_of("licensing:license", company, license.pk)


@pytest.mark.parametrize(
    ("role", "links"),
    [
        ("owner", ["Activate a purchase", "Choose a feature", "Invite somebody", "Choose your notices"]),
        ("license-administrator", ["Activate a purchase", "Ask to be credit manager", "Ask to be owner", "Choose your notices"]),
        ("credit-manager", ["Ask for the licensing permission", "Choose a feature", "Ask to be owner", "Choose your notices"]),
        ("viewer", ["Ask for the licensing permission", "Ask to be credit manager", "Ask to be owner", "Choose your notices"]),
    ],
)
def test_a_company_without_anything_gets_its_first_steps_by_role(
    company: Company, settings: Any, role: str, links: list[str]
) -> None:
    settings.SUPPORT_CONTACT = "support@example.com"
    shown = page(browser_of(make_user(company=company, roles=[role])), NAME, company)
    summary = shown.by_id("summary")
    assert [each.text for each in summary.all("a") if each.get("class") != "explains"] == links
    assert shown.figures == {"total-valid-credits": 0, "allocated-credits": 0, "current-balance": 0}
    assert not shown.all(id="donut")
    assert shown.data("credit-history")["valid"] == [0, 0]


def test_first_steps_are_over_once_something_is_valid_or_allocated(client: Client, company: Company) -> None:
    assert "First steps" in page(client, NAME, company).text
    make_license(company=company, units=700, term_starts_on=TODAY + timedelta(days=1))
    steps = page(client, NAME, company).by_id("summary")
    assert steps.one("li", class_="is-done").one("strong").text == "Activate a purchase"
    assert "First steps" not in page(client, NAME, company, on=TODAY + timedelta(days=1)).text


# --- Add an allocation


def test_the_picker_lists_and_searches_the_whole_catalogue(
    client: Client, company: Company, features: dict[str, Feature]
) -> None:
    allocate(company, features["sensor"].lines.get(), 9)
    address = page(client, NAME, company).link("Add an allocation")
    whole = read(client.get(address))
    assert len(whole.by_id("picker").all("li")) == 3
    (entry,) = read(client.get(f"{address}?q=endpoint+computers")).by_id("picker").all("li")
    assert entry.text == "Endpoint sensor Endpoint Security On computers 5 per endpoint Allocated: 9 endpoints"
    assert entry.one("a")["href"] == address_of("credits:allocation", company, "sensor")
    part = read(client.get(address, headers=HTMX))
    assert not part.all("html")
    assert part.by_id("picker").all("li")[0].one("a")["hx-get"] == address_of("credits:allocation", company, "sensor")
    assert client.get(f"{address}?on={YESTERDAY}")["Location"] == address_of(NAME, company, on=YESTERDAY)


# --- htmx


def test_htmx_gets_the_features_alone_when_it_asks_for_them(
    client: Client, company: Company, features: dict[str, Feature]
) -> None:
    response = client.get(address_of(NAME, company, q="mobile", state="all"), headers={**HTMX, "HX-Target": "features"})
    shown = read(response)
    assert [each["id"] for each in shown.parts if isinstance(each, Element)] == ["features"]
    assert [row.key for row in shown.rows("feature")] == ["mobile"]
    assert "hx-swap-oob" not in shown.by_id("features")
    assert "HX-Request" in response["Vary"]


@pytest.mark.parametrize(
    "headers",
    [{}, HTMX, {**HTMX, "HX-Target": "elsewhere"}, {**HTMX, "HX-Target": "features", "HX-Boosted": "true"},
     {**HTMX, "HX-Target": "features", "HX-History-Restore-Request": "true"}],
    ids=["plain", "no target", "another target", "boosted", "restored"],
)  # fmt: skip
def test_everything_else_gets_the_whole_page(client: Client, company: Company, headers: dict[str, str]) -> None:
    assert read(client.get(address_of(NAME, company), headers=headers)).all("html")


# --- What people write is text


def test_names_are_escaped_in_markup_and_in_the_data_for_charts(client: Client, company: Company) -> None:
    evil = "</script><script>alert(1)</script>"
    make_license(company=company, name=evil, units=1_000, today=TODAY - timedelta(days=100))
    feature = make_feature(name=evil, description=evil, offering=make_offering(slug="evil", name=evil))
    allocate(company, feature.lines.get(), 9)
    response = client.get(address_of(NAME, company, table="history"))
    assert b"<script>alert" not in response.content
    shown = read(response)
    assert [row.element.one("a", class_="offering").text for row in shown.rows("offering")] == [evil]
    assert f"{evil}: purchase, +1,000 credits" in shown.by_id("history-table").text
    assert {script.get("type") for script in shown.all("script") if "src" not in script} == {"application/json"}
