"""The workbench's pages of one company, of one order and of one act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.models import Act, Actor, User
from console.models.why import ReasonKind, Why
from credits.acts.planning.keep_scenario import keep_scenario
from credits.acts.set_allocation import set_allocation
from credits.tasks import tell_all
from licensing.acts.corrections.correct import correct_license
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.transfer import transfer_order
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License, Order
from tests.factories import SYSTEM, act, allocate, make_company, make_feature, make_license, make_order, make_user, new_key
from tests.ledger import database_clock
from tests.markup import Element, read
from tests.pages import browser_of

pytestmark = pytest.mark.django_db
TABS = ("", "licenses", "allocations", "people", "mail", "journal")


@pytest.fixture
def support() -> User:
    return make_user(name="Sam Rivers", is_staff=True, is_superuser=True)


@pytest.fixture
def client(support: User) -> Client:
    return browser_of(support)


@pytest.fixture
def today() -> date:
    return database_clock().date()


@pytest.fixture
def aster(today: date) -> Company:
    """1,000 credits, of which 600 are allocated, and 100 more from a later day."""
    company = make_company(name="Aster Foods", slug="aster", business_id="DE-1", parent=make_company(name="Delta", slug="delta"))
    license = make_license(company=company, name="Web shop", external_id="SO-1", units=1_000, today=today)
    make_user(name="Emil Brandt", company=company, roles=["viewer"])
    line = make_feature(name="Email Sensor").lines.get()
    allocate(company, line, 600, today=today)
    allocate(company, line, 700, today=today, on=today + timedelta(days=9))
    keep_scenario(company, name="If we grow", units={line.pk: 800}, by=SYSTEM, key=new_key(), today=today)
    assert license.order.company_id == company.pk
    return company


def page(client: Client, address: str) -> Element:
    response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)
    return read(response)


def address(company: Company, tab: str = "", **more: Any) -> str:
    return reverse("desk:company", args=[company.slug], query={**({"tab": tab} if tab else {}), **more})


def done_by(support: User, today: date, **more: Any) -> dict[str, Any]:
    return act(
        today=today,
        by=Actor.person(support),
        reason=Why("The order form had a zero less", ReasonKind.OUR_MISTAKE, "CS-7"),
        **more,
    )


def order_of(company: Company) -> Order:
    return Order.objects.get(company=company, external_id="SO-1")


def test_a_company_is_shown_with_its_figures_its_orders_and_who_looks_after_it(client: Client, aster: Company) -> None:
    shown = page(client, address(aster))
    figures = {each["data-figure"]: each.one("data")["value"] for each in shown.all(data_figure="*") if each.all("data")}
    assert {name: figures[name] for name in ("total-valid-credits", "allocated-credits", "current-balance")} == {
        "total-valid-credits": "1000",
        "allocated-credits": "600",
        "current-balance": "400",
    }
    assert "DE-1, Europe/Berlin, looked after by Delta" in shown.text
    assert "Web shop" in shown.text
    assert "Test activated Web shop, SO-1, 1,000 credits" in shown.text.replace(" ,", ",")
    delta = page(client, reverse("desk:company", args=["delta"]))
    assert "Looks after Aster Foods" in delta.text


def test_each_figure_leads_to_its_explanation_within_the_workbench(client: Client, aster: Company) -> None:
    shown = page(client, address(aster))
    for link in shown.all("a", class_="explains"):
        explained = page(client, link["href"])
        found = [each["href"] for each in explained.one("main").all("a")]
        assert found
        assert not [each for each in found if each.startswith("/companies/")], "support is no member"
    balance = page(client, f"{reverse('desk:explain', args=['aster', 'current-balance'])}")
    assert balance.one("data", data_part="foot")["value"] == "400"
    assert client.get(reverse("desk:explain", args=["aster", "nonsense"])).status_code == 404


@pytest.mark.parametrize(
    ("tab", "says"),
    [
        ("licenses", ["Web shop", "SO-1", "1,000"]),
        ("allocations", ["Email Sensor", "600", "700 endpoints", "If we grow"]),
        ("people", ["Emil Brandt", "Viewer", "Never", "None"]),
        ("journal", ["set the roles of Emil Brandt", "planned Email Sensor"]),
    ],
)
def test_each_tab_tells_what_it_is_for(client: Client, aster: Company, tab: str, says: list[str]) -> None:
    text = page(client, address(aster, tab)).one("main").text
    assert [each for each in says if each not in text] == [], text


def test_notices_are_read_with_their_words_and_sent_again(client: Client, aster: Company, support: User, today: date) -> None:
    make_user(name="Jonas Weber", company=aster, roles=["owner"])
    suspend_order(order_of(aster), **done_by(support, today))
    tell_all(database_clock())
    shown = page(client, address(aster, "mail"))
    assert "Web shop" in shown.one("main").text
    assert "Jonas Weber" in shown.text
    assert [each for each in shown.all("a") if each["href"].endswith("/acts/resend/")]


def test_the_journal_is_filtered_by_person_act_and_day(client: Client, aster: Company, support: User, today: date) -> None:
    suspend_order(order_of(aster), **done_by(support, today))

    def told(**filters: Any) -> list[str]:
        return [each.text for each in page(client, address(aster, "journal", **filters)).all("p", class_="desk-said")]

    everything = told()
    assert len(told(who=support.pk)) == 1
    assert len(told(act="order.suspend")) == 1
    assert told(day=str(today - timedelta(days=3))) == []
    assert told(day="nonsense") == everything
    assert "“nonsense” is not a day" in page(client, address(aster, "journal", day="nonsense")).text


TAKE_BACK, MOVE = "Undo the cancellation", "Transfer to another company"
STATES: dict[str, tuple[Callable[..., Any] | None, set[str], set[str]]] = {
    "valid": (
        None,
        {"Top up", "Reduce", "Renew", "Suspend", "Cancel", MOVE},
        {"Reinstate", TAKE_BACK, "Activate for a company"},
    ),
    "suspended": (suspend_order, {"Reinstate", "Cancel"}, {"Suspend", TAKE_BACK}),
    "cancelled": (cancel_order, {TAKE_BACK}, {"Suspend", "Reinstate", "Cancel", "Top up", "Renew", MOVE}),
}


@pytest.mark.parametrize("state", STATES)
def test_an_order_offers_only_what_fits_its_state(client: Client, aster: Company, support: User, today: date, state: str) -> None:
    does, offered, not_offered = STATES[state]
    order = order_of(aster)
    if does is not None:
        does(order, **done_by(support, today))
    for address_of_page in (reverse("desk:order", args=[order.pk]), reverse("admin:licensing_order_change", args=[order.pk])):
        found = {each.text for each in page(client, address_of_page).all("a") if "/acts/" in each["href"]}
        assert offered <= found
        assert not found & not_offered


def test_what_ends_credits_stands_apart(client: Client, aster: Company) -> None:
    shown = page(client, reverse("desk:order", args=[order_of(aster).pk]))
    groups = {each["data-acts"]: {link.text for link in each.all("a")} for each in shown.all("div", data_acts="*")}
    assert groups["danger"] == {"Suspend", "Cancel", "Transfer to another company"}
    assert groups["renew"] == {"Renew", "Switch renewal"}
    assert {link.text for link in shown.all("table")[0].all("a")} >= {"Correct", "Extend"}


def test_an_order_that_nobody_activated_offers_to_activate_it(client: Client) -> None:
    shown = page(client, reverse("desk:order", args=[make_order(external_id="SO-9").pk]))
    assert "Nobody has activated it" in shown.text
    assert {each.text for each in shown.all("a", class_="btn")} == {"Activate for a company"}


def test_a_transfer_is_named_on_both_orders(client: Client, aster: Company, support: User, today: date) -> None:
    old = order_of(aster)
    transfer_order(old, to=make_company(name="Borealis"), **done_by(support, today))
    new = Order.objects.get(transferred_from=old)
    shown = page(client, reverse("desk:order", args=[old.pk]))
    assert "Transferred to SO-1, Borealis" in shown.text.replace(" ,", ",")
    undo = reverse("admin:licensing_order_act", args=[old.pk, "undo-cancellation"])
    assert not page(client, reverse("desk:order", args=[old.pk])).all("a", href=undo), "its credits are another company's"
    there = page(client, reverse("desk:order", args=[new.pk])).text.replace(" ,", ",")
    assert "SO-1, Aster Foods" in there
    assert "SO-1, transferred from Aster Foods" in there
    assert "direct:" not in there
    links = [each["href"] for each in page(client, reverse("admin:licensing_order_change", args=[old.pk])).all("a")]
    assert reverse("admin:licensing_order_change", args=[new.pk]) in links, "also among the rows"


def test_an_act_is_one_sentence_with_why_and_what_it_wrote(client: Client, aster: Company, support: User, today: date) -> None:
    correct_license(License.objects.get(company=aster), units=5_000, **done_by(support, today))
    done = Act.objects.get(name="license.correct")
    shown = page(client, reverse("desk:act", args=[done.pk])).one("main")
    assert (
        shown.one("h1")
        .text.replace(" ,", ",")
        .startswith("You corrected a license of Web shop, SO-1, 5,000 credits for every day")
    )
    assert "A mistake of ours" in shown.text
    assert "The order form had a zero less" in shown.text
    assert "+4,000" in shown.text
    assert "license.correct" not in shown.text, "no word of the machine"


def test_a_case_has_all_its_acts_and_the_companies_concerned(client: Client, aster: Company, support: User, today: date) -> None:
    borealis = make_company(name="Borealis")
    suspend_order(order_of(aster), **done_by(support, today))
    suspend_order(make_license(company=borealis, today=today).order, **done_by(support, today))
    shown = page(client, reverse("desk:case", query={"number": "CS-7"}))
    assert "2 acts of Aster Foods, Borealis" in shown.text.replace(" ,", ",")
    assert len(shown.all("p", class_="desk-said")) == 2
    assert client.get(reverse("desk:case", query={"number": "CS-8"})).status_code == 404


def test_customers_and_strangers_find_none_of_it(aster: Company) -> None:
    member = browser_of(User.objects.get(name="Emil Brandt"))
    addresses = [
        address(aster),
        reverse("desk:explain", args=["aster", "current-balance"]),
        reverse("desk:order", args=[order_of(aster).pk]),
        reverse("desk:act", args=[Act.objects.latest("recorded_at").pk]),
        reverse("desk:case", query={"number": "CS-7"}),
    ]
    assert [member.get(each).status_code for each in addresses] == [404] * len(addresses)
    assert [Client().get(each).status_code for each in addresses] == [302] * len(addresses)


def test_staff_who_only_look_are_offered_no_act(aster: Company) -> None:
    looks = browser_of(make_user(name="Lou", is_staff=True, staff_roles=[]))
    for found in (address(aster), reverse("desk:order", args=[order_of(aster).pk]), address(aster, "mail")):
        assert not [
            each for each in page(looks, found).all("a") if "/acts/" in each["href"] and "/admin/desk/" not in each["href"]
        ]


def statements(client: Client, found: str) -> int:
    client.get(found)  # what a process reads once
    with CaptureQueriesContext(connection) as asked:
        page(client, found)
    return len([each for each in asked if not each["sql"].startswith(("SAVEPOINT", "RELEASE"))])


COSTS = {"": 11, "licenses": 7, "allocations": 10, "people": 6, "mail": 5, "journal": 8}
"""Session, person, company and counts included."""


def test_pages_cost_the_same_however_much_there_is(client: Client, aster: Company, support: User, today: date) -> None:
    order = order_of(aster)
    addresses = [*(address(aster, tab) for tab in TABS), reverse("desk:order", args=[order.pk])]
    before = [statements(client, each) for each in addresses]
    for number in range(4):
        make_company(parent=aster)
        make_license(company=aster, today=today)
        top_up_order(order, units=10 + number, **done_by(support, today))
        make_user(company=aster, roles=["viewer"])
        line = make_feature().lines.get()
        set_allocation(aster, feature=line.feature, units={line.pk: 3}, **done_by(support, today))
    renew_order(order, **done_by(support, today))
    suspend_order(order, **done_by(support, today))
    reinstate_order(order, **done_by(support, today))
    after = [statements(client, each) for each in addresses]
    assert after == before
    assert dict(zip(TABS, after, strict=False)) == COSTS
