"""A price list re-prices what is allocated from the first day of each rate, for all companies at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.errors import Refused
from console.models import Act
from credits.acts.price_list.load_price_list import load_price_list
from credits.catalogue.files_and_rows import Catalogue, FeatureRow, OfferingRow, ProductRow, RequirementRow
from credits.models import AllocationEntry, CreditRate, CreditRequirement
from credits.reading.annual_credits import annual_credits
from licensing.models import Company, Product
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_license, new_key
from tests.ledger import database_clock, day, line_credits, line_units, valid

pytestmark = pytest.mark.django_db

LISTED_FROM = date(2020, 1, 1)
CORRECTION = {"correction": True, "reason": "a slip in the list"}


def price_list(*rows: tuple[Any, ...], products: tuple[ProductRow, ...] = ()) -> Catalogue:
    """Rows of (line, rate, valid from[, valid to]) of one feature."""
    return Catalogue(
        offerings=(OfferingRow("endpoint", "Endpoint Security", 1),),
        features=(FeatureRow("sensor", "endpoint", "Sensor", "", "annual", "", "", ""),),
        requirements=tuple(
            RequirementRow("sensor", name, name, "endpoint", Decimal(rate), valid_from, until[0] if until else None, "test")
            for name, rate, valid_from, *until in rows
        ),
        prices=(),
        products=products,
        seat_uses=(),
    )


def load(catalogue: Catalogue, **more: Any) -> Any:
    return load_price_list(catalogue, **{"by": SYSTEM, "key": new_key(), **more})


def line(name: str = "base") -> CreditRequirement:
    return CreditRequirement.objects.get(slug=name)


BASE = ("base", "2", LISTED_FROM)
OTHER = ("server", "1", LISTED_FROM)


def test_todays_units_and_planned_ones_are_re_priced_and_entries_before_stay() -> None:
    load(price_list(BASE))
    company = make_company()
    allocate(company, line(), 10)
    allocate(company, line(), 20, on=day(30))
    before = list(AllocationEntry.objects.order_by("id").values_list("id", "effective_on", "change"))
    load(price_list(BASE, ("base", "3", day(10))))

    assert list(AllocationEntry.objects.order_by("id").values_list("id", "effective_on", "change"))[: len(before)] == before
    assert [line_credits(company, line(), on) for on in (day(0), day(9), day(10), day(29), day(30))] == [20, 20, 30, 30, 60]
    assert [line_units(company, line(), on) for on in (day(10), day(30))] == [10, 20]


def test_a_rate_loaded_late_counts_from_its_day() -> None:
    load(price_list(BASE))
    company = make_company()
    allocate(company, line(), 10)
    load(price_list(BASE, ("base", "3", day(-5)), ("base", "4", day(5))))

    assert [line_credits(company, line(), on) for on in (day(-1), day(0), day(4), day(5))] == [0, 30, 30, 40]


def test_loading_again_changes_nothing_and_says_so() -> None:
    catalogue = price_list(BASE, OTHER)
    assert not load(catalogue).is_empty
    allocate(make_company(), line(), 10)
    rates, entries = CreditRate.objects.count(), AllocationEntry.objects.count()

    assert load(catalogue).is_empty
    assert (CreditRate.objects.count(), AllocationEntry.objects.count()) == (rates, entries)


@pytest.mark.parametrize("valid_from", [LISTED_FROM, day(-30), day(30)])
def test_another_rate_for_a_line_and_day_listed_already_is_refused_and_leaves_nothing(valid_from: date) -> None:
    load(price_list(("base", "2", valid_from)))
    company = make_company()
    allocate(company, line(), 10, on=day(40))
    rates, entries = CreditRate.objects.count(), AllocationEntry.objects.count()
    with pytest.raises(Refused, match=r"listed with 2 credits .* already, not 3\. .* as a correction, with a reason"):
        load(price_list(("base", "3", valid_from)))

    assert (CreditRate.objects.count(), AllocationEntry.objects.count()) == (rates, entries)
    load(price_list(("base", "2", valid_from), ("base", "3", day(50))))
    assert [line_credits(company, line(), on) for on in (day(40), day(49), day(50))] == [20, 20, 30]


def test_a_correction_of_rates_states_a_reason_and_re_prices_every_allocation_from_its_day() -> None:
    load(price_list(BASE, ("base", "3", day(10))))
    company = make_company()
    allocate(company, line(), 10)
    with pytest.raises(Refused) as refusal:
        load(price_list(BASE, ("base", "4", day(10))), correction=True, reason=" ")
    assert refusal.value.field == "reason"
    load(price_list(BASE, ("base", "4", day(10))), **CORRECTION)

    assert [line_credits(company, line(), on) for on in (day(9), day(10))] == [20, 40]
    assert Act.objects.filter(name="catalogue.load").latest("recorded_at").reason == "a slip in the list"


def test_a_corrected_rate_of_the_same_day_holds() -> None:
    load(price_list(BASE))
    company = make_company()
    allocate(company, line(), 10)
    load(price_list(("base", "5", LISTED_FROM)), **CORRECTION)

    assert line_credits(company, line(), TODAY) == 50


def test_a_line_no_longer_listed_keeps_its_last_rate_and_takes_no_more_units() -> None:
    load(price_list(BASE, OTHER))
    company = make_company()
    allocate(company, line(), 10)
    load(price_list(("server", "1", day(-10))))

    assert [line_credits(company, line(), on) for on in (TODAY, day(300))] == [20, 20]
    with pytest.raises(Refused):
        allocate(company, line(), 11)
    allocate(company, line(), 10)
    allocate(company, line(), 9)
    assert line_credits(company, line(), TODAY) == 18
    with pytest.raises(Refused):
        allocate(company, line(), 10)


def test_a_line_no_longer_listed_takes_units_until_the_last_of_the_lists_first_days() -> None:
    load(price_list(BASE, OTHER))
    load(price_list(("server", "1", LISTED_FROM), ("server", "2", day(-10)), ("server", "3", day(20))))
    company = make_company()

    allocate(company, line(), 10)
    allocate(company, line(), 11, on=day(19))
    with pytest.raises(Refused):
        allocate(company, line(), 12, on=day(20))


def test_a_line_whose_period_is_over_keeps_its_last_rate_and_takes_no_more_units() -> None:
    load(price_list(("base", "2", LISTED_FROM, day(10))))
    company = make_company()
    allocate(company, line(), 10)

    assert line_credits(company, line(), day(10)) == 20
    allocate(company, line(), 11, on=day(9))
    with pytest.raises(Refused):
        allocate(company, line(), 12, on=day(10))


def test_a_line_listed_again_takes_units_again() -> None:
    first = price_list(BASE, OTHER)
    load(first)
    load(price_list(("server", "1", day(-10))))
    company = make_company()
    with pytest.raises(Refused):
        allocate(company, line(), 1)
    load(first)

    allocate(company, line(), 1)
    assert line_credits(company, line(), TODAY) == 2
    assert load(first).is_empty


def test_lines_stay_in_the_order_of_their_first_rows() -> None:
    load(price_list(BASE, OTHER))
    load(price_list(BASE, OTHER, ("base", "3", day(10))))

    assert list(CreditRequirement.objects.order_by("position").values_list("slug", flat=True)) == ["base", "server"]


def test_licenses_issued_already_keep_their_credits() -> None:
    def products(rate: str) -> tuple[ProductRow, ...]:
        return (ProductRow("SEATS", "Seats", "seats", "seat", Decimal(rate), LISTED_FROM, "test"),)

    load(price_list(BASE, products=products("2")))
    company, product = make_company(), Product.objects.get(sku="SEATS")
    make_license(company=company, product=product, units=10)
    load(price_list(BASE, products=products("3")))

    assert valid(company, TODAY) == 20
    make_license(company=company, product=product, units=10)
    assert valid(company, TODAY) == 50


def test_each_company_re_priced_has_an_act_of_its_own() -> None:
    load(price_list(BASE))
    touched, untouched = make_company(), make_company()
    allocate(touched, line(), 10)
    load(price_list(("base", "3", LISTED_FROM)), **CORRECTION)

    assert Act.objects.filter(name="price-list.apply").values_list("company_id", flat=True).get() == touched.pk
    assert not Act.objects.filter(company_id=untouched.pk, name="price-list.apply").exists()
    entry = AllocationEntry.objects.latest("id")
    assert (entry.act.name, entry.recorded_at) == ("price-list.apply", entry.act.recorded_at)


def test_what_was_known_before_a_price_list_keeps_its_credits_and_its_rates() -> None:
    load(price_list(BASE))
    company = make_company()
    allocate(company, line(), 10)
    known_at = database_clock()
    load(price_list(("base", "3", LISTED_FROM)), **CORRECTION)

    then, now = (annual_credits(company, on=TODAY, known_at=instant) for instant in (known_at, None))
    assert [(each.credits, each.lines[0].rate) for each in (then.features[0], now.features[0])] == [(20, 2), (30, 3)]


STATEMENTS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(["base", "server"]), st.integers(0, 50), st.integers(0, 40)), max_size=10
)
NEW_RATES = st.lists(
    st.tuples(st.sampled_from(["base", "server"]), st.sampled_from(["0", "0.05", "2.5", "7"]), st.integers(-20, 40)),
    max_size=4,
    unique_by=lambda row: (row[0], row[2]),
)


@settings(max_examples=8, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(STATEMENTS, NEW_RATES, st.integers(0, 100))
def test_loading_then_allocating_equals_allocating_then_loading_for_many_companies(
    statements: list[tuple[int, str, int, int]], rates: list[tuple[str, str, int]], percent: int
) -> None:
    new = price_list(BASE, OTHER, *((name, rate, day(number)) for name, rate, number in rates))

    def figures(load_after: int) -> list[tuple[int, int]]:
        """Units and credits of every company and line on every day; the list is loaded after so many statements."""
        try:
            with transaction.atomic():
                load(price_list(BASE, OTHER))
                companies = [make_company() for _ in range(5)]
                for index, (number, name, units, ahead) in enumerate(statements):
                    if index == load_after:
                        load(new)
                    allocate(companies[number], line(name), units, on=day(ahead))
                if load_after >= len(statements):
                    load(new)
                raise Found([units_and_credits(company) for company in companies])
        except Found as found:
            return found.args[0]

    assert figures(0) == figures(len(statements)) == figures(len(statements) * percent // 100)


class Found(Exception):
    """Carries figures out of a transaction that is rolled back."""


def units_and_credits(company: Company) -> list[tuple[int, int]]:
    """Of both lines on every day that could matter, and far away. One statement."""
    entries = list(
        AllocationEntry.objects.for_company(company).values_list("line__slug", "effective_on", "units_change", "change")
    )
    days = [day(number) for number in (*range(-21, 43), 400)]
    return [
        (
            sum(units for name, each, units, _ in entries if name == slug and each <= on),
            sum(credits for name, each, _, credits in entries if name == slug and each <= on),
        )
        for slug in ("base", "server")
        for on in days
    ]


def test_a_renamed_line_keeps_its_statements() -> None:
    load(price_list(BASE))
    company = make_company()
    allocate(company, line(), 10)
    catalogue = price_list(BASE)
    load(replace(catalogue, requirements=(replace(catalogue.requirements[0], label="Workstations"),)))

    assert (line().label, line_units(company, line(), TODAY)) == ("Workstations", 10)
