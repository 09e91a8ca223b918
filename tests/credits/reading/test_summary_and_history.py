"""The figures of Annual credits: sums of entries, on any day, as known at any instant."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from console.models import Act
from credits.models import AllocationEntry
from credits.reading.annual_credits import annual_credits, credit_summary
from licensing.acts.activate import activate_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.units.top_up import top_up_order
from licensing.models import LicenseEntry
from licensing.reading.as_known_at_an_instant import hold_still
from tests.factories import (
    SYSTEM,
    TODAY,
    allocate,
    make_company,
    make_feature,
    make_license,
    make_offering,
    make_order,
    make_product,
    new_key,
)
from tests.ledger import balance, database_clock, day, does

pytestmark = pytest.mark.django_db

START = date(2026, 1, 5)


def test_balance_goes_negative_when_a_license_expires() -> None:
    """1,000 credits to the end of June and 500 to the end of the year, 1,200 allocated."""
    company, line = make_company(), make_feature().lines.get()
    for units, last_day in [(1_000, date(2026, 6, 30)), (500, date(2026, 12, 31))]:
        make_license(company=company, units=units, term_ends_on=last_day, today=START)
    allocate(company, line, 1_200, today=START)

    assert credit_summary(company, on=date(2026, 6, 30)).current_balance == 300
    assert credit_summary(company, on=date(2026, 7, 1)).current_balance == -700
    assert credit_summary(company, on=date(2027, 1, 1)).current_balance == -1_200
    summary = annual_credits(company, on=date(2026, 7, 4)).summary
    assert (summary.below_zero_since, summary.shortfall) == (date(2026, 7, 1), 700)
    before = annual_credits(company, on=date(2026, 6, 1)).summary
    assert (before.runway_on, before.runway_days) == (date(2026, 7, 1), 30)


def test_the_pool_adds_purchased_and_converted_credits_of_several_licenses() -> None:
    company = make_company()
    make_license(company=company, units=1_000)
    make_license(company=company, units=500, channel="azure", term_ends_on=day(300))
    make_license(company=company, units=10, product=make_product(kind="seats", rate=45))
    summary = credit_summary(company, on=TODAY)

    assert (summary.purchased_credits, summary.converted_credits) == (1_500, 450)
    assert summary.total_valid_credits == 1_950
    assert summary.current_balance == summary.total_valid_credits - summary.allocated_credits


def test_allocations_stay_when_licenses_expire() -> None:
    company, line = make_company(), make_feature().lines.get()
    make_license(company=company, units=100, term_ends_on=day(9))
    allocate(company, line, 60)

    assert [credit_summary(company, on=on).allocated_credits for on in (day(9), day(10))] == [60, 60]


def test_the_legend_sums_to_the_allocated_credits_and_its_shares_to_100() -> None:
    company = make_company()
    for units in (1, 1, 1):
        allocate(company, make_feature(offering=make_offering()).lines.get(), units)
    read = annual_credits(company, on=TODAY)

    assert sum(row.credits for row in read.legend) == read.summary.allocated_credits == 3
    assert sum(row.share for row in read.legend) == Decimal("100.0")
    assert sum(row.credits for row in read.features) == 3


def test_without_valid_credits_there_is_no_percentage() -> None:
    company = make_company()
    allocate(company, make_feature().lines.get(), 5)

    assert credit_summary(company, on=TODAY).allocated_share_of_valid is None
    assert annual_credits(make_company(), on=TODAY).legend == []


@pytest.mark.parametrize("number", range(-2, 61, 3))
def test_the_last_point_of_the_history_is_the_summary_of_the_day(number: int) -> None:
    company, line = make_company(), make_feature().lines.get()
    license = make_license(company=company, units=100, term_ends_on=day(49))
    does(top_up_order, license.order, units=50, today=day(20))
    allocate(company, line, 40, on=day(10))
    allocate(company, line, 200, on=day(30))
    read = annual_credits(company, on=day(number))

    last = read.ledger.points[-1]
    assert (last.day, last.valid, last.allocated) == (
        day(number),
        read.summary.total_valid_credits,
        read.summary.allocated_credits,
    )
    assert last.balance == balance(company, day(number))
    assert credit_summary(company, on=day(number)).current_balance == last.balance


def test_every_day_of_the_history_shows_the_figures_of_that_day() -> None:
    company, line = make_company(), make_feature().lines.get()
    license = make_license(company=company, units=100, term_ends_on=day(49))
    allocate(company, line, 40, on=day(10))
    does(cancel_order, license.order, today=day(30))

    points = annual_credits(company, on=day(60)).ledger.points
    assert [each.day for each in points] == [points[0].day, TODAY, day(10), day(30), day(60)]
    for point in points:
        summary = credit_summary(company, on=point.day)
        assert (point.valid, point.allocated) == (summary.total_valid_credits, summary.allocated_credits)


def test_the_window_begins_on_the_same_calendar_day_of_the_year_before() -> None:
    company = make_company()

    assert annual_credits(company, on=date(2026, 3, 2)).ledger.first == date(2025, 3, 2)
    assert annual_credits(company, on=date(2028, 2, 29)).ledger.first == date(2027, 2, 28)


def test_as_known_before_an_act_it_never_happened() -> None:
    company, line = make_company(), make_feature().lines.get()
    license = make_license(company=company, units=100)
    allocate(company, line, 40)
    known_at = database_clock()
    then = annual_credits(company, on=day(50), known_at=known_at)
    does(cancel_order, license.order, today=day(30), on=day(3))
    allocate(company, line, 70, on=day(-2))

    again = annual_credits(company, on=day(50), known_at=known_at)
    assert (again.summary, again.ledger, again.features) == (then.summary, then.ledger, then.features)
    now = annual_credits(company, on=day(50)).summary
    assert (now.total_valid_credits, now.allocated_credits) == (0, 40)


def test_rows_of_one_act_carry_one_instant_later_than_the_one_before() -> None:
    company = make_company()
    first, second = make_license(company=company), make_license(company=company)

    instants = list(Act.objects.filter(company_id=company.pk).order_by("recorded_at").values_list("recorded_at", flat=True))
    assert instants == sorted(set(instants))
    for license in (first, second):
        entries = set(LicenseEntry.objects.filter(license=license).values_list("recorded_at", "act"))
        assert entries == {(license.recorded_at, license.act_id)}


def test_an_instant_in_the_future_is_refused() -> None:
    with transaction.atomic(), pytest.raises(ValueError, match="future"):
        hold_still(make_company(), database_clock() + timedelta(minutes=1))


def test_an_act_that_changes_nothing_is_recorded_and_posts_nothing() -> None:
    company, line = make_company(), make_feature().lines.get()
    allocate(company, line, 5)
    acts, entries = Act.objects.count(), AllocationEntry.objects.count()
    allocate(company, line, 5)

    assert (Act.objects.count(), AllocationEntry.objects.count()) == (acts + 1, entries)


def test_a_refused_act_leaves_no_row() -> None:
    company = make_company()
    order = make_order(term_ends_on=day(-1))
    acts = Act.objects.count()
    with pytest.raises(Exception, match="term ended"):
        activate_order(order, company=company, today=TODAY, by=SYSTEM, key=new_key())

    assert Act.objects.count() == acts


@pytest.mark.parametrize("units", [1_000_000_000])
def test_the_largest_amounts_add_up_exactly(units: int) -> None:
    company, product = make_company(), make_product(rate="999999999.999999")
    for _ in range(20):
        make_license(company=company, product=product, units=units)

    assert credit_summary(company, on=TODAY).total_valid_credits == 20 * 999_999_999_999_999_000
