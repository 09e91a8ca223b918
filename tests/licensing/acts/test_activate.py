"""A purchase is activated once, by one company, for the term as bought."""

from __future__ import annotations

from datetime import date

import pytest

from console.errors import Conflict, Refused
from licensing.acts.activate import activate_order
from licensing.errors import AlreadyActivated, NoRate, ReservedForAnother, TermIsOver
from licensing.models import License, LicenseEntry, Order
from tests.factories import TODAY, make_company, make_license, make_order, make_product
from tests.ledger import day, does, facts, license_credits, valid

pytestmark = pytest.mark.django_db


def test_activating_posts_the_step_up_on_the_start_and_the_step_down_on_the_expiration_date_at_once() -> None:
    license = make_license(units=1_000, term_ends_on=day(99))

    entries = LicenseEntry.objects.filter(license=license).order_by("effective_on").values_list("effective_on", "change")
    assert list(entries) == [(TODAY, 1_000), (day(100), -1_000)]


def test_the_start_counts_and_the_expiration_date_is_the_first_day_that_does_not() -> None:
    license = make_license(units=1_000, term_ends_on=day(99))

    assert [license_credits(license, on) for on in (day(-1), TODAY, day(99), day(100))] == [0, 1_000, 1_000, 0]


def test_activating_from_another_company_is_refused() -> None:
    license = make_license()

    with pytest.raises(AlreadyActivated):
        does(activate_order, license.order, company=make_company())


def test_activating_again_for_the_same_company_gives_the_same_license() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)

    assert does(activate_order, license.order, company=company, today=day(9)) == license
    assert valid(company, day(9)) == 1_000


def test_an_order_reserved_for_a_company_is_refused_to_any_other() -> None:
    order = make_order(reserved_for=make_company())

    with pytest.raises(ReservedForAnother):
        does(activate_order, order, company=make_company())
    assert does(activate_order, order, company=order.reserved_for)


@pytest.mark.parametrize("channel", ["azure", "aws"])
@pytest.mark.parametrize(("term_starts", "starts"), [(day(-40), day(-40)), (TODAY, TODAY), (day(3), TODAY)])
def test_a_marketplace_license_starts_on_the_earlier_of_its_term_and_today(channel: str, term_starts: date, starts: date) -> None:
    license = make_license(channel=channel, term_starts_on=term_starts, term_ends_on=day(100))

    assert (facts(license).starts_on, facts(license).expires_on) == (starts, day(101))


def test_a_direct_license_bought_for_later_starts_on_its_day() -> None:
    company = make_company()
    make_license(company=company, units=10, term_starts_on=day(30), term_months=1)

    assert [valid(company, on) for on in (day(29), day(30))] == [0, 10]


@pytest.mark.parametrize(("ends", "refused"), [(-1, True), (0, False)])
def test_an_order_whose_term_is_over_is_refused_with_its_end(ends: int, refused: bool) -> None:
    order = make_order(channel="azure", term_starts_on=day(-300), term_ends_on=day(ends))

    if refused:
        with pytest.raises(TermIsOver, match="Mar 2, 2026"):
            does(activate_order, order, company=make_company())
    else:
        assert does(activate_order, order, company=make_company())


@pytest.mark.parametrize(
    ("today", "months", "expires_on"),
    [
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2026, 3, 2), 12, date(2027, 3, 2)),
    ],
)
def test_a_term_of_months_is_clamped_to_the_end_of_the_month(today: date, months: int, expires_on: date) -> None:
    assert facts(make_license(today=today, term_months=months)).expires_on == expires_on


def test_an_order_is_known_once_per_channel() -> None:
    order = make_order(external_id="PO-7")

    with pytest.raises(Conflict):
        make_order(external_id=order.external_id)
    assert make_order(channel="code", external_id=order.external_id)


@pytest.mark.parametrize("units", [0, -1, 1.5, 10**18, 1_000_000_001, "many", None, True])
def test_units_are_whole_from_one_to_a_thousand_million(units: object) -> None:
    product = make_product()

    with pytest.raises(Refused):
        make_order(product=product, units=units)
    assert not Order.objects.exists()


def test_a_term_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        make_order(term_starts_on=day(5), term_ends_on=day(4))
    assert refusal.value.field == "term_ends_on"


def test_a_product_without_a_rate_on_the_first_day_is_refused() -> None:
    order = make_order(product=make_product(rate=None))

    with pytest.raises(NoRate):
        does(activate_order, order, company=make_company())
    assert not License.objects.exists()
