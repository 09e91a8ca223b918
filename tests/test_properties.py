"""Random histories, lived through by the applications and by a model written from the rules alone (tests/brute_force.py).

`make proof-of-ledger` lives through many more, and shows for each fault of tests/faults_of_terms.py in which history it is
noticed while it is put back. LEDGER_HISTORIES says how many, LEDGER_FIRST the number of the first.
"""

from __future__ import annotations

import os
import sys

import pytest

from tests.faults_of_terms import FAULTS
from tests.histories import Noticed, first_noticed, live_through, smallest
from tests.histories import draw as history
from tests.worlds import make_the_beginning

AT_LENGTH = "LEDGER_HISTORIES" in os.environ
HISTORIES = int(os.environ.get("LEDGER_HISTORIES", "20"))
FIRST = int(os.environ.get("LEDGER_FIRST", "1"))
FAULT_IS_NOTICED_WITHIN = 200
KNOWN: dict[str, int] = {
    "a_term_is_known_by_the_license_that_leads_it": 6,
    "a_renewal_that_is_cancelled_by_now_holds_no_end_back": 34,
    "an_undo_does_not_look_at_dates": 11,
    "a_successor_starts_before_its_transfer": 25,
    "units_of_a_term_not_begun_are_judged_on_the_day_of_the_event": 3,
    "a_correction_is_stated_for_the_day_of_issue": 58,
    "a_top_up_reaches_a_renewal_that_never_was": 11,
    "a_renewal_cancelled_on_the_day_of_an_event_gets_no_top_up": 117,
    "a_reduction_holds_for_its_own_day_only": 3,
    "a_total_overrules_the_one_of_a_later_day": 25,
    "units_are_taken_on_a_day_on_which_the_order_is_cancelled": 64,
    "a_change_of_plan_leaves_renewals_issued_already": 12,
    "a_change_of_plan_forgets_units_of_later_days": 86,
    "a_plan_is_changed_before_a_change_recorded_already": 118,
    "an_undo_revives_what_ended_by_itself": 6,
    "a_late_cancellation_outlasts_an_undo_of_a_later_day": 43,
    "what_is_suspended_is_suspended_again": 30,
    "a_transfer_suspends_from_its_own_day": 20,
    "a_switch_takes_the_contract_bought_first": 18,
    "goodwill_goes_on": 7,
    "a_rate_is_listed_twice_for_a_day": 70,
    "a_marketplace_sells_any_number_of_units": 10,
}
"""A history in which each fault was noticed, to look there first; where it is not noticed there now, the others are tried."""


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@pytest.mark.django_db
@pytest.mark.parametrize("fault", FAULTS)
def test_the_model_notices_each_fault_that_is_put_back(fault: str) -> None:
    companies = make_the_beginning()
    noticed: Noticed | None = None
    with FAULTS[fault]():
        if fault in KNOWN:
            noticed = live_through(companies, KNOWN[fault], history(KNOWN[fault]))
        noticed = noticed or first_noticed(companies, range(1, FAULT_IS_NOTICED_WITHIN + 1))
        if noticed and AT_LENGTH:
            tell(f"\nFault put back: {fault}\n{smallest(companies, noticed)}")
    assert noticed is not None, f"{fault}: not noticed in {FAULT_IS_NOTICED_WITHIN} histories"


@pytest.mark.django_db
def test_entries_profiles_and_the_model_agree_on_every_day_after_any_acts_in_any_order() -> None:
    noticed = first_noticed(make_the_beginning(), range(FIRST, FIRST + HISTORIES), tell if AT_LENGTH else None)
    assert noticed is None, f"{noticed}\nTo try it again: make proof-of-ledger LEDGER_FIRST={noticed.number} LEDGER_HISTORIES=1"
