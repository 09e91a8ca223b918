"""The one-year history in words: one line for each thing that happened, and none for what did not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from credits.acts.billing_model.switch_billing_model import switch_billing_model
from credits.acts.withdraw_plan import withdraw_plan
from credits.models import CreditRequirement, Feature
from credits.reading.annual_credits import annual_credits
from credits.reading.history_rows import Event, HistoryRow, credit_history, history_rows
from credits.rules.balance_over_days import points_from
from licensing.acts.change_plan import change_plan
from licensing.acts.corrections.correct import correct_license
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.transfer import transfer_order
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_feature, make_license, make_product, new_key

pytestmark = pytest.mark.django_db
START = Event("Start of the year shown", "", 0)
SHOWN = Event("The day shown", "", 0)


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def line() -> CreditRequirement:
    return make_feature(name="Endpoint sensor", rates=[5]).lines.get()


def day(after: int) -> date:
    return TODAY + timedelta(days=after)


def act(**more: Any) -> dict[str, Any]:
    return {"today": TODAY, "by": SYSTEM, "key": new_key(), **more}


def history(company: Company, on: date = TODAY) -> list[HistoryRow]:
    return history_rows(annual_credits(company, on=on))


def told(company: Company, on: date = TODAY) -> dict[date, list[str]]:
    """Day -> what the history says happened, without its two ends."""
    rows = history(company, on)
    events = {row.day: [event.text for event in row.events if event not in (START, SHOWN)] for row in rows}
    return {each: texts for each, texts in events.items() if texts}


def test_a_company_without_facts_has_its_two_ends(company: Company) -> None:
    assert history(company) == [HistoryRow(TODAY, (SHOWN,), 0, 0), HistoryRow(date(2025, 3, 2), (START,), 0, 0)]


def test_a_row_says_both_totals_and_the_balance_at_the_end_of_its_day(company: Company, line: CreditRequirement) -> None:
    make_license(company=company, units=100, today=day(-10))
    allocate(company, line, 30, today=day(-5))
    rows = history(company)
    assert [(row.day, row.valid, row.allocated, row.balance) for row in rows] == [
        (TODAY, 100, 150, -50),
        (day(-5), 100, 150, -50),
        (day(-10), 100, 0, 100),
        (date(2025, 3, 2), 0, 0, 0),
    ]


def test_what_came_before_the_window_is_its_start(company: Company, line: CreditRequirement) -> None:
    make_license(company=company, units=100, today=date(2025, 3, 2), term_months=24)
    allocate(company, line, 2, today=date(2025, 3, 1))
    assert history(company)[-1] == HistoryRow(date(2025, 3, 2), (START,), 100, 10)
    assert told(company) == {}


def test_a_purchase_and_a_conversion_are_told_apart(company: Company) -> None:
    make_license(company=company, name="Group credits", units=1_000, today=day(-3), channel="azure", term_ends_on=day(360))
    seats = make_product(name="Endpoint Security Core", kind="seats", unit="seat", rate=45)
    make_license(company=company, product=seats, units=400, today=day(-2))
    assert told(company) == {
        day(-3): ["Group credits: purchase, +1,000 credits"],
        day(-2): ["Endpoint Security Core: license converted, +18,000 credits"],
    }
    notes = {event.text.partition(":")[0]: event.note for row in history(company) for event in row.events if event.note}
    assert notes == {"Group credits": "Azure purchase", "Endpoint Security Core": "Endpoint Security Core"}


def test_a_trial_is_nothing_that_happened_to_credits(company: Company) -> None:
    make_license(company=company, units=50, trial=True, today=day(-3))
    assert told(company) == {}


@pytest.mark.parametrize(
    ("change", "text", "marker"),
    [
        (lambda order: top_up_order(order, units=200, **act()), "top-up, +200 credits", "added"),
        (lambda order: reduce_order(order, units=700, **act()), "reduced, −300 credits", "expiry"),
        (lambda order: suspend_order(order, **act()), "suspended, −1,000 credits", "suspended"),
        (lambda order: cancel_order(order, **act()), "cancelled, −1,000 credits", "expiry"),
        (
            lambda order: correct_license(order.licenses.get(), units=900, reason="x", on=TODAY, **act()),
            "corrected, −100 credits",
            "expiry",
        ),
    ],
    ids=["top-up", "reduced", "suspended", "cancelled", "corrected"],
)
def test_a_change_of_an_order_is_named(company: Company, change: Any, text: str, marker: str) -> None:
    license = make_license(company=company, name="Group credits", units=1_000, today=day(-100))
    change(license.order)
    (row,) = [row for row in history(company) if row.day == TODAY]
    (event,) = row.events
    assert (event.text, event.marker) == (f"Group credits: {text}", marker)


def test_reinstating_brings_the_credits_back(company: Company) -> None:
    license = make_license(company=company, name="Group credits", units=1_000, today=day(-100))
    suspend_order(license.order, **act(today=day(-9)))
    reinstate_order(license.order, **act(today=day(-4)))
    assert told(company)[day(-4)] == ["Group credits: reinstated, +1,000 credits"]


def test_an_expiry_and_a_renewal_on_one_day_are_one_event(company: Company) -> None:
    license = make_license(company=company, name="Group credits", units=1_000, today=day(-10))
    expires_on = license.statements.get().expires_on
    assert expires_on is not None
    assert told(company, expires_on) == {expires_on: ["Group credits: expired, −1,000 credits"]}
    renew_order(license.order, **act())
    set_order_units(license.order, units=600, **act(today=expires_on))
    (row,) = [row for row in history(company, expires_on) if row.day == expires_on]
    assert [(event.text, event.marker) for event in row.events] == [("Group credits: renewal, −400 credits", "renewal")]


@pytest.mark.parametrize("change", ["suspended and reinstated", "reduced", "units set", "corrected", "prolonged", "topped up"])
def test_whatever_was_said_meanwhile_the_last_day_is_an_expiry(company: Company, change: str) -> None:
    license = make_license(company=company, name="Group credits", units=1_000, today=day(-10))
    expires_on, left = date(2027, 2, 20), 1_000
    if change == "suspended and reinstated":
        suspend_order(license.order, **act(today=day(-6)))
        reinstate_order(license.order, **act(today=day(-4)))
    elif change == "reduced":
        left = 800
        reduce_order(license.order, units=left, **act())
    elif change == "units set":
        left = 900
        set_order_units(license.order, units=1_500, **act(today=day(-1)))
        set_order_units(license.order, units=left, **act())
    elif change == "corrected":
        left = 700
        correct_license(license, units=left, reason="x", **act())
    elif change == "prolonged":
        expires_on = date(2027, 6, 1)
        correct_license(license, expires_on=expires_on, reason="x", **act())
    else:
        left = 1_200
        top_up_order(license.order, units=200, **act())
    assert told(company, expires_on)[expires_on] == [f"Group credits: expired, −{left:,} credits"]


def test_a_purchase_stays_one_when_its_units_or_start_are_corrected(company: Company) -> None:
    license = make_license(company=company, name="Group credits", units=1_000, today=day(-10))
    correct_license(license, units=900, reason="x", **act())
    assert told(company) == {day(-10): ["Group credits: purchase, +900 credits"]}
    earlier = make_company()
    correct_license(make_license(company=earlier, name="Old", units=5, today=day(-10)), starts_on=day(-20), reason="x", **act())
    assert told(earlier) == {day(-20): ["Old: purchase, +5 credits"]}


def test_fewer_units_of_an_order_are_a_reduction(company: Company) -> None:
    license = make_license(company=company, name="Group credits", units=1_000, today=day(-10))
    set_order_units(license.order, units=800, **act())
    assert told(company)[TODAY] == ["Group credits: reduced, −200 credits"]
    set_order_units(license.order, units=1, **act())
    assert told(company)[TODAY] == ["Group credits: reduced, −999 credits"]


def test_what_was_known_earlier_names_things_as_they_were_known(company: Company) -> None:
    license = make_license(company=company, name="Group credits", units=1_000, today=day(-10))
    known_at = license.recorded_at
    correct_license(license, expires_on=date(2027, 6, 1), reason="x", **act())
    tab = annual_credits(company, on=date(2027, 2, 20), known_at=known_at)
    assert [event.text for event in history_rows(tab)[0].events] == ["Group credits: expired, −1,000 credits"]


def test_a_transfer_leaves_one_company_and_comes_to_the_other(company: Company) -> None:
    license = make_license(company=company, name="Group credits", units=1_000, today=day(-10))
    other = make_company()
    transfer_order(license.order, to=other, reason="Sold", **act())
    assert told(company)[TODAY] == ["Group credits: cancelled, −1,000 credits"]
    assert told(other) == {TODAY: ["Group credits: purchase, +1,000 credits"]}


def test_a_change_of_plan_is_one_event(company: Company) -> None:
    license = make_license(company=company, name="Group credits", units=1_000, today=day(-100))
    change_plan(license.order, product=make_product(rate=2), **act())
    assert told(company)[TODAY] == ["Group credits: change of plan, +1,000 credits"]


def test_several_orders_on_one_day_are_events_of_their_own(company: Company) -> None:
    for name in ("First", "Second"):
        make_license(company=company, name=name, units=10, today=day(-1))
    assert told(company) == {day(-1): ["First: purchase, +10 credits", "Second: purchase, +10 credits"]}


def test_a_term_prolonged_before_its_end_leaves_no_event_on_the_day_it_would_have_ended(company: Company) -> None:
    license = make_license(company=company, units=1_000, today=date(2025, 3, 10))
    correct_license(license, expires_on=date(2027, 3, 10), reason="Two years", **act(today=date(2025, 3, 12)))
    assert told(company, date(2026, 4, 1)) == {}


# --- Allocations


def test_setting_up_adding_removing_and_releasing_units(company: Company, line: CreditRequirement) -> None:
    for after, units in ((-40, 20), (-30, 21), (-20, 10), (-10, 0)):
        allocate(company, line, units, today=day(after))
    assert told(company) == {
        day(-40): ["Endpoint sensor: 20 endpoints set up"],
        day(-30): ["Endpoint sensor: 1 endpoint added"],
        day(-20): ["Endpoint sensor: 11 endpoints removed"],
        day(-10): ["Endpoint sensor: 10 endpoints released"],
    }


def test_a_line_with_a_tier_is_named_by_it(company: Company) -> None:
    feature = make_feature(name="Assessment", rates=[1, 2])
    allocate(company, feature.lines.get(position=1), 3, today=day(-1))
    assert told(company) == {day(-1): ["Assessment (Tier 2): 3 endpoints set up"]}


def test_units_that_take_no_credits_are_told_too(company: Company) -> None:
    free = make_feature(name="Asset inventory", rates=[0]).lines.get()
    allocate(company, free, 3, today=day(-1))
    assert told(company) == {day(-1): ["Asset inventory: 3 endpoints set up"]}
    assert credit_history(annual_credits(company, on=TODAY).ledger.points)["days"] == ["2025-03-02", "2026-03-02"]


def test_a_change_taken_back_the_same_day_is_nothing_that_happened(company: Company, line: CreditRequirement) -> None:
    allocate(company, line, 20, today=day(-5))
    allocate(company, line, 30, today=day(-3))
    allocate(company, line, 20, today=day(-3))
    assert told(company) == {day(-5): ["Endpoint sensor: 20 endpoints set up"]}


def test_a_plan_that_was_withdrawn_never_happens(company: Company, line: CreditRequirement) -> None:
    allocate(company, line, 20, today=day(-5))
    allocate(company, line, 40, today=day(-5), on=day(5))
    assert day(5) in told(company, day(10))
    withdraw_plan(company, feature=line.feature, line=line, on=day(5), **act())
    assert told(company, day(10)) == {day(-5): ["Endpoint sensor: 20 endpoints set up"]}


def test_a_plan_shows_on_the_days_from_which_it_holds(company: Company, line: CreditRequirement) -> None:
    allocate(company, line, 40, on=day(5))
    assert told(company) == {}
    assert told(company, day(5)) == {day(5): ["Endpoint sensor: 40 endpoints set up"]}


def test_a_feature_switched_to_another_billing_model_says_so(company: Company, line: CreditRequirement) -> None:
    make_license(company=company, product=make_product(kind="pay-as-you-go", unit="contract", rate=None), units=1)
    Feature.objects.update(switchable=True)
    line.feature.refresh_from_db()
    allocate(company, line, 20, today=day(-5))
    switch_billing_model(company, feature=line.feature, model="pay-as-you-go", **act())
    assert told(company)[TODAY] == ["Endpoint sensor: switched to another billing model"]


# --- The series


def test_the_series_has_a_point_per_day_that_changed_and_both_ends(company: Company, line: CreditRequirement) -> None:
    make_license(company=company, units=100, today=day(-10))
    allocate(company, line, 2, today=day(-10))
    allocate(company, line, 30, today=day(-5))
    allocate(company, line, 31, on=day(5))
    assert credit_history(annual_credits(company, on=TODAY).ledger.points) == {
        "days": ["2025-03-02", "2026-02-20", "2026-02-25", "2026-03-02"],
        "valid": [0, 100, 100, 100],
        "allocated": [0, 10, 150, 150],
    }


def test_a_change_on_the_day_shown_is_its_last_point(company: Company) -> None:
    make_license(company=company, units=100)
    history = credit_history(annual_credits(company, on=TODAY).ledger.points)
    assert (history["days"], history["valid"]) == (["2025-03-02", "2026-03-02"], [0, 100])


def test_the_year_before_a_leap_day_begins_on_the_28th(company: Company) -> None:
    assert credit_history(annual_credits(company, on=date(2028, 2, 29)).ledger.points)["days"] == ["2027-02-28", "2028-02-29"]


def test_a_purchase_and_a_top_up_of_one_day_are_told_each(company: Company) -> None:
    license = make_license(company=company, name="Group credits", units=5_000, channel="azure", term_ends_on=day(360))
    top_up_order(license.order, units=2_000, **act())
    (row,) = [row for row in history(company) if row.day == TODAY]
    assert [(event.text, event.note, event.change) for event in row.events] == [
        ("Group credits: purchase, +5,000 credits", "Azure purchase", 5_000),
        ("Group credits: top-up, +2,000 credits", "Azure top-up", 2_000),
    ]


def test_suspended_and_reinstated_are_kinds_of_their_own(company: Company) -> None:
    license = make_license(company=company, name="Imaging", units=500, today=day(-30))
    suspend_order(license.order, **act(today=day(-20)))
    reinstate_order(license.order, **act(today=day(-10)))
    events = {row.day: row.events[0] for row in history(company)}
    assert [(events[day(ago)].marker, events[day(ago)].note) for ago in (-20, -10)] == [
        ("suspended", "Imaging suspended"),
        ("reinstated", "Imaging reinstated"),
    ]


def test_a_later_beginning_starts_with_the_totals_of_that_day(company: Company, line: CreditRequirement) -> None:
    make_license(company=company, units=100, today=day(-60))
    allocate(company, line, 2, today=day(-10))
    tab = annual_credits(company, on=TODAY)
    rows = history_rows(tab, day(-30))
    assert [(row.day, row.valid, row.allocated) for row in rows] == [(TODAY, 100, 10), (day(-10), 100, 10), (day(-30), 100, 0)]
    assert rows[-1].events[0].text == "Start of the days shown"
    points = points_from(tab.ledger.points, day(-30))
    assert credit_history(points)["days"] == [str(day(-30)), str(day(-10)), str(TODAY)]
    assert credit_history(points)["valid"] == [100, 100, 100]


def test_two_top_ups_of_one_day_are_told_each(company: Company) -> None:
    license = make_license(company=company, name="Group credits", units=5_000, today=day(-9))
    for units in (10, 20):
        top_up_order(license.order, units=units, **act())
    assert told(company)[TODAY] == ["Group credits: top-up, +10 credits", "Group credits: top-up, +20 credits"]


def test_licenses_of_one_order_that_are_changed_by_two_acts_on_one_day_are_told_each(company: Company) -> None:
    license = make_license(company=company, name="Group credits", units=1_000, today=day(-9))
    top_up_order(license.order, units=200, **act(today=day(-5)))
    reduce_order(license.order, units=1_100, **act())  # taken from the top-up
    correct_license(license, units=900, reason="x", on=TODAY, **act())
    assert set(told(company)[TODAY]) == {"Group credits: corrected, −100 credits", "Group credits: reduced, −100 credits"}


def test_a_top_up_on_the_day_of_a_renewal_is_told_beside_it_but_not_one_that_only_goes_on(company: Company) -> None:
    license = make_license(company=company, name="Group credits", units=1_000, today=day(-10))
    expires_on = license.statements.get().expires_on
    assert expires_on is not None
    renew_order(license.order, **act())
    top_up_order(license.order, units=200, **act(today=day(5)))  # in both terms
    assert told(company, expires_on)[expires_on] == ["Group credits: renewal, +0 credits"]
    top_up_order(license.order, units=50, **act(today=expires_on))
    assert told(company, expires_on)[expires_on] == [
        "Group credits: renewal, +0 credits",
        "Group credits: top-up, +50 credits",
    ]
