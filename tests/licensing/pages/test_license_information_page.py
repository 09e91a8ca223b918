"""License Information: its rows, what they are called, search, filters, sorting and pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from licensing.acts.activate import activate_order
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import suspend_order
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License, Order, Product
from licensing.pages.license_information.orders import OrderOnDay
from licensing.reading.licenses_on_day import LicenseOnDay
from licensing.rules.license_profile import LicenseFacts, Said
from tests.factories import SYSTEM, TODAY, act, make_company, make_license, make_order, make_product, make_user, new_key
from tests.markup import Element, Row, read
from tests.pages import HTMX, address_of, browser_of, clock_at, page, query_of

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("license information")]  # what they share is written once
NAME = "licensing:license-information"
EVIL = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_at(TODAY):
        yield


@pytest.fixture
def company(request: pytest.FixtureRequest, db: None) -> Company:
    """A company without anything, or the one that holds `licenses`."""
    if "licenses" in request.fixturenames:
        return request.getfixturevalue("licenses")["valid"].company
    return make_company()


@pytest.fixture
def client(company: Company) -> Client:
    return browser_of(make_user(company=company, roles=["viewer"]))


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.fixture(scope="module")
def licenses(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, License]]:
    """One license of each status, by status: written once; what a test adds is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield license_of_each_status(make_company())
        transaction.set_rollback(True)


def license_of_each_status(company: Company) -> dict[str, License]:
    found = {
        "valid": make_license(company=company, name="Valid credits", units=1_000),
        "expires-soon": make_license(company=company, name="Ending credits", units=300, term_ends_on=ago(-29)),
        "expired": make_license(company=company, name="Ended credits", today=ago(400), units=200),
        "not-yet-valid": make_license(company=company, name="Coming credits", units=700, term_starts_on=ago(-20)),
        "suspended": make_license(company=company, name="Unpaid credits", units=400),
        "cancelled": make_license(company=company, name="Returned credits", units=500),
    }
    suspend_order(found["suspended"].order, **act())
    cancel_order(found["cancelled"].order, **act())
    return found


def rows(client: Client, company: Company, **query: Any) -> list[Row]:
    return page(client, NAME, company, **query).rows("license")


def names(found: list[Row]) -> list[str]:
    return [row.element.one("a", class_="row-title").text for row in found]


# --- Rows


def test_every_license_has_a_row_with_its_status(client: Client, company: Company, licenses: dict[str, License]) -> None:
    found = {row.status: row for row in rows(client, company)}
    assert {status: row.key for status, row in found.items()} == {key: str(each.pk) for key, each in licenses.items()}
    said = {
        "valid": "Valid",
        "expires-soon": "Expires soon",
        "expired": "Expired",
        "not-yet-valid": "Not yet valid",
        "suspended": "Suspended",
        "cancelled": "Cancelled",
    }
    assert {status: row.element.one("td", class_="cell-status").text for status, row in found.items()} == said


def test_what_does_not_count_today_is_greyed(client: Client, company: Company, licenses: dict[str, License]) -> None:
    greyed = {row.status for row in rows(client, company) if "is-dimmed" in row.element["class"].split()}
    assert greyed == {"expired", "not-yet-valid", "suspended", "cancelled"}


def test_dates_say_how_far_off_they_are(client: Client, company: Company, licenses: dict[str, License]) -> None:
    found = {row.status: row.text for row in rows(client, company)}
    assert "Mar 2, 2026 Mar 2, 2027 Mar 2, 2027 365 days left" in found["valid"]  # of the term's bar, then the expiration
    assert "30 days left" in found["expires-soon"]
    assert "Mar 22, 2026 Mar 22, 2027 Mar 22, 2027 starts in 20 days" in found["not-yet-valid"]
    assert "35 days ago" in found["expired"]
    assert "in grace until Feb 25, 2026" not in found["expired"]
    assert "locked until Mar 27, 2026" in found["expired"]
    assert "cancelled on Mar 2, 2026" in found["cancelled"]
    assert "Mar 2, 2027" in found["cancelled"]  # the contracted expiration stays


