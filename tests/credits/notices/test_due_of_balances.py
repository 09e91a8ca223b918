"""Notices of the balance: below zero, and going below zero within 60 days; each crossing is told once.

NOTICE_RUNS says how many random rows of runs are gone through.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console.company_in_hand import for_all
from console.models import OutgoingMail, User
from credits.models import CreditRequirement
from credits.notices.due_of_balances import BALANCES_OF_COMPANIES, balance_news
from credits.reading.totals_on_day import totals_on
from credits.tasks import tell_all
from licensing.acts.renew import renew_order
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License, Notice, Role
from licensing.notices.telling import companies_in_batches
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_feature, make_license, make_user, new_key
from tests.licensing.notices.test_notices import leads_to, recorded

pytestmark = pytest.mark.django_db

KINDS = ("below-zero", "goes-below-zero")
ENDS = date(2027, 3, 2)
RUNS = int(os.environ.get("NOTICE_RUNS", "2"))


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Stands still at noon of `TODAY`; acts are recorded weeks before, so that activations are no news."""
    with time_machine.travel(noon(TODAY), tick=False) as traveller, recorded(noon(TODAY - days(20))):
        yield traveller


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def days(number: int) -> timedelta:
    return timedelta(days=number)


@pytest.fixture
def company() -> Company:
    return make_company(name="Fabrik", slug="fabrik")


@pytest.fixture
def manager(company: Company) -> User:
    return make_user(company=company, roles=["credit-manager"])


@pytest.fixture
def line() -> CreditRequirement:
    return make_feature().lines.get()


@pytest.fixture
def license(company: Company, line: CreditRequirement) -> License:
    """1,000 credits until `ENDS`, of which 900 are allocated."""
    license = make_license(company=company, units=1_000)
    allocate(company, line, 900)
    return license


def look(day: date) -> list[str]:
    """What a run of the job tells of the balance that nobody was told before."""
    before = set(Notice.objects.values_list("pk", flat=True))
    tell_all(noon(day))
    return list(Notice.objects.filter(kind__in=KINDS).exclude(pk__in=before).order_by("pk").values_list("kind", flat=True))


def still_so() -> list[str]:
    return list(Notice.objects.open().filter(kind__in=KINDS).order_by("pk").values_list("kind", flat=True))


@pytest.mark.parametrize(("ahead", "told"), [(61, []), (60, ["goes-below-zero"]), (1, ["goes-below-zero"]), (0, ["below-zero"])])
def test_a_crossing_is_told_60_days_ahead_and_on_its_day(license: License, ahead: int, told: list[str]) -> None:
    assert look(ENDS - days(ahead)) == told


def test_the_notice_before_ends_when_the_day_has_come(license: License) -> None:
    assert look(ENDS - days(60)) == ["goes-below-zero"]
    assert look(ENDS - days(1)) == []
    assert look(ENDS) == ["below-zero"]
    assert still_so() == ["below-zero"]
    assert Notice.objects.get(kind="below-zero").facts == {"since_on": str(ENDS), "shortfall": 900}


def test_a_renewal_ends_the_forecast(license: License) -> None:
    assert look(ENDS - days(60)) == ["goes-below-zero"]
    renew_order(license.order, today=ENDS - days(50), expires_on=ENDS + days(365), by=SYSTEM, key=new_key())
    assert look(ENDS - days(50)) == []
    assert still_so() == []


def test_a_balance_that_crosses_zero_twice_is_told_twice(company: Company, license: License, line: CreditRequirement) -> None:
    allocate(company, line, 1_100, today=TODAY + days(3))
    assert look(TODAY + days(3)) == ["below-zero"]
    assert look(TODAY + days(5)) == []
    allocate(company, line, 1_000, today=TODAY + days(6))
    assert look(TODAY + days(6)) == []
    assert still_so() == []
    allocate(company, line, 1_001, today=TODAY + days(9))
    assert look(TODAY + days(9)) == ["below-zero"]
    assert look(TODAY + days(10)) == []


def test_a_recovery_that_no_run_saw_makes_it_another_crossing(
    company: Company, license: License, line: CreditRequirement
) -> None:
    allocate(company, line, 1_100, today=TODAY + days(3))
    assert look(TODAY + days(3)) == ["below-zero"]
    allocate(company, line, 900, today=TODAY + days(5))
    allocate(company, line, 1_100, today=TODAY + days(7))
    assert look(TODAY + days(8)) == ["below-zero"]
    assert still_so() == ["below-zero"]


def test_a_late_fact_that_moves_the_day_back_is_the_same_crossing(
    company: Company, license: License, line: CreditRequirement
) -> None:
    allocate(company, line, 1_100, today=TODAY + days(5))
    assert look(TODAY + days(5)) == ["below-zero"]
    allocate(company, line, 1_200, today=TODAY + days(6), on=TODAY + days(2), reason="Counted late.")
    assert look(TODAY + days(6)) == []
    assert still_so() == ["below-zero"]


