"""Each fault that the acts once had, put back, is noticed by the test of its rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

import pytest
from django.db import transaction

from tests.credits.acts import test_load_price_list as pricing
from tests.credits.acts import test_switch_billing_model as switching
from tests.faults_of_terms import FAULTS
from tests.licensing.acts import test_terms_of_an_order as terms

pytestmark = pytest.mark.django_db

NOTICED_BY: dict[str, list[Callable[[], None]]] = {
    "a_term_is_known_by_the_license_that_leads_it": [
        terms.test_a_term_is_renewed_once_whatever_its_plan_became,
        terms.test_a_renewal_recorded_after_a_change_of_plan_names_the_license_that_opened_the_term,
    ],
    "a_renewal_that_is_cancelled_by_now_holds_no_end_back": [
        terms.test_an_end_is_refused_where_the_renewal_counted_before_it_was_cancelled
    ],
    "an_undo_does_not_look_at_dates": [
        terms.test_an_undo_is_refused_that_would_let_the_renewal_count_beside_a_corrected_end,
        terms.test_an_undo_is_refused_where_a_start_was_corrected_while_the_order_was_cancelled,
        terms.test_an_undo_is_refused_where_an_end_was_corrected_while_the_order_was_cancelled,
    ],
    "a_successor_starts_before_its_transfer": [terms.test_a_successor_never_starts_before_its_transfer],
    "units_of_a_term_not_begun_are_judged_on_the_day_of_the_event": [
        partial(terms.test_units_set_for_an_order_are_those_of_a_renewal_corrected_for_its_first_day, "12 Jan"),
        terms.test_a_reduction_reaches_a_renewal_corrected_for_its_first_day,
        terms.test_a_reduction_reaches_units_corrected_for_a_later_day_of_the_current_term,
    ],
    "a_correction_is_stated_for_the_day_of_issue": [
        partial(terms.test_a_correction_of_a_renewal_not_begun_holds_on_its_days_whatever_was_stated_before, None),
        terms.test_a_correction_of_a_first_term_not_begun_holds_on_its_days,
        terms.test_a_correction_without_a_day_holds_for_every_day_also_after_the_start_is_corrected,
    ],
    "a_top_up_reaches_a_renewal_that_never_was": [
        terms.test_a_renewal_that_was_cancelled_before_it_began_gets_no_top_up_that_is_recorded_late
    ],
    "a_renewal_cancelled_on_the_day_of_an_event_gets_no_top_up": [
        terms.test_a_renewal_cancelled_on_the_day_of_an_event_but_not_on_its_own_gets_a_top_up
    ],
    "a_reduction_holds_for_its_own_day_only": [terms.test_a_reduction_caps_what_was_recorded_meanwhile_for_later_days],
    "a_total_overrules_the_one_of_a_later_day": [
        partial(terms.test_a_total_holds_until_the_next_day_for_which_one_was_stated, 500),
        terms.test_a_total_that_changed_nothing_holds_all_the_same,
    ],
    "units_are_taken_on_a_day_on_which_the_order_is_cancelled": [
        partial(terms.test_units_on_a_day_on_which_the_order_is_cancelled_and_later_is_not_are_refused, each)
        for each in (terms.top_up_order, terms.reduce_order)
    ],
    "a_change_of_plan_leaves_renewals_issued_already": [
        terms.test_a_change_of_plan_reaches_the_renewals_issued_already_with_the_units_of_their_first_day,
        terms.test_no_rate_on_the_first_day_of_a_renewal_refuses_the_whole_change_of_plan,
        terms.test_a_transfer_gives_each_term_the_plan_it_has,
    ],
    "a_change_of_plan_forgets_units_of_later_days": [
        terms.test_a_change_of_plan_recorded_late_holds_from_its_day_units_of_later_days_included
    ],
    "a_plan_is_changed_before_a_change_recorded_already": [
        partial(terms.test_a_change_of_plan_before_one_recorded_already_is_refused, "19 Jan")
    ],
    "an_undo_revives_what_ended_by_itself": [
        terms.test_the_undo_of_a_cancellation_never_revives_what_a_change_of_plan_or_a_reduction_to_nothing_cancelled
    ],
    "a_late_cancellation_outlasts_an_undo_of_a_later_day": [
        partial(terms.test_a_cancellation_recorded_late_leaves_the_undo_of_a_later_day, "18 Jan", [0, 0, 0, 0, 100])
    ],
    "what_is_suspended_is_suspended_again": [
        terms.test_suspending_what_is_suspended_and_reinstating_what_is_not_is_refused_and_a_repeated_key_answers_again
    ],
    "a_transfer_suspends_from_its_own_day": [
        terms.test_a_reinstatement_dated_before_a_transfer_lifts_the_suspension_from_the_transfer_on
    ],
    "a_switch_takes_the_contract_bought_first": [
        switching.test_a_switch_is_made_under_the_contract_that_ends_last_suspended_ones_aside,
        switching.test_nothing_is_switched_under_a_suspended_contract_until_it_is_reinstated,
    ],
    "goodwill_goes_on": [partial(terms.test_goodwill_does_not_go_on_grow_or_move, terms.top_up_order, {"units": 1})],
    "a_rate_is_listed_twice_for_a_day": [
        partial(pricing.test_another_rate_for_a_line_and_day_listed_already_is_refused_and_leaves_nothing, date(2020, 1, 1))
    ],
    "a_marketplace_sells_any_number_of_units": [
        partial(terms.test_a_marketplaces_order_has_as_many_units_as_it_sells_unless_support_says_why, 2, False)
    ],
}
CASES = [(name, number) for name, tests in NOTICED_BY.items() for number in range(len(tests))]


@pytest.mark.parametrize(("name", "number"), CASES)
def test_each_fault_put_back_is_noticed_by_the_test_of_its_rule(name: str, number: int) -> None:
    with FAULTS[name](), pytest.raises((Exception, pytest.fail.Exception)), transaction.atomic():
        NOTICED_BY[name][number]()


def test_every_fault_has_its_test() -> None:
    assert set(NOTICED_BY) == set(FAULTS)
