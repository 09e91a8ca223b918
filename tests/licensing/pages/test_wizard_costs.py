"""What the pages of the wizard cost in SQL: the same for one company and for fifty."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.models import User
from licensing.acts.companies.set_roles import set_roles
from licensing.models import Activation, Company, Membership
from tests.activations import begin, passes
from tests.factories import SYSTEM, make_company, make_user, new_key
from tests.pages import browser_of
from tests.purchases import administrator, buy, found, press_activate

pytestmark = pytest.mark.usefixtures("shop")


def review(activation: Activation, **query: str) -> str:
    text = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/activate/{activation.pk}/review/" + (f"?{text}" if text else "")


def status(activation: Activation) -> str:
    return f"/activate/{activation.pk}/status/"


def cost(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len([each for each in asked.captured_queries if "SAVEPOINT" not in each["sql"]])


def people_of(number: int) -> User:
    person = make_user()
    for _ in range(number):
        set_roles(make_company(), user=person, roles=["owner"], by=SYSTEM, key=new_key())
    return person


@pytest.mark.parametrize("companies", [1, 50])
def test_pages_cost_the_same_for_a_person_of_one_and_of_fifty_companies(companies: int) -> None:
    person = people_of(companies)
    client, activation = browser_of(person), found(buy(), person)
    assert cost(client, review(activation)) <= 10
    assert cost(client, "/activate/") <= 10
    begin(activation, first_company(person))
    assert cost(client, status(activation)) <= 10
    passes(activation)
    assert cost(client, status(activation)) <= 10


def first_company(person: User) -> Company:
    return Membership.objects.filter(user=person).select_related("company").order_by("id")[0].company


@pytest.mark.parametrize("companies", [1, 50])
def test_pressing_activate_costs_little(companies: int) -> None:
    person = people_of(companies)
    client, activation = browser_of(person), found(buy(), person)
    company = first_company(person)
    with CaptureQueriesContext(connection) as asked:
        assert press_activate(client, activation, company).status_code == 302
    statements = [each["sql"] for each in asked.captured_queries if "SAVEPOINT" not in each["sql"]]
    assert len(statements) - 2 <= 18, statements  # two are the test's own


def test_the_list_of_what_was_begun_costs_the_same_for_many() -> None:
    _company, person = administrator()
    client = browser_of(person)
    found(buy(), person)
    once = cost(client, "/activate/")
    for _ in range(12):
        found(buy(), person)
    assert cost(client, "/activate/") == once
