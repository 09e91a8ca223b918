"""A term is a stretch of time: renewed once, whatever its plan became; two never count on one day; units as stated for a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from console.errors import Conflict, KeyUsedForSomethingElse, Refused
from console.models import Act, Actor
from licensing.acts.change_plan import change_plan
from licensing.acts.corrections.correct import correct_license
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.switch_renewal import switch_renewal
from licensing.acts.transfer import transfer_order
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.errors import NoRate, TermsCollide
from licensing.models import Company, ConversionRate, License, LicenseStatement, Order
from tests.credits.verification.test_verify_ledger import edit
from tests.factories import (
    catalogue_act,
    make_company,
    make_license,
    make_order,
    make_product,
    make_user,
    new_key,
)
from tests.ledger import does, facts, licenses, valid

pytestmark = pytest.mark.django_db

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def on(text: str) -> date:
    """ "10 Feb": of 2027."""
    number, month = text.split()
    return date(2027, MONTHS.index(month) + 1, int(number))


def bought(units: int = 100, *, from_: str = "10 Jan", **order: Any) -> License:
    """Units for a month, issued and activated on the day it starts, unless `order` says otherwise."""
    return make_license(company=make_company(), units=units, today=on(from_), **{"term_months": 1, **order})


def act(which: Callable, what: Order | License, day: str, **says: Any) -> Any:
    """The act, recorded on a day; `on`, `starts_on` and `expires_on` are days, too."""
    said = {
        name: on(value) if isinstance(value, str) and name.endswith("on") and name != "reason" else value
        for name, value in says.items()
    }
    return does(which, what, today=on(day), **said)


def undo(order: Order, day: str, **says: Any) -> Any:
    return act(reinstate_order, order, day, undo_cancellation=True, reason="a slip", **says)


def correct(license: License, day: str, **says: Any) -> Any:
    return act(correct_license, license, day, reason="a slip", **says)


def counts(company: Company, *days: str) -> list[int]:
    return [valid(company, on(day)) for day in days]


def agree() -> None:
    """No statement is wrong, and every entry says what they do."""
    call_command("verify_ledger", verbosity=0, stdout=StringIO())


# --- A term is renewed once


def test_a_term_is_renewed_once_whatever_its_plan_became() -> None:
    license = bought()
    order, company = license.order, license.company
    act(renew_order, order, "12 Jan")
    act(change_plan, order, "14 Jan", product=make_product(kind="seats", rate="1.5"))
    act(cancel_order, order, "15 Feb")
    with pytest.raises(Refused, match=r"nothing to renew"):
        act(renew_order, order, "16 Feb")

    assert counts(company, "13 Jan", "14 Jan", "9 Feb", "10 Feb", "14 Feb", "15 Feb") == [100, 150, 150, 150, 150, 0]
    undo(order, "17 Feb", on="15 Feb")
    assert counts(company, "10 Feb", "9 Mar", "10 Mar") == [150, 150, 0]
    agree()


def test_a_renewal_recorded_after_a_change_of_plan_names_the_license_that_opened_the_term() -> None:
    license = bought()
    act(change_plan, license.order, "14 Jan", product=make_product(rate=2))
    act(change_plan, license.order, "15 Jan", product=make_product(rate=3))
    first = act(renew_order, license.order, "16 Jan")
    second = act(renew_order, license.order, "17 Jan")

    assert (first.renewal_of, second.renewal_of) == (license, first)
    assert counts(license.company, "16 Jan", "10 Feb", "10 Mar") == [300, 300, 300]
    agree()


# --- Two terms never count on one day


def test_an_end_is_refused_where_the_renewal_counted_before_it_was_cancelled() -> None:
    license = bought()
    act(renew_order, license.order, "12 Jan")
    act(cancel_order, license.order, "20 Feb")
    with pytest.raises(Refused, match=r"Its renewal starts on Feb 10, 2027: correct that one's start first\.") as refusal:
        correct(license, "21 Feb", expires_on="25 Feb")

    assert refusal.value.field == "expires_on"
    assert counts(license.company, "9 Feb", "10 Feb", "19 Feb", "20 Feb") == [100, 100, 100, 0]
    agree()


def test_an_undo_is_refused_that_would_let_the_renewal_count_beside_a_corrected_end() -> None:
    license = bought()
    act(renew_order, license.order, "12 Jan")
    act(cancel_order, license.order, "10 Feb")
    correct(license, "11 Feb", expires_on="1 Mar")
    with pytest.raises(TermsCollide, match=r"From Feb 10, 2027 to Feb 28, 2027 two terms of the order would count"):
        undo(license.order, "12 Feb", on="10 Feb")

    assert counts(license.company, "9 Feb", "10 Feb", "28 Feb", "1 Mar") == [100, 100, 100, 0]
    agree()


def test_an_undo_is_refused_where_a_start_was_corrected_while_the_order_was_cancelled() -> None:
    license = bought()
    renewal = act(renew_order, license.order, "12 Jan", starts_on="20 Feb")
    act(cancel_order, license.order, "20 Jan")
    correct(renewal, "21 Jan", starts_on="1 Feb")
    with pytest.raises(TermsCollide, match=r"From Feb 1, 2027 to Feb 9, 2027"):
        undo(license.order, "22 Jan", on="20 Jan")
    correct(renewal, "23 Jan", starts_on="10 Feb")
    undo(license.order, "24 Jan", on="20 Jan")

    assert counts(license.company, "19 Jan", "20 Jan", "9 Feb", "10 Feb") == [100, 100, 100, 100]
    agree()


def test_an_undo_is_refused_where_an_end_was_corrected_while_the_order_was_cancelled() -> None:
    license = bought()
    act(renew_order, license.order, "12 Jan")
    act(cancel_order, license.order, "20 Jan")
    correct(license, "21 Jan", expires_on="1 Mar")
    with pytest.raises(TermsCollide, match=r"From Feb 10, 2027 to Feb 28, 2027"):
        undo(license.order, "22 Jan", on="20 Jan")
    agree()


def test_a_suspended_renewal_holds_an_end_back_as_any_other_does() -> None:
    license = bought()
    act(renew_order, license.order, "12 Jan")
    act(suspend_order, license.order, "13 Jan")
    with pytest.raises(Refused, match="Its renewal starts on Feb 10, 2027"):
        correct(license, "14 Jan", expires_on="11 Feb")


def test_a_plan_never_counts_beside_the_one_that_took_its_place() -> None:
    license = bought()
    changed = act(change_plan, license.order, "20 Jan", product=make_product(rate=2))
    with pytest.raises(Refused, match="the plan of a term and the one that took its place would both count"):
        correct(changed, "21 Jan", starts_on="19 Jan")
    correct(changed, "21 Jan", starts_on="22 Jan")
    assert counts(license.company, "19 Jan", "20 Jan", "21 Jan", "22 Jan") == [100, 0, 0, 200]


def test_a_successor_never_starts_before_its_transfer() -> None:
    license = bought()
    act(renew_order, license.order, "12 Jan")
    new = make_company()
    successor = act(transfer_order, license.order, "20 Jan", to=new, reason="sold")
    renewal = licenses(new)[1]
    for each in (successor, renewal):
        with pytest.raises(Refused, match=r"was transferred on Jan 20, 2027") as refusal:
            correct(each, "21 Jan", starts_on="19 Jan")
        assert refusal.value.field == "starts_on"
    correct(successor, "21 Jan", starts_on="20 Jan")
    assert [counts(each, "19 Jan", "20 Jan") for each in (license.company, new)] == [[100, 0], [0, 100]]


# --- Units of a term are those stated for its days


@pytest.mark.parametrize("corrected_on", ["12 Jan", "15 Jan"])
def test_units_set_for_an_order_are_those_of_a_renewal_corrected_for_its_first_day(corrected_on: str) -> None:
    license = bought(500)
    renewal = act(renew_order, license.order, "12 Jan")
    correct(renewal, "12 Jan", units=1_000, on="10 Feb")
    act(set_order_units, license.order, "14 Jan", units=1_486)

    assert counts(license.company, "13 Jan", "14 Jan", "9 Feb", "10 Feb", "9 Mar") == [500, 1_486, 1_486, 1_486, 1_486]
    agree()


def test_a_reduction_reaches_a_renewal_corrected_for_its_first_day() -> None:
    license = bought(500)
    renewal = act(renew_order, license.order, "12 Jan")
    correct(renewal, "12 Jan", units=1_000, on="10 Feb")
    act(reduce_order, license.order, "14 Jan", units=400)

    assert counts(license.company, "13 Jan", "14 Jan", "10 Feb", "9 Mar") == [500, 400, 400, 400]
    agree()


def test_a_reduction_reaches_units_corrected_for_a_later_day_of_the_current_term() -> None:
    license = bought(500)
    correct(license, "12 Jan", units=1_000, on="20 Jan")
    act(reduce_order, license.order, "14 Jan", units=400)

    assert counts(license.company, "13 Jan", "14 Jan", "20 Jan") == [500, 400, 400]
    agree()


@pytest.mark.parametrize("stated", [None, "13 Jan", "10 Feb"])
def test_a_correction_of_a_renewal_not_begun_holds_on_its_days_whatever_was_stated_before(stated: str | None) -> None:
    license = bought()
    renewal = act(renew_order, license.order, "12 Jan")
    act(reduce_order, license.order, "14 Jan", units=40)
    correct(renewal, "15 Jan", units=77, on=stated)

    assert counts(license.company, "14 Jan", "9 Feb", "10 Feb", "9 Mar") == [40, 40, 77, 77]
    agree()


def test_a_correction_of_a_first_term_not_begun_holds_on_its_days() -> None:
    license = bought(term_starts_on=on("1 Feb"), term_ends_on=on("28 Feb"))
    act(reduce_order, license.order, "14 Jan", units=40)
    correct(license, "15 Jan", units=77)

    assert counts(license.company, "31 Jan", "1 Feb", "28 Feb") == [0, 77, 77]
    agree()


def test_a_correction_without_a_day_holds_for_every_day_also_after_the_start_is_corrected() -> None:
    license = bought(from_="20 Jan")
    act(reduce_order, license.order, "25 Jan", units=40)
    correct(license, "26 Jan", units=77)
    correct(license, "27 Jan", starts_on="10 Jan")
    assert counts(license.company, "9 Jan", "10 Jan", "19 Jan", "20 Jan", "25 Jan", "19 Feb") == [0, 77, 77, 77, 77, 77]
    act(reduce_order, license.order, "30 Jan", units=30)
    assert counts(license.company, "10 Jan", "29 Jan", "30 Jan") == [77, 77, 30]
    agree()


def test_a_renewal_that_is_to_start_earlier_has_the_units_it_was_reduced_to() -> None:
    license = bought()
    renewal = act(renew_order, license.order, "12 Jan", starts_on="20 Feb")
    act(reduce_order, license.order, "14 Jan", units=40)
    correct(renewal, "15 Jan", starts_on="10 Feb")

    assert counts(license.company, "14 Jan", "10 Feb", "19 Feb", "20 Feb") == [40, 40, 40, 40]
    agree()


# --- Top-ups reach the terms that count


def test_a_renewal_that_was_cancelled_before_it_began_gets_no_top_up_that_is_recorded_late() -> None:
    license = bought()
    act(renew_order, license.order, "12 Jan")
    act(cancel_order, license.order, "20 Jan")
    added = act(top_up_order, license.order, "22 Jan", units=5, on="19 Jan")

    assert [facts(each).starts_on for each in added] == [on("19 Jan")]
    assert counts(license.company, "18 Jan", "19 Jan", "20 Jan", "10 Feb") == [100, 105, 0, 0]
    with pytest.raises(Refused, match=r"The order is cancelled\. Undo the cancellation first, or choose a day before it\."):
        act(top_up_order, license.order, "22 Jan", units=5, on="21 Jan")


def test_a_renewal_cancelled_on_the_day_of_an_event_but_not_on_its_own_gets_a_top_up() -> None:
    license = bought(from_="10 Mar", term_starts_on=on("11 Mar"))
    act(renew_order, license.order, "19 Mar")
    act(cancel_order, license.order, "19 Mar")
    undo(license.order, "24 Mar")
    act(top_up_order, license.order, "12 Apr", units=5, on="26 Feb")

    assert counts(license.company, "11 Mar", "18 Mar", "19 Mar", "24 Mar", "10 Apr", "11 Apr", "10 May") == [
        105,
        105,
        0,
        105,
        105,
        105,
        105,
    ]
    agree()


@pytest.mark.parametrize("change", [top_up_order, set_order_units, reduce_order])
def test_units_on_a_day_on_which_the_order_is_cancelled_and_later_is_not_are_refused(change: Callable) -> None:
    license = bought()
    act(cancel_order, license.order, "20 Jan")
    undo(license.order, "25 Jan")
    for day in ("20 Jan", "24 Jan"):
        with pytest.raises(Refused, match=r"is cancelled on .* and counts again later\. Choose a day on which it counts\."):
            act(change, license.order, "26 Jan", units=50, on=day)
    act(change, license.order, "26 Jan", units=50, on="25 Jan")


def test_a_plan_is_not_changed_on_a_day_on_which_the_order_is_cancelled_and_later_is_not() -> None:
    license = bought()
    act(cancel_order, license.order, "20 Jan")
    undo(license.order, "25 Jan")
    with pytest.raises(Refused, match="counts again later"):
        act(change_plan, license.order, "26 Jan", product=make_product(), on="22 Jan")


# --- Units in all hold until the next day for which they were stated


def test_a_reduction_caps_what_was_recorded_meanwhile_for_later_days() -> None:
    license = bought(term_months=6)
    act(top_up_order, license.order, "20 Jan", units=50)
    act(top_up_order, license.order, "20 Feb", units=3)
    act(reduce_order, license.order, "1 Mar", units=120, on="25 Jan")

    assert counts(license.company, "19 Jan", "24 Jan", "25 Jan", "19 Feb", "20 Feb", "1 Mar") == [100, 150, 120, 120, 120, 120]
    assert [facts(each).units_on(on("20 Feb")) for each in licenses(license.company)] == [100, 20, 0]
    agree()


@pytest.mark.parametrize("first", [500, 1_000])
def test_a_total_holds_until_the_next_day_for_which_one_was_stated(first: int) -> None:
    license = bought(100, from_="10 Mar", term_months=2) if first == 500 else bought(1_000, from_="10 Mar", term_months=2)
    act(set_order_units, license.order, "24 Mar", units=500)
    act(set_order_units, license.order, "25 Mar", units=250, on="19 Mar")

    assert counts(license.company, "19 Mar", "23 Mar", "24 Mar", "9 May") == [250, 250, 500, 500]
    act(reduce_order, license.order, "26 Mar", units=200, on="20 Mar")
    assert counts(license.company, "19 Mar", "20 Mar", "23 Mar", "24 Mar") == [250, 200, 200, 500]
    agree()


def test_a_total_that_changed_nothing_holds_all_the_same() -> None:
    license = bought(500, from_="10 Mar")
    assert act(set_order_units, license.order, "24 Mar", units=500) == []
    act(set_order_units, license.order, "25 Mar", units=250, on="19 Mar")

    assert counts(license.company, "18 Mar", "19 Mar", "24 Mar") == [500, 250, 500]
    agree()


@pytest.mark.as_owner
def test_a_reduction_recorded_before_the_units_in_all_were_holds_from_its_day_too() -> None:
    license = bought(500, from_="10 Mar")
    act(reduce_order, license.order, "24 Mar", units=300)
    edit("licensing_licensestatement", "DELETE FROM licensing_licensestatement WHERE kind = 'total'")
    act(set_order_units, license.order, "25 Mar", units=250, on="19 Mar")

    assert counts(license.company, "18 Mar", "19 Mar", "23 Mar", "24 Mar") == [500, 250, 250, 300]


def test_an_increase_recorded_after_a_reduction_is_not_capped() -> None:
    license = bought()
    act(reduce_order, license.order, "25 Jan", units=80)
    act(top_up_order, license.order, "26 Jan", units=50, on="20 Jan")

    assert counts(license.company, "19 Jan", "20 Jan", "24 Jan", "25 Jan") == [100, 150, 150, 130]
    agree()


def test_a_top_up_left_with_nothing_for_some_days_only_comes_back() -> None:
    license = bought(300, term_months=6)
    (top_up,) = act(top_up_order, license.order, "10 Jan", units=300)
    act(set_order_units, license.order, "24 Mar", units=500)
    act(set_order_units, license.order, "25 Mar", units=250, on="19 Mar")

    assert [facts(top_up).units_on(on(day)) for day in ("18 Mar", "19 Mar", "24 Mar")] == [300, 0, 200]
    assert counts(license.company, "18 Mar", "19 Mar", "23 Mar", "24 Mar") == [600, 250, 250, 500]
    agree()


# --- A change of plan


def test_a_change_of_plan_reaches_the_renewals_issued_already_with_the_units_of_their_first_day() -> None:
    license, pro = bought(999), make_product(kind="seats", rate="1.5")
    renewal = act(renew_order, license.order, "12 Jan")
    act(renew_order, license.order, "12 Jan")
    correct(renewal, "12 Jan", units=700, on="10 Feb")
    correct(renewal, "12 Jan", units=800, on="20 Feb")
    act(change_plan, license.order, "14 Jan", product=pro)

    kinds = [each.kind for each in licenses(license.company)]
    assert kinds == ["initial", "renewal", "renewal", "plan-change", "plan-change", "plan-change"]
    assert counts(license.company, "13 Jan", "14 Jan", "10 Feb", "19 Feb", "20 Feb", "10 Mar") == [
        999,
        1_499,
        1_050,
        1_050,
        1_200,
        1_499,
    ]
    agree()


def test_no_rate_on_the_first_day_of_a_renewal_refuses_the_whole_change_of_plan() -> None:
    license, pro = bought(), make_product(rate=2)
    act(renew_order, license.order, "12 Jan")
    listed = catalogue_act()
    ended = ConversionRate(product=pro, credits_per_unit=None, valid_from=on("1 Feb"), act=listed, recorded_at=listed.recorded_at)
    ended.save()
    before = LicenseStatement.objects.count(), License.objects.count()
    with (
        pytest.raises(NoRate, match=r"no conversion rate for .* on Feb 10, 2027\. Load one with the catalogue first\."),
        transaction.atomic(),
    ):
        act(change_plan, license.order, "14 Jan", product=pro)
    assert (LicenseStatement.objects.count(), License.objects.count()) == before


def test_a_change_of_plan_recorded_late_holds_from_its_day_units_of_later_days_included() -> None:
    license = bought(term_months=6)
    act(top_up_order, license.order, "20 Feb", units=30)
    act(change_plan, license.order, "1 Mar", product=make_product(rate="1.5"), on="1 Feb")

    assert counts(license.company, "31 Jan", "1 Feb", "19 Feb", "20 Feb", "1 Mar") == [100, 150, 150, 195, 195]
    act(reduce_order, license.order, "2 Mar", units=120)
    assert counts(license.company, "1 Mar", "2 Mar") == [195, 180]
    agree()


@pytest.mark.parametrize("day", ["19 Jan", "11 Jan"])
def test_a_change_of_plan_before_one_recorded_already_is_refused(day: str) -> None:
    license = bought()
    act(renew_order, license.order, "11 Jan")
    act(change_plan, license.order, "20 Jan", product=make_product(rate=2))
    with pytest.raises(Refused, match=r"changed already from Jan 20, 2027 on\. Choose that day or a later one\."):
        act(change_plan, license.order, "21 Jan", product=make_product(rate=3), on=day)
    act(change_plan, license.order, "21 Jan", product=make_product(rate=3), on="20 Jan")
    assert counts(license.company, "19 Jan", "20 Jan", "10 Feb") == [100, 300, 300]
    agree()


def test_the_undo_of_a_cancellation_never_revives_what_a_change_of_plan_or_a_reduction_to_nothing_cancelled() -> None:
    license = bought()
    (top_up,) = act(top_up_order, license.order, "12 Jan", units=50)
    renewal = act(renew_order, license.order, "12 Jan")
    act(reduce_order, license.order, "13 Jan", units=100)
    act(change_plan, license.order, "14 Jan", product=make_product(rate=2))
    act(cancel_order, license.order, "15 Jan")
    undo(license.order, "16 Jan", on="15 Jan")

    assert counts(license.company, "12 Jan", "13 Jan", "14 Jan", "15 Jan", "10 Feb") == [150, 100, 200, 200, 200]
    for each in (license, top_up, renewal):
        assert facts(each).state_on(on("10 Feb")) == "cancelled"
    agree()


def test_a_renewal_cancelled_with_its_order_is_of_the_new_plan_once_that_is_undone() -> None:
    license = bought()
    act(renew_order, license.order, "12 Jan")
    act(cancel_order, license.order, "20 Jan")
    act(change_plan, license.order, "21 Jan", product=make_product(rate=2), on="15 Jan")
    undo(license.order, "22 Jan", on="20 Jan")

    assert counts(license.company, "14 Jan", "15 Jan", "20 Jan", "10 Feb") == [100, 200, 200, 200]
    agree()


def test_a_change_of_plan_leaves_it_said_whether_the_order_renews() -> None:
    license = bought(renews=True)
    act(switch_renewal, license.order, "12 Jan", on=False)
    act(change_plan, license.order, "14 Jan", product=make_product(rate=2))
    successor = act(transfer_order, license.order, "15 Jan", to=make_company(), reason="sold")
    assert not successor.order.renews


def test_it_is_said_whether_the_order_renews_by_the_license_that_lasted_longest() -> None:
    license = bought()
    act(top_up_order, license.order, "11 Jan", units=5)
    act(switch_renewal, license.order, "12 Jan", on=True)
    act(reduce_order, license.order, "13 Jan", units=100)
    act(switch_renewal, license.order, "14 Jan", on=False)
    act(change_plan, license.order, "15 Jan", product=make_product(rate=2))
    successor = act(transfer_order, license.order, "16 Jan", to=make_company(), reason="sold")
    assert not successor.order.renews


# --- A transfer


def test_a_transfer_gives_each_term_the_plan_it_has() -> None:
    license, new = bought(999), make_company()
    act(renew_order, license.order, "12 Jan")
    act(change_plan, license.order, "14 Jan", product=make_product(kind="seats", rate="1.5"))
    before = counts(license.company, "20 Jan", "10 Feb", "9 Mar")
    act(transfer_order, license.order, "15 Jan", to=new, reason="sold")

    assert before == counts(new, "20 Jan", "10 Feb", "9 Mar") == [1_499, 1_499, 1_499]
    assert [each.kind for each in licenses(new)] == ["initial", "renewal"]
    agree()


def test_a_reinstatement_dated_before_a_transfer_lifts_the_suspension_from_the_transfer_on() -> None:
    license, new = bought(term_months=6, from_="10 Mar"), make_company()
    act(suspend_order, license.order, "14 Apr")
    successor = act(transfer_order, license.order, "17 May", to=new, reason="sold")
    assert counts(new, "17 May", "1 Jun") == [0, 0]
    act(reinstate_order, successor.order, "17 May", on="15 May")

    assert counts(new, "16 May", "17 May", "1 Jun") == [0, 100, 100]
    assert counts(license.company, "13 Apr", "14 Apr", "17 May") == [100, 0, 0]
    agree()


def test_a_reinstatement_dated_before_the_suspension_of_an_order_moved_since_is_refused() -> None:
    license = bought(term_months=6, from_="10 Mar")
    act(suspend_order, license.order, "14 Apr")
    successor = act(transfer_order, license.order, "17 May", to=make_company(), reason="sold")
    with pytest.raises(Refused, match="not suspended on that day"):
        act(reinstate_order, successor.order, "18 May", on="13 Apr")


@pytest.mark.parametrize(("late", "sums"), [("16 Jan", [75, 75]), ("17 Jan", [1, 1])])
def test_units_in_all_that_arrive_after_a_transfer_leave_those_stated_for_a_later_day_before_it(
    late: str, sums: list[int]
) -> None:
    license, new, third = bought(), make_company(), make_company()
    act(set_order_units, license.order, "17 Jan", units=70)
    act(top_up_order, license.order, "17 Jan", units=5)
    first = act(transfer_order, license.order, "18 Jan", to=new, reason="sold")
    successor = act(transfer_order, first.order, "19 Jan", to=third, reason="sold")
    if late == "16 Jan":
        with pytest.raises(Refused, match="no more than 1 units already"):
            act(reduce_order, successor.order, "26 Jan", units=1, on=late)
    else:
        act(reduce_order, successor.order, "26 Jan", units=1, on=late)

    assert counts(third, "19 Jan", "9 Feb") == sums
    agree()


def test_a_transfer_leaves_an_act_under_the_key_of_its_caller() -> None:
    license, new, key = bought(), make_company(), new_key()
    moved = act(transfer_order, license.order, "15 Jan", to=new, reason="sold", key=key)

    found = Act.objects.get(key=key)
    assert (found.name, found.company_id, found.result) == ("order.transfer", license.company_id, {"license": moved.pk})
    assert act(transfer_order, license.order, "16 Jan", to=new, reason="sold", key=key) == moved
    with pytest.raises(KeyUsedForSomethingElse), transaction.atomic():
        act(transfer_order, license.order, "16 Jan", to=make_company(), reason="sold", key=key)
    with pytest.raises(Conflict), transaction.atomic():
        act(transfer_order, license.order, "16 Jan", to=make_company(), reason="sold")
    agree()


# --- Cancelled, undone, suspended, reinstated


@pytest.mark.parametrize(("late", "sums"), [("22 Jan", [100, 0, 0, 0, 100]), ("18 Jan", [0, 0, 0, 0, 100])])
def test_a_cancellation_recorded_late_leaves_the_undo_of_a_later_day(late: str, sums: list[int]) -> None:
    license = bought()
    act(cancel_order, license.order, "20 Jan")
    undo(license.order, "25 Jan")
    act(cancel_order, license.order, "26 Jan", on=late)

    assert counts(license.company, "19 Jan", "20 Jan", "22 Jan", "24 Jan", "25 Jan") == sums
    act(top_up_order, license.order, "27 Jan", units=5)
    act(cancel_order, license.order, "27 Jan", on="19 Jan")
    assert counts(license.company, "19 Jan", "26 Jan", "27 Jan") == [0, 100, 105]
    agree()


def test_an_undo_where_nothing_is_cancelled_is_refused() -> None:
    license = bought()
    with pytest.raises(Refused, match="Nothing of the order is cancelled"):
        undo(license.order, "12 Jan")
    act(change_plan, license.order, "14 Jan", product=make_product())
    with pytest.raises(Refused, match="Nothing of the order is cancelled"):
        undo(license.order, "15 Jan", on="14 Jan")


def test_suspending_what_is_suspended_and_reinstating_what_is_not_is_refused_and_a_repeated_key_answers_again() -> None:
    license, key = bought(), new_key()
    with pytest.raises(Refused, match=r"not suspended on that day\. Choose a day on which it is\."):
        act(reinstate_order, license.order, "11 Jan")
    first = act(suspend_order, license.order, "12 Jan", key=key)
    with pytest.raises(Refused, match="suspended on that day already"):
        act(suspend_order, license.order, "13 Jan")
    assert act(suspend_order, license.order, "14 Jan", key=key) == first


# --- What a top-up was told, and when a license has ended by itself


def test_a_top_up_told_of_a_cancellation_when_it_was_issued_is_not_given_up_on_that_day() -> None:
    license = bought(7, term_months=3)
    act(cancel_order, license.order, "12 Jan")
    undo(license.order, "14 Jan")
    correct(license, "14 Jan", units=500, on="17 Jan")
    act(set_order_units, license.order, "14 Jan", units=207)

    top_up = facts(licenses(license.company)[-1])
    assert (top_up.given_up_on, top_up.state_on(on("16 Jan")), top_up.state_on(on("17 Jan"))) == (
        on("17 Jan"),
        "active",
        "cancelled",
    )
    assert counts(license.company, "11 Jan", "12 Jan", "14 Jan", "16 Jan", "17 Jan", "9 Apr") == [7, 0, 207, 207, 207, 207]
    agree()


def test_a_license_left_without_units_earlier_than_before_is_cancelled_from_the_earlier_day() -> None:
    license = bought(term_months=2)
    for units, day in ((5, "10 Jan"), (1, "25 Jan")):
        act(top_up_order, license.order, day, units=units)
    act(set_order_units, license.order, "26 Jan", units=106, on="10 Jan")
    act(reduce_order, license.order, "26 Jan", units=77, on="11 Jan")

    last = facts(licenses(license.company)[-1])
    assert (last.given_up_on, last.state_on(on("10 Jan")), last.state_on(on("11 Jan"))) == (on("11 Jan"), "active", "cancelled")
    assert counts(license.company, "10 Jan", "11 Jan", "25 Jan", "9 Mar") == [106, 77, 77, 77]
    agree()


def test_a_license_of_a_plan_that_is_changed_by_the_next_total_is_cancelled_once_it_is_left_without_units() -> None:
    license = bought(40)
    act(reduce_order, license.order, "12 Jan", units=1)
    act(change_plan, license.order, "12 Jan", product=make_product(rate=2))
    top_up, _of_the_new_plan = act(top_up_order, license.order, "13 Jan", units=30, on="9 Jan")
    act(reduce_order, license.order, "13 Jan", units=1, on="10 Jan")

    assert facts(top_up).given_up_on == on("10 Jan")
    assert counts(license.company, "10 Jan", "11 Jan", "12 Jan", "9 Feb") == [1, 1, 62, 62]
    agree()


# --- What an undo says of days on which it takes a cancellation back, nobody said for those days


@pytest.mark.parametrize("topped_up", ["never", "before", "after"])
@pytest.mark.parametrize(
    ("late", "says", "sums"),
    [
        (cancel_order, {}, [100, 100, 0, 0, 0, 0]),
        (suspend_order, {}, [100, 100, 0, 0, 0, 0]),
        (cancel_order, {"on": "28 Jan"}, [0, 100, 100, 100, 100, 100]),
        (suspend_order, {"on": "28 Jan"}, [0, 100, 100, 100, 100, 100]),
    ],
)
def test_what_is_said_for_a_later_day_than_an_undo_outlasts_what_that_took_back(
    topped_up: str, late: Callable, says: dict[str, str], sums: list[int]
) -> None:
    license = bought(100 if topped_up == "never" else 90, term_months=3)
    if topped_up == "before":
        act(top_up_order, license.order, "10 Jan", units=10)
    act(cancel_order, license.order, "4 Feb")
    undo(license.order, "6 Feb", on="29 Jan")
    if topped_up == "after":  # told all of it by the act that issues it
        act(top_up_order, license.order, "6 Feb", units=10, on="10 Jan")
    act(late, license.order, "6 Feb", **{"on": "31 Jan", **says})

    assert counts(license.company, "28 Jan", "29 Jan", "31 Jan", "3 Feb", "4 Feb", "9 Apr") == sums
    agree()


def test_a_suspension_on_the_day_of_an_undo_holds_on_the_days_of_what_that_took_back_until_it_ends() -> None:
    license = bought(term_months=6)
    act(cancel_order, license.order, "11 Feb")
    undo(license.order, "11 Feb", on="9 Feb")
    act(suspend_order, license.order, "14 Mar", on="9 Feb")
    (top_up,) = act(top_up_order, license.order, "15 Mar", units=5)
    assert counts(license.company, "8 Feb", "9 Feb", "11 Feb", "15 Mar") == [100, 0, 0, 0]
    act(reinstate_order, license.order, "16 Mar", on="10 Feb")

    assert counts(license.company, "8 Feb", "9 Feb", "10 Feb", "11 Feb", "15 Mar") == [100, 0, 100, 100, 105]
    assert facts(top_up).state_on(on("11 Feb")) == "active"
    agree()


# --- A term's first and last day


def test_an_end_is_told_to_a_license_that_is_reduced_to_nothing_only_after_it() -> None:
    license = bought()
    (top_up,) = act(top_up_order, license.order, "12 Jan", units=50)
    act(reduce_order, license.order, "5 Feb", units=100)
    correct(license, "6 Feb", expires_on="1 Feb")
    assert counts(license.company, "31 Jan", "1 Feb", "4 Feb") == [150, 0, 0]

    correct(license, "7 Feb", expires_on="10 Mar")
    assert counts(license.company, "31 Jan", "1 Feb", "4 Feb", "5 Feb", "9 Mar", "10 Mar") == [150, 150, 150, 100, 100, 0]
    correct(license, "8 Feb", expires_on="11 Mar")
    assert facts(top_up).expires_on == on("10 Mar")  # it had ended by itself
    agree()


def test_a_term_begins_where_the_first_of_its_licenses_does() -> None:
    license = bought(term_months=2)
    renewal = act(renew_order, license.order, "11 Jan")
    act(top_up_order, license.order, "25 Jan", units=5)
    correct(renewal, "26 Jan", starts_on="14 Mar")
    act(reduce_order, license.order, "2 Feb", units=1, on="25 Jan")

    assert counts(license.company, "24 Jan", "25 Jan", "9 Mar", "10 Mar", "13 Mar", "14 Mar") == [100, 1, 1, 1, 1, 1]
    agree()


def test_a_cancellation_recorded_late_leaves_an_undo_on_the_day_of_a_cancellation_of_a_changed_plan() -> None:
    license = bought(40)
    act(renew_order, license.order, "11 Jan", starts_on="13 Feb")
    act(change_plan, license.order, "15 Jan", product=make_product())
    act(cancel_order, license.order, "14 Feb")
    undo(license.order, "14 Feb")
    act(cancel_order, license.order, "15 Feb", on="15 Jan")

    assert counts(license.company, "14 Jan", "15 Jan", "13 Feb", "14 Feb") == [40, 0, 0, 40]
    agree()


# --- A trial


@pytest.mark.parametrize(("which", "says"), [(renew_order, {}), (change_plan, {"product": None})])
def test_what_is_paid_for_never_becomes_a_trial(which: Callable, says: dict[str, Any]) -> None:
    license = bought()
    with pytest.raises(Refused, match=r"is paid for: it does not become a trial\. Issue another order for one\.") as refusal:
        act(which, license.order, "12 Jan", trial=True, **{name: make_product() for name in says})
    assert refusal.value.field == "trial"


# --- What it costs


@pytest.mark.parametrize(
    ("which", "says", "most"),
    [
        (reduce_order, {"units": 5}, 11),
        (set_order_units, {"units": 5}, 11),
        (cancel_order, {}, 11),
        (suspend_order, {}, 11),
        (change_plan, {"product": None}, 15),
    ],
)
def test_an_act_on_terms_costs_the_same_however_many_licenses_they_have(which: Callable, says: dict[str, Any], most: int) -> None:
    def cost(top_ups: int) -> int:
        license, product = bought(), make_product()
        act(renew_order, license.order, "11 Jan")
        for _each in range(top_ups):
            act(top_up_order, license.order, "12 Jan", units=7)
        with CaptureQueriesContext(connection) as queries:
            act(which, license.order, "14 Jan", **{name: value or product for name, value in says.items()})
        return sum(not each["sql"].startswith(("SAVEPOINT", "RELEASE")) for each in queries)

    assert cost(1) == cost(6) <= most


# --- Goodwill; what marketplaces sell


@pytest.mark.parametrize(
    ("which", "says"),
    [
        (top_up_order, {"units": 1}),
        (reduce_order, {"units": 1}),
        (set_order_units, {"units": 1}),
        (renew_order, {}),
        (change_plan, {"product": None}),
        (transfer_order, {"to": None, "reason": "sold"}),
    ],
)
def test_goodwill_does_not_go_on_grow_or_move(which: Callable, says: dict[str, Any]) -> None:
    license = bought(goodwill=True)
    made: dict[str, Callable] = {"product": make_product, "to": make_company}
    with pytest.raises(Refused, match=r"is goodwill\. Correct its license, or issue another one\."):
        act(which, license.order, "12 Jan", **{name: value or made[name]() for name, value in says.items()})
    correct(license, "12 Jan", units=7)
    assert counts(license.company, "12 Jan") == [7]


@pytest.mark.parametrize(("units", "sold"), [(2, False), (3, True), (1_000_000, True), (1_000_001, False)])
def test_a_marketplaces_order_has_as_many_units_as_it_sells_unless_support_says_why(units: int, sold: bool) -> None:
    says = {"channel": "azure", "units": units, "term_ends_on": on("9 Feb")}
    support = Actor.person(make_user(is_staff=True))
    if not sold:
        for by in ({}, {"reason": "as told"}, {"by": support, "reason": " "}):
            with pytest.raises(Refused, match=r"sells from 3 to 1,000,000 units") as refusal:
                make_order(**says, **by)
            assert refusal.value.field == "units"
    assert make_order(**says, by=support, reason="a private offer").units == units
    assert make_order(**{**says, "units": 1}, counts_units=False).units == 1
    assert make_order(channel="direct", units=units).units == units