def test_a_future_license_counts_from_its_start_date(client: Client, company: Company, licenses: dict[str, License]) -> None:
    on = {row.status: row for row in rows(client, company, on=ago(-20))}
    assert "not-yet-valid" not in on
    (began,) = [row for row in on.values() if row.key == str(licenses["not-yet-valid"].pk)]
    assert began.status == "valid"


def test_a_trial_converts_to_nothing(client: Client, company: Company) -> None:
    seats = make_product(name="Private Access", kind="seats", unit="user", rate=45)
    make_license(company=company, product=seats, units=50, trial=True)
    (row,) = rows(client, company)
    assert row.figures == {"license-units": 50}
    assert "Trial" in row.text
    assert "Not converted" in row.text
    assert "50 users" in row.text


def test_converted_seats_show_units_rate_and_credits(client: Client, company: Company) -> None:
    seats = make_product(name="Endpoint Security Core", kind="seats", unit="seat", rate="0.75")
    make_license(company=company, product=seats, units=101, name="Laptops")
    (row,) = rows(client, company)
    assert row.figures == {"license-units": 101, "license-credits": 76}  # 75.75, rounded up
    assert "0.75 per seat" in row.text
    assert "Laptops" in row.text
    assert "Endpoint Security Core" in row.text


def test_a_contract_without_a_rate_says_so_instead_of_zero(client: Client, company: Company) -> None:
    make_license(company=company, product=make_product(kind="pay-as-you-go", unit="contract", rate=None), units=1)
    (row,) = rows(client, company)
    assert row.figures == {"license-units": 1}
    assert "Not converted" in row.text


def order_of(shown: Element, license: License) -> Element:
    """Everything that is shown of a license's order."""
    return shown.by_id(f"order-{license.order_id}")


def test_an_order_of_several_licenses_has_its_sum_above_them(client: Client, company: Company) -> None:
    first = make_license(company=company, name="Group credits", external_id="AZ-1", units=1_000)
    other = make_license(company=company, name="Other credits", units=5_000)
    (top_up,) = top_up_order(first.order, units=200, **act())
    renewal = renew_order(first.order, **act())
    shown = page(client, NAME, company)
    group = order_of(shown, first)
    head = group.one("tr", class_="order-row")
    assert "Group credits AZ-1, Direct; Vision One Credits; renewed from Mar 2, 2027" in head.text
    assert "1,200 credits 1,200 Sum of 2 licenses" in head.text  # of what counts: the renewal has not begun
    assert not head.all(data_figure="*")  # a sum, beside the figures of the licenses themselves
    assert "data-license" not in head
    fold = head.one("button")
    assert (fold["aria-expanded"], fold.text) == ("true", "Licenses of Group credits")
    found = group.rows("license")
    assert names(found) == ["First term", "Top-up", "Renewal"]
    assert [row.key for row in found] == [str(first.pk), str(top_up.pk), str(renewal.pk)]
    assert ["is-child" in row.element["class"] for row in found] == [True] * 3
    assert [row.figures["license-credits"] for row in found] == [1_000, 200, 1_200]
    assert found[2].status == "not-yet-valid"
    assert "AZ-1" not in "".join(row.text for row in found)  # said once
    # One license is one row.
    assert [each.text for each in order_of(shown, other).all("a", class_="row-title")] == ["Other credits"]
    assert not order_of(shown, other).all("button")
    # A year later the renewal leads its order, and what has ended comes last.
    later = page(client, NAME, company, on=ago(-370))
    assert [row.key for row in order_of(later, first).rows("license")] == [str(renewal.pk), str(first.pk), str(top_up.pk)]
    assert "1,200 credits 1,200" in order_of(later, first).all("tr")[0].text


