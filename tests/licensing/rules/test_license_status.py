"""What a license is called on a day, and the stages of its life."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from licensing.rules.license_profile import LicenseFacts, Said
from licensing.rules.license_status import STATUSES, Stage, days_left, lifecycle, stage_on, status_on

STARTS, EXPIRES = date(2026, 1, 1), date(2027, 1, 1)
ISSUED = Said("issued", STARTS, units=10, credits=10, starts_on=STARTS, expires_on=EXPIRES)


def facts(*said: Said, issued: Said = ISSUED) -> LicenseFacts:
    return LicenseFacts((issued, *said))


def suspended(day: date) -> Said:
    return Said("suspended", day, state="suspended")


def reinstated(day: date) -> Said:
    return Said("reinstated", day, state="active")


def cancelled(day: date) -> Said:
    return Said("cancelled", day, state="cancelled")


@pytest.mark.parametrize(
    ("left", "status"),
    [(366, "not-yet-valid"), (365, "valid"), (32, "valid"), (31, "valid"), (30, "expires-soon"), (29, "expires-soon"),
     (1, "expires-soon"), (0, "expired"), (-1, "expired"), (-400, "expired")],
)  # fmt: skip
def test_days_left_decide(left: int, status: str) -> None:
    day = EXPIRES - timedelta(days=left)
    assert days_left(facts(), day) == left
    assert status_on(facts(), day) == status


def test_the_start_date_is_the_first_valid_day_and_the_expiration_date_the_first_that_is_not() -> None:
    assert [status_on(facts(), day) for day in (date(2025, 12, 31), STARTS)] == ["not-yet-valid", "valid"]
    assert [status_on(facts(), day) for day in (date(2026, 12, 31), EXPIRES)] == ["expires-soon", "expired"]


def test_a_license_of_less_than_a_month_expires_soon_from_its_first_day() -> None:
    short = Said("issued", STARTS, units=1, credits=1, starts_on=STARTS, expires_on=STARTS + timedelta(days=14))
    assert status_on(facts(issued=short), STARTS) == "expires-soon"
    assert status_on(facts(issued=short), STARTS - timedelta(days=1)) == "not-yet-valid"  # 15 days left, but not begun


MAY = date(2026, 5, 3)


@pytest.mark.parametrize(
    ("said", "day", "status"),
    [
        # cancelled comes first, whatever else holds
        ([cancelled(MAY)], MAY - timedelta(days=1), "valid"),
        ([cancelled(MAY)], MAY, "cancelled"),
        ([cancelled(MAY)], EXPIRES + timedelta(days=400), "cancelled"),
        ([suspended(MAY), cancelled(MAY)], MAY, "cancelled"),
        ([cancelled(date(2025, 12, 1))], date(2025, 12, 15), "cancelled"),
        # then expired
        ([suspended(MAY)], EXPIRES, "expired"),
        # then suspended
        ([suspended(MAY)], MAY, "suspended"),
        ([suspended(MAY)], EXPIRES - timedelta(days=1), "suspended"),
        ([suspended(date(2025, 12, 1))], date(2025, 12, 15), "suspended"),
        ([suspended(MAY), reinstated(date(2026, 6, 1))], date(2026, 5, 31), "suspended"),
        ([suspended(MAY), reinstated(date(2026, 6, 1))], date(2026, 6, 1), "valid"),
        ([suspended(MAY), reinstated(MAY)], MAY, "valid"),
        # undone by support
        ([cancelled(MAY), reinstated(date(2026, 6, 1))], date(2026, 6, 1), "valid"),
        ([cancelled(MAY), reinstated(date(2026, 6, 1))], EXPIRES, "expired"),
    ],
)
def test_the_first_that_holds_is_the_status(said: list[Said], day: date, status: str) -> None:
    assert status_on(facts(*said), day) == status
    assert status in STATUSES


def test_corrected_dates_hold_for_every_day() -> None:
    longer = facts(Said("corrected", MAY, starts_on=date(2025, 12, 1), expires_on=date(2028, 1, 1)))
    assert status_on(longer, date(2025, 12, 1)) == "valid"
    assert status_on(longer, EXPIRES) == "valid"
    assert status_on(longer, date(2028, 1, 1)) == "expired"


# --- Stages


def test_a_paid_license_has_a_term_thirty_days_of_grace_and_thirty_locked() -> None:
    assert lifecycle(facts(), trial=False) == [
        Stage("term", STARTS, EXPIRES),
        Stage("grace", EXPIRES, date(2027, 1, 31)),
        Stage("locked", date(2027, 1, 31), date(2027, 3, 2)),
        Stage("closed", date(2027, 3, 2), None),
    ]


def test_a_trial_has_no_grace() -> None:
    assert lifecycle(facts(), trial=True) == [
        Stage("term", STARTS, EXPIRES),
        Stage("locked", EXPIRES, date(2027, 1, 31)),
        Stage("closed", date(2027, 1, 31), None),
    ]


@pytest.mark.parametrize(
    ("day", "paid", "trial"),
    [
        (STARTS - timedelta(days=1), "term", "term"),
        (EXPIRES - timedelta(days=1), "term", "term"),
        (EXPIRES, "grace", "locked"),
        (date(2027, 1, 30), "grace", "locked"),
        (date(2027, 1, 31), "locked", "closed"),
        (date(2027, 3, 1), "locked", "closed"),
        (date(2027, 3, 2), "closed", "closed"),
        (date(2047, 3, 2), "closed", "closed"),
    ],
)
def test_each_stage_begins_on_the_day_the_one_before_ends(day: date, paid: str, trial: str) -> None:
    assert stage_on(facts(), day, trial=False) == paid
    assert stage_on(facts(), day, trial=True) == trial
