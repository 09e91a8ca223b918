"""The search of the workbench: what finds what, in which order, what opens at once, and what is never told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.company_in_hand import for_all
from console.models import Act
from console.models.why import Why
from credits.desk.addresses import act_address, company_address, order_address
from credits.desk.search import find
from credits.desk.search.find import hits_for
from licensing.acts.units.top_up import top_up_order
from licensing.models import ActivationCode, Company, License, Order
from tests.factories import act, allocate, make_code, make_company, make_feature, make_license, make_order, make_user
from tests.markup import read
from tests.pages import HTMX, browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("desk_search")]


class World:
    def __init__(self) -> None:
        self.provider = make_company(name="Delta Managed Services", slug="delta", business_id="DK-1")
        self.aster = make_company(name="Aster Foods", slug="aster", business_id="DE-0482-1377", parent=self.provider)
        self.other = make_company(name="Café Müller", slug="cafe", business_id="DE-0482-9999")
        self.license = make_license(company=self.aster, external_id="AZ-48213", name="Group credits")
        self.order = self.license.order
        self.code = make_code(external_id="SO-9001")
        self.coded = Order.objects.get(external_id="SO-9001")
        self.person = make_user(name="Katrin Vogel", email="owner@aster.example", company=self.aster, roles=["owner"])
        self.line = make_feature().lines.get()
        allocate(self.aster, self.line, 5)
        self.staff = browser_of(make_user(name="Sam Rivers", email="sam@vendor.example", is_staff=True))

    def search(self, text: str, **more: Any) -> Any:
        return self.staff.get(reverse("desk:search"), {"q": text, **more})


@pytest.fixture(scope="module")
def world_of_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


@pytest.fixture
def world(world_of_the_module: World, db: None) -> World:
    return world_of_the_module


def kinds_of(text: str) -> list[str]:
    with for_all("a test"):
        return [hit.kind for hit in hits_for(text)]


EXACT = {
    "aster": "company",
    "AsTeR  foods": "company",
    "de-0482-1377": "company",
    "Café Müller": "company",
    "az-48213": "order",
    "group credits": "order",
    "OWNER@aster.example": "person",
    "katrin vogel": "person",
}


@pytest.mark.parametrize("typed", EXACT)
def test_what_is_exactly_one_thing_opens_at_once_with_a_way_back(world: World, typed: str) -> None:
    wanted = {
        "company": company_address(world.aster.slug, world.aster.pk),
        "order": order_address(world.order.pk),
        "person": reverse("desk:company", args=["aster"], query={"tab": "people"}),
    }[EXACT[typed]]
    if "Café" in typed:
        wanted = company_address(world.other.slug, world.other.pk)
    response = world.search(typed)
    assert (response.status_code, response["Location"]) == (302, wanted)
    again = world.search(typed, all=1)
    assert again.status_code == 200
    assert wanted in again.content.decode()


def test_the_message_of_what_was_opened_leads_back_to_the_results(world: World) -> None:
    world.search("az-48213")
    page = world.staff.get(reverse("desk:customers")).content.decode()
    assert f"{reverse('desk:search')}?q=az-48213&amp;all=1" in page


@pytest.mark.parametrize(
    ("typed", "kinds"),
    [
        ("foods", ["company"]),
        ("ste", ["company", "person"]),
        ("0482", ["company", "company"]),
        ("48213", ["order"]),
        ("vogel kat", ["person"]),
        ("@aster", ["person"]),
        ("ast", ["company", "person"]),
        ("as", ["company"]),
        ("a", []),
        ("100%", []),
        ("_ster", []),
        ("' OR 1=1 --", []),
    ],
)
def test_parts_find_what_has_them_and_signs_are_themselves(world: World, typed: str, kinds: list[str]) -> None:
    assert kinds_of(typed) == kinds


def test_a_license_and_the_last_four_of_a_code_lead_to_their_order(world: World) -> None:
    with for_all("a test"):
        assert ("order", str(world.order.pk)) in [(hit.kind, hit.key) for hit in hits_for(f"{world.license.pk:02}")]
    code = ActivationCode.objects.get(order=world.coded)
    found = world.search(code.last_four, all=1).content.decode()
    assert order_address(world.coded.pk) in found
    assert code.masked in found


def test_a_whole_code_finds_its_order_and_is_shown_nowhere(world: World) -> None:
    response = world.search(world.code)
    assert response["Location"] == order_address(world.coded.pk)
    page = world.search(world.code.lower(), all=1).content.decode()
    assert order_address(world.coded.pk) in page
    for written in (world.code, world.code.lower(), world.code.replace("-", "")):
        assert written not in page
    assert world.code not in world.staff.get(reverse("desk:customers")).content.decode()


def test_nothing_sealed_finds_anything(world: World) -> None:
    code = ActivationCode.objects.get(order=world.coded)
    for text in (code.sealed[:40], code.fingerprint, code.fingerprint[:12]):
        assert kinds_of(text) == []


def test_an_act_and_a_case_are_found(world: World) -> None:
    top_up_order(world.order, units=5, **act(reason=Why("Asked for by mail", case="CS-4712")))
    done = Act.objects.get(case_number="CS-4712")
    assert world.search(str(done.pk))["Location"] == act_address(str(done.pk))
    found = world.search("cs-4712", all=1).content.decode()
    assert "Case CS-4712" in found
    assert "1 act" in found
    assert "order.top-up" not in found


def test_each_row_has_the_line_that_tells_it_apart(world: World) -> None:
    page = read(world.search("az-48213", all=1)).text
    assert "Aster Foods, Vision One Credits, 1,0" in page
    assert "Katrin Vogel" in (page := read(world.search("vogel", all=1)).text)
    assert "owner@aster.example, Aster Foods" in page
    assert "DE-0482-1377, aster, looked after by Delta Managed Services" in read(world.search("foods")).text


def test_nothing_found_says_what_was_looked_in(world: World) -> None:
    page = read(world.search("zebra")).text
    assert "Nothing was found for “zebra”" in page
    assert "activation codes, by their last four characters" in page
    assert "Type at least two characters" in read(world.search("z")).text


def test_while_typing_only_the_results_come_and_nothing_opens(world: World) -> None:
    response = world.staff.get(reverse("desk:search"), {"q": "az-48213"}, headers=HTMX)
    assert response.status_code == 200
    text = response.content.decode()
    assert "<html" not in text
    assert 'data-q="az-48213"' in text
    assert order_address(world.order.pk) in text


def test_exact_ones_come_first_and_many_others_hide_them_not(world: World) -> None:
    Company.objects.bulk_create(
        Company(name=f"Foods of {n} aster", slug=f"x-aster-{n}", business_id=f"X-{n}") for n in range(120)
    )
    with for_all("a test"):
        found = hits_for("aster")
    assert found[0].key == str(world.aster.pk)
    page = read(world.search("aster", all=1)).text
    assert "more like this: type more of it." in page


def test_it_costs_as_many_statements_for_one_company_as_for_many(world: World) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert world.search("aster", all=1).status_code == 200
        return len(asked)

    few = cost()
    for n in range(8):
        made = make_license(company=make_company(name=f"Aster branch {n}"), external_id=f"ASTER-{n}")
        assert isinstance(made, License)
    assert cost() <= few + 3, "orders of several companies are read with their zones and statements"
    more = cost()
    for n in range(8, 20):
        make_license(company=make_company(name=f"Aster branch {n}"), external_id=f"ASTER-{n}")
    assert cost() == more <= 10


def test_customers_do_not_see_that_there_is_a_search(world: World) -> None:
    for name in ("search", "customers", "purchases"):
        assert browser_of(world.person).get(reverse(f"desk:{name}"), {"q": "aster"}).status_code == 404
        assert Client().get(reverse(f"desk:{name}")).status_code == 302


def test_each_branch_can_be_answered_by_an_index(world: World) -> None:
    for typed in ("aster", "katrin vogel", "owner@aster.example", "AZ-48213", "1234567", world.code):
        branches, values = find._asked(" ".join(typed.lower().split()), typed)
        for branch in branches:
            with connection.cursor() as cursor, for_all("a test"):
                cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute(f"EXPLAIN {branch.sql}", values)
                plan = "\n".join(row[0] for row in cursor.fetchall())
                assert "Seq Scan" not in plan, (branch.sql, plan)


def test_orders_that_nobody_has_activated_say_so(world: World) -> None:
    order = make_order(external_id="PO-free", reserved_for=world.aster)
    page = read(world.search(order.external_id, all=1)).text
    assert "reserved for Aster Foods" in page
    assert "Not activated" in page