@pytest.mark.parametrize(
    ("days", "status", "units", "expires"),
    [
        (-1, "Not yet valid", "100 credits", "Mar 2, 2027"),
        (0, "Valid", "100 credits", "Mar 2, 2027"),
        (40, "Valid", "150 credits", "Mar 2, 2027"),
        (360, "Expires soon", "150 credits", "Mar 2, 2027"),
        (366, "Valid", "150 credits", "Mar 2, 2028"),  # the renewal
        (800, "Expired", "150 credits", "Mar 2, 2028"),  # the last to have ended
    ],
)
def test_an_order_is_told_by_what_counts_else_by_what_comes_next_or_ended_last(
    client: Client, company: Company, days: int, status: str, units: str, expires: str
) -> None:
    first = make_license(company=company, units=100, term_starts_on=TODAY, term_months=12)
    top_up_order(first.order, units=50, **act(today=TODAY + timedelta(days=30)))
    renew_order(first.order, **act())
    head = order_of(page(client, NAME, company, on=TODAY + timedelta(days=days)), first).all("tr")[0]
    assert head.one("td", class_="cell-status").text == status
    assert head.one("td", class_="cell-units end").text == units
    assert head.one("td", class_="cell-expires").text.startswith(expires)


def test_units_of_several_kinds_are_not_added_up() -> None:
    product = {each: License(product=Product(unit=each), order=Order()) for each in ("seat", "user")}
    said = (Said("issued", TODAY, 3, Decimal(2), 6, TODAY, ago(-9)),)
    found = [LicenseOnDay(each, LicenseFacts(said), TODAY) for each in (product["seat"], product["user"], product["user"])]
    assert OrderOnDay(tuple(found)).units == {"seat": 3, "user": 6}
    assert OrderOnDay(tuple(found)).credits == 18


def test_what_needs_attention_stands_first_and_apart(client: Client, company: Company, licenses: dict[str, License]) -> None:
    def sections(**query: Any) -> list[str]:
        return [each.text for each in page(client, NAME, company, **query).all("tr", class_="group-row")]

    shown = page(client, NAME, company)
    assert sections() == ["Needs attention", "Other orders, next expiration first"]
    marked = [each for each in shown.all("tbody") if "needs-attention" in each["class"]]
    assert [names(each.rows("license")) for each in marked] == [["Ending credits"], ["Unpaid credits"]]
    assert sections(status="needs-attention") == ["Needs attention"]
    assert sections(status="valid") == sections(sort="name") == []
    (head,) = [each for each in shown.all("th", scope="col") if "aria-sort" in each]
    assert (head.text, head["aria-sort"]) == ("Expiration", "other")


@pytest.mark.parametrize(("days", "asks"), [(-31, False), (-30, True), (-1, True), (0, True), (29, True), (30, False)])
def test_what_is_in_grace_and_not_renewed_needs_attention(client: Client, company: Company, days: int, asks: bool) -> None:
    ends = date(2026, 6, 1)
    make_license(company=company, name="Ends", term_starts_on=ago(10), term_ends_on=ends - timedelta(days=1))
    trial = make_license(company=company, trial=True, term_starts_on=ago(10), term_ends_on=ends - timedelta(days=1))
    found = rows(client, company, on=ends + timedelta(days=days), status="needs-attention")
    assert ("Ends" in names(found)) == asks
    if days >= 0:
        assert str(trial.pk) not in {row.key for row in found}  # a trial has no grace


@pytest.mark.parametrize(
    ("status", "share", "marked"),
    [
        ("valid", "0.0%", True),
        ("expires-soon", "0.0%", True),
        ("suspended", "0.0%", True),
        ("expired", "100.0%", False),
        ("not-yet-valid", "0.0%", False),
        ("cancelled", "0.0%", False),
    ],
)
def test_a_bar_shows_how_much_of_the_term_is_over(
    client: Client, company: Company, licenses: dict[str, License], status: str, share: str, marked: bool
) -> None:
    (row,) = [each for each in rows(client, company) if each.status == status]
    bar = row.element.one("svg", role="img")
    assert bar["class"] == f"term term-{status}"
    first, end = row.element.one("span", class_="term-dates").texts
    assert bar["aria-label"] == f"Term from {first} to {end}"
    assert bar.one("rect", class_="term-gone")["width"] == share
    assert bool(bar.all("rect", class_="term-today")) == marked
    assert "style" not in bar


