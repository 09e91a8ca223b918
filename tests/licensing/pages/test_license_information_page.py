"""License Information: its rows, what they are called, search, filters, sorting and pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import suspend_order
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License
from tests.factories import SYSTEM, TODAY, act, make_company, make_license, make_product, make_user, new_key
from tests.markup import Row, read
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
    assert all(row.text.startswith(said[status]) for status, row in found.items())


def test_what_does_not_count_today_is_greyed(client: Client, company: Company, licenses: dict[str, License]) -> None:
    greyed = {row.status for row in rows(client, company) if "is-dimmed" in row.element["class"].split()}
    assert greyed == {"expired", "not-yet-valid", "suspended", "cancelled"}


def test_dates_say_the_last_valid_day_and_how_far_off_they_are(
    client: Client, company: Company, licenses: dict[str, License]
) -> None:
    found = {row.status: row.text for row in rows(client, company)}
    assert "Mar 2, 2026 Mar 2, 2027 365 days left last valid day Mar 1, 2027" in found["valid"]
    assert "30 days left" in found["expires-soon"]
    assert "Mar 22, 2026 Mar 22, 2027 starts in 20 days" in found["not-yet-valid"]
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
    assert "0.75 per unit" in row.text
    assert "Laptops" in row.text
    assert "Endpoint Security Core" in row.text


def test_a_contract_without_a_rate_says_so_instead_of_zero(client: Client, company: Company) -> None:
    make_license(company=company, product=make_product(kind="pay-as-you-go", unit="contract", rate=None), units=1)
    (row,) = rows(client, company)
    assert row.figures == {"license-units": 1}
    assert "Not converted" in row.text


def test_top_ups_and_renewals_are_rows_of_their_own_under_their_order(client: Client, company: Company) -> None:
    first = make_license(company=company, name="Group credits", external_id="AZ-1", units=1_000)
    make_license(company=company, name="Other credits", units=5_000)
    (top_up,) = top_up_order(first.order, units=200, **act())
    renewal = renew_order(first.order, **act())
    found = rows(client, company)
    assert names(found) == ["Other credits", "Group credits", "Top-up", "Renewal"]  # the larger order first
    group = found[1:]
    assert [row.key for row in group] == [str(first.pk), str(top_up.pk), str(renewal.pk)]
    assert all("Order AZ-1" in row.text for row in group)
    assert ["is-child" in row.element["class"] for row in group] == [False, True, True]
    assert [row.figures["license-credits"] for row in group] == [1_000, 200, 1_200]
    assert group[2].status == "not-yet-valid"
    # A year later the renewal leads its order.
    later = rows(client, company, on=ago(-370))
    assert next(row.key for row in later if "Order AZ-1" in row.text) == str(renewal.pk)


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


# --- Filters and search


def test_several_statuses_can_be_chosen_at_once(client: Client, company: Company, licenses: dict[str, License]) -> None:
    found = rows(client, company, status=["valid", "suspended"])
    assert {row.status for row in found} == {"valid", "suspended"}
    form = page(client, NAME, company, status=["valid", "suspended"]).one("form", role="search")
    assert form.fields()["status"] == ["valid", "suspended"]


def test_no_status_or_unknown_ones_mean_all(client: Client, company: Company, licenses: dict[str, License]) -> None:
    for query in ({}, {"status": "nonsense"}, {"status": ""}):
        assert len(rows(client, company, **query)) == 6
    assert [row.status for row in rows(client, company, status=["nonsense", "valid"])] == ["valid"]
    form = page(client, NAME, company).one("form", role="search")
    assert len(form.fields()["status"]) == 6  # all ticked, so that taking one away leaves the others


def test_each_status_shows_its_number_whatever_is_chosen(client: Client, company: Company, licenses: dict[str, License]) -> None:
    make_license(company=company)
    states = page(client, NAME, company, status="expired", q="ended").by_id("licenses-states")
    assert "Valid 2" in states.text
    assert "Expired 1" in states.text
    assert "Cancelled 1" in states.text


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
    assert f"Order {EVIL}3" in row.text
    assert not row.element.all("script")


# --- Sorting


@pytest.mark.parametrize("key", ["status", "name", "type", "channel", "units", "credits", "starts", "expires"])
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
        ("nonsense", ["Valid", "Ending", "Coming", "Returned", "Unpaid", "Ended"]),
        ("", ["Valid", "Ending", "Coming", "Returned", "Unpaid", "Ended"]),
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
    assert all("Top-up" in each for each in names)


def test_fifty_rows_are_a_page_and_links_keep_filters_sorting_and_day(client: Client, company: Company) -> None:
    many(company, 51)
    query = {"q": "License", "status": ["valid", "expired"], "sort": "-units", "on": ago(-1)}
    first = page(client, NAME, company, **query)
    assert len(first.rows("license")) == 50
    assert "1–50 of 51" in first.text
    kept = [("q", "License"), ("status", "valid"), ("status", "expired"), ("sort", "-units"), ("on", str(ago(-1)))]
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


def test_a_single_page_has_no_page_links(client: Client, company: Company, licenses: dict[str, License]) -> None:
    assert not page(client, NAME, company).all("nav", aria_label="Pages")


# --- htmx


def test_htmx_gets_just_the_table(client: Client, company: Company, licenses: dict[str, License]) -> None:
    response = client.get(address_of(NAME, company, q="valid"), headers=HTMX)
    shown = read(response)
    assert not shown.all("html")
    assert shown.by_id("licenses").rows("license")
    assert "HX-Request" in response["Vary"]
