"""Each export by staff is recorded with what it covered, and where that is one company, in the company's own record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.models import Export, User
from licensing.codes.code_format import grouped, new_code
from licensing.models import Company, Order
from tests.factories import TODAY, make_company, make_license, make_order, make_user
from tests.pages import address_of, browser_of, clock_at
from tests.spreadsheets import read_sheet

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_at(TODAY):
        yield


@pytest.fixture
def aster() -> Company:
    company = make_company(name="Aster Foods", slug="aster")
    make_license(company=company)
    return company


@pytest.fixture
def borealis() -> Company:
    company = make_company(name="Borealis", slug="borealis")
    make_license(company=company)
    return company


@pytest.fixture
def person() -> User:
    return make_user(is_staff=True)


@pytest.fixture
def staff(person: User) -> Client:
    return browser_of(person)


def taken(client: Client, name: str, *further: Any, **query: Any) -> Export:
    """What is recorded of an export whose file has as many rows as the record says."""
    address = reverse(name, args=further, query={**query, "format": "csv"})
    rows = read_sheet(client.get(address), "csv").rows
    recorded = Export.objects.latest("pk")
    assert (recorded.page, recorded.rows) == (address, len(rows))
    return recorded


def read_by_owner(company: Company) -> str:
    owner = browser_of(make_user(company=company, roles=["owner"]))
    return str(owner.get(address_of("licensing:support-views", company)).content.decode())


LISTS = [
    "desk:customers",
    "desk:purchases",
    "admin:licensing_company_changelist",
    "admin:licensing_order_changelist",
    "admin:licensing_license_changelist",
    "admin:licensing_membership_changelist",
]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_narrowed_to_a_company_stands_in_its_record_and_one_of_several_in_none(
    staff: Client, aster: Company, borealis: Company, name: str
) -> None:
    for company in (aster, borealis):
        make_user(company=company, roles=["viewer"])
    of_all = taken(staff, name)
    assert (of_all.company_id, of_all.rows) == (None, 2)
    assert "Tables that support exported" not in read_by_owner(aster)
    of_one = taken(staff, name, q="Aster")
    assert of_one.company_id == aster.pk
    assert "Tables that support exported" in read_by_owner(aster)
    assert "Tables that support exported" not in read_by_owner(borealis)
    of_none = taken(staff, name, q="nobody at all")
    assert (of_none.company_id, of_none.rows) == (None, 0)


def test_a_purchase_that_nobody_activated_is_nobodys(staff: Client, aster: Company) -> None:
    make_order(external_id="FREE", reserved_for=aster)
    assert taken(staff, "desk:purchases").company_id is None
    assert taken(staff, "desk:purchases", q=Order.objects.get(company=aster).external_id).company_id == aster.pk


def test_a_figure_explained_to_support_is_exported_with_the_company(staff: Client, aster: Company) -> None:
    assert taken(staff, "desk:explain", aster.slug, "current-balance").company_id == aster.pk


def test_the_record_of_a_company_keeps_what_those_took_who_left_the_staff_and_names_no_member(
    staff: Client, person: User, aster: Company
) -> None:
    member = browser_of(make_user(company=aster, roles=["owner"]))
    member.get(address_of("licensing:license-information", aster, format="csv"))
    assert "Tables that support exported" not in read_by_owner(aster)
    taken(staff, "desk:customers", q="aster")
    staff.post(reverse("desk:view-as", args=[aster.slug]), {"purpose": "asked"})
    with clock_at(timezone.now()):
        staff.get(address_of("licensing:license-information", aster, format="csv"))
    User.objects.filter(pk=person.pk).update(is_staff=False)
    record = read_by_owner(aster)
    assert "customers (CSV)" in record
    assert "licenses (CSV)" in record


@pytest.mark.parametrize("typed", ["{code}", " {code} ", "{bare}", "aster {code} 2026"])
def test_a_whole_code_that_was_looked_for_is_not_kept_in_the_record(staff: Client, typed: str) -> None:
    code = new_code()
    asked = {"q": typed.format(code=grouped(code), bare=code.lower()), "format": "csv"}
    for name in ("desk:customers", "desk:purchases", "admin:licensing_order_changelist"):
        assert staff.get(reverse(name, query=asked)).status_code == 200
        kept = unquote_plus(Export.objects.latest("pk").page)
        assert code not in kept.replace("-", "").upper()
        assert code[-4:] in kept
        assert kept.startswith(reverse(name))
        assert "format=csv" in kept
