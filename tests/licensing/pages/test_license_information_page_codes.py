"""Codes in License Information: masked, once per order, copied and found by those alone who may reveal them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.models import Act, Actor
from licensing.acts.activate import activate_order
from licensing.acts.units.top_up import top_up_order
from licensing.codes.activate_by_code import activate_code
from licensing.codes.redeem_code import redeem
from licensing.codes.reveal_code import code_to_show
from licensing.models import Company, License
from tests.factories import TODAY, act, make_code, make_company, make_license, make_order, make_user, new_key
from tests.markup import Row, read
from tests.pages import HTMX, address_of, browser_of, clock_at, page

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


def test_a_code_is_copied_from_its_row_and_that_is_recorded(administrator: Client, company: Company) -> None:
    license, last_four = by_code(company)
    make_license(company=company, units=9)
    shown = page(administrator, "licensing:license-information", company, on=ago(-3))
    form = shown.by_id(f"code-of-{license.order_id}")
    assert form.text == f"Activation code •••••-…-{last_four} Copy the code; this is recorded"
    assert form["action"] == address_of("licensing:code", company, license.pk)
    assert len(shown.all("form", class_="order-code")) == 1
    headers = {**HTMX, "HX-Target": form["id"]}
    answer = administrator.post(form["action"], {**form.values(), "purpose": "copy"}, headers=headers)
    assert Act.objects.filter(name="code.copy").count() == 1
    copied = read(answer).by_id(form["id"])
    assert copied.one("span", class_="code").text == f"•••••-…-{last_four}"  # to the eye it stays masked
    output = copied.one("output")
    assert output.text.endswith(last_four)
    assert (output["class"], output["aria-hidden"]) == ("visually-hidden", "true")
    assert "no-store" in answer["Cache-Control"]


def test_a_copied_code_is_shown_on_the_licenses_page_without_htmx(administrator: Client, company: Company) -> None:
    license, last_four = by_code(company)
    form = page(administrator, "licensing:license-information", company).by_id(f"code-of-{license.order_id}")
    shown = read(administrator.post(form["action"], {**form.values(), "purpose": "copy"}))
    assert shown.by_id("license-code").one("output").text.endswith(last_four)


def test_the_last_four_of_a_code_find_its_order_for_those_who_may_see_them(
    client: Client, administrator: Client, company: Company
) -> None:
    license, last_four = by_code(company)
    top_up_order(license.order, units=5, **act())
    by_code(company)
    for q in (last_four, last_four.lower(), f"credits {last_four}"):
        assert next(row.key for row in rows(administrator, company, q=q)) == str(license.pk)
        assert len(rows(administrator, company, q=q)) == 2
        assert not rows(client, company, q=q)  # a viewer
    assert not rows(administrator, company, q=last_four[:3])  # four letters or none, so that a word finds no codes by chance


def test_codes_stand_only_where_those_who_may_reveal_them_look(client: Client, administrator: Client, company: Company) -> None:
    _license, last_four = by_code(company)
    assert last_four not in rows(client, company)[0].text  # a viewer
    assert last_four in rows(administrator, company)[0].text


def test_a_code_stands_once_in_its_order(administrator: Client, company: Company) -> None:
    license, last_four = by_code(company)
    top_up_order(license.order, units=5, **act())
    shown = page(administrator, "licensing:license-information", company)
    assert shown.text.count(last_four) == 1
    assert last_four in shown.one("tr", class_="order-row").text


def test_after_its_registration_an_order_is_known_by_its_activation_code(administrator: Client, company: Company) -> None:
    person = make_user(company=company, roles=["owner"])
    bought = make_order(channel="code")
    key = make_code(bought, kind="registration-key")
    waiting = redeem(key, person=person, source="192.0.2.1")
    activate_code(waiting, company=company, by=Actor.person(person), key=new_key())
    code = code_to_show(bought)
    assert code is not None
    (row,) = rows(administrator, company)
    assert f"Activation code {code.masked}" in row.text
    assert key[-4:] not in row.text


def test_a_registration_key_is_shown_until_then(administrator: Client, company: Company) -> None:
    _license, last_four = by_code(company, kind="registration-key")
    assert f"Registration key RK-•••••-…-{last_four}" in rows(administrator, company)[0].text


def test_codes_cost_one_statement_however_many_there_are(administrator: Client, company: Company) -> None:
    costs = []
    for number in (1, 7):
        for _each in range(number):
            by_code(company)
        with CaptureQueriesContext(connection) as queries:
            rows(administrator, company)
        costs.append(len(queries))
    assert costs == [6, 6]
