"""An agreed extension: the term ends later for each of its licenses, and customers read another word than for a mistake."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from console.errors import KeyUsedForSomethingElse, Refused
from licensing.acts.corrections.correct import correct_license
from licensing.acts.corrections.extend import extend_license
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License, LicenseStatement
from tests.factories import TODAY, act, make_company, make_license, make_user, new_key
from tests.ledger import valid
from tests.pages import browser_of, clock_at, license_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def license(company: Company) -> License:
    return make_license(company=company, units=1_000, term_ends_on=TODAY + timedelta(days=99))


def ends(license: License) -> Any:
    return LicenseStatement.objects.for_company(license.company).facts_by_license([license])[license.pk].expires_on


LATER = TODAY + timedelta(days=150)


def test_the_whole_term_ends_later(company: Company, license: License) -> None:
    [top_up] = top_up_order(license.order, units=10, **act())
    extend_license(license, expires_on=LATER, reason="agreed", **act())
    assert (ends(license), ends(top_up)) == (LATER, LATER)
    assert [valid(company, on) for on in (LATER - timedelta(days=1), LATER)] == [1_010, 0]


@pytest.mark.parametrize("days", [100, 99, -1])
def test_an_end_that_is_not_later_is_no_extension(days: int, license: License) -> None:
    with pytest.raises(Refused, match="Choose a day after") as refusal:
        extend_license(license, expires_on=TODAY + timedelta(days=days), reason="agreed", **act())
    assert refusal.value.field == "expires_on"
    assert ends(license) == TODAY + timedelta(days=100)


def test_an_extension_needs_a_reason(license: License) -> None:
    with pytest.raises(Refused) as refusal:
        extend_license(license, expires_on=LATER, reason=" ", **act())
    assert refusal.value.field == "reason"


def test_it_is_done_once_for_its_key(license: License) -> None:
    key = new_key()
    for _time in range(2):
        extend_license(license, expires_on=LATER, reason="agreed", **act(key=key))
    assert LicenseStatement.objects.for_company(license.company).filter(kind="corrected").count() == 1
    with pytest.raises(KeyUsedForSomethingElse):
        correct_license(license, expires_on=LATER, reason="a slip", **act(key=key))


def test_customers_read_another_word_than_for_a_mistake(company: Company, license: License) -> None:
    extend_license(license, expires_on=LATER, reason="agreed", note="As we agreed in May.", **act())
    correct_license(license, units=900, reason="a slip", **act())
    with clock_at(TODAY):
        page = license_page(browser_of(make_user(company=company, roles=["viewer"])), license).by_id("content").text
    assert "Extended" in page
    assert "Corrected" in page
    assert "Note: As we agreed in May." in page