def test_a_marketplace_order_leads_to_where_it_is_changed(client: Client, company: Company) -> None:
    for channel, units in (("azure", 10), ("aws", 10), ("direct", 10)):
        activate_order(make_order(channel=channel, units=units, external_id=channel.upper()), company=company, **act())
    links = page(client, NAME, company).all("a", class_="order-channel")
    assert {each.text: each["href"].split("/")[2] for each in links} == {
        "Azure Marketplace": "portal.azure.com",
        "AWS Marketplace": "console.aws.amazon.com",
    }


def test_the_head_of_the_page_counts_licenses_orders_and_valid_credits(
    client: Client, company: Company, licenses: dict[str, License]
) -> None:
    top_up_order(licenses["valid"].order, units=50, **act())
    shown = page(client, NAME, company)
    assert "7 licenses in 6 orders. Valid today: 1,350 credits." in shown.text
    assert "Valid on Apr 1, 2027: 0 credits." in page(client, NAME, company, on="2027-04-01").text


def test_a_company_without_licenses_is_told_what_comes_here(client: Client, company: Company) -> None:
    shown = page(client, NAME, company)
    assert "No licenses yet" in shown.text
    assert not shown.rows("license")
    assert not shown.all("form", role="search")
    assert not shown.has_id("licenses-states")


# --- Filters and search


def chips(shown: Element) -> dict[str, str]:
    return {each.parts[0].strip(): each.one("span").text for each in shown.by_id("licenses-states").all("a")}  # type: ignore[union-attr]


def test_a_status_selects(client: Client, company: Company, licenses: dict[str, License]) -> None:
    for status, license in licenses.items():
        assert [row.key for row in rows(client, company, status=status)] == [str(license.pk)]
    assert {row.status for row in rows(client, company, status="needs-attention")} == {"expires-soon", "suspended"}
    shown = page(client, NAME, company, status="suspended", sort="units", on=ago(0))
    (current,) = shown.by_id("licenses-states").all("a", aria_current="true")
    assert current.text == "Suspended 1"
    assert query_of(current["href"]) == [("status", "suspended"), ("sort", "units")]  # an address of its own
    assert query_of(shown.by_id("status-all")["href"]) == [("sort", "units")]
    assert shown.one("form", role="search").fields()["status"] == ["suspended"]  # a search keeps it


def test_no_status_or_unknown_ones_mean_all(client: Client, company: Company, licenses: dict[str, License]) -> None:
    for query in ({}, {"status": "nonsense"}, {"status": ""}):
        shown = page(client, NAME, company, **query)
        assert len(shown.rows("license")) == 6
        assert [each.text for each in shown.by_id("licenses-states").all("a", aria_current="true")] == ["All 6"]


def test_each_choice_shows_how_many_it_leaves(client: Client, company: Company, licenses: dict[str, License]) -> None:
    make_license(company=company)
    counts = {"All": "7", "Needs attention": "2", "Valid": "2", "Expires soon": "1", "Not yet valid": "1", "Suspended": "1"}
    counts |= {"Expired": "1", "Cancelled": "1"}
    assert chips(page(client, NAME, company)) == counts
    assert chips(page(client, NAME, company, status="expired")) == counts
    found = chips(page(client, NAME, company, q="ended"))  # of what was searched for
    assert found == {**dict.fromkeys(counts, "0"), "All": "1", "Expired": "1"}


