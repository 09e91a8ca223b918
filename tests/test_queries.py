"""What pages and actions cost in SQL statements: within the budget, and the same however much there is to read.

Session, user and membership are counted; transaction control and savepoints are not. A number here may only fall.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.models import Act, User
from credits.acts.planning.keep_scenario import keep_scenario
from credits.models import AllocationEntry, Feature, Offering, Scenario, SeatUse
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License, LicenseEntry, LicenseStatement, Membership, Order
from tests.factories import (
    SYSTEM,
    TODAY,
    act,
    allocate,
    make_company,
    make_feature,
    make_license,
    make_offering,
    make_product,
    make_user,
    new_key,
)
from tests.ledger import database_clock
from tests.markup import read
from tests.pages import HTMX, address_of, browser_of, clock_at
from tests.spreadsheets import body_of

pytestmark = pytest.mark.xdist_group("queries")  # what they share is written once

MEASURED = os.environ.get("MEASURED_AMOUNTS", "")
"""`each` measures after every growth, to find which of them a page begins to cost more with."""
PAGE_BUDGET, ACTION_BUDGET = 10, 18
TRANSACTION_CONTROL = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK", "BEGIN", "COMMIT", "SET CONSTRAINTS")

PAGES = {
    "annual credits": 7,
    "annual credits, filtered": 7,
    "annual credits, another day": 7,
    "annual credits, features for htmx": 7,
    "annual credits, looking a year ahead": 7,
    "add an allocation": 7,
    "planning": 8,
    "scenarios": 8,
    "scenario": 8,
    "purchases": 7,
    "purchases, filtered": 7,
    "allocations": 9,
    "runway": 9,
    "runway, supposing": 9,
    "requirements": 7,
    "requirements, filtered": 7,
    "conversions": 5,
    "customers": 9,
    "customers, filtered": 9,
    "customers, exported": 10,
    "threshold": 10,
    "provider access": 4,
    "provider viewers": 5,
    "solutions": 8,
    "estimate": 7,
    "estimate from today's allocation": 7,
    "estimate, another day": 7,
    "ask sales": 7,
    "pay-as-you-go": 8,
    "pay-as-you-go, another day": 8,
    "manage billing": 8,
    "manage billing for htmx": 8,
    "explanation": 4,
    "explanation of both sides": 5,
    "explanation of a license": 5,
    "explanation, as known": 5,
    "annual credits, as known": 8,
    "license information, as known": 6,
    "runway, as known": 10,
    "allocation, as known": 10,
    "solutions, as known": 9,
    "estimate, as known": 8,
    "pay-as-you-go, as known": 9,
    "receipt, as known": 8,
    "keep using, as known": 5,
    "scenario, as known": 4,
    "allocation as known, exported": 9,
    "pay-as-you-go as known, exported": 10,
    "what changed between days": 4,
    "what changed since an instant": 5,
    "statements of account": 5,
    "statement of account": 4,
    "units in use": 8,
    "history of a feature": 7,
    "history of a feature, as known": 8,
    "lowered to the peak": 9,
    "statement of account, exported": 5,
    "help": 3,
    "allocation": 9,
    "allocation for htmx": 9,
    "allocation, another day": 9,
    "license information": 5,
    "license information, filtered": 5,
    "license information, another day": 5,
    "license": 7,
    "receipt": 7,
    "keep using": 10,
    "annual credits, exported": 8,
    "purchases, exported": 6,
    "allocations, exported": 9,
    "requirements, exported": 8,
    "conversions, exported": 6,
    "solutions, exported": 9,
    "estimate, exported": 8,
    "pay-as-you-go, exported": 9,
    "scenarios, exported": 9,
    "scenario, exported": 9,
    "allocation, exported": 8,
    "license information, exported": 6,
    "license, exported": 8,
    "receipt, exported": 8,
    "chooser, exported": 6,
    "chooser": 5,
    "switcher": 5,
    "start": 3,
}
ACTIONS = {
    "preview": 10,
    "preview for htmx": 8,
    "save": 14,
    "save for htmx": 18,
    "save again": 7,
    "save for a later day, for htmx": 18,
    "withdraw, for htmx": 18,
    "release, for htmx": 18,
    "undo, for htmx": 18,
    "undo": 14,
    "planning: preview": 8,
    "planning: preview for htmx": 8,
    "planning: save": 15,
    "planning: save again": 6,
    "planning: refused, changed meanwhile": 14,
    "scenario: keep": 10,
    "scenario: apply": 16,
    "scenario: drop": 9,
    "refused: no number": 9,
    "refused: below zero": 18,
    "refused: changed meanwhile": 17,
}


@dataclass
class World:
    """One company, as somebody with every role sees it, that can be made to hold more and more."""

    company: Company
    person: User
    client: Client
    license: License
    seats: License
    feature: Feature
    scenario: Scenario
    statements: dict[str, int] = field(default_factory=dict)

    def count(self, ask: Callable[[], HttpResponse], status: int = 200) -> int:
        with CaptureQueriesContext(connection) as queries:
            response = ask()
        assert response.status_code == status, response.status_code
        return sum(not each["sql"].startswith(TRANSACTION_CONTROL) for each in queries)

    # --- What is measured

    def pages(self) -> dict[str, int]:
        yesterday = TODAY - timedelta(days=1)
        feature, license, seats = self.feature.slug, self.license.pk, self.seats.pk
        known = database_clock().isoformat()
        scenario = address_of("credits:scenario", self.company, self.scenario.pk, known=known)

        def cost(name: str, *further: Any, headers: dict[str, str] | None = None, **query: Any) -> int:
            return self.count(lambda: self.client.get(address_of(name, self.company, *further, **query), headers=headers or {}))

        def whole(response: HttpResponse) -> HttpResponse:
            assert body_of(response)
            return response

        def file(name: str, *further: Any, **query: Any) -> int:
            """An export, read to its end, with the row that records it."""
            address = address_of(name, self.company, *further, **query, format="csv")
            return self.count(lambda: whole(self.client.get(address)))

        return {
            "annual credits": cost("credits:annual-credits"),
            "annual credits, filtered": cost("credits:annual-credits", q="sensor", state="allocated"),
            "annual credits, another day": cost("credits:annual-credits", on=yesterday),
            "annual credits, features for htmx": cost("credits:annual-credits", headers={**HTMX, "HX-Target": "features"}),
            "add an allocation": cost("credits:add-allocation"),
            "annual credits, looking a year ahead": cost("credits:annual-credits", ahead=12, table="history"),
            "runway": cost("credits:runway"),
            "runway, supposing": cost("credits:runway", suppose="1:renewed"),
            "planning": cost("credits:plan"),
            "scenarios": cost("credits:scenarios"),
            "scenario": cost("credits:scenario", self.scenario.pk),
            "purchases": cost("credits:purchases"),
            "purchases, filtered": cost("credits:purchases", q="credits", kind="purchased", sort="-units", of="year"),
            "allocations": cost("credits:allocations"),
            "requirements": cost("credits:requirements"),
            "requirements, filtered": cost("credits:requirements", q="sensor", on=yesterday),
            "conversions": cost("credits:conversions"),
            "customers": cost("credits:customers"),
            "customers, filtered": cost("credits:customers", q="company", state="below", sort="-runway", on=yesterday),
            "customers, exported": file("credits:customers"),
            "threshold": cost("credits:threshold", "first-customer"),
            "provider access": cost("licensing:provider-access"),
            "provider viewers": cost("licensing:provider-viewers"),
            "solutions": cost("credits:solutions"),
            "estimate": cost("credits:estimate", **{f"units_{self.feature.lines.get(position=0).pk}": 5}),
            "estimate from today's allocation": cost("credits:estimate", start="today", price="0.9", add="sensor"),
            "estimate, another day": cost("credits:estimate", start="today", on=yesterday),
            "ask sales": cost("credits:ask-sales", start="today"),
            "pay-as-you-go": cost("credits:pay-as-you-go"),
            "pay-as-you-go, another day": cost("credits:pay-as-you-go", on=yesterday),
            "manage billing": cost("credits:manage-billing"),
            "manage billing for htmx": cost("credits:manage-billing", headers=HTMX),
            "explanation": cost("explain", "total-valid-credits"),
            "explanation of both sides": cost("explain", "current-balance"),
            "explanation of a license": cost("explain", f"license-credits.{license}"),
            "explanation, as known": cost("explain", "allocated-credits", known="2026-03-01T10:00"),
            "annual credits, as known": cost("credits:annual-credits", known="2026-03-01T10:00"),
            "license information, as known": cost("licensing:license-information", known="2026-03-01T10:00"),
            "runway, as known": cost("credits:runway", known=known),
            "allocation, as known": cost("credits:allocation", feature, known=known),
            "solutions, as known": cost("credits:solutions", known=known),
            "estimate, as known": cost("credits:estimate", start="today", known=known),
            "pay-as-you-go, as known": cost("credits:pay-as-you-go", known=known),
            "receipt, as known": cost("licensing:receipt", seats, known=known),
            "keep using, as known": cost("credits:keep-using", seats, known=known),
            "scenario, as known": self.count(lambda: self.client.get(scenario), 302),
            "allocation as known, exported": file("credits:allocation", feature, known=known),
            "pay-as-you-go as known, exported": file("credits:pay-as-you-go", known=known),
            "what changed between days": cost("credits:changes", **{"from": "2026-01-01", "to": "2026-12-01"}),
            "what changed since an instant": cost("credits:changes", **{"from": "2026-03-01T10:00"}),
            "statements of account": cost("credits:statements"),
            "statement of account": cost("credits:statement", f"{TODAY:%Y-%m}"),
            "units in use": cost("credits:usage"),
            "history of a feature": cost("credits:feature-history", feature),
            "history of a feature, as known": cost("credits:feature-history", feature, known=known),
            "lowered to the peak": cost("credits:plan", lower="peak"),
            "statement of account, exported": file("credits:statement", f"{TODAY:%Y-%m}"),
            "help": self.count(lambda: self.client.get("/help/credits/")),
            "allocation": cost("credits:allocation", feature),
            "allocation for htmx": cost("credits:allocation", feature, headers=HTMX),
            "allocation, another day": cost("credits:allocation", feature, on=yesterday),
            "license information": cost("licensing:license-information"),
            "license information, filtered": cost("licensing:license-information", q="credits", status="valid", sort="-units"),
            "license information, another day": cost("licensing:license-information", on=yesterday),
            "license": cost("licensing:license", license),
            "receipt": cost("licensing:receipt", seats),
            "keep using": cost("credits:keep-using", seats, headers=HTMX),
            "annual credits, exported": file("credits:annual-credits"),
            "purchases, exported": file("credits:purchases"),
            "allocations, exported": file("credits:allocations"),
            "requirements, exported": file("credits:requirements"),
            "conversions, exported": file("credits:conversions"),
            "solutions, exported": file("credits:solutions"),
            "estimate, exported": file("credits:estimate", start="today"),
            "pay-as-you-go, exported": file("credits:pay-as-you-go"),
            "scenarios, exported": file("credits:scenarios"),
            "scenario, exported": file("credits:scenario", self.scenario.pk),
            "allocation, exported": file("credits:allocation", feature),
            "license information, exported": file("licensing:license-information"),
            "license, exported": file("licensing:license", license),
            "receipt, exported": file("licensing:receipt", seats),
            "chooser, exported": self.count(lambda: whole(self.client.get("/companies/?format=csv"))),
            "chooser": self.count(lambda: self.client.get("/companies/")),
            "switcher": self.count(lambda: self.client.get("/companies/switch/", headers=HTMX)),
            "start": self.count(lambda: self.client.get("/"), 302),
        }

    def actions(self) -> dict[str, int]:
        first = f"units_{self.feature.lines.get(position=0).pk}"

        def form() -> dict[str, str]:
            values = read(self.client.get(self.address)).by_id("allocation-form").values()
            return {**values, "confirm": ""}

        def cost(name: str, values: dict[str, str], status: int, *, htmx: bool = False, **query: Any) -> int:
            address = address_of(f"credits:{name}", self.company, self.feature.slug, **query)
            headers = HTMX if htmx else {}
            return self.count(lambda: self.client.post(address, values, headers=headers), status)

        found: dict[str, int] = {}
        found["preview"] = cost("preview-allocation", {**form(), first: "30"}, 200)
        found["preview for htmx"] = cost("preview-allocation", {**form(), first: "30"}, 200, htmx=True)
        values = {**form(), first: "31"}
        found["save"] = cost("allocation", values, 302)
        found["save again"] = cost("allocation", values, 302)
        found["refused: changed meanwhile"] = cost("allocation", {**values, first: "32", "key": new_key()}, 409)
        found["save for htmx"] = cost("allocation", {**form(), first: "33"}, 200, htmx=True)
        later = TODAY + timedelta(days=9)
        values = {**form(), first: "34", "starting": "later", "on": str(later)}
        found["save for a later day, for htmx"] = cost("allocation", values, 200, htmx=True)
        plan = {"line": first.removeprefix("units_"), "on": str(later), "key": new_key()}
        found["withdraw, for htmx"] = cost("withdraw-plan", plan, 200, htmx=True)
        found["refused: no number"] = cost("allocation", {**form(), first: "many"}, 422)
        found["refused: below zero"] = cost("allocation", {**form(), first: "900000000"}, 422)
        found["release, for htmx"] = cost("allocation", form(), 200, htmx=True, release=1)
        released = Act.objects.for_company(self.company).latest("recorded_at")

        def undo(act: Act, headers: dict[str, str], status: int) -> int:
            address = address_of("credits:undo-allocation", self.company, self.feature.slug, act.pk)
            return self.count(lambda: self.client.post(address, {"key": new_key(), "confirm": "on"}, headers=headers), status)

        found["undo, for htmx"] = undo(released, HTMX, 200)
        found["undo"] = undo(Act.objects.for_company(self.company).latest("recorded_at"), {}, 302)
        found |= self.planning()
        allocate(self.company, self.feature.lines.get(position=0), 20)
        return found

    def planning(self) -> dict[str, int]:
        """Every line is in the form, so that more of them are changed together the more features there are."""

        def form(**query: str) -> dict[str, str]:
            page = read(self.client.get(address_of("credits:plan", self.company, **query))).by_id("plan-form")
            units = {name: str(int(text) + 1) for name, text in page.values().items() if name.startswith("units_")}
            return {**page.values(), **units, "confirm": "on"}

        def cost(name: str, values: dict[str, str], status: int, *further: Any, **headers: str) -> int:
            address = address_of(f"credits:{name}", self.company, *further)
            return self.count(lambda: self.client.post(address, values, headers=headers), status)

        def looked_at(values: dict[str, str]) -> dict[str, str]:
            answer = self.client.post(address_of("credits:preview-plan", self.company), values)
            return {**read(answer).by_id("plan-form").values(), "confirm": "on"}

        found = {
            "planning: preview": cost("preview-plan", form(state="all"), 200),
            "planning: preview for htmx": cost("preview-plan", form(state="all"), 200, **HTMX),
        }
        values = looked_at(form(state="all"))
        found["planning: save"] = cost("plan", values, 302)
        found["planning: save again"] = cost("plan", values, 302)
        found["planning: refused, changed meanwhile"] = cost("plan", {**values, "key": new_key()}, 409)
        kept = {**looked_at(form(state="all")), "name": f"Kept {Feature.objects.count()}{new_key()[:8]}"}
        found["scenario: keep"] = cost("keep-scenario", kept, 302)
        scenario = Scenario.objects.for_company(self.company).latest("pk")
        page = read(self.client.get(address_of("credits:scenario", self.company, scenario.pk)))
        apply = next(each for each in page.all("form") if each.get("action").endswith("/apply/"))
        found["scenario: apply"] = cost("apply-scenario", {**apply.values(), "confirm": "on"}, 302, scenario.pk)
        found["scenario: drop"] = cost("drop-scenario", {"key": new_key()}, 302, scenario.pk)
        return found

    @property
    def address(self) -> str:
        return address_of("credits:allocation", self.company, self.feature.slug)

    # --- More and more

    def hold_licenses(self, number: int) -> None:
        """Copies of the license that was activated, each of an order of its own, and a top-up of every tenth."""
        (statement,) = self.license.statements.all()
        orders = copies(self.license.order, [{"external_id": f"COPY-{each:05}"} for each in range(number)])
        licenses = copies(self.license, [{"order": order} for order in orders])
        licenses += copies(
            self.license,
            [{"order": each.order, "kind": "top-up", "top_up_of": each} for each in licenses[::10]],
        )
        copies(statement, [{"license": license} for license in licenses])
        for entry in LicenseEntry.objects.filter(license=self.license):
            copies(entry, [{"license": license} for license in licenses])
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as the server does by itself after so many new rows

    def hold_features(self, number: int) -> None:
        """As many features of the catalogue in all, allocated to day after day, half of them planned for later."""
        for each in range(number - Feature.objects.count()):
            offering = Offering.objects.order_by("pk")[each % Offering.objects.count()]
            line = make_feature(offering=offering, rates=[1, 2][: 1 + each % 2]).lines.get(position=0)
            allocate(self.company, line, 3, today=TODAY - timedelta(days=each + 1))
            if each % 2:
                allocate(self.company, line, 4, on=TODAY + timedelta(days=each + 1))

    def look_after(self, number: int) -> None:
        """So many companies more, each with credits and an allocation."""
        held = LicenseEntry.objects.filter(license=self.license)[0]
        taken = AllocationEntry.objects.filter(company=self.company)[0]
        zone = self.company.time_zones.all()[0]
        names = [f"customer-{each}" for each in range(number)]
        stated = [{"name": each, "slug": each, "business_id": each, "parent": self.company} for each in names]
        customers = copies(self.company, stated)
        for row in (held, taken, zone):
            copies(row, [{"company": each} for each in customers])

    def be_one_of(self, companies: int) -> None:
        """The person is a member of as many companies."""
        for _each in range(companies - Membership.objects.filter(user=self.person).count()):
            set_roles(make_company(), user=self.person, roles=["viewer"], by=SYSTEM, key=new_key())


def copies[Row: models.Model](row: Row, changes: Iterable[dict[str, Any]]) -> list[Row]:
    """Further rows like this one, with changes, written at once: what many acts would have left."""
    values = {each.attname: getattr(row, each.attname) for each in row._meta.concrete_fields if not each.primary_key}

    def changed(change: dict[str, Any]) -> Row:
        replaced = {f"{name}_id" for name in change} | set(change)
        return type(row)(**{name: value for name, value in values.items() if name not in replaced}, **change)

    return type(row)._base_manager.bulk_create([changed(change) for change in changes])


Cost = dict[str, int]


@pytest.fixture(scope="module")
def costs(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, tuple[Cost, Cost]]]:
    """How much there is -> what pages and actions cost then."""
    with django_db_blocker.unblock(), clock_at(TODAY), transaction.atomic():
        company = make_company()
        person = make_user(company=company, roles=["owner", "credit-manager", "provider-viewer"])
        make_company(parent=company, slug="first-customer")
        make_offering()
        make_offering()
        feature = make_feature(rates=[1, 2])
        make_feature()
        make_feature()
        allocate(company, feature.lines.get(position=0), 20)
        seat_product = make_product(kind="seats", unit="seat", rate=1)
        SeatUse.objects.create(product=seat_product, line=feature.lines.get(position=1))
        seats = make_license(company=company, product=seat_product, units=40)
        license = make_license(company=company, units=1_000)
        kept = keep_scenario(company, name="Winter", units={feature.lines.get(position=0).pk: 30}, **act())
        assert kept is not None
        world = World(company, person, browser_of(person), license, seats, feature, kept)
        world.be_one_of(2)  # of one company alone, `/` forwards without the chooser
        found = {"little": (world.pages(), world.actions())}
        for amount, grow in GROWS.items():
            grow(world)
            if amount == ALL or MEASURED == "each":
                found[amount] = world.pages(), world.actions()
        assert License.objects.for_company(company).count() > 1_000
        yield found
        transaction.set_rollback(True)


GROWS: dict[str, Callable[[World], None]] = {
    "300 customers": lambda world: world.look_after(300),
    "60 features": lambda world: world.hold_features(60),
    "40 companies": lambda world: world.be_one_of(40),
    "1,000 licenses": lambda world: world.hold_licenses(1_000),
}
ALL = "1,000 licenses"
"""What grew before stays, so that all of it is there at the last."""
AMOUNTS = ["little", *(amount for amount in GROWS if amount == ALL or MEASURED == "each")]


@pytest.mark.parametrize("amount", AMOUNTS)
def test_a_page_costs_the_same_at_any_size(costs: dict[str, tuple[Cost, Cost]], amount: str) -> None:
    pages, _actions = costs[amount]
    assert pages == PAGES


@pytest.mark.parametrize("amount", AMOUNTS)
def test_an_action_costs_the_same_at_any_size(costs: dict[str, tuple[Cost, Cost]], amount: str) -> None:
    _pages, actions = costs[amount]
    assert actions == ACTIONS


def test_pages_and_actions_stay_within_the_budget() -> None:
    assert max(PAGES.values()) <= PAGE_BUDGET
    assert max(ACTIONS.values()) <= ACTION_BUDGET


@pytest.mark.django_db
def test_a_license_with_a_long_story_costs_no_more() -> None:
    company = make_company()
    client = browser_of(make_user(company=company, roles=["viewer"]))
    license = make_license(company=company)
    address = address_of("licensing:license", company, license.pk)
    counts = []
    for _each in range(2):
        with clock_at(TODAY), CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts.append(len(queries))
        for _further in range(8):
            top_up_order(license.order, units=1, today=TODAY, by=SYSTEM, key=new_key())
    assert counts[0] == counts[1] == PAGES["license"]


def test_the_copies_are_what_the_acts_would_have_left(costs: dict[str, tuple[Cost, Cost]], django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        copied = License.objects.filter(order__external_id__startswith="COPY-", kind="initial")
        company = Company.objects.get(pk=copied[0].company_id)
        facts = LicenseStatement.objects.for_company(company).facts_of_all()
        entries = LicenseEntry.objects.for_company(company).filter(license=copied[7]).values_list("effective_on", "change")
        assert dict(entries) == facts[copied[7].pk].steps()
        assert Order.objects.filter(external_id__startswith="COPY-").count() == 1_000
