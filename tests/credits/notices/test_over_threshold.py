"""A customer over its threshold is told to provider viewers: once a crossing, however often one looks."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from console.company_in_hand import for_company
from credits.acts.customers.state_threshold import state_threshold
from credits.models import CreditRequirement, ThresholdStatement
from credits.notices.over_threshold import OVER_THRESHOLD, THRESHOLDS_OF_CUSTOMERS, threshold_news
from credits.reading.customers.customers import changes_of, thresholds_of
from credits.rules.thresholds import over_by, over_since, threshold_on
from licensing.models import Company, Notice, NoticeDelivery
from licensing.notices.inbox import notices_for
from tests.factories import SYSTEM, TODAY, allocate, make_user, new_key
from tests.providers import Provided, make_customer, make_provided

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> Provided:
    return make_provided()


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def look(made: Provided, day: date = TODAY) -> list[Notice]:
    return THRESHOLDS_OF_CUSTOMERS.tell([made.provider, made.customer], noon(day))


def state(made: Provided, **said: Any) -> ThresholdStatement:
    said = {"kind": "manual", "credits": 50, "today": TODAY, **said}
    return state_threshold(made.provider, customer=made.customer, by=SYSTEM, key=new_key(), **said)


def test_it_is_told_once_to_provider_viewers_and_ends_when_it_is_over(made: Provided) -> None:
    assert look(made) == []
    state(made)
    (told,) = look(made)
    assert (told.company, told.facts) == (
        made.provider,
        {"customer": "Quay Foods", "since_on": str(TODAY), "over": 10},
    )
    assert [each.user for each in NoticeDelivery.objects.filter(notice=told)] == [made.viewer]
    assert look(made) == look(made, TODAY + timedelta(days=1)) == []
    line = CreditRequirement.objects.get()
    allocate(made.customer, line, 50, today=TODAY + timedelta(days=2))
    assert look(made, TODAY + timedelta(days=2)) == []
    assert Notice.objects.get().resolved_at is not None
    allocate(made.customer, line, 51, today=TODAY + timedelta(days=3))
    (again,) = look(made, TODAY + timedelta(days=3))
    assert again.facts["since_on"] == str(TODAY + timedelta(days=3))


def test_another_threshold_below_what_is_allocated_is_the_same_crossing(made: Provided) -> None:
    state(made)
    assert len(look(made)) == 1
    state(made, credits=40, today=TODAY + timedelta(days=1))
    assert look(made, TODAY + timedelta(days=1)) == []


@pytest.mark.parametrize("ends", ["closed", "another provider", "no threshold"])
def test_it_holds_no_more_where_the_provider_has_nothing_to_look_at(made: Provided, ends: str) -> None:
    state(made)
    look(made)
    if ends == "no threshold":
        state(made, kind="none", credits=None)
    elif ends == "closed":
        Company.objects.filter(pk=made.customer.pk).update(closed_to_provider=True)
    else:
        Company.objects.filter(pk=made.customer.pk).update(parent=None)
    assert look(made) == []
    assert Notice.objects.get().resolved_at is not None


def test_the_page_of_notices_asks_with_the_customers_in_hand(made: Provided) -> None:
    state(made)
    look(made)
    with for_company(made.provider):
        (row,) = notices_for(made.provider, made.viewer, ["viewer", "provider-viewer"])
        assert not row.over
        assert row.kind.name == OVER_THRESHOLD.name
        assert row.title == "Quay Foods has been over its threshold since Mar 2, 2026"
        assert notices_for(made.provider, make_user(company=made.provider, roles=["owner"]), ["owner"]) == []


def test_a_customer_of_nobody_in_the_batch_is_left_out(made: Provided) -> None:
    state(made)
    other = make_customer(made.provider)
    with for_company(other):
        assert threshold_news([other], noon(TODAY)) == []


def test_random_days_are_told_once_a_crossing(made: Provided) -> None:
    """60 days of allocations and thresholds, some stated ahead; a look after each, and one more that tells nothing."""
    dice, line, told = random.Random(7), CreditRequirement.objects.get(), 0
    crossings: list[date] = []
    for number in range(60):
        day = TODAY + timedelta(days=number)
        if dice.random() < 0.3:
            allocate(made.customer, line, dice.randrange(0, 100), today=day)
        if dice.random() < 0.15:
            kind = dice.choice(["manual", "manual", "none", "dynamic"])
            state(made, kind=kind, credits=dice.randrange(100) if kind == "manual" else None, today=day)
        told += len(look(made, day))
        assert look(made, day) == []
        demand = changes_of({made.customer.pk: TODAY - timedelta(days=200)})[made.customer.pk].demand
        stated = thresholds_of(made.provider).get(made.customer.pk, [])
        if over_by(threshold_on(stated, day), demand, day) and over_since(stated, demand, day) == day:
            crossings.append(day)
    assert told == len(crossings) > 2