def test_an_order_of_which_one_license_is_left_is_one_row(client: Client, company: Company) -> None:
    first = make_license(company=company, name="Group credits", today=TODAY)
    renewal = renew_order(first.order, **act())
    shown = page(client, NAME, company, status="not-yet-valid")
    (row,) = shown.rows("license")
    assert row.key == str(renewal.pk)
    assert "Group credits" in row.text
    assert "Renewal" in row.text
    assert not shown.all("button", aria_expanded="*")


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("ending", {"expires-soon"}),
        ("ENDING Credits", {"expires-soon"}),
        ("credits ending", {"expires-soon"}),
        ("PO-", {"valid", "expires-soon", "expired", "not-yet-valid", "suspended", "cancelled"}),
        ("direct valid", {"valid"}),
        ("  ", {"valid", "expires-soon", "expired", "not-yet-valid", "suspended", "cancelled"}),
        ("100%", set()),
        ("' OR 1=1 --", set()),
        ("x" * 10_000, set()),
    ],
    ids=lambda value: value[:16] if isinstance(value, str) else "",  # the same in every process
)
def test_search_finds_every_word_in_name_order_and_channel(
    client: Client, company: Company, licenses: dict[str, License], q: str, found: set[str]
) -> None:
    assert {row.status for row in rows(client, company, q=q)} == found


def test_nothing_found_says_so_and_leads_back_to_all(client: Client, company: Company, licenses: dict[str, License]) -> None:
    shown = page(client, NAME, company, q=EVIL, on=ago(1), sort="units")
    assert f"Nothing was found for “{EVIL}” in the statuses chosen." in shown.text
    assert query_of(shown.link("Show all licenses")) == [("on", str(ago(1)))]
    assert "No license has one of the statuses chosen." in page(client, NAME, company, status="valid", on="2040-01-01").text


def test_names_are_escaped(client: Client, company: Company) -> None:
    product = make_product(name=EVIL, unit="<b>unit</b>")
    make_license(company=company, product=product, name=EVIL + "2", external_id=EVIL + "3")
    shown = page(client, NAME, company)
    (row,) = shown.rows("license")
    assert EVIL + "2" in row.text
    assert f"{EVIL}3, Direct" in row.text
    assert not row.element.all("script")


# --- Sorting


@pytest.mark.parametrize("key", ["name", "status", "units", "credits", "starts", "expires"])
def test_each_column_sorts_both_ways_and_says_so(
    client: Client, company: Company, licenses: dict[str, License], key: str
) -> None:
    for sort, direction, following in ((key, "ascending", f"-{key}"), (f"-{key}", "descending", key)):
        shown = page(client, NAME, company, sort=sort)
        heads = [each for each in shown.all("th", scope="col") if "aria-sort" in each]
        assert [(each["aria-sort"], each.one("a")["id"]) for each in heads] == [(direction, f"sort-{key}")]
        assert dict(query_of(heads[0].one("a")["href"]))["sort"] == following


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("units", ["Ended", "Ending", "Unpaid", "Returned", "Coming", "Valid"]),
        ("-units", ["Valid", "Coming", "Returned", "Unpaid", "Ending", "Ended"]),
        ("name", ["Coming", "Ended", "Ending", "Returned", "Unpaid", "Valid"]),
        ("status", ["Valid", "Ending", "Coming", "Unpaid", "Ended", "Returned"]),
        ("starts", ["Ended", "Valid", "Ending", "Unpaid", "Returned", "Coming"]),
        ("expires", ["Ended", "Ending", "Valid", "Unpaid", "Returned", "Coming"]),
        ("nonsense", ["Ending", "Unpaid", "Valid", "Coming", "Returned", "Ended"]),
        ("", ["Ending", "Unpaid", "Valid", "Coming", "Returned", "Ended"]),  # what needs attention first, what has ended last
    ],
)
def test_rows_stand_in_the_order_asked_for(
    client: Client, company: Company, licenses: dict[str, License], sort: str, order: list[str]
) -> None:
    assert [each.split()[0] for each in names(rows(client, company, sort=sort))] == order


@pytest.mark.parametrize("sort", ["units", "-units", "expires", "name", ""])
def test_the_licenses_of_an_order_stay_together_however_they_are_sorted(client: Client, company: Company, sort: str) -> None:
    orders = []
    for units in (300, 100, 200):
        first = make_license(company=company, units=units)
        top_up_order(first.order, units=1_000 - units, **act())
        orders.append({str(pk) for pk in License.objects.filter(order=first.order).values_list("pk", flat=True)})
    keys = [row.key for row in rows(client, company, sort=sort)]
    assert [set(keys[at : at + 2]) in orders for at in (0, 2, 4)] == [True] * 3


