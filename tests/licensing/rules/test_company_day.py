"""Which day it is for a company, and arithmetic with days."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from console.errors import Refused
from licensing.acts.companies.state_time_zone import state_time_zone
from licensing.models import CompanyTimeZone
from licensing.rules.a_year_before import a_year_before
from licensing.rules.calendar_arithmetic import add_months
from licensing.rules.zones.begin_of_day import begin_of_day
from licensing.rules.zones.company_day import ZoneSpan, company_day, zone_at
from licensing.rules.zones.when_a_zone_takes_effect import first_midnight_not_going_back
from tests.factories import SYSTEM, make_company, make_license, new_key
from tests.ledger import database_clock, day, valid

ALWAYS = datetime(1, 1, 2, tzinfo=UTC)
ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
INSTANTS = st.integers(0, 60 * 365 * 24 * 60).map(lambda minutes: datetime(1975, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
DAYS = st.dates(date(2, 1, 1), date(9900, 1, 1))
MICROSECOND = timedelta(microseconds=1)


def is_more_than_a_day_behind(instant: datetime, old: str, new: str) -> bool:
    """Somewhere in the days that follow, as clocks change."""

    def offset(zone: str, hours: int) -> timedelta:
        return (instant + timedelta(hours=hours)).astimezone(ZoneInfo(zone)).utcoffset() or timedelta()

    return any(offset(old, hours) - offset(new, hours) > timedelta(days=1) for hours in range(0, 97, 6))


@given(INSTANTS, st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_a_new_zone_starts_at_its_own_midnight_and_the_day_never_goes_back(instant: datetime, old: str, new: str) -> None:
    assume(not is_more_than_a_day_behind(instant, old, new))
    before = [ZoneSpan(ALWAYS, old)]
    midnight = first_midnight_not_going_back(before, new, instant)
    spans = [*before, ZoneSpan(midnight, new)]

    assert instant < midnight <= instant + timedelta(days=3)
    assert company_day(spans, midnight) >= company_day(spans, midnight - MICROSECOND)
    local, earlier = (each.astimezone(ZoneInfo(new)) for each in (midnight, midnight - MICROSECOND))
    assert local.date() > earlier.date(), "a day of the new zone begins here"
    assert zone_at(spans, midnight - MICROSECOND) == old
    assert zone_at(spans, midnight) == new


@given(INSTANTS, st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_it_is_the_first_such_midnight(instant: datetime, old: str, new: str) -> None:
    assume(not is_more_than_a_day_behind(instant, old, new))
    before = [ZoneSpan(ALWAYS, old)]
    midnight = first_midnight_not_going_back(before, new, instant)
    zone, found = ZoneInfo(new), instant
    while found < midnight - timedelta(hours=1):
        found += timedelta(hours=1)
        start = datetime.combine(found.astimezone(zone).date(), datetime.min.time(), zone).astimezone(UTC)
        if instant < start < midnight:
            assert start.astimezone(zone).date() < company_day(before, start - MICROSECOND)


@pytest.mark.parametrize(
    ("old", "new"), [("Pacific/Kiritimati", "Pacific/Honolulu"), ("Pacific/Pago_Pago", "Pacific/Kiritimati"), ("UTC", "UTC")]
)
def test_the_widest_changes_of_zone_keep_the_day_from_going_back(old: str, new: str) -> None:
    for hour in range(24):
        instant = datetime(2026, 3, 2, hour, 30, tzinfo=UTC)
        spans = [ZoneSpan(ALWAYS, old), ZoneSpan(first_midnight_not_going_back([ZoneSpan(ALWAYS, old)], new, instant), new)]
        days = [company_day(spans, instant + timedelta(minutes=15 * quarter)) for quarter in range(4 * 24 * 4)]
        assert days == sorted(days)


@pytest.mark.parametrize(("old", "new"), [("Pacific/Kiritimati", "Pacific/Pago_Pago"), ("Pacific/Chatham", "Pacific/Niue")])
def test_a_zone_more_than_a_day_behind_has_no_such_midnight(old: str, new: str) -> None:
    with pytest.raises(ValueError, match="more than a day behind"):
        first_midnight_not_going_back([ZoneSpan(ALWAYS, old)], new, datetime(2026, 1, 10, tzinfo=UTC))


@pytest.mark.django_db
def test_a_company_is_told_to_choose_a_zone_in_between_first() -> None:
    company = make_company(time_zone="Pacific/Kiritimati")

    with pytest.raises(Refused) as refusal:
        state_time_zone(company, time_zone="Pacific/Pago_Pago", by=SYSTEM, key=new_key())
    assert refusal.value.field == "time_zone"


def test_days_are_counted_in_the_companys_own_zone() -> None:
    spans = [ZoneSpan(ALWAYS, "Asia/Tokyo")]

    assert company_day(spans, datetime(2026, 3, 1, 15, 0, tzinfo=UTC)) == date(2026, 3, 2)
    assert company_day(spans, datetime(2026, 3, 1, 14, 59, tzinfo=UTC)) == date(2026, 3, 1)


@pytest.mark.django_db
def test_entries_never_move_when_the_zone_changes_and_both_zones_are_kept() -> None:
    company = make_company(time_zone="Europe/Berlin")
    make_license(company=company, units=10, term_ends_on=day(9))
    before = [valid(company, day(number)) for number in range(-1, 12)]
    zone = state_time_zone(company, time_zone="America/New_York", by=SYSTEM, key=new_key())

    assert [valid(company, day(number)) for number in range(-1, 12)] == before
    assert zone.effective_at > database_clock()
    assert list(CompanyTimeZone.objects.filter(company=company).order_by("id").values_list("time_zone", flat=True)) == [
        "Europe/Berlin",
        "America/New_York",
    ]
    just_before = zone.effective_at - MICROSECOND
    assert company.day_of(just_before) == just_before.astimezone(ZoneInfo("Europe/Berlin")).date()


@pytest.mark.django_db
def test_a_zone_stated_while_another_waits_takes_effect_after_that_one() -> None:
    company = make_company(time_zone="Europe/Berlin")
    first = state_time_zone(company, time_zone="America/New_York", by=SYSTEM, key=new_key())
    second = state_time_zone(company, time_zone="Asia/Tokyo", by=SYSTEM, key=new_key())

    assert second.effective_at > first.effective_at
    hours = [company.day_of(first.effective_at + timedelta(hours=number)) for number in range(-48, 96)]
    assert hours == sorted(hours)


@given(DAYS)
def test_a_year_before_is_the_same_calendar_day(on: date) -> None:
    before = a_year_before(on)

    assert before.year == on.year - 1
    assert (before.month, before.day) == ((2, 28) if (on.month, on.day) == (2, 29) else (on.month, on.day))


@given(DAYS, st.integers(0, 600))
def test_months_are_added_by_the_calendar_and_clamped(on: date, months: int) -> None:
    later = add_months(on, months)

    assert (later.year * 12 + later.month) - (on.year * 12 + on.month) == months
    assert later.day == min(on.day, calendar.monthrange(later.year, later.month)[1])


def test_the_calendar_ends_in_9999() -> None:
    with pytest.raises(OverflowError):
        add_months(date(9999, 12, 1), 1)


@given(INSTANTS, st.sampled_from(ZONES), st.sampled_from(ZONES), st.integers(-3, 3))
def test_a_day_begins_at_the_first_instant_of_it(instant: datetime, old: str, new: str, away: int) -> None:
    assume(not is_more_than_a_day_behind(instant, old, new))
    before = [ZoneSpan(ALWAYS, old)]
    spans = [*before, ZoneSpan(first_midnight_not_going_back(before, new, instant), new)]
    wanted = company_day(spans, instant) + timedelta(days=away)
    begins = begin_of_day(spans, wanted)
    assert company_day(spans, begins - MICROSECOND) < wanted <= company_day(spans, begins)
    if wanted <= company_day(spans, instant):
        assert begin_of_day(before, wanted) == begins, "the begin of a day that has come never moves"
