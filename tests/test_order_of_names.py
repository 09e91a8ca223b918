"""Names sort as people look for them, wherever a list is in the order of names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from console.models import User
from console.names import in_order_of_names
from credits.pages.annual_credits.feature_rows import feature_table
from licensing.access import memberships_of
from licensing.acts.companies.set_roles import set_roles
from licensing.notices.daily_digest import send_digests
from licensing.notices.kinds import REFUSED
from licensing.notices.telling import News
from tests.credits.pages.test_feature_rows import feature, line
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_feature, make_license, make_product, make_user, new_key
from tests.jobs import tell
from tests.pages import browser_of, clock_at, page

AS_EXPECTED = ["ähre", "Äpfel", "apple", "Banana", "Éclair", "elder", "quince", "Zebra"]


def shuffled() -> list[str]:
    names = list(AS_EXPECTED)
    Random(7).shuffle(names)
    assert names != AS_EXPECTED
    return names


def as_expected(found: list[str]) -> list[str]:
    return [each for each in found if each in AS_EXPECTED]


def test_capitals_and_accents_make_no_difference_and_equal_names_always_stand_alike() -> None:
    assert sorted(shuffled(), key=in_order_of_names) == AS_EXPECTED
    assert sorted(["fig", "Fig", "FIG"], key=in_order_of_names) == sorted(["FIG", "fig", "Fig"], key=in_order_of_names)


@pytest.fixture
def person(db: None) -> User:
    """A member of a company of each name, who is told once a day."""
    person = make_user(told="digest")
    for name in shuffled():
        set_roles(make_company(name=name), user=person, roles=["owner"], by=SYSTEM, key=new_key())
    return person


@pytest.mark.parametrize(("sort", "step"), [("name", 1), ("-name", -1)])
@pytest.mark.django_db
def test_rows_of_license_information(sort: str, step: int) -> None:
    company, product = make_company(), make_product()
    for name in shuffled():
        make_license(company=company, product=product, name=name)
    with clock_at(TODAY):
        shown = page(
            browser_of(make_user(company=company, roles=["viewer"])), "licensing:license-information", company, sort=sort
        )
    found = [row.element.one("a", class_="row-title").text for row in shown.rows("license")]
    assert as_expected(found) == AS_EXPECTED[::step]


def test_companies_of_a_person(person: User) -> None:
    assert [each.company.name for each in memberships_of(person)] == AS_EXPECTED


def test_sections_of_a_digest(person: User) -> None:
    now = datetime(2026, 3, 2, 10, tzinfo=UTC)
    facts = {"name": "Credits", "order": "PO-1", "wanted": "5 credits", "reason": "no."}
    for each in person.memberships.order_by("pk"):
        tell([News(each.company_id, REFUSED.name, f"operation:{each.pk}", facts, TODAY + timedelta(days=9))], now=now)
    (mail,) = send_digests(now + timedelta(days=1))
    assert as_expected(mail.text.splitlines()) == AS_EXPECTED
    assert mail.subject.startswith(", ".join(AS_EXPECTED))


def test_features_that_take_the_same() -> None:
    rows = feature_table(
        tuple(feature(line("1"), name=name) for name in shuffled()), may_change=False, address_of=lambda each: "/"
    )
    assert [row.name for row in rows] == AS_EXPECTED


@pytest.mark.django_db
def test_features_in_the_details_of_what_is_allocated() -> None:
    company = make_company()
    make_license(company=company)
    for name in shuffled():
        allocate(company, make_feature(name=name).lines.get(), 1)
    with clock_at(TODAY):
        shown = page(browser_of(make_user(company=company, roles=["viewer"])), "credits:allocations", company)
    text = shown.text
    assert sorted(AS_EXPECTED, key=text.index) == AS_EXPECTED
