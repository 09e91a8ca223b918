"""A mistake is corrected by a further statement."""

from __future__ import annotations

import pytest

from console.errors import NotAllowed, Refused
from console.models import Actor
from licensing.correction import correct_license
from licensing.models import LicenseStatement
from licensing.quantity import reduce_order
from licensing.suspension import suspend_order
from tests.factories import make_company, make_conversion_rate, make_license, make_product, make_user
from tests.ledger import day, does, facts, license_credits, valid

pytestmark = pytest.mark.django_db


def test_corrected_units_hold_from_the_day_the_license_was_issued() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(correct_license, license, units=900, reason="a slip", today=day(50))

    assert [valid(company, on) for on in (day(0), day(50))] == [900, 900]


def test_units_corrected_together_with_an_earlier_start_hold_from_that_start() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(correct_license, license, units=900, starts_on=day(-10), reason="a slip", today=day(5))

    assert [valid(company, on) for on in (day(-11), day(-10), day(-1), day(0), day(50))] == [0, 900, 900, 900, 900]


def test_an_event_before_the_day_of_issue_counts_in_a_license_corrected_to_start_earlier() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(correct_license, license, starts_on=day(-10), reason="a slip", today=day(5))
    does(reduce_order, license.order, units=800, today=day(6), on=day(-4))

    assert [valid(company, on) for on in (day(-10), day(-5), day(-4), day(0), day(6))] == [1_000, 1_000, 800, 800, 800]


def test_corrected_units_hold_from_the_day_stated() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(correct_license, license, units=900, on=day(20), reason="a slip", today=day(50))

    assert [valid(company, on) for on in (day(19), day(20))] == [1_000, 900]


def test_a_correction_of_the_first_day_leaves_a_later_reduction() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(reduce_order, license.order, units=800, today=day(20))
    does(correct_license, license, units=1_100, reason="a slip", today=day(50))

    assert [valid(company, on) for on in (day(19), day(20))] == [1_100, 800]


def test_corrected_dates_hold_for_every_day() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000, term_ends_on=day(99))
    does(correct_license, license, starts_on=day(-10), expires_on=day(50), reason="a slip", today=day(60))

    assert [valid(company, on) for on in (day(-11), day(-10), day(49), day(50), day(100))] == [0, 1_000, 1_000, 0, 0]


def test_the_last_of_two_corrections_holds() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000, term_ends_on=day(99))
    for number in (50, 70):
        does(correct_license, license, expires_on=day(number), reason="a slip", today=day(20))

    assert [valid(company, on) for on in (day(69), day(70))] == [1_000, 0]


def test_a_correction_keeps_the_rate_the_license_was_issued_at() -> None:
    product = make_product(rate=45)
    license = make_license(product=product, units=400)
    make_conversion_rate(product, 99)
    does(correct_license, license, units=100, reason="a slip")

    assert license_credits(license, day(0)) == 4_500


def test_a_correction_says_nothing_of_the_state() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(suspend_order, license.order, today=day(10))
    does(correct_license, license, units=900, reason="a slip", today=day(20))

    assert [valid(company, on) for on in (day(9), day(10), day(20))] == [900, 0, 0]


@pytest.mark.parametrize("dates", [{"starts_on": day(500)}, {"expires_on": day(0)}, {"starts_on": day(5), "expires_on": day(5)}])
def test_a_license_that_would_end_before_it_starts_is_refused(dates: dict) -> None:
    license = make_license()

    with pytest.raises(Refused) as refusal:
        does(correct_license, license, reason="a slip", **dates)
    assert refusal.value.field == "expires_on"


def test_only_support_corrects_and_states_a_reason() -> None:
    license = make_license()
    owner = Actor.person(make_user(company=license.company, roles=["owner"]))

    with pytest.raises(NotAllowed):
        does(correct_license, license, units=1, reason="a slip", by=owner)
    with pytest.raises(Refused) as refusal:
        does(correct_license, license, units=1, reason=" ")
    assert refusal.value.field == "reason"


def test_an_empty_correction_is_refused_and_leaves_no_statement() -> None:
    license = make_license()

    with pytest.raises(Refused):
        does(correct_license, license, reason="a slip")
    assert LicenseStatement.objects.count() == 1


def test_a_corrected_license_shows_what_was_said_last() -> None:
    license = make_license(units=1_000)
    does(correct_license, license, units=0, reason="never bought")

    assert facts(license).units_on(day(0)) == 0
    assert license_credits(license, day(0)) == 0
