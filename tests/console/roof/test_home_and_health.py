"""The front door, the chooser, and the health of the house."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse

from console.roof import probes
from licensing.acts.companies.set_roles import set_roles
from tests.factories import SYSTEM, make_company, make_user, new_key
from tests.markup import read
from tests.pages import address_of, browser_of

pytestmark = pytest.mark.django_db


def test_somebody_not_signed_in_comes_to_the_sign_in_page_and_back() -> None:
    response = Client().get("/")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/"


def test_a_member_of_one_company_comes_to_its_annual_credits() -> None:
    company = make_company()
    response = browser_of(make_user(company=company, roles=["viewer"])).get("/")
    assert response.status_code == 302
    assert response["Location"] == address_of("credits:annual-credits", company)


def test_a_member_of_several_companies_chooses_among_just_those() -> None:
    mine = [make_company(name="Aster & Sons"), make_company(name="Borealis")]
    make_company(name="Somebody else's")
    person = make_user(company=mine[0], roles=["owner", "credit-manager"])
    set_roles(mine[1], user=person, roles=["viewer"], by=SYSTEM, key=new_key())
    client = browser_of(person)
    response = client.get("/", follow=True)
    assert response.redirect_chain == [("/companies/", 302)]
    shown = read(response)
    cards = shown.all("a", class_="company-row")
    assert [card["href"] for card in cards] == [address_of("credits:annual-credits", each) for each in mine]
    assert "Aster & Sons" in cards[0].text
    assert "Owner, Credit manager" in cards[0].text
    assert "Viewer" in cards[1].text
    assert "Somebody else" not in shown.text


@pytest.mark.parametrize("address", ["/", "/companies/"])
def test_somebody_without_a_company_is_told_what_to_do_next(address: str, settings: Any) -> None:
    settings.SUPPORT_CONTACT = "mailto:help@example.com"
    person = make_user(email="new@example.com")
    response = browser_of(person).get(address)
    assert response.status_code == 200
    shown = read(response)
    assert "You are not a member of a company yet" in shown.text
    assert "new@example.com" in shown.text
    assert shown.link("Contact support") == "mailto:help@example.com"


def test_support_staff_without_a_company_come_to_the_workbench() -> None:
    response = browser_of(make_user(is_staff=True)).get("/")
    assert response.status_code == 302
    assert response["Location"] == reverse("desk:home")


@pytest.mark.parametrize("address", ["/", "/companies/", "/healthz", "/readyz"])
def test_pages_that_only_show_take_no_post(address: str) -> None:
    assert browser_of(make_user()).post(address).status_code == 405


# --- Health


@pytest.mark.parametrize(("address", "said"), [("/healthz", b"ok\n"), ("/readyz", b"ready\n")])
def test_health_is_told_to_anybody_and_never_cached(address: str, said: bytes) -> None:
    response = Client().get(address)
    assert (response.status_code, response.content) == (200, said)
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert "no-store" in response["Cache-Control"]


def test_health_asks_nothing_of_the_database(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        Client().get("/healthz")


@pytest.fixture
def nothing_written_yet() -> None:
    probes._written_at.clear()


def test_readiness_costs_one_statement_while_it_is_believed(nothing_written_yet: None, django_assert_num_queries: Any) -> None:
    Client().get("/readyz")
    with django_assert_num_queries(1):
        Client().get("/readyz")


def test_it_is_not_ready_where_nothing_can_be_written(nothing_written_yet: None) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        response = Client().get("/readyz")
        assert Client().get("/healthz").status_code == 200
    assert (response.status_code, response.content) == (503, b"not ready\n")


def test_it_is_not_ready_while_the_disk_is_full_and_is_once_there_is_room(nothing_written_yet: None) -> None:
    def full(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if probes.SPILLS in sql:
            raise OperationalError("could not write to file: No space left on device")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(full):
        assert [Client().get("/readyz").status_code for _time in range(2)] == [503, 503]
    assert Client().get("/readyz").status_code == 200


def test_what_readiness_tries_goes_to_the_disk(nothing_written_yet: None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64kB'")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {probes.SPILLS}")
        assert '"Sort Space Type": "Disk"' in json.dumps(cursor.fetchone())


@pytest.mark.usefixtures("nothing_written_yet")
def test_without_its_database_the_process_lives_but_is_not_ready() -> None:
    with patch.object(connection, "cursor", side_effect=DatabaseError("the host is db.internal")):
        ready, healthy = Client().get("/readyz"), Client().get("/healthz")
    assert (ready.status_code, ready.content) == (503, b"not ready\n")  # no detail of where or why
    assert healthy.status_code == 200
