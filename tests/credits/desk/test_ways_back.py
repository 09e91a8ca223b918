"""After an act support is on the page of the workbench that shows what was changed, and on no address that a request names."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from console.models import Act
from credits.desk.addresses import page_of
from licensing.models import License, Membership, Order
from tests.factories import allocate, make_company, make_feature, make_license, make_user
from tests.ledger import database_clock
from tests.markup import read
from tests.pressing_twice import Confirming

pytestmark = pytest.mark.django_db


@pytest.fixture
def today() -> date:
    return database_clock().date()


@pytest.fixture
def client() -> Any:
    client = Confirming()
    client.force_login(make_user(name="Sam Rivers", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def license(today: date) -> License:
    license: License = make_license(company=make_company(slug="aster"), external_id="SO-1", units=1_000, today=today)
    allocate(license.company, make_feature().lines.get(), 400, today=today)
    return license


def pressed(client: Any, address: str, query: str = "", **typed: Any) -> Any:
    form = client.get(address).context["form"]
    said = {"key": str(uuid4()), "seen": form["seen"].value(), "reason_kind": "contract"}
    return client.post(address + query, {**said, **typed})


def test_an_act_on_an_order_leads_back_to_its_page_on_the_workbench_and_says_so_there(client: Any, license: License):
    order = license.order
    address = reverse("admin:licensing_order_act", args=[order.pk, "top-up"])
    assert read(client.get(address)).link("Back, save nothing") == reverse("desk:order", args=[order.pk])
    response = pressed(client, address, units="5")
    assert response.url == reverse("desk:order", args=[order.pk])
    page = read(client.get(response.url))
    assert "Done: 1 license changed." in page.text
    assert page.link("All rows of the order") == reverse("admin:licensing_order_change", args=[order.pk])


def test_an_act_on_a_license_leads_to_its_order(client: Any, license: License):
    response = pressed(client, reverse("admin:licensing_license_act", args=[license.pk, "correct"]), units="900")
    assert response.url == reverse("desk:order", args=[license.order_id])


def test_an_allocation_leads_to_the_companys_allocations(client: Any, license: License):
    line = make_feature(name="Another").lines.get()
    address = reverse("admin:licensing_company_act", args=[license.company_id, "set-allocation"])
    response = pressed(client, address, line=str(line.pk), units="7")
    assert response.url == reverse("desk:company", args=["aster"], query={"tab": "allocations"})
    assert "Done: 7 units of" in read(client.get(response.url)).text


@pytest.mark.parametrize("name", ["back", "next", "url", "return"])
def test_no_request_says_where_to_go_on(client: Any, license: License, name: str):
    address = reverse("admin:licensing_order_act", args=[license.order_id, "top-up"])
    response = pressed(client, address, f"?{name}=https://evil.example/", units="5", **{name: "https://evil.example/"})
    assert response.url == reverse("desk:order", args=[license.order_id])


def test_what_has_no_page_on_the_workbench_keeps_its_row(client: Any, license: License):
    person = make_user(company=license.company, roles=["viewer"])
    membership = Membership.objects.get(user=person)
    assert page_of(membership) == "/admin/desk/companies/aster/?tab=people"
    assert page_of(Act.objects.earliest("recorded_at")).startswith("/admin/desk/acts/")
    assert page_of(Order.objects.get()) == f"/admin/desk/orders/{license.order_id}/"
    assert page_of(person) == page_of(None) == ""
