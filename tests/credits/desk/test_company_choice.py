"""The field in which support names a company: what it takes, what it lists, and the figures beside each."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.company_in_hand import for_all
from console.models import Act
from licensing.admin.company_forms import AddMembership
from licensing.models import Company, License, Order
from tests.factories import allocate, make_company, make_feature, make_license, make_order, make_user
from tests.ledger import database_clock
from tests.markup import Element, read
from tests.pages import HTMX, browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def today() -> date:
    return database_clock().date()


@pytest.fixture
def client() -> Client:
    return browser_of(make_user(name="Sam Rivers", is_staff=True, is_superuser=True))


@pytest.fixture
def order(today: date) -> Order:
    """Aster's 1,000 credits, 400 allocated."""
    aster = make_company(name="Aster Foods", slug="aster", business_id="DE-0482")
    license: License = make_license(company=aster, external_id="SO-1", units=1_000, today=today)
    allocate(aster, make_feature().lines.get(), 400, today=today)
    return license.order


@pytest.fixture
def birch(today: date) -> Company:
    company = make_company(name="Birch Bakery", slug="birch-1", business_id="SE-77")
    make_license(company=company, external_id="SO-2", units=250, today=today)
    return company


def of_transfer(order: Order) -> str:
    return reverse("admin:licensing_order_act", args=[order.pk, "transfer"])


def typed(client: Any, order: Order, to: str, **more: Any) -> dict[str, Any]:
    form = client.get(of_transfer(order)).context["form"]
    said = {"reason_kind": "contract", "confirm": "on", "note": "Sold"}
    return {"key": str(uuid4()), "seen": form["seen"].value(), **said, "to": to, **more}


def offered_on(page: Element) -> list[str]:
    return [each["value"] for each in page.all("input", type="radio") if each["name"] == "to-chosen"]


@pytest.mark.parametrize("text", ["birch-1", "BIRCH-1", " Birch  Bakery ", "birch bakery", "SE-77", "se-77"])
def test_a_company_is_named_by_its_name_business_id_or_address_name(client: Any, order: Order, birch: Company, text: str):
    response = client.post(of_transfer(order), typed(client, order, text))
    assert response.status_code == 200
    assert [each.id for each in response.context["effect"].companies] == [order.company_id, birch.pk]


def test_find_lists_what_has_a_part_of_it_with_figures_and_judges_nothing(client: Any, order: Order, birch: Company):
    make_company(name="Silver Birch", slug="silver", business_id="SE-78")
    response = client.post(of_transfer(order), {**typed(client, order, "bir", reason_kind=""), "find": "to"})
    page = read(response)
    assert response.status_code == 200
    assert offered_on(page) == ["birch-1", "silver"]
    assert "Balance 250 Valid 250 Allocated 0" in page.text
    assert "Nothing was saved" not in page.text
    assert Act.objects.filter(name="order.transfer").count() == 0
    assert page.all("textarea", name="note")[0].text == "Sold"


def test_the_company_that_is_ticked_is_taken(client: Any, order: Order, birch: Company):
    make_company(name="Birch Bakery", slug="birch-2", business_id="SE-78")
    both = client.post(of_transfer(order), typed(client, order, "Birch Bakery"))
    assert both.status_code == 422
    assert "Several companies are called this. Choose one of them." in read(both).text
    assert offered_on(read(both)) == ["birch-1", "birch-2"]
    ticked = {"to-listed": "Birch Bakery", "to-chosen": "birch-2"}
    response = client.post(of_transfer(order), typed(client, order, "Birch Bakery", **ticked))
    assert response.context["form"].cleaned_data["to"].slug == "birch-2"
    assert [each["value"] for each in read(response).all("input", name="to")] == ["birch-2"]


def test_a_list_of_another_text_counts_no_more(client: Any, order: Order, birch: Company):
    make_company(name="Cobalt", slug="cobalt")
    ticked = {"to-listed": "birch", "to-chosen": "birch-1"}
    response = client.post(of_transfer(order), typed(client, order, "cobalt", **ticked))
    assert response.context["form"].cleaned_data["to"].slug == "cobalt"


def test_a_part_of_a_name_is_never_taken_for_it(client: Any, order: Order, birch: Company):
    response = client.post(of_transfer(order), typed(client, order, "birch"))
    assert response.status_code == 422
    assert "Choose one." in read(response).text
    assert [each["value"] for each in read(response).all("input", type="radio", checked="")] == ["birch-1"]


def test_both_balances_stand_on_the_form_before_the_first_press(client: Any, order: Order, birch: Company):
    assert "Aster Foods 600 1,000 400" in read(client.get(of_transfer(order))).text
    found = client.post(of_transfer(order), {**typed(client, order, "birch-1"), "find": "to"})
    assert "Aster Foods 600 1,000 400 Birch Bakery 250 250 0" in read(found).text


def test_nothing_typed_and_nothing_found_are_told_apart(client: Any, order: Order):
    nothing = client.post(of_transfer(order), {**typed(client, order, " "), "find": "to"})
    assert "Type a part of its name, business ID or address name first." in read(nothing).text
    zebra = client.post(of_transfer(order), {**typed(client, order, "zebra"), "find": "to"})
    assert "No company has this in its name" in read(zebra).text
    assert offered_on(read(zebra)) == []


def test_it_is_listed_while_somebody_types(client: Any, birch: Company):
    address = reverse("desk:company-choice", args=["to"])
    with CaptureQueriesContext(
        connection,
    ) as few:
        page = read(client.get(address, {"to": "bak"}, **HTMX))
    assert offered_on(page) == ["birch-1"]
    for number in range(9):
        make_company(name=f"Bakery {number}", slug=f"bakery-{number}")
    with CaptureQueriesContext(connection) as many:
        page = read(client.get(address, {"to": "bak"}, **HTMX))
    assert len(offered_on(page)) == 6
    assert "4 more have it: type more of it." in page.text
    assert len(few) == len(many)


def test_the_other_forms_take_a_company_the_same_way(client: Any, birch: Company):
    with for_all("a test"):
        form = AddMembership({"company_named": "birch bakery"}, target=None)
        form.is_valid()
        assert form.cleaned_data["company_named"] == birch
    unactivated = make_order(external_id="SO-9")
    for address in (
        reverse("admin:licensing_membership_add"),
        reverse("admin:licensing_order_add"),
        reverse("admin:licensing_company_add"),
        reverse("admin:licensing_order_act", args=[unactivated.pk, "activate"]),
    ):
        assert len(read(client.get(address)).all("button", name="find")) == 1, address


@pytest.mark.parametrize("text", ["a\x00b", "%", "_", "\\", "x" * 500])
def test_any_text_is_answered(client: Any, order: Order, birch: Company, text: str):
    assert client.post(of_transfer(order), typed(client, order, text)).status_code == 422
    assert client.get(reverse("desk:company-choice", args=["to"]), {"to": text}).status_code in (200, 400)
