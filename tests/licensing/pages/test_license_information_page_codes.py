"""Codes in License Information: masked, once per order, and only for those who may reveal them on the license's page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.models import Actor
from licensing.acts.activate import activate_order
from licensing.acts.units.top_up import top_up_order
from licensing.codes.activate_by_code import activate_code
from licensing.codes.redeem_code import redeem
from licensing.codes.reveal_code import code_to_show
from licensing.models import Company, License
from tests.factories import TODAY, act, make_code, make_company, make_license, make_order, make_user, new_key
from tests.markup import Row
from tests.pages import address_of, browser_of, clock_at, page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_at(TODAY):
        yield


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def client(company: Company) -> Client:
    return browser_of(make_user(company=company, roles=["viewer"]))


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def rows(client: Client, company: Company, **query: Any) -> list[Row]:
    return page(client, "licensing:license-information", company, **query).rows("license")


@pytest.fixture
def administrator(company: Company) -> Client:
    return browser_of(make_user(company=company, roles=["license-administrator"]))


def by_code(company: Company, *, kind: str = "activation-code", **order: Any) -> tuple[License, str]:
    """A license activated by a code, and the last four characters of that code."""
    bought = make_order(channel="code", **order)
    last_four = make_code(bought, kind=kind)[-4:]
    return activate_order(bought, company=company, **act()), last_four


def test_a_license_activated_by_a_code_shows_it_masked_and_leads_to_where_it_is_revealed(
    administrator: Client, company: Company
) -> None:
    license, last_four = by_code(company)
    make_license(company=company, units=9)
    first, second = rows(administrator, company, on=ago(-3))
    link = first.element.one("a", class_="row-note row-code")
    assert link.text == f"Activation code, to reveal or copy: •••••-…-{last_four}"
    assert link["href"] == f"{address_of('licensing:license', company, license.pk)}?on={ago(-3)}#license-code"
    assert page(administrator, "licensing:license", company, license.pk).has_id("license-code")
    assert not second.element.all("a", class_="row-note row-code")


def test_codes_stand_only_where_those_who_may_reveal_them_look(client: Client, administrator: Client, company: Company) -> None:
    _license, last_four = by_code(company)
    assert last_four not in rows(client, company)[0].text  # a viewer
    assert last_four in rows(administrator, company)[0].text


def test_a_code_stands_once_in_its_order(administrator: Client, company: Company) -> None:
    license, last_four = by_code(company)
    top_up_order(license.order, units=5, **act())
    lead, child = rows(administrator, company)
    assert last_four in lead.text
    assert last_four not in child.text


def test_after_its_registration_an_order_is_known_by_its_activation_code(administrator: Client, company: Company) -> None:
    person = make_user(company=company, roles=["owner"])
    bought = make_order(channel="code")
    key = make_code(bought, kind="registration-key")
    waiting = redeem(key, person=person, source="192.0.2.1")
    activate_code(waiting, company=company, by=Actor.person(person), key=new_key())
    code = code_to_show(bought)
    assert code is not None
    (row,) = rows(administrator, company)
    assert f"Activation code, to reveal or copy: {code.masked}" in row.text
    assert key[-4:] not in row.text


def test_a_registration_key_is_shown_until_then(administrator: Client, company: Company) -> None:
    _license, last_four = by_code(company, kind="registration-key")
    assert f"Registration key, to reveal or copy: RK-•••••-…-{last_four}" in rows(administrator, company)[0].text


def test_codes_cost_one_statement_however_many_there_are(administrator: Client, company: Company) -> None:
    costs = []
    for number in (1, 7):
        for _each in range(number):
            by_code(company)
        with CaptureQueriesContext(connection) as queries:
            rows(administrator, company)
        costs.append(len(queries))
    assert costs == [6, 6]
