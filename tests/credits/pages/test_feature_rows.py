"""Rows of All available features: what they say, what one can do there, how they are ordered and narrowed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from credits.pages.annual_credits.feature_rows import (
    Action,
    FeatureTableRow,
    feature_table,
    requirement_of,
    units_in_words,
)
from credits.pages.annual_credits.groups_and_filters import chips, in_groups, narrowed, state_shown
from credits.reading.annual_credits import Plan
from credits.reading.features_on_day import FeatureRow, LineRow, Price


def line(rate: str | None, *, unit: str = "deployment", units: int = 0, credits: int = 0, label: str = "") -> LineRow:
    return LineRow(1, label, unit, None if rate is None else Decimal(rate), units, credits)


def feature(*lines: LineRow, **fields: Any) -> FeatureRow:
    stated = {
        "id": 1,
        "slug": "endpoint-sensor",
        "name": "Endpoint sensor",
        "description": "Detection on computers",
        "app_url": "",
        "offering_slug": "endpoint",
        "offering_name": "Endpoint Security",
        "slot": 1,
        "prices": (),
        **fields,
    }
    return FeatureRow(lines=lines, **stated)


def table(*features: FeatureRow, may_change: bool = True) -> list[FeatureTableRow]:
    return feature_table(features, may_change=may_change, address_of=lambda each: f"/{each.slug}/")


# --- What a unit takes


@pytest.mark.parametrize(
    ("lines", "written"),
    [
        ([line("20.000000")], ("20", "per deployment")),
        ([line("0.200000")], ("0.2", "per deployment")),
        ([line("12500")], ("12,500", "per deployment")),
        ([line("50"), line("20")], ("20 to 50", "per deployment")),
        ([line("25"), line("25")], ("25", "per deployment")),
        ([line("1000", unit="cloud account"), line("5", unit="user")], ("5 to 1,000", "per unit")),
        ([line("0")], ("Free", "per deployment")),
        ([line("0"), line("5")], ("0 to 5", "per deployment")),
        ([line(None)], ("No price", "")),
        ([line(None), line("5")], ("5", "per deployment")),
        ([], ("No price", "")),
    ],
)
def test_what_a_unit_takes_is_exact_and_names_the_unit(lines: list[LineRow], written: tuple[str, str]) -> None:
    assert requirement_of(feature(*lines)) == written


def price(amount: str | None, unit: str = "GB") -> Price:
    return Price(unit, None if amount is None else Decimal(amount), "USD", "")


@pytest.mark.parametrize(
    ("prices", "written"),
    [
        ((price("3.15"),), ("USD 3.15", "per GB, list price")),
        ((price("0.011", "hour"), price("0.047", "hour")), ("USD 0.011 to 0.047", "per hour, list price")),
        ((price("0.013", "file"), price("1.155", "bucket hour")), ("USD 0.013 to 1.155", "list prices")),
        ((price(None),), ("20", "per deployment")),
        ((), ("20", "per deployment")),
    ],
)
def test_billed_pay_as_you_go_it_shows_list_prices(prices: tuple[Price, ...], written: tuple[str, str]) -> None:
    assert requirement_of(feature(line("20"), pay_as_you_go=True, prices=prices)) == written


def test_list_prices_are_not_shown_while_it_takes_credits() -> None:
    assert requirement_of(feature(line("20"), prices=(price("3.15"),))) == ("20", "per deployment")


# --- Units in words


@pytest.mark.parametrize(
    ("lines", "written"),
    [
        ([line("1")], ""),
        ([line("1", units=1)], "1 deployment"),
        ([line("1", units=1_860)], "1,860 deployments"),
        ([line("1", units=950), line("2", units=1_320)], "950 and 1,320 deployments"),
        ([line("1", units=3), line("2"), line("3", units=4)], "3 and 4 deployments"),
        ([line("1", units=1), line("2", units=2), line("3", units=3)], "1, 2 and 3 deployments"),
        ([line("1", units=1), line("2", units=2), line("3", units=3), line("4", units=4)], "10 deployments"),
        ([line("1", units=1, unit="GB"), line("2", units=2, unit="user")], "1 GB, 2 users"),
    ],
)
def test_allocated_units_in_words(lines: list[LineRow], written: str) -> None:
    assert units_in_words(feature(*lines)) == written


# --- States and what one can do

ALLOCATED = feature(line("5", units=20, credits=100))
FREE = feature(line("0", units=20))
UNTOUCHED = feature(line("5"))
METERED = feature(line("5"), pay_as_you_go=True, app_url="https://example.com/app")


@pytest.mark.parametrize(
    ("row", "may_change", "status", "action"),
    [
        (UNTOUCHED, True, "not-allocated", Action("Set up allocation", "/endpoint-sensor/", "set-up")),
        (UNTOUCHED, False, "not-allocated", None),
        (ALLOCATED, True, "allocated", Action("Manage allocation", "/endpoint-sensor/", "manage")),
        (ALLOCATED, False, "allocated", Action("View", "/endpoint-sensor/", "view")),
        (FREE, True, "allocated", Action("Manage allocation", "/endpoint-sensor/", "manage")),
        (METERED, True, "pay-as-you-go", Action("Go to app", "https://example.com/app", "go-to-app")),
        (METERED, False, "pay-as-you-go", Action("Go to app", "https://example.com/app", "go-to-app")),
        (feature(line("5"), pay_as_you_go=True), True, "pay-as-you-go", None),
    ],
)
def test_each_state_has_its_button(row: FeatureRow, may_change: bool, status: str, action: Action | None) -> None:
    (found,) = table(row, may_change=may_change)
    assert (found.status, found.action) == (status, action)


def test_credits_are_shown_where_they_apply() -> None:
    assert [each.credits for each in table(ALLOCATED)] == [100]
    assert [each.credits for each in table(UNTOUCHED)] == [0]
    assert [each.credits for each in table(FREE)] == [0]
    assert [each.credits for each in table(METERED)] == [None]


# --- Order, search, filters


def named(name: str, credits: int = 0, **fields: Any) -> FeatureRow:
    return feature(line("1", units=credits, credits=credits), slug=name.lower(), name=name, **fields)


def test_most_credits_come_first_then_pay_as_you_go_then_what_is_not_allocated() -> None:
    metered = named("Metered", pay_as_you_go=True)
    rows = table(named("Zeta"), named("Alpha"), named("Beta", slot=2), metered, named("Small", 5), named("Large", 50))
    assert [each.name for each in rows] == ["Large", "Small", "Metered", "Alpha", "Zeta", "Beta"]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("", 3),
        ("sensor", 2),
        ("SENSOR mobile", 1),
        ("mobile sensor", 1),
        ("computers", 1),
        ("endpoint security", 3),
        ("security nothing", 0),
        ("nothing", 0),
    ],
)
def test_search_finds_every_word_in_name_description_and_offering(q: str, found: int) -> None:
    rows = table(
        feature(line("1")),
        feature(line("1"), slug="m", name="Mobile sensor", description=""),
        feature(line("1"), slug="x", name="Straße", description="Für alle"),
    )
    assert len(narrowed(rows, q=q)) == found
    assert len(narrowed(rows, q="STRASSE")) == 1


def test_filters_are_combined() -> None:
    rows = table(
        named("One", 5, offering_slug="a"), named("Two", offering_slug="a"), named("Three", 5, offering_slug="b"),
        named("Four", offering_slug="b", pay_as_you_go=True),
    )  # fmt: skip

    def found(**filters: str) -> set[str]:
        return {each.name for each in narrowed(rows, **{"q": "", "offering": "", "state": "all", **filters})}

    assert found(offering="a") == {"One", "Two"}
    assert found(state="allocated") == {"One", "Three"}
    assert found(offering="b", state="pay-as-you-go") == {"Four"}
    assert found(offering="a", state="allocated", q="two") == set()


def test_the_chips_count_their_rows_and_mark_what_is_shown() -> None:
    planned = feature(line("5"), slug="planned", id=2)
    rows = feature_table(
        (ALLOCATED, UNTOUCHED, METERED, planned),
        [Plan(1, 2, date(2027, 1, 15), 250)],
        may_change=True,
        address_of=lambda each: f"/{each.slug}/",
    )
    found = chips(rows, state="allocated", url_of=lambda value: f"?state={value}")
    assert [(each.value, each.count, each.active, each.url) for each in found] == [
        ("allocated", 1, True, "?state=allocated"),
        ("planned", 1, False, "?state=planned"),
        ("all", 4, False, "?state=all"),
        ("not-allocated", 2, False, "?state=not-allocated"),
        ("pay-as-you-go", 1, False, "?state=pay-as-you-go"),
    ]
    (plan,) = narrowed(rows, state="planned")[0].plans
    assert (plan.text, plan.line, plan.on, bool(plan.key)) == ("250 from Jan 15, 2027", 1, date(2027, 1, 15), True)


def test_it_opens_on_what_is_allocated_and_on_all_where_nothing_is() -> None:
    assert state_shown(table(ALLOCATED, UNTOUCHED), "") == "allocated"
    assert state_shown(table(UNTOUCHED, METERED), "") == "all"
    assert state_shown(table(ALLOCATED), "planned") == "planned"
    assert state_shown(table(ALLOCATED), "nonsense") == "allocated"


def test_groups_stand_by_credits_and_the_small_ones_fold_where_there_is_little_room() -> None:
    rows = table(
        *(named(f"A{number}", 5, offering_slug="a", slot=1) for number in range(4)),
        named("B", 50, offering_slug="b", slot=2),
        *(named(f"C{number}", 1, offering_slug="c", slot=3) for number in range(3)),
        named("D", offering_slug="d", slot=4, pay_as_you_go=True),
    )
    groups = in_groups(rows, fold=True)
    assert [(each.slug, each.credits, len(each.rows), each.folds) for each in groups] == [
        ("b", 50, 1, False),
        ("a", 20, 4, False),
        ("c", 3, 3, True),
        ("d", None, 1, True),
    ]
    assert not any(each.folds for each in in_groups(rows, fold=False))
