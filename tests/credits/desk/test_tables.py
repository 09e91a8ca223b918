"""Customers and purchases of the workbench: figures as the companies read them, filters, pages, exports, what they cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from console.models import Export
from credits.desk.orders_now import STATES
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import suspend_order
from licensing.models import MarketplacePlan, Order, Subscription
from licensing.reading.licenses_on_day import licenses_on
from tests.factories import act, allocate, make_company, make_feature, make_license, make_order, make_product, make_user
from tests.markup import read
from tests.pages import browser_of
from tests.spreadsheets import read_sheet

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("desk_tables")]


class World:
    """Orders in each state there is, as of the day on which the tests run: staff read the day of today alone."""

    def __init__(self) -> None:
        self.today = timezone.now().date()
        far = self.today + timedelta(days=200)
        self.provider = make_company(name="Delta", slug="delta")
        self.aster = make_company(name="aster foods", slug="aster", business_id="DE-1", parent=self.provider, time_zone="UTC")
        self.borealis = make_company(name="Borealis", slug="borealis", time_zone="UTC")
        self.line = make_feature(rates=[1]).lines.get()
        self.staff = browser_of(make_user(name="Sam Rivers", is_staff=True))
        make_user(company=self.aster, roles=["owner"])
        self.product = make_product(name="Vision One Credits")
        self.license("VALID", self.aster, 1_000, ends=far)
        self.license("SOON", self.aster, 500, ends=self.today + timedelta(days=10))
        self.license("PAST", self.aster, 70, starts=self.today - timedelta(days=50), ends=self.today - timedelta(days=5))
        self.license("AHEAD", self.aster, 90, starts=self.today + timedelta(days=40), ends=far)
        suspend_order(self.license("PAUSED", self.aster, 30, ends=far), **self.act())
        cancel_order(self.license("CANCELLED", self.aster, 20, ends=far), **self.act())
        self.license("BOREALIS", self.borealis, 100, ends=far)
        make_order(external_id="FREE", product=self.product, reserved_for=self.borealis)
        allocate(self.aster, self.line, 300, today=self.today)
        allocate(self.borealis, self.line, 400, today=self.today)
        for plan in ("yearly", "monthly"):
            MarketplacePlan.objects.create(channel="azure", offer_id="credits", plan_id=plan, product=self.product)
        bought = Order.objects.get(external_id="VALID")
        Subscription.objects.create(
            channel="azure",
            external_id="sub-1",
            status="subscribed",
            offer_id="credits",
            plan_id="yearly",
            seen_at=timezone.now(),
            claimed_by=self.aster,
            order=bought,
        )

    def act(self) -> dict[str, Any]:
        return act(today=self.today, reason="test")

    def license(self, number: str, company: Any, units: int, *, starts: Any = None, ends: Any) -> Order:
        made = make_license(
            company=company,
            external_id=number,
            product=self.product,
            units=units,
            today=self.today - timedelta(days=60),
            term_starts_on=starts or self.today - timedelta(days=30),
            term_ends_on=ends - timedelta(days=1),
        )
        return made.order

    def page(self, name: str, **query: Any) -> Any:
        response: Any = self.staff.get(reverse(f"desk:{name}"), query)
        assert response.status_code == 200
        return read(response)

    def rows(self, name: str) -> dict[str, str]:
        found = self.page(name).one("tbody").all("tr")
        return {row.one("a", class_="row-title").text: row.text for row in found}

    def names(self, name: str, **query: Any) -> list[str]:
        return [each.text for each in self.page(name, **query).all("a", class_="row-title")]


@pytest.fixture(scope="module")
def world_of_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


@pytest.fixture
def world(world_of_the_module: World, db: None) -> World:
    return world_of_the_module


def test_customers_stand_with_the_figures_of_their_own_page(world: World) -> None:
    rows = world.rows("customers")
    assert list(rows) == ["aster foods", "Borealis", "Delta"]
    assert "1,500 300 1,200" in rows["aster foods"]
    assert "DE-1, aster" in rows["aster foods"]
    assert "100 400 −300" in rows["Borealis"]
    assert "0 0 0 Nothing expires 0" in rows["Delta"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"q": "foods"}, ["aster foods"]),
        ({"q": "de-1"}, ["aster foods"]),
        ({"q": "boreal is"}, ["Borealis"]),
        ({"q": "zebra"}, []),
        ({"state": "negative"}, ["Borealis"]),
        ({"state": "expiring"}, ["aster foods"]),
        ({"state": "expiring", "q": "borealis"}, []),
        ({"state": "nonsense"}, ["aster foods", "Borealis", "Delta"]),
        ({"sort": "-name"}, ["Delta", "Borealis", "aster foods"]),
        ({"sort": "-registered"}, ["Borealis", "aster foods", "Delta"]),
        ({"sort": "balance"}, ["aster foods", "Borealis", "Delta"]),
        ({"page": "99"}, ["aster foods", "Borealis", "Delta"]),
    ],
)
def test_customers_are_searched_filtered_and_sorted(world: World, query: dict[str, str], names: list[str]) -> None:
    assert world.names("customers", **query) == names


STATE_OF = {
    "VALID": "valid",
    "SOON": "expires-soon",
    "PAST": "expired",
    "AHEAD": "not-yet-valid",
    "PAUSED": "suspended",
    "CANCELLED": "cancelled",
    "BOREALIS": "valid",
    "FREE": "not-activated",
}


def test_purchases_stand_newest_first_with_what_they_are_today(world: World) -> None:
    rows = world.rows("purchases")
    assert list(rows) == list(reversed(STATE_OF))
    for number, state in STATE_OF.items():
        assert str(STATES[state]) in rows[number]
    assert "1,000 credits" in rows["VALID"]
    assert "Borealis Reserved" in rows["FREE"]


@pytest.mark.parametrize("state", list(STATES))
def test_the_filter_of_states_leaves_the_orders_that_show_the_state(world: World, state: str) -> None:
    assert world.names("purchases", state=state) == [each for each in reversed(STATE_OF) if STATE_OF[each] == state]


def test_the_filter_and_the_rules_of_licenses_agree(world: World) -> None:
    by_rules = {each.license.order.external_id: each.status for each in licenses_on(world.aster, on=world.today)}
    assert by_rules == {number: STATE_OF[number] for number in by_rules}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"channel": "azure"}, []),
        ({"plan": "azure/credits/yearly"}, ["VALID"]),
        ({"plan": "azure/credits/monthly"}, []),
        ({"plan": "azure/credits/*"}, ["VALID"]),
        ({"q": "borealis"}, ["FREE", "BOREALIS"]),
        ({"q": "borealis", "state": "valid"}, ["BOREALIS"]),
        ({"q": "soon"}, ["SOON"]),
        ({"sort": "number", "q": "a", "state": "valid"}, ["BOREALIS", "VALID"]),
    ],
)
def test_purchases_are_searched_filtered_and_sorted(world: World, query: dict[str, str], names: list[str]) -> None:
    assert world.names("purchases", **query) == names


@pytest.mark.parametrize(("name", "rows"), [("customers", 3), ("purchases", 8)])
def test_a_table_is_exported_with_what_the_page_leaves_and_that_is_recorded(world: World, name: str, rows: int) -> None:
    before = Export.objects.count()
    for written in ("csv", "xlsx", "json"):
        answer: Any = world.staff.get(reverse(f"desk:{name}"), {"format": written})
        assert len(read_sheet(answer, written).rows) == rows
    answer = world.staff.get(reverse(f"desk:{name}"), {"format": "csv", "q": "foods"})
    narrowed = read_sheet(answer, "csv")
    assert len(narrowed.rows) == (1 if name == "customers" else 6)
    assert Export.objects.count() == before + 4
    assert Export.objects.latest("pk").rows == len(narrowed.rows)


@pytest.mark.parametrize("name", ["customers", "purchases"])
def test_a_page_holds_fifty_rows_and_costs_the_same_for_more(world: World, name: str) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            world.page(name)
        return len(asked)

    few = cost()
    for number in range(55):
        make_license(
            company=make_company(time_zone="UTC"), product=world.product, external_id=f"MORE-{number}", today=world.today
        )
    assert cost() == few <= 10
    assert len(world.names(name)) == 50
    last = len(world.names(name, page="2"))
    assert last == (8 if name == "customers" else 13)