def test_a_balance_of_exactly_zero_is_none_of_it(company: Company, line: CreditRequirement) -> None:
    make_license(company=company, units=900)
    allocate(company, line, 900)
    assert look(TODAY) == []


def test_a_forecast_is_told_anew_only_when_its_day_comes_nearer(
    company: Company, license: License, line: CreditRequirement
) -> None:
    allocate(company, line, 1_100, on=TODAY + days(40))
    assert look(TODAY) == ["goes-below-zero"]
    allocate(company, line, 1_100, on=TODAY + days(20))
    assert look(TODAY) == ["goes-below-zero"]
    assert still_so() == ["goes-below-zero"]
    top_up_order(license.order, units=150, today=TODAY, by=SYSTEM, key=new_key())
    assert look(TODAY) == []
    assert still_so() == []


def test_the_first_of_several_crossings_is_forecast_with_what_is_missing_then(
    company: Company, license: License, line: CreditRequirement
) -> None:
    for ahead, units in ((20, 1_100), (30, 1_000), (40, 1_300)):
        allocate(company, line, units, on=TODAY + days(ahead))
    assert look(TODAY) == ["goes-below-zero"]
    assert Notice.objects.get().facts == {"crosses_on": str(TODAY + days(20)), "shortfall": 100}


def test_a_balance_below_zero_is_not_also_forecast(company: Company, line: CreditRequirement) -> None:
    make_license(company=company, units=100)
    allocate(company, line, 200)
    assert look(TODAY) == ["below-zero"]


@pytest.mark.parametrize(("zone", "since"), [("Pacific/Auckland", ENDS), ("Pacific/Honolulu", None)])
def test_the_companys_own_day_decides(line: CreditRequirement, zone: str, since: date | None) -> None:
    """At noon UTC of the day before, it is the next day in Auckland already."""
    company = make_company(time_zone=zone)
    make_license(company=company)
    allocate(company, line, 900)
    told = look(ENDS - days(1))
    assert told == (["below-zero"] if since else ["goes-below-zero"])


@pytest.mark.parametrize("role", Role)
def test_owners_and_credit_managers_are_told(company: Company, license: License, role: Role) -> None:
    make_user(company=company, roles=[role])
    look(ENDS - days(45))
    assert OutgoingMail.objects.count() == (role in (Role.OWNER, Role.CREDIT_MANAGER))


def test_the_mail_says_how_much_and_when(license: License, manager: User) -> None:
    look(ENDS - days(45))
    (mail,) = OutgoingMail.objects.all()
    assert mail.subject == "Fabrik: The balance of credits goes below zero on Mar 2, 2027"
    assert "900 more credits are allocated than are valid from that day on. Nothing will be blocked." in mail.text
    with time_machine.travel(noon(ENDS - days(45)), tick=False):
        assert leads_to(mail, manager, "/companies/fabrik/credits/annual/")


def test_a_run_costs_the_same_however_many_companies_there_are(line: CreditRequirement) -> None:
    def cost() -> int:
        (batch,) = companies_in_batches()
        BALANCES_OF_COMPANIES.tell(batch, noon(ENDS))
        with CaptureQueriesContext(connection) as queries:
            BALANCES_OF_COMPANIES.tell(batch, noon(ENDS))
        return sum(not each["sql"].startswith(("SAVEPOINT", "RELEASE")) for each in queries)

    def grow(number: int) -> None:
        for _each in range(number):
            company = make_company()
            make_license(company=company)
            allocate(company, line, 900)

    grow(1)
    assert cost() == 2
    grow(10)
    assert cost() == 2


@pytest.mark.parametrize("seed", range(RUNS))
def test_runs_at_any_times_tell_every_crossing_once(seed: int, company: Company, line: CreditRequirement) -> None:
    random = Random(seed)
    make_user(company=company, roles=["owner"])
    make_license(company=company, units=1_000)
    day, crossings, below = TODAY, 0, False
    for _step in range(25):
        day += days(random.choice([1, 2, 9]))
        allocate(company, line, random.choice([900, 1_000, 1_001, 1_500]), today=day)
        totals = totals_on(company, day)
        now_below = totals.valid < totals.allocated
        crossings += now_below and not below
        below = now_below
        for _each in range(random.choice([1, 2, 3])):
            tell_all(noon(day) + timedelta(minutes=random.randrange(600)))
    told = Notice.objects.filter(kind="below-zero")
    assert told.count() == crossings
    assert told.open().count() == below
    assert OutgoingMail.objects.count() == Notice.objects.count()


def test_the_question_itself_costs_one_statement_and_knows_companies_without_entries(company: Company) -> None:
    with for_all("the question of the hourly job"), CaptureQueriesContext(connection) as queries:
        assert balance_news(next(companies_in_batches()), noon(TODAY)) == []
    assert len(queries) == 2  # companies, balances
