"""A mistake is corrected by a further statement."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from console.errors import NotAllowed, Refused
from console.models import Act, Actor
from licensing.acts.change_plan import change_plan
from licensing.acts.corrections.correct import correct_license
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import suspend_order
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.top_up import top_up_order
from licensing.models import License, LicenseStatement
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


@pytest.mark.parametrize(("on", "after"), [(None, 1_100), (0, 800)])
def test_a_correction_without_a_day_holds_for_every_day_and_one_of_the_first_day_leaves_a_later_reduction(
    on: int | None, after: int
) -> None:
    company = make_company()
    license = make_license(company=company, units=1_000)
    does(reduce_order, license.order, units=800, today=day(20))
    stated = None if on is None else day(on)
    does(correct_license, license, units=1_100, on=stated, reason="a slip", today=day(50))

    assert [valid(company, on) for on in (day(19), day(20))] == [1_100, after]


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


# --- A term has one end


def term_of_two() -> tuple[License, License]:
    """A license of 1,000 units to day 100, and its top-up of 200 from day 10."""
    license = make_license(units=1_000, term_ends_on=day(99))
    (top_up,) = does(top_up_order, license.order, units=200, today=day(10))
    return license, top_up


@pytest.mark.parametrize("stated", [0, 1])
@pytest.mark.parametrize("end", [50, 150])
def test_an_end_holds_for_the_whole_term_whichever_of_its_licenses_it_is_stated_for(stated: int, end: int) -> None:
    both = term_of_two()
    does(correct_license, both[stated], expires_on=day(end), reason="a slip", today=day(20))

    assert [facts(each).expires_on for each in both] == [day(end), day(end)]
    assert [facts(each).starts_on for each in both] == [day(0), day(10)]
    company = both[0].company
    assert [valid(company, on) for on in (day(9), day(10), day(end - 1), day(end))] == [1_000, 1_200, 1_200, 0]
    assert Act.objects.get(name="license.correct").result["licenses"] == [each.pk for each in both]
    call_command("verify_ledger", verbosity=0, stdout=StringIO())


def test_a_term_prolonged_license_by_license_is_told_its_end_once_for_each_and_nothing_more() -> None:
    license, top_up = term_of_two()
    for each in (license, top_up):
        does(correct_license, each, expires_on=day(150), reason="a slip", today=day(20))

    assert [valid(license.company, on) for on in (day(149), day(150))] == [1_200, 0]
    assert LicenseStatement.objects.filter(license=license).count() == 2


def test_what_is_topped_up_later_ends_with_the_corrected_term() -> None:
    license, _top_up = term_of_two()
    does(correct_license, license, expires_on=day(150), reason="a slip", today=day(20))
    (later,) = does(top_up_order, license.order, units=1, today=day(30))

    assert facts(later).expires_on == day(150)


def test_another_start_or_other_units_are_of_the_one_license() -> None:
    license, top_up = term_of_two()
    does(correct_license, license, starts_on=day(-5), units=900, reason="a slip", today=day(20))

    assert LicenseStatement.objects.filter(license=top_up).count() == 1
    assert facts(top_up).starts_on == day(10)


def test_a_cancelled_license_of_the_term_keeps_its_own_end() -> None:
    license, top_up = term_of_two()
    does(reduce_order, license.order, units=1_000, today=day(15))
    does(correct_license, license, expires_on=day(150), reason="a slip", today=day(20))

    assert [facts(each).expires_on for each in (license, top_up)] == [day(150), day(100)]


def test_an_end_stated_for_a_cancelled_license_is_its_own() -> None:
    license, top_up = term_of_two()
    does(renew_order, license.order)
    does(reduce_order, license.order, units=1_000, today=day(15))
    does(correct_license, top_up, expires_on=day(150), reason="a slip", today=day(20))

    assert [facts(each).expires_on for each in (license, top_up)] == [day(100), day(150)]


def test_a_term_that_would_end_before_one_of_its_licenses_starts_is_refused() -> None:
    license, _top_up = term_of_two()

    with pytest.raises(
        Refused, match=r"A license of this term starts on Mar 12, 2026: correct that one's start first\."
    ) as refusal:
        does(correct_license, license, expires_on=day(10), reason="a slip", today=day(20))
    assert refusal.value.field == "expires_on"
    does(correct_license, license, expires_on=day(11), reason="a slip", today=day(20))


# --- A renewal starts where the term ends, or later


def test_an_end_after_the_start_of_the_renewal_is_refused() -> None:
    license, top_up = term_of_two()
    renewal = does(renew_order, license.order, starts_on=day(110), today=day(20))

    for each in (license, top_up):
        with pytest.raises(Refused, match=r"Its renewal starts on Jun 20, 2026: correct that one's start first\.") as refusal:
            does(correct_license, each, expires_on=day(111), reason="a slip", today=day(20))
        assert refusal.value.field == "expires_on"
    does(correct_license, license, expires_on=day(110), reason="a slip", today=day(20))
    does(correct_license, renewal, starts_on=day(120), reason="a slip", today=day(20))
    does(correct_license, license, expires_on=day(115), reason="a slip", today=day(20))
    assert [valid(license.company, on) for on in (day(114), day(115), day(119), day(120))] == [1_200, 0, 0, 1_200]


def test_a_renewal_that_would_start_before_the_end_of_its_term_is_refused() -> None:
    license, _top_up = term_of_two()
    renewal = does(renew_order, license.order, starts_on=day(110), today=day(20))
    (_more, of_renewal) = does(top_up_order, license.order, units=1, today=day(20))

    for each in (renewal, of_renewal):
        with pytest.raises(
            Refused, match=r"The term it renews expires on Jun 10, 2026: correct that one's end first\."
        ) as refusal:
            does(correct_license, each, starts_on=day(99), reason="a slip", today=day(20))
        assert refusal.value.field == "starts_on"
        does(correct_license, each, starts_on=day(100), reason="a slip", today=day(20))
    assert [valid(license.company, on) for on in (day(99), day(100))] == [1_201, 1_201]


def test_dates_of_a_term_whose_renewal_is_renewed_are_held_by_its_neighbors_only() -> None:
    license, _top_up = term_of_two()
    middle = does(renew_order, license.order, expires_on=day(200), today=day(20))
    does(renew_order, license.order, today=day(20))

    for dates in ({"starts_on": day(99)}, {"expires_on": day(201)}):
        with pytest.raises(Refused):
            does(correct_license, middle, reason="a slip", today=day(20), **dates)
    does(correct_license, middle, starts_on=day(101), expires_on=day(199), reason="a slip", today=day(20))


def test_a_change_of_plan_leaves_the_term_before_its_renewal() -> None:
    license, _top_up = term_of_two()
    does(renew_order, license.order, today=day(20))
    changed = does(change_plan, license.order, product=make_product(rate=2), today=day(30))
    renewal = License.objects.latest("id")

    with pytest.raises(Refused):
        does(correct_license, changed, expires_on=day(101), reason="a slip", today=day(40))
    with pytest.raises(Refused):
        does(correct_license, renewal, starts_on=day(99), reason="a slip", today=day(40))
    does(correct_license, changed, expires_on=day(90), reason="a slip", today=day(40))
    does(correct_license, renewal, starts_on=day(90), reason="a slip", today=day(40))
    assert [valid(license.company, on) for on in (day(89), day(90))] == [2_400, 2_400]


def test_a_cancelled_renewal_holds_no_end_back() -> None:
    license, _top_up = term_of_two()
    renewal = does(renew_order, license.order, today=day(20))
    does(cancel_order, license.order, today=day(30))
    does(correct_license, license, expires_on=day(150), reason="a slip", today=day(40))

    assert valid(license.company, day(29)) == 1_200
    assert valid(license.company, day(30)) == valid(license.company, day(149)) == 0
    assert facts(renewal).starts_on == day(100)


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
