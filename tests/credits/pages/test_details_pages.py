"""Both View details pages: purchases and entitlements converted; exact credits per feature."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from console.models.instant_of_recording import recording_at
from credits.models import CreditRequirement, Feature
from licensing.acts.renew import renew_order
from licensing.acts.state.suspend_and_reinstate import suspend_order
from licensing.acts.units.top_up import top_up_order
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
from tests.markup import Element, read
from tests.pages import browser_of, clock_at, page, query_of

pytestmark = pytest.mark.django_db
YESTERDAY = TODAY - timedelta(days=1)
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


def cells(row: Element) -> list[str]:
    return [each.text for each in row.parts if isinstance(each, Element)]


# --- Purchases


def groups(shown: Element) -> dict[str, list[list[str]]]:
    return {
        section.one("h2").text: [cells(row) for row in section.one("tbody").all("tr")] if section.all("tbody") else []
        for section in shown.all("section", aria_labelledby="*")
    }


def totals(shown: Element) -> list[int]:
    return [int(foot.one("data")["value"]) for foot in shown.all("tfoot")]


def test_purchased_and_converted_are_two_groups_that_sum_to_the_valid_credits(client: Client, company: Company) -> None:
    bought = make_license(company=company, name="Group credits", units=1_000)
    (top_up,) = top_up_order(bought.order, units=250, today=TODAY, by=SYSTEM, key=new_key())
    seats = make_product(name="Endpoint Security Core", kind="seats", unit="seat", rate=45)
    make_license(company=company, product=seats, units=10)
    shown = page(client, "credits:purchases", company)
    found = groups(shown)
    assert list(found) == ["Purchased credits", "Entitlements converted"]
    assert totals(shown) == [1_250, 450]
    assert "1,700 credits are valid on Mar 2, 2026." in shown.text
    assert [row[1] for row in found["Purchased credits"]] == ["Group credits Top-up", "Group credits Initial purchase"]
    (row,) = found["Entitlements converted"]
    assert row == [
        "Mar 2, 2026",
        "Endpoint Security Core Initial purchase",
        "Direct",
        "10 seats",
        "450 45 per unit",
        "Mar 2, 2027",
        row[6],
        "Valid",
    ]
    assert top_up.pk != bought.pk


def test_what_does_not_count_is_listed_greyed_and_not_summed(client: Client, company: Company) -> None:
    make_license(company=company, name="Counts", units=100)
    make_license(company=company, name="Comes", units=200, term_starts_on=TODAY + timedelta(days=9))
    make_license(company=company, name="Over", units=300, today=TODAY - timedelta(days=400))
    suspended = make_license(company=company, name="Unpaid", units=400)
    suspend_order(suspended.order, today=TODAY, by=SYSTEM, key=new_key())
    make_license(company=company, name="Tried", units=500, trial=True)
    shown = page(client, "credits:purchases", company)
    assert totals(shown) == [100]
    rows = shown.one("section", aria_labelledby="group-purchased").one("tbody").all("tr")
    greyed = {row.one("a", class_="row-title").text for row in rows if row.get("class") == "is-dimmed"}
    assert greyed == {"Comes", "Over", "Unpaid"}
    (tried,) = groups(shown)["Trials"]
    assert tried[1] == "Tried Trial"
    assert tried[4] == "Not converted"
    assert "Nothing of this kind." in shown.text  # nothing was converted
    assert list(groups(shown)) == ["Purchased credits", "Entitlements converted", "Trials"]


def test_a_renewal_is_a_row_of_its_own_and_newest_start_comes_first(client: Client, company: Company) -> None:
    license = make_license(company=company, name="Group credits", units=1_000)
    renew_order(license.order, today=TODAY, by=SYSTEM, key=new_key())
    found = groups(page(client, "credits:purchases", company))["Purchased credits"]
    assert [row[1] for row in found] == ["Group credits Renewal", "Group credits Initial purchase"]
    assert [row[7] for row in found] == ["Not yet valid", "Valid"]
    heads = [each.text for each in page(client, "credits:purchases", company).one("thead").all("th")]
    assert (heads[0], heads[6]) == ("Start date", "Recorded")  # the rows are in the order of the first
    assert [row[0] for row in found] == ["Mar 2, 2027", "Mar 2, 2026"]


def test_of_the_year_of_the_history_stands_what_could_count_in_it(client: Client, company: Company) -> None:
    make_license(company=company, name="Over", today=TODAY - timedelta(days=800))
    make_license(company=company, name="Just over", today=TODAY - timedelta(days=730), term_ends_on=TODAY - timedelta(days=366))
    make_license(company=company, name="Ended within", today=TODAY - timedelta(days=700))
    make_license(company=company, name="Now")
    make_license(company=company, name="Comes", term_starts_on=TODAY + timedelta(days=1))

    def names(**query: str) -> list[str]:
        return [
            row[1].removesuffix(" Initial purchase")
            for row in groups(page(client, "credits:purchases", company, **query))["Purchased credits"]
        ]

    assert names(of="year") == ["Now", "Ended within"]
    assert len(names()) == len(names(of="month")) == 5
    assert totals(page(client, "credits:purchases", company, of="year")) == [1_000]
    later = TODAY + timedelta(days=1)
    assert names(of="year", on=str(later))[0] == "Comes"
    shown = page(client, "credits:annual-credits", company, on=str(later)).by_id("history")
    (details,) = [each for each in shown.all("a") if each.text.startswith("View details")]
    assert details["href"] == f"/companies/{company.slug}/credits/annual/purchases/?of=year&on={later}"


def test_the_day_of_recording_is_the_companys_own() -> None:
    company = make_company(time_zone="Pacific/Kiritimati")
    with recording_at(datetime(2026, 3, 2, 10, 30, tzinfo=UTC)):
        license = make_license(company=company)
    assert license.recorded_at.date() == TODAY
    client = browser_of(make_user(company=company, roles=["viewer"]))
    (row,) = groups(page(client, "credits:purchases", company))["Purchased credits"]
    assert row[6] == "Mar 3, 2026"


def test_trials_of_seats_are_no_entitlements_that_were_converted(client: Client, company: Company) -> None:
    seats = make_product(name="Private Access", kind="seats", unit="user", rate=45)
    make_license(company=company, product=seats, name="Tried", units=5, trial=True)
    make_license(company=company, product=seats, name="Bought", units=5)
    found = groups(page(client, "credits:purchases", company))
    assert [row[1] for row in found["Entitlements converted"]] == ["Bought Initial purchase"]
    assert [row[1] for row in found["Trials"]] == ["Tried Trial"]


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (YESTERDAY, "0 credits were valid on Mar 1, 2026. Rows in gray did not count on that day."),
        (TODAY, "1,000 credits are valid on Mar 2, 2026. Rows in gray do not count on this day."),
        (TODAY + timedelta(days=1), "1,000 credits will be valid on Mar 3, 2026. Rows in gray will not count on that day."),
    ],
)
def test_the_sentence_is_in_the_tense_of_the_day(client: Client, company: Company, day: date, said: str) -> None:
    make_license(company=company)
    assert said in page(client, "credits:purchases", company, on=day).text


def bought(company: Company, number: int) -> None:
    product = make_product()
    for each in range(number):
        make_license(company=company, product=product, units=1_000 + each, name=f"Order {each:03}")


def test_a_page_holds_fifty_rows_and_totals_are_those_of_all(client: Client, company: Company) -> None:
    bought(company, 52)
    seats = make_product(name="Private Access", kind="seats", unit="user", rate=45)
    make_license(company=company, product=seats, name="Bought", units=10)
    first = page(client, "credits:purchases", company)
    assert [len(rows) for rows in groups(first).values()] == [50]
    assert "1–50 of 53" in first.text
    assert "Valid on this day, on all pages" in first.text
    second = read(client.get(first.one("a", rel="next")["href"]))
    assert {title: len(rows) for title, rows in groups(second).items()} == {"Purchased credits": 2, "Entitlements converted": 1}
    assert totals(first) == [sum(range(1_000, 1_052))]
    assert totals(second) == [sum(range(1_000, 1_052)), 450]
    assert "52 rows" in first.one("section", aria_labelledby="group-purchased").text
    names = [row[1] for shown in (first, second) for row in groups(shown)["Purchased credits"]]
    assert len(set(names)) == 52
    for wrong in ("0", "abc", "99", "9" * 400):
        assert groups(page(client, "credits:purchases", company, page=wrong))


def test_search_kind_and_sorting_are_kept_by_every_link(client: Client, company: Company) -> None:
    bought(company, 51)
    make_license(company=company, name="Something else")
    query = {"of": "year", "q": "order", "kind": "purchased", "sort": "units", "on": YESTERDAY + timedelta(days=2)}
    shown = page(client, "credits:purchases", company, **query)
    assert [row[3] for row in groups(shown)["Purchased credits"]][:2] == ["1,000 credits", "1,001 credits"]
    assert "Valid on this day, of what was found" in shown.text
    kept = [("of", "year"), ("q", "order"), ("kind", "purchased"), ("sort", "units"), ("on", str(query["on"]))]
    assert query_of(shown.one("a", rel="next")["href"]) == [*kept, ("page", "2")]
    head = shown.by_id("sort-purchased-units")
    assert query_of(head["href"]) == [("sort", "-units") if each[0] == "sort" else each for each in kept]
    assert query_of(shown.by_id("kind-all")["href"]) == [each for each in kept if each[0] != "kind"]
    assert [each.text for each in shown.all("a", aria_current="true")] == ["Purchased credits 51"]
    fields = shown.one("form", role="search").fields()
    assert fields == {"of": ["year"], "kind": ["purchased"], "sort": ["units"], "on": [str(query["on"])], "q": ["order"]}
    nothing = page(client, "credits:purchases", company, q=EVIL)
    assert f"Nothing was found for “{EVIL}”." in nothing.text
    assert query_of(nothing.link("Show all purchases")) == []


@pytest.mark.parametrize("key", ["starts", "name", "source", "units", "credits", "expires", "recorded", "status"])
def test_each_head_sorts_both_ways_and_says_so(client: Client, company: Company, key: str) -> None:
    bought(company, 2)
    for sort, said in ((key, "ascending"), (f"-{key}", "descending")):
        shown = page(client, "credits:purchases", company, sort=sort)
        (head,) = [each for each in shown.all("th", scope="col") if "aria-sort" in each]
        assert (head["aria-sort"], head.one("a")["id"]) == (said, f"sort-purchased-{key}")
    (opened,) = [each for each in page(client, "credits:purchases", company).all("th", scope="col") if "aria-sort" in each]
    assert (opened.text, opened["aria-sort"]) == ("Start date", "descending")


def test_links_lead_to_the_license_of_the_same_day(client: Client, company: Company) -> None:
    license = make_license(company=company)
    shown = page(client, "credits:purchases", company, on=YESTERDAY)
    link = shown.one("tbody").one("a", class_="row-title")["href"]
    assert link == f"/companies/{company.slug}/licenses/{license.pk}/?on={YESTERDAY}"


def test_without_purchases_the_page_says_what_comes_here(client: Client, company: Company) -> None:
    shown = page(client, "credits:purchases", company)
    assert "No purchases yet" in shown.text
    assert not shown.all("table")


def test_names_of_orders_are_escaped(client: Client, company: Company) -> None:
    make_license(company=company, name=EVIL)
    shown = page(client, "credits:purchases", company)
    assert EVIL in shown.text
    assert not shown.by_id("content").all("script")


# --- Allocations


def test_exact_credits_per_feature_and_line_sum_to_what_is_allocated(client: Client, company: Company) -> None:
    first, second = make_offering(name="Endpoint Security"), make_offering(name="Email Security")
    one = make_feature(name="Endpoint sensor", offering=first, rates=["0.2"])
    tiers = make_feature(name="Email protection", offering=second, rates=[25, 50, 75])
    free = make_feature(name="Asset inventory", offering=first, rates=[0])
    make_feature(name="Untouched", offering=first)
    make_license(company=company, units=10_000)
    allocate(company, one.lines.get(), 11)
    allocate(company, tiers.lines.get(position=0), 100)
    allocate(company, tiers.lines.get(position=1), 20)
    allocate(company, free.lines.get(), 7)
    shown = page(client, "credits:allocations", company)
    assert "3,503 of 10,000 valid credits are allocated on Mar 2, 2026." in shown.text
    assert "Untouched" not in shown.text
    sections = {each.one("h2").text: each for each in shown.all("section", aria_labelledby="*")}
    assert list(sections) == ["Email Security", "Endpoint Security"]  # most credits first
    email = [[each for each in cells(row) if each] for row in sections["Email Security"].one("tbody").all("tr")]
    assert email == [
        ["Email protection", "3,500", "99.9%"],
        ["Tier 1", "100 endpoints", "25", "2,500"],
        ["Tier 2", "20 endpoints", "50", "1,000"],
    ]
    endpoint = [cells(row) for row in sections["Endpoint Security"].one("tbody").all("tr")]
    assert endpoint == [
        ["Endpoint sensor", "11 endpoints", "0.2", "3", "0.1%"],  # 2.2, rounded up
        ["Asset inventory", "7 endpoints", "0", "0", "0.0%"],
    ]
    heads = [int(each.one("p", class_="strong m-0").one("data")["value"]) for each in sections.values()]
    assert heads == [3_500, 3]


def test_shares_of_all_features_sum_to_one_hundred(client: Client, company: Company) -> None:
    for _each in range(7):
        allocate(company, make_feature(rates=[1]).lines.get(), 1)
    shown = page(client, "credits:allocations", company)
    shares = [Decimal(each.text[:-1]) for each in shown.all("td", data_label="Share of allocated")]
    assert len(shares) == 7
    assert sum(shares) == 100


def test_units_without_credits_have_no_share(client: Client, company: Company) -> None:
    allocate(company, make_feature(rates=[0]).lines.get(), 7)
    shown = page(client, "credits:allocations", company)
    assert "No share" in shown.text
    assert "%" not in shown.by_id("content").text


def test_the_allocations_of_another_day(client: Client, company: Company) -> None:
    line = make_feature(name="Endpoint sensor", rates=[5]).lines.get()
    allocate(company, line, 20)
    allocate(company, line, 40, on=TODAY + timedelta(days=5))
    assert "Nothing is allocated" in page(client, "credits:allocations", company, on=YESTERDAY).text
    later = page(client, "credits:allocations", company, on=TODAY + timedelta(days=5))
    assert "40 endpoints" in later.text
    assert later.link("Endpoint sensor").endswith(f"?on={TODAY + timedelta(days=5)}")


def test_names_of_features_are_escaped(client: Client, company: Company) -> None:
    feature = make_feature(rates=[1, 2])
    Feature.objects.update(name=EVIL)
    CreditRequirement.objects.update(label=EVIL, unit=EVIL)
    for line in feature.lines.all():
        allocate(company, line, 3)
    shown = page(client, "credits:allocations", company)
    assert EVIL in shown.text
    assert not shown.by_id("content").all("script")
