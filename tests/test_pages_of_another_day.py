"""A page of another day than today shows and changes nothing: every address of a company, asked for with `?on=`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from credits.acts.approvals.ask_for_units import ask_for_units
from credits.acts.planning.keep_scenario import keep_scenario
from credits.models import AllocationStatement, SeatUse
from licensing.acts.activate import activate_order
from licensing.models import Company
from tests.addresses_of_companies import ADDRESSES
from tests.as_known import LEAD_BACK
from tests.factories import (
    SYSTEM,
    TODAY,
    act,
    allocate,
    make_code,
    make_company,
    make_feature,
    make_license,
    make_order,
    make_product,
    make_user,
    new_key,
)
from tests.markup import Element, read
from tests.pages import HTMX, browser_of, clock_at
from tests.worlds import row_counts

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("another day")]

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
OTHER_DAYS = [YESTERDAY, TOMORROW, date(2000, 1, 1), TODAY + timedelta(days=300), date(2199, 12, 31)]

OFFERS_TODAY = {
    "licensing:license-information": {"activation:start"},
    "licensing:license": {"credits:keep-using"},
    "licensing:receipt": set(),
    "credits:annual-credits": {"credits:allocation", "credits:withdraw-plan", "credits:manage-billing"},
    "credits:add-allocation": {"credits:allocation"},
    "credits:plan": {"credits:plan", "credits:preview-plan", "credits:keep-scenario"},
    "credits:scenarios": set(),
    "credits:scenario": {"credits:apply-scenario", "credits:drop-scenario"},
    "credits:requests": set(),
    "credits:request": {"credits:request"},
    "credits:allocations": {"credits:allocation"},
    "credits:allocation": {
        "credits:allocation",
        "credits:preview-allocation",
        "credits:withdraw-plan",
        "credits:undo-allocation",
        "credits:observe-feature",
    },
    "credits:keep-using": {"credits:keep-using"},
    "credits:pay-as-you-go": {"credits:manage-billing"},
    "credits:manage-billing": {"credits:manage-billing"},
    "credits:purchases": set(),
    "credits:runway": {"credits:allocation"},
    "credits:requirements": set(),
    "credits:solutions": {"credits:manage-billing"},
    "credits:estimate": set(),
    "explain": {"credits:allocation"},
    "explain-json": set(),
    "credits:conversions": set(),
    "credits:customers": {"credits:threshold"},
    "credits:usage": {"credits:usage"},
    "credits:feature-history": {"credits:observe-feature", "credits:allocation"},
}
"""Page of a day -> where what it offers to change today leads."""

OF_PEOPLE = {
    "licensing:people",
    "licensing:invite",
    "licensing:invite-again",
    "licensing:withdraw-invitation",
    "licensing:role-request",
    "licensing:member",
    "licensing:remove-member",
    "licensing:roles",
    "licensing:leave",
}
"""Who may what, and who is invited: as it is now."""

OF_NO_DAY = {
    "licensing:notice",
    "licensing:notices",
    "licensing:read-notice",
    "licensing:read-notices",
    "licensing:code",
    "licensing:report-figure",
    "licensing:support-views",
    "licensing:company-settings",
    "licensing:provider-access",
    "licensing:provider-viewers",
    "credits:threshold",
    *OF_PEOPLE,
    "credits:audit",
    "licensing:company-tenants",
    "credits:ask-sales",
    "credits:ask-for-units",
    "credits:approvals",
    "day-to-show",
    "credits:changes",
    "credits:statements",
    "credits:statement",
}
"""Addresses that show or do the same whatever day is asked for: what one was told and has read, a code in clear, a report,
a question to sales, which is about today, settings, who may look and from when on, a threshold,
units asked for by who may not allocate, and when a second person confirms."""

CHANGES_NOTHING = {"licensing:code", "licensing:notice", "licensing:notices", "licensing:read-notices"}
"""What a page of any day may offer: to reveal a code, to read notices."""


@dataclass
class World:
    company: Company
    client: Client
    arguments: dict[str, list[Any]]
    form: dict[str, Any]

    def get(self, name: str, **query: Any) -> Element:
        response = self.client.get(self.address(name, **query))
        assert response.status_code == 200, (name, query)
        return read(response)

    def address(self, name: str, **query: Any) -> str:
        return reverse(name, args=[self.company.slug, *self.arguments.get(name, [])], query=query or None)


@pytest.fixture(scope="module")
def world_of_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture
def world(world_of_the_module: World, db: None) -> Iterator[World]:
    with clock_at(TODAY):
        yield world_of_the_module


def make_world() -> World:
    """Whatever can be offered is: seats to keep using, a feature with units and a plan, one to set up, a code to reveal."""
    company = make_company()
    line = make_feature(rates=[5]).lines.get()
    make_feature()
    product = make_product(kind="seats", rate=45)
    SeatUse.objects.create(product=product, line=line)
    order = make_order(channel="code", product=product, units=100)
    make_code(order)
    about = {"today": TODAY - timedelta(days=30), "by": SYSTEM, "key": new_key()}
    license = activate_order(order, company=company, keeps_use=False, **about)
    make_license(company=company, units=5_000, today=TODAY - timedelta(days=20))
    allocate(company, line, 20, today=TODAY - timedelta(days=10))
    planned = allocate(company, line, 30, on=TOMORROW)
    feature = [line.feature.slug]
    arguments: dict[str, list[Any]] = {name: feature for name in ADDRESSES if "feature" in ADDRESSES[name].arguments}
    of_a_license = ("licensing:license", "licensing:receipt", "licensing:code", "credits:keep-using")
    arguments |= {name: [license.pk] for name in of_a_license}
    arguments |= {
        "credits:statement": [f"{TODAY:%Y-%m}"],
        "explain": ["allocated-credits"],
        "explain-json": ["allocated-credits"],
    }
    arguments["credits:undo-allocation"] = [*feature, planned.act]
    scenario = keep_scenario(company, name="Winter", units={line.pk: 22}, **act())
    assert scenario is not None
    asked = ask_for_units(company, units={line.pk: 23}, words="New laptops", **act())
    arguments["credits:request"] = [asked.pk]
    arguments |= {name: [scenario.pk] for name in ADDRESSES if "scenario" in ADDRESSES[name].arguments}
    allocation = {
        "starting": "today",
        "key": new_key(),
        "seen": str(AllocationStatement.objects.latest("id").pk),
        f"units_{line.pk}": "21",
        f"seen_{line.pk}": "20",
        "on": str(TOMORROW),
        "line": str(line.pk),
        "keeps": "1",
    }
    make_company(parent=company)
    client = browser_of(make_user(company=company, roles=["provider-viewer", "owner"]))
    return World(company, client, arguments, allocation)


SENDS = ("hx-post", "hx-put", "hx-patch", "hx-delete")
LEADS = ("href", "hx-get")
FORMS = ("credits:allocation", "credits:keep-using", "credits:manage-billing", "credits:threshold")


def offers(shown: Element, own: str) -> Iterator[str]:
    """Names of the addresses that a page's forms, buttons and links lead to, where following them can change something.

    The frame around the page is of no day, and a link to the same page today leaves the day that is shown.
    """
    main = shown.all("main")
    for each in (main[0] if main else shown).elements:
        if each.tag == "form" and each.get("method").lower() == "post":
            yield name_of(each.get("action") or own)
        for attribute in SENDS:
            if attribute in each:
                yield name_of(each[attribute] or own)
        if "formaction" in each:
            yield name_of(each["formaction"])
        for attribute in LEADS:
            if attribute in each and urlsplit(each[attribute])[2:4] != (urlsplit(own).path, ""):
                name, query = name_of(each[attribute]), parse_qs(urlsplit(each[attribute]).query)
                opens_a_form = name in FORMS and ("on" not in query or "units" in query)
                if opens_a_form or name.startswith("activation:"):
                    yield name


def name_of(address: str) -> str:
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return ""


def offered(world: World, name: str, **query: Any) -> set[str]:
    found = set(offers(world.get(name, **query), world.address(name, **query)))
    return {each for each in found if each and not each.startswith("account_")} - CHANGES_NOTHING


def test_the_tables_name_every_address_of_a_company() -> None:
    pages = {name for name, row in ADDRESSES.items() if row.see}
    changes = {name for name, row in ADDRESSES.items() if row.change}
    assert set(OFFERS_TODAY) == pages - OF_NO_DAY
    offered = [OFFERS_TODAY[name] for name in ("credits:allocation", "credits:plan", "credits:scenario", "credits:request")]
    assert changes - OF_NO_DAY == {"credits:keep-using", "credits:manage-billing", "credits:usage"}.union(*offered)


@pytest.mark.parametrize("name", OFFERS_TODAY)
def test_todays_page_offers_what_the_table_says(world: World, name: str) -> None:
    assert offered(world, name) == offered(world, name, on=TODAY) == OFFERS_TODAY[name]


@pytest.mark.parametrize("on", OTHER_DAYS, ids=str)
@pytest.mark.parametrize("name", OFFERS_TODAY)
def test_a_page_of_another_day_offers_nothing_that_changes_something(world: World, name: str, on: date) -> None:
    if name in LEAD_BACK:  # only offers: of another day it is not there
        assert world.client.get(world.address(name, on=on))["Location"] == world.address(LEAD_BACK[name], on=on)
        return
    assert offered(world, name, on=on) == set()


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize("on", OTHER_DAYS, ids=str)
@pytest.mark.parametrize("name", [name for name, row in ADDRESSES.items() if row.change and name not in OF_NO_DAY])
def test_what_is_sent_to_another_day_is_refused_and_writes_nothing(
    world: World, name: str, on: date, headers: dict[str, str]
) -> None:
    before = row_counts()
    response = world.client.post(world.address(name, on=on), world.form, headers=headers)
    assert 400 <= response.status_code < 500
    assert "Changes are made on today’s page. Nothing was saved." in read(response).text
    assert row_counts() == before
