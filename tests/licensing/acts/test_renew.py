"""A further term is a further license, which starts where the old one ends."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from console.errors import Refused
from licensing.acts.change_plan import change_plan
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.switch_renewal import switch_renewal
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.top_up import top_up_order
from licensing.models import License
from licensing.rules.license_status import status_on
from tests.factories import TODAY, make_company, make_conversion_rate, make_license, make_product
from tests.ledger import day, does, facts, license_credits, valid

pytestmark = pytest.mark.django_db


def test_a_renewal_starts_where_the_old_term_ends() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000, term_ends_on=day(99))
    renewal = does(renew_order, license.order, today=day(80), term_months=1)

    assert facts(renewal).starts_on == day(100)
    assert [valid(company, on) for on in (day(99), day(100))] == [1_000, 1_000]


def test_a_renewal_starts_where_the_old_term_ends_even_if_recorded_later() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000, term_ends_on=day(99))
    renewal = does(renew_order, license.order, today=day(120))

    assert facts(renewal).starts_on == day(100)
    assert valid(company, day(100)) == 1_000


def test_support_may_leave_a_gap() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000, term_ends_on=day(99))
    does(renew_order, license.order, today=day(120), starts_on=day(110))

    assert [valid(company, on) for on in (day(99), day(100), day(109), day(110))] == [1_000, 0, 0, 1_000]


def test_a_renewal_never_starts_before_the_old_term_ends() -> None:
    license = make_license(term_ends_on=day(99))

    with pytest.raises(Refused) as refusal:
        does(renew_order, license.order, starts_on=day(99))
    assert refusal.value.field == "starts_on"


def test_a_term_is_renewed_once() -> None:
    license = make_license(term_ends_on=day(99))
    first = does(renew_order, license.order)
    second = does(renew_order, license.order)

    assert (first.renewal_of, second.renewal_of) == (license, first)
    with pytest.raises(IntegrityError, match="is renewed already"), transaction.atomic():
        License.objects.create(
            company=license.company,
            order=license.order,
            kind="renewal",
            product=license.product,
            renewal_of=license,
            act=license.act,
            recorded_at=license.recorded_at,
        )


def test_a_renewal_folds_the_top_ups_into_one_license_rounded_as_one() -> None:
    company = make_company()
    license = make_license(company=company, product=make_product(rate="0.3"), units=1, term_ends_on=day(99))
    does(top_up_order, license.order, units=1)
    does(top_up_order, license.order, units=1)
    does(renew_order, license.order)

    assert [valid(company, on) for on in (TODAY, day(100))] == [3, 1]


def test_a_renewal_leaves_out_what_was_cancelled_and_reduced() -> None:
    company = make_company()
    license = make_license(company=company, units=1_000, term_ends_on=day(99))
    does(top_up_order, license.order, units=300)
    does(reduce_order, license.order, units=900, today=day(10))
    does(renew_order, license.order, today=day(20))

    assert valid(company, day(100)) == 900


def test_a_cancelled_order_has_nothing_to_renew() -> None:
    license = make_license(term_ends_on=day(99))
    does(cancel_order, license.order)

    with pytest.raises(Refused):
        does(renew_order, license.order)


def test_a_renewal_converts_at_the_rate_of_its_start() -> None:
    product = make_product(rate=45)
    license = make_license(product=product, units=10, term_ends_on=day(99))
    make_conversion_rate(product, 50, valid_from=day(100))
    make_conversion_rate(product, 60, valid_from=day(101))

    assert license_credits(does(renew_order, license.order), day(100)) == 500


def test_a_renewal_of_a_changed_plan_is_of_the_new_product() -> None:
    license = make_license(units=10, term_ends_on=day(99))
    pro = make_product(rate=300)
    does(change_plan, license.order, product=pro, today=day(10))
    renewal = does(renew_order, license.order, today=day(20))

    assert (renewal.product, license_credits(renewal, day(100))) == (pro, 3_000)


def test_a_renewal_of_a_suspended_order_is_suspended_too() -> None:
    company = make_company()
    license = make_license(company=company, units=10, term_ends_on=day(99))
    does(suspend_order, license.order, today=day(90))
    renewal = does(renew_order, license.order, today=day(95))

    assert (valid(company, day(100)), status_on(facts(renewal), day(100))) == (0, "suspended")
    does(reinstate_order, license.order, today=day(110))
    assert [valid(company, on) for on in (day(109), day(110))] == [0, 10]


def test_a_renewal_runs_as_many_months_as_the_order_or_as_said() -> None:
    license = make_license(today=date(2028, 2, 29), term_months=12)
    first = does(renew_order, license.order, today=date(2028, 3, 1))
    second = does(renew_order, license.order, today=date(2028, 3, 1), term_months=1)

    assert facts(first).expires_on == date(2030, 2, 28)
    assert facts(second).expires_on == date(2030, 3, 29)  # the order began on a 29th


def test_a_short_month_takes_no_days_from_the_months_after_it() -> None:
    license = make_license(today=date(2026, 1, 31), term_months=1)
    ends = [facts(does(renew_order, license.order, today=date(2026, 2, 1))).expires_on for _ in range(4)]
    assert ends == [date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 30)]


def test_goodwill_is_untouched_by_the_renewal_and_reduction_of_other_orders() -> None:
    company = make_company()
    goodwill = make_license(company=company, units=50, goodwill=True, term_ends_on=day(150))
    license = make_license(company=company, units=1_000, term_ends_on=day(99))
    does(reduce_order, license.order, units=900)
    does(renew_order, license.order)

    assert goodwill.kind == "goodwill"
    assert [valid(company, on) for on in (TODAY, day(100), day(151))] == [950, 950, 900]


def test_switching_renewal_on_or_off_is_said_of_the_last_term_and_changes_no_credits() -> None:
    company = make_company()
    license = make_license(company=company, units=10, term_ends_on=day(99))
    renewal = does(renew_order, license.order)
    does(switch_renewal, license.order, on=False)

    assert (facts(license).renews_on(TODAY), facts(renewal).renews_on(TODAY)) == (None, False)
    does(switch_renewal, license.order, on=True, today=day(3))
    assert [facts(renewal).renews_on(on) for on in (day(2), day(3))] == [False, True]
    assert [valid(company, on) for on in (TODAY, day(100))] == [10, 10]
