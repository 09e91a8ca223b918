"""Units become credits at the rate of the day a license starts, rounded up once."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credits.acts.price_list.load_price_list import load_price_list
from credits.catalogue.files_and_rows import REFERENCE_FOLDER
from credits.catalogue.read_catalogue import read_catalogue
from licensing.acts.renew import renew_order
from licensing.models import License, Product
from licensing.rules.units_times_rate import MAX_UNITS, credits_for
from tests.factories import SYSTEM, TODAY, make_company, make_conversion_rate, make_license, make_product, new_key
from tests.ledger import day, does, facts, license_credits, valid

RATES = st.decimals(min_value=0, max_value=Decimal("999999999.999999"), places=6)


@given(st.integers(0, MAX_UNITS), RATES)
def test_conversion_never_loses_value_and_adds_less_than_one_credit(units: int, rate: Decimal) -> None:
    exact = units * Fraction(rate)

    assert exact <= credits_for(units, rate) < exact + 1
    assert credits_for(units, rate) == ceil(exact)


def test_the_largest_amounts_are_exact_and_fit_the_columns() -> None:
    assert credits_for(MAX_UNITS, Decimal("999999999.999999")) == 999_999_999_999_999_000 < 2**63


@pytest.mark.parametrize(("units", "rate", "credits"), [(1, "0.2", 1), (5, "0.2", 1), (6, "0.2", 2), (1, "0.05", 1), (7, "0", 0)])
def test_the_total_is_rounded_up_never_a_unit(units: int, rate: str, credits: int) -> None:
    assert credits_for(units, Decimal(rate)) == credits


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sku", "seats", "credits"), [("EP-CORE", 400, 18_000), ("EP-ESSENTIALS", 300, 19_500), ("EP-PRO", 100, 30_000)]
)
def test_seats_turn_into_the_credits_of_the_reference_catalogue(sku: str, seats: int, credits: int) -> None:
    load_price_list(read_catalogue(REFERENCE_FOLDER), by=SYSTEM, key=new_key())
    company = make_company()
    make_license(company=company, product=Product.objects.get(sku=sku), units=seats)

    assert valid(company, TODAY) == credits


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["credits", "seats"])
def test_trials_never_add_credits_whatever_their_product(kind: str) -> None:
    company = make_company()
    license = make_license(company=company, product=make_product(rate=45, kind=kind), units=400, trial=True)

    assert facts(license).issued.credits == 0
    assert [valid(company, on) for on in (TODAY, day(100), day(400))] == [0, 0, 0]


@pytest.mark.django_db
def test_a_license_converts_at_the_rate_valid_on_its_start_not_of_its_activation() -> None:
    product = make_product(rate=1)
    make_conversion_rate(product, 3, valid_from=day(10))

    assert facts(make_license(product=product, units=10, term_starts_on=day(9))).issued.credits == 10
    assert facts(make_license(product=product, units=10, term_starts_on=day(10))).issued.credits == 30


@pytest.mark.django_db
def test_a_new_rate_changes_no_license_issued_and_counts_at_the_next_renewal() -> None:
    company, product = make_company(), make_product(rate=1)
    license = make_license(company=company, product=product, units=10, term_ends_on=day(99))
    make_conversion_rate(product, 2, valid_from=day(50))

    renewal = does(renew_order, license.order, today=day(60))

    assert [valid(company, on) for on in (day(49), day(50), day(99), day(100))] == [10, 10, 10, 20]
    assert License.objects.get(pk=renewal.pk).renewal_of == license


@pytest.mark.django_db
def test_a_rate_loaded_after_the_renewal_was_issued_changes_nothing() -> None:
    product = make_product(rate=1)
    license = make_license(product=product, units=10, term_ends_on=day(99))
    renewal = does(renew_order, license.order)
    make_conversion_rate(product, 2, valid_from=day(50))

    assert license_credits(renewal, day(100)) == 10