# --- Pages


def many(company: Company, number: int) -> None:
    product = make_product()
    for each in range(number):
        make_license(company=company, product=product, units=1_000 + each, name=f"License {each:03}")


def test_a_row_whose_order_is_filtered_out_above_it_stands_by_itself(client: Client, company: Company) -> None:
    other = make_license(company=company, today=TODAY, external_id="OTHER", units=9_000)
    order = make_license(company=company, today=TODAY, external_id="MINE", units=100).order
    top_up_order(order, units=50, today=TODAY, by=SYSTEM, key=new_key())
    top_up_order(other.order, units=50, today=TODAY, by=SYSTEM, key=new_key())
    found = page(client, NAME, company, q="top-up")
    names = [each.text for each in found.all("th", scope="row")]
    assert len(names) == 2
    assert not found.all("tr", class_="is-child")
    assert not found.all("button", aria_expanded="*")
    assert all("Top-up" in each for each in names)


def test_fifty_rows_are_a_page_and_links_keep_filters_sorting_and_day(client: Client, company: Company) -> None:
    many(company, 51)
    query = {"q": "License", "status": "valid", "sort": "-units", "on": ago(-1)}
    first = page(client, NAME, company, **query)
    assert len(first.rows("license")) == 50
    assert "1–50 of 51" in first.text
    kept = [("q", "License"), ("status", "valid"), ("sort", "-units"), ("on", str(ago(-1)))]
    following = first.one("a", rel="next")["href"]
    assert query_of(following) == [*kept, ("page", "2")]
    second = read(client.get(following))
    assert [row.figures["license-units"] for row in second.rows("license")] == [1_000]  # the smallest comes last
    assert "51–51 of 51" in second.text
    assert query_of(second.one("a", rel="prev")["href"]) == kept
    assert not second.all("a", rel="next")
    numbers = second.one("nav", aria_label="Pages").all("a", href="*")
    assert [each.text for each in numbers if "aria-current" in each] == ["2"]
    for column in ("name", "units"):  # another sorting starts on the first page again, with the filters
        address = second.by_id(f"sort-{column}")["href"]
        assert [each for each in query_of(address) if each[0] != "sort"] == [each for each in kept if each[0] != "sort"]
    # The row's own link keeps the day; the page counts everything, whatever page it is on.
    assert query_of(second.rows("license")[0].element.one("a", class_="row-title")["href"]) == [("on", str(ago(-1)))]
    assert "51 licenses in 51 orders" in second.text
    for wrong, at in (("0", 1), ("-1", 1), ("abc", 1), ("1.5", 1), ("99", 51), ("9" * 400, 51)):
        shown = page(client, NAME, company, page=wrong)
        assert f"{at}–" in shown.text
        assert shown.rows("license")


def test_an_order_of_more_licenses_than_a_page_holds_goes_on_on_the_next(client: Client, company: Company) -> None:
    order = make_license(company=company, name="Group credits", units=1_000).order
    for _each in range(60):
        top_up_order(order, units=1, **act())
    pages = [page(client, NAME, company, page=number) for number in (1, 2)]
    assert [len(each.rows("license")) for each in pages] == [50, 11]
    for each in pages:
        assert "1,060 credits 1,060 Sum of 61 licenses" in each.all("tr", class_="order-row")[0].text
        assert "1 order, 61 licenses" in each.text


def test_a_single_page_has_no_page_links(client: Client, company: Company, licenses: dict[str, License]) -> None:
    assert not page(client, NAME, company).all("nav", aria_label="Pages")


# --- htmx


def test_htmx_gets_just_the_table(client: Client, company: Company, licenses: dict[str, License]) -> None:
    response = client.get(address_of(NAME, company, q="valid"), headers=HTMX)
    shown = read(response)
    assert not shown.all("html")
    assert shown.by_id("licenses").rows("license")
    assert "HX-Request" in response["Vary"]
