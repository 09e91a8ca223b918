"""Units in use are facts beside the books: no credits change, the last recorded of a day counts, the same again adds nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from console.errors import NotAllowed, Refused
from console.models import Act, Actor
from credits.acts.usage.observe import Observation, observe
from credits.models import AllocationEntry, CreditRequirement, UnitsInUse
from credits.reading.usage.observed import observed_of_lines
from credits.rules.units_in_use import Observed
from licensing.models import Company
from tests.factories import TODAY, act, allocate, make_company, make_feature, make_user
from tests.ledger import database_clock

pytestmark = pytest.mark.django_db
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def line() -> CreditRequirement:
    return make_feature(rates=[5]).lines.get()


def test_an_observation_changes_no_credits(company: Company, line: CreditRequirement) -> None:
    allocate(company, line, 60)
    before = list(AllocationEntry.objects.for_company(company).values_list("id", "change"))
    assert observe(company, observations=[Observation(line.pk, YESTERDAY, 42)], **act()) == 1
    assert list(AllocationEntry.objects.for_company(company).values_list("id", "change")) == before
    assert observed_of_lines(company, until=TODAY) == {line.pk: [Observed(YESTERDAY, 42)]}


def test_the_last_recorded_of_a_day_counts_and_what_was_known_stays_known(company: Company, line: CreditRequirement) -> None:
    observe(company, observations=[Observation(line.pk, YESTERDAY, 42)], **act())
    known_at = database_clock()
    observe(company, observations=[Observation(line.pk, YESTERDAY, 43), Observation(line.pk, TODAY, 44)], **act())
    assert observed_of_lines(company, until=TODAY)[line.pk] == [Observed(YESTERDAY, 43), Observed(TODAY, 44)]
    assert observed_of_lines(company, until=YESTERDAY)[line.pk] == [Observed(YESTERDAY, 43)]
    assert observed_of_lines(company, until=TODAY, known_at=known_at)[line.pk] == [Observed(YESTERDAY, 42)]


def test_the_same_again_adds_nothing(company: Company, line: CreditRequirement) -> None:
    said = [Observation(line.pk, YESTERDAY, 42), Observation(line.pk, TODAY, 42)]
    assert observe(company, observations=said, **act()) == 2
    assert observe(company, observations=said, **act()) == 0
    assert observe(company, observations=[*said[:1], Observation(line.pk, TODAY, 41)], **act()) == 1
    assert UnitsInUse.objects.for_company(company).count() == 3


def test_sent_twice_with_its_key_it_is_recorded_once(company: Company, line: CreditRequirement) -> None:
    stated = act()
    said = [Observation(line.pk, TODAY, 42)]
    assert observe(company, observations=said, **stated) == observe(company, observations=said, **stated) == 1
    assert Act.objects.for_company(company).filter(name="usage.observe").count() == 1


@pytest.mark.parametrize(
    ("units", "day", "says"),
    [(-1, TODAY, "whole number"), (10**12, TODAY, "whole number"), (1, TODAY + timedelta(days=1), "not known yet")],
)
def test_what_cannot_have_been_observed_is_refused(
    company: Company, line: CreditRequirement, units: int, day: date, says: str
) -> None:
    with pytest.raises(Refused, match=says):
        observe(company, observations=[Observation(line.pk, TODAY, 1), Observation(line.pk, day, units)][-1:], **act())
    assert not UnitsInUse.objects.exists()


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1999, 12, 31)])
def test_a_day_before_2000_is_refused_as_in_a_file(company: Company, line: CreditRequirement, day: date) -> None:
    with pytest.raises(Refused, match="a day since 2000") as refused:
        observe(company, observations=[Observation(line.pk, day, 1)], **act())
    assert refused.value.field == "observed_on"
    assert not UnitsInUse.objects.exists()
    assert observe(company, observations=[Observation(line.pk, date(2000, 1, 1), 1)], **act()) == 1


def test_one_wrong_observation_holds_all_back(company: Company, line: CreditRequirement) -> None:
    for wrong in (Observation(line.pk, TODAY, 2), Observation(line.pk + 9_999, TODAY, 2)):
        with pytest.raises(Refused):
            observe(company, observations=[Observation(line.pk, TODAY, 1), wrong], **act())
    with pytest.raises(Refused):
        observe(company, observations=[], **act())
    assert not UnitsInUse.objects.exists()


def test_who_may_not_allocate_records_nothing(company: Company, line: CreditRequirement) -> None:
    for roles in (["viewer"], ["license-administrator"]):
        person = make_user(company=company, roles=roles)
        with pytest.raises(NotAllowed):
            observe(company, observations=[Observation(line.pk, TODAY, 1)], **act(by=Actor.person(person)))
