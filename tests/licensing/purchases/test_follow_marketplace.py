"""Events of a subscription: told once, twice, late, in any order, or never; ours becomes what the marketplace has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from licensing.acts.order_in_hand import in_hand
from licensing.credit_questions import free_balance
from licensing.marketplaces.practice import changes
from licensing.marketplaces.practice.models import PracticeOperation, PracticeSubscription
from licensing.models import Company, License, LicenseStatement, MarketplaceEvent, Order, Subscription
from licensing.purchases.comparison.nightly_comparison import reconcile
from licensing.rules.license_profile import LicenseFacts
from tests.factories import allocate, make_feature
from tests.in_process import InProcess
from tests.jobs import run_jobs
from tests.purchases import activated, administrator, happens, tell, theirs

pytestmark = pytest.mark.usefixtures("clock", "shop")

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
# `make proof-of-activation` tries many more.
ORDERS = int(os.environ.get("SUBSCRIPTION_HISTORIES", "40"))


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def held(shop: InProcess) -> tuple[Company, Subscription]:
    company, person = administrator()
    return company, activated(person, company, quantity=1_000)


def facts(company: Company) -> list[LicenseFacts]:
    return list(LicenseStatement.objects.for_company(company).facts_of_all().values())


def credits_on(company: Company, day: date) -> int:
    return sum(each.credits_on(day) for each in facts(company))


def today(company: Company) -> date:
    return company.day_of(timezone.now())


def test_more_users_are_a_second_license_with_the_same_expiry_and_a_step_in_the_history(
    held: tuple[Company, Subscription], clock: time_machine.Traveller
) -> None:
    company, subscription = held
    clock.shift(timedelta(days=40))
    operation = happens(subscription, "ChangeQuantity", quantity=1_400)
    run_jobs()
    licenses = list(License.objects.for_company(company).order_by("id"))
    assert [each.kind for each in licenses] == ["initial", "top-up"]
    assert len({each.expires_on for each in facts(company)}) == 1
    assert credits_on(company, NOON.date()) == 1_000
    assert credits_on(company, today(company)) == 1_400
    operation.refresh_from_db()
    assert operation.status == "Succeeded"
    assert MarketplaceEvent.objects.get().settled_at is not None


def test_fewer_users_are_accepted_when_the_free_balance_covers_them(held: tuple[Company, Subscription]) -> None:
    company, subscription = held
    happens(subscription, "ChangeQuantity", quantity=800)
    assert credits_on(company, today(company)) == 800
    assert MarketplaceEvent.objects.get().answered == 200


def test_fewer_users_are_refused_when_the_credits_are_allocated(held: tuple[Company, Subscription]) -> None:
    company, subscription = held
    allocate(company, make_feature(rates=[1]).lines.get(), 900, today=today(company))
    operation = happens(subscription, "ChangeQuantity", quantity=800)
    assert MarketplaceEvent.objects.get().answered == 400
    assert credits_on(company, today(company)) == 1_000
    operation.refresh_from_db()
    assert operation.status == "Failed"
    run_jobs(everything=True)
    assert credits_on(company, today(company)) == 1_000
    assert theirs(subscription).quantity == 1_000


def test_suspended_reinstated_renewed_and_cancelled(held: tuple[Company, Subscription], clock: time_machine.Traveller) -> None:
    company, subscription = held
    clock.shift(timedelta(days=100))
    happens(subscription, "Suspend")
    assert credits_on(company, today(company)) == 0
    clock.shift(timedelta(days=3))
    happens(subscription, "Reinstate")  # stays open at the marketplace until we agree
    run_jobs()
    clock.shift(timedelta(seconds=5))
    run_jobs()
    assert credits_on(company, today(company)) == 1_000
    clock.move_to(datetime(2027, 3, 4, 1, tzinfo=UTC))
    happens(subscription, "Renew")
    assert License.objects.for_company(company).filter(kind="renewal").count() == 1
    assert credits_on(company, date(2028, 3, 3)) == 1_000
    assert credits_on(company, date(2028, 3, 4)) == 0
    clock.shift(timedelta(days=30))
    happens(subscription, "Unsubscribe")
    assert credits_on(company, today(company)) == 0
    assert all(each.state_on(today(company)) == "cancelled" for each in facts(company) if each.expires_on > today(company))


def test_another_plan_is_a_license_of_another_product(held: tuple[Company, Subscription]) -> None:
    company, person = administrator()
    subscription = activated(person, company, "ep-core-12m", quantity=100)
    assert credits_on(company, today(company)) == 4_500
    happens(subscription, "ChangePlan", plan_id="ep-essentials-12m")
    assert credits_on(company, today(company)) == 6_500


def test_a_free_trial_that_renews_is_paid_from_then_on_and_so_are_its_top_ups(
    shop: InProcess, clock: time_machine.Traveller
) -> None:
    company, person = administrator()
    subscription = activated(person, company, "credits-trial", quantity=1_000)
    assert [each.trial for each in License.objects.for_company(company)] == [True]
    assert credits_on(company, today(company)) == 0
    clock.move_to(datetime(2026, 4, 4, 1, tzinfo=UTC))
    happens(subscription, "Renew")
    happens(subscription, "ChangeQuantity", quantity=1_200)
    run_jobs()
    told = License.objects.for_company(company).order_by("id").values_list("kind", "trial")
    assert list(told) == [("initial", True), ("renewal", False), ("top-up", False)]
    assert [credits_on(company, day) for day in (date(2026, 4, 3), date(2026, 4, 4), date(2026, 5, 4))] == [0, 1_200, 0]
    assert reconcile("azure").mended == 0


def test_a_trial_that_is_paid_for_before_its_end_counts_from_that_day(shop: InProcess, clock: time_machine.Traveller) -> None:
    company, person = administrator()
    subscription = activated(person, company, "credits-trial", quantity=1_000)
    clock.shift(timedelta(days=10))
    PracticeSubscription.objects.filter(pk=subscription.external_id).update(is_free=False)
    assert reconcile("azure").mended == 1
    assert [credits_on(company, date(2026, 3, day)) for day in (13, 14)] == [0, 1_000]
    assert credits_on(company, date(2026, 4, 4)) == 0
    assert reconcile("azure").mended == 0


# --- Any order


@dataclass
class History:
    """A year and a half of a subscription's life, and its notifications delivered in whatever order the dice say."""

    dice: Random
    clock: time_machine.Traveller
    company: Company
    subscription: Subscription
    undelivered: list[PracticeOperation]

    def live(self) -> None:
        for _ in range(self.dice.randint(3, 9)):
            self.clock.shift(timedelta(days=self.dice.randint(0, 45), hours=self.dice.randint(0, 23)))
            self.change()
            while self.undelivered and self.dice.random() < 0.4:
                tell(self.dice.choice(self.undelivered))
        self.clock.shift(timedelta(minutes=2))
        changes.settle_due()
        order = [*self.undelivered, *self.dice.choices(self.undelivered, k=3)] if self.undelivered else []
        self.dice.shuffle(order)
        for each in order:
            tell(each)
        self.clock.shift(timedelta(minutes=6))  # what we accepted last is shown there by now, or was given up
        run_jobs(everything=True)

    def change(self) -> None:
        row = theirs(self.subscription)
        possible = {
            "Subscribed": ["ChangeQuantity"] * 4 + ["Suspend", "Unsubscribe", "Renew"],
            "Suspended": ["Reinstate"] * 3 + ["Unsubscribe"],
        }.get(row.status, [])
        if row.last_day is not None and timezone.now().date() > row.last_day and row.status == "Subscribed":
            possible = ["Renew"]
        elif "Renew" in possible:
            possible.remove("Renew")
        if not possible:
            return
        action = self.dice.choice(possible)
        stated = {"quantity": self.dice.randint(3, 3_000)} if action == "ChangeQuantity" else {}
        try:
            operation = changes.start(row.pk, action, **stated)
        except changes.Refused:
            return
        if self.dice.random() < 0.85:  # some are never told, and found by a later one or by the comparison
            self.undelivered.append(operation)
        if self.dice.random() < 0.5:
            tell(operation)


