"""Statements of account: months chain without a gap, and each closes with what was known at its end, whatever is recorded later.

`ACCOUNTS=50` looks at so many random companies; the suite at 2.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import transaction

from console.errors import DomainError
from console.models import recording_at
from credits.reading.accounts.account import Account, account, account_begins_on
from credits.reading.totals_on_day import totals_on
from licensing.acts.companies.state_time_zone import state_time_zone
from licensing.acts.corrections.correct import correct_license
from licensing.acts.state.suspend_and_reinstate import suspend_order
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License
from licensing.rules.calendar_arithmetic import add_months
from tests.factories import SYSTEM, allocate, make_company, make_feature, make_license, new_key

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("accounts")]
COMPANIES = int(os.environ.get("ACCOUNTS", "2"))
BEGINS = datetime(2024, 1, 9, 11, tzinfo=UTC)
MONTHS = 24
ZONES = ["Europe/Berlin", "Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kolkata"]


class Years:
    """A company of which something is stated every few days for two years, often of days long over, and at midnight."""

    def __init__(self, random: Random) -> None:
        self.random, self.instant = random, BEGINS
        with recording_at(self.instant):
            self.company: Company = make_company(time_zone=random.choice(ZONES))
        self.lines = [make_feature(rates=[rate]).lines.get() for rate in ("0.2", 5, 7)]
        self.licenses: list[License] = []
        self.license()

    @property
    def today(self) -> date:
        return Company.objects.get(pk=self.company.pk).day_of(self.instant)

    def walk(self, until: date) -> None:
        while self.today < until:
            near_midnight = self.random.random() < 0.5
            self.instant += timedelta(days=self.random.randrange(2, 15), minutes=self.random.randrange(600))
            if near_midnight:
                begins = Company.objects.get(pk=self.company.pk).begin_of(self.today)
                if begins > self.instant - timedelta(days=1):
                    self.instant = begins + timedelta(microseconds=self.random.randrange(3), days=1)
            with recording_at(self.instant), suppress(DomainError):
                self.state()

    def license(self) -> None:
        with recording_at(self.instant):
            back = self.today - timedelta(days=self.random.randrange(40))
            self.licenses.append(
                make_license(company=self.company, units=self.random.randrange(500, 5_000), today=back, term_months=7)
            )

    def state(self) -> None:
        random, today = self.random, self.today
        about: dict[str, Any] = {"today": today, "by": SYSTEM, "key": new_key(), "reason": "test"}
        on = today - timedelta(days=random.choice([0, 0, 1, random.randrange(200)]))
        match random.randrange(8):
            case 0:
                self.license()
            case 1:
                correct_license(random.choice(self.licenses), units=random.randrange(100, 5_000), **about)
            case 2:
                top_up_order(random.choice(self.licenses).order, units=random.randrange(1, 300), on=on, **about)
            case 3:
                suspend_order(random.choice(self.licenses).order, on=on, **about)
            case 4 if random.random() < 0.3:
                state_time_zone(self.company, time_zone=random.choice(ZONES), by=SYSTEM, key=new_key())
            case 5:
                allocate(
                    self.company, random.choice(self.lines), random.randrange(400), today=today, on=today + timedelta(days=30)
                )
            case _:
                allocate(self.company, random.choice(self.lines), random.randrange(400), today=today, on=on)


def told(found: Account) -> list[tuple[date, int, int]]:
    return [(each.first, each.opening.balance, each.closing.balance) for each in found.months]


@pytest.fixture(scope="module")
def years_of_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[Years]]:
    with django_db_blocker.unblock(), transaction.atomic():
        found = [Years(Random(seed)) for seed in range(COMPANIES)]
        for each in found:
            each.walk(add_months(BEGINS.date(), MONTHS))
            each.company = Company.objects.get(pk=each.company.pk)
        yield found
        transaction.set_rollback(True)


@pytest.fixture
def years(years_of_the_module: list[Years], db: None) -> list[Years]:
    return years_of_the_module


def test_24_months_chain_and_each_closes_with_what_was_known_at_its_end(years: list[Years]) -> None:
    corrections = 0
    for each in years:
        company, today = each.company, each.today
        found = account(company, first=BEGINS.date(), today=today)
        assert len(found.months) >= MONTHS
        assert not found.begun_before
        opening = 0
        for month in found.months:
            assert month.opening.balance == opening
            opening = month.closing.balance
            if month.last < today:
                known_at = company.begin_of(month.last + timedelta(days=1)) - timedelta(microseconds=1)
                totals = totals_on(company, month.last, known_at=known_at)
            else:
                totals = totals_on(company, today)
            assert (month.closing.valid, month.closing.allocated) == (totals.valid, totals.allocated)
        assert opening == totals_on(company, today).valid - totals_on(company, today).allocated
        for month in found.months:
            shown = account(company, first=add_months(month.first, -2), today=today, shown=month.first)
            assert told(shown) == told(found)[-len(shown.months) :] or shown.months[0].first < found.months[0].first
            assert sum(one.balance_change for one in shown.movements) == month.moved.balance_change
            assert len(shown.movements) == month.moved.number
            assert [one.stands_on for one in shown.movements] == sorted(one.stands_on for one in shown.movements)
            assert all(one.stands_on.replace(day=1) == month.first for one in shown.movements)
            assert all(one.is_correction == (one.day < month.first) for one in shown.movements)
            corrections += sum(one.is_correction for one in shown.movements)
    assert corrections > 10 * COMPANIES


def test_a_month_that_is_over_never_changes(years: list[Years]) -> None:
    for each in years:
        today, company = each.today, each.company
        before = told(account(company, first=BEGINS.date(), today=today))[:-1]
        later = each.instant + timedelta(minutes=5)
        for number, back in enumerate((400, 90, 31, 3)):
            with recording_at(later + timedelta(seconds=number)):
                allocate(company, each.lines[0], 77 + back, today=today, on=today - timedelta(days=back))
        with recording_at(later + timedelta(minutes=1)):
            state_time_zone(company, time_zone=next(one for one in ZONES if one != company.time_zone), by=SYSTEM, key=new_key())
        after = account(Company.objects.get(pk=company.pk), first=BEGINS.date(), today=today + timedelta(days=40))
        assert told(after)[: len(before)] == before


def test_what_was_recorded_later_for_a_month_is_named_with_where_it_stands() -> None:
    with recording_at(datetime(2026, 1, 10, 12, tzinfo=UTC)):
        company = make_company()
        make_license(company=company, units=1_000, today=date(2026, 1, 10))
        line = make_feature(rates=[5]).lines.get()
    with recording_at(datetime(2026, 2, 20, 12, tzinfo=UTC)):
        allocate(company, line, 20, today=date(2026, 2, 20), on=date(2026, 1, 15))
    january, february = date(2026, 1, 1), date(2026, 2, 1)
    today = date(2026, 3, 2)
    found = account(company, first=january, today=today, shown=january)
    assert list(found.later) == [(february, 1)]
    assert told(found) == [(january, 0, 1_000), (february, 1_000, 900), (date(2026, 3, 1), 900, 900)]
    (movement,) = account(company, first=january, today=today, shown=february).movements
    assert (movement.is_correction, movement.day, movement.stands_on) == (True, date(2026, 1, 15), date(2026, 2, 20))
    assert movement.did == "20 endpoints set up"


def test_what_is_to_come_stands_in_no_month_yet() -> None:
    with recording_at(datetime(2026, 1, 10, 12, tzinfo=UTC)):
        company = make_company()
        make_license(company=company, units=1_000, today=date(2026, 1, 10), term_months=1)
    before = account(company, first=date(2026, 1, 1), today=date(2026, 2, 9))
    assert [each.closing.balance for each in before.months] == [1_000, 1_000]
    after = account(company, first=date(2026, 1, 1), today=date(2026, 2, 10), shown=date(2026, 2, 1))
    assert [each.closing.balance for each in after.months] == [1_000, 0]
    assert [(each.did, each.is_correction) for each in after.movements] == [("Expires", False)]


def test_an_account_begins_with_the_first_that_was_recorded() -> None:
    company = make_company()
    assert account_begins_on(company) is None
    with recording_at(datetime(2026, 1, 31, 23, 30, tzinfo=UTC)):
        other = make_company(time_zone="Europe/Berlin")
        make_license(company=other, today=date(2025, 12, 1))
    assert account_begins_on(other) == date(2026, 2, 1), "it was February in Berlin"