@pytest.mark.parametrize("seed", range(ORDERS))
def test_any_order_of_events_with_duplicates_converges(seed: int, clock: time_machine.Traveller) -> None:
    company, person = administrator()
    subscription = activated(person, company, quantity=1_000)
    history = History(Random(seed), clock, company, subscription, [])
    history.live()
    run = reconcile("azure")  # the night after: for what was never told
    run_jobs(everything=True)
    assert run.problem == ""
    converged(company, subscription)
    before = LicenseStatement.objects.count()
    reconcile("azure")
    for each in history.undelivered:
        tell(each)
    run_jobs(everything=True)
    assert LicenseStatement.objects.count() == before, "what has converged does not move"
    call_command("verify_ledger", verbosity=0)


def converged(company: Company, subscription: Subscription) -> None:
    """The same state, total units and sums for today and every later day as the marketplace's final state gives."""
    row, now = theirs(subscription), today(company)
    order = Order.objects.get(external_id=subscription.external_id)
    held = in_hand(order)
    running = held.running_terms(now)
    ends = row.last_day + timedelta(days=1) if row.last_day else now
    if row.status == "Unsubscribed":
        assert not running
    elif now < ends:
        assert [term.units_on(now) for term in running if term.starts_on <= now] == [row.quantity]
        states = {each.state_on(now) for each in facts(company) if each.expires_on > now} - {"cancelled"}
        assert states == {"suspended" if row.status == "Suspended" else "active"}
    for days in (0, 1, 30, 200, 364, 365, 366, 500):
        day = now + timedelta(days=days)
        counts = row.status == "Subscribed" and day < ends
        assert credits_on(company, day) == (row.quantity if counts else 0), f"{day}, {row.status} until {ends}"
    assert free_balance(company, now) == credits_on(company, now)
