"""Random lives of a subscription: every act that changed a figure of a day has one notice per person concerned, others have none.

What changed is reckoned a second time here, from the statements alone: what an order was on each day by all that was recorded
up to an instant. `make proof-of-activation` tries many more lives.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple, cast
from unittest.mock import patch

import pytest
import time_machine
from django.utils import timezone

from console.errors import DomainError
from console.models import Act, Actor, User
from credits.tasks import tell_all
from licensing.acts.corrections.correct import correct_license
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.switch_renewal import switch_renewal
from licensing.acts.transfer import transfer_order
from licensing.marketplaces.practice import changes
from licensing.models import Company, License, LicenseStatement, Notice, NoticeDelivery, Order
from licensing.notices.changes.kinds_of_changes import CHANGES
from licensing.purchases.comparison.nightly_comparison import reconcile
from tests.factories import make_company, make_user, new_key
from tests.jobs import run_jobs
from tests.licensing.purchases.test_follow_marketplace import NOON, History
from tests.purchases import activated, administrator, tell, theirs

pytestmark = pytest.mark.usefixtures("shop")

LIVES = int(os.environ.get("SUBSCRIPTION_HISTORIES", "12"))
A_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Acts are recorded when they happen, not by the clock of the database."""
    with (
        time_machine.travel(NOON, tick=False) as traveller,
        patch(
            "console.models.act.instant_of_recording", lambda _clock, earliest: max(timezone.now(), earliest or timezone.now())
        ),
    ):
        yield traveller


# --- What changed, reckoned a second time


class OfADay(NamedTuple):
    """What an order is on a day."""

    units: int
    credits: int
    states: frozenset[str]
    plans: frozenset[tuple[int, bool]]


NOTHING = OfADay(0, 0, frozenset(), frozenset())


@dataclass
class Told:
    """All that was said about one license up to an instant, as the latest statement of a day has it."""

    starts_on: date = date.min
    expires_on: date = date.min
    always: tuple[int, int] = (0, 0)
    units: dict[date, tuple[int, int]] = field(default_factory=dict)
    states: dict[date, str] = field(default_factory=dict)
    renews: bool | None = None

    def hear(self, row: LicenseStatement) -> None:
        if row.starts_on is not None and row.expires_on is not None:
            self.starts_on, self.expires_on = row.starts_on, row.expires_on
        if row.units is not None:
            said = row.units, row.credits or 0
            if row.kind == "issued" or row.every_day:
                self.always, self.units = said, {}
            else:
                self.units[row.effective_on] = said
        if row.state:
            self.states[row.effective_on] = row.state
        if row.kind in ("renewal-on", "renewal-off"):
            self.renews = row.kind == "renewal-on"

    def on(self, day: date) -> tuple[int, int, str]:
        """Units, credits they are worth, and state; no units where it does not run."""
        units, worth = self._latest(self.units, day) or self.always
        state = self._latest(self.states, day) or "active"
        runs = self.starts_on <= day < self.expires_on and state != "cancelled"
        return (units, worth, state) if runs and units else (0, 0, "")

    @staticmethod
    def _latest(said: dict[date, Any], day: date) -> Any:
        days = [each for each in said if each <= day]
        return said[max(days)] if days else None


def reckoned(company: Company, at: datetime) -> dict[tuple[int, date], OfADay]:
    """(order, day) -> what it is then, by what was recorded up to the instant; on every day on which anything can change."""
    rows = list(LicenseStatement.objects.filter(company=company).select_related("license").order_by("recorded_at", "id"))
    days = {day for row in rows for day in (row.effective_on, row.starts_on, row.expires_on) if day is not None}
    told: dict[License, Told] = defaultdict(Told)
    for row in rows:
        if row.recorded_at <= at:
            told[row.license].hear(row)
    found: dict[tuple[int, date], OfADay] = {}
    for license, known in told.items():
        for day in days:
            units, worth, state = known.on(day)
            if units:
                before = found.get((license.order_id, day), NOTHING)
                found[license.order_id, day] = OfADay(
                    before.units + units,
                    before.credits + (worth if state == "active" else 0),
                    before.states | {state},
                    before.plans | {(license.product_id, license.trial)},
                )
    return found


def switches(company: Company, at: datetime) -> dict[int, bool]:
    """order -> whether the license of it that lasts longest is to be renewed."""
    told: dict[License, Told] = defaultdict(Told)
    for row in LicenseStatement.objects.filter(company=company, recorded_at__lte=at).order_by("recorded_at", "id"):
        told[row.license].hear(row)
    orders = {order.pk: order.renews for order in Order.objects.filter(company=company)}
    for license, known in sorted(told.items(), key=lambda each: (each[1].expires_on, each[0].pk)):
        if known.renews is not None:
            orders[license.order_id] = known.renews
    return orders


# --- Lives


@dataclass
class Clock:
    """Before time goes on the worker has done what was queued, now and then twice; the hour comes at any time."""

    traveller: time_machine.Traveller
    dice: Random

    def shift(self, time: timedelta) -> None:
        run_jobs()
        for _each in range(self.dice.choice([0, 0, 1, 2])):
            tell_all(timezone.now())
        self.traveller.shift(time)


class Life(History):
    """The same with plans that change, recurring billing that is switched, and support that acts meanwhile."""

    def change(self) -> None:
        dice = self.dice.random()
        if dice < 0.5:
            super().change()
        elif dice < 0.75:
            self.change_plan()
        elif dice < 0.85:
            row = theirs(self.subscription)
            if row.status == "Subscribed":
                changes.set_recurring(row.pk, renews=not row.renews)
        else:
            self.support_acts()
        if self.dice.random() < 0.3:
            reconcile("azure")

    def change_plan(self) -> None:
        row = theirs(self.subscription)
        plans = {"ep-core-12m": "ep-essentials-12m", "ep-essentials-12m": "ep-core-12m"}
        if row.plan_id in plans and row.status == "Subscribed":
            try:
                operation = changes.start(row.pk, "ChangePlan", plan_id=plans[row.plan_id])
            except changes.Refused:
                return
            self.undelivered.append(operation)
            tell(operation)

    def support_acts(self) -> None:
        order = Order.objects.filter(company=self.company).latest("pk")
        today = self.company.day_of(timezone.now())
        act: dict[str, Any] = {"today": today, "by": Actor.system("Support"), "key": new_key(), "reason": "Agreed"}
        license = License.objects.of_order(order).latest("pk")
        what = self.dice.randrange(6)
        try:
            if what == 0:
                correct_license(license, units=self.dice.randint(0, 900), **act)
            elif what == 1:
                correct_license(license, expires_on=today + timedelta(days=self.dice.randint(-9, 300)), **act)
            elif what == 2:
                switch_renewal(order, on=self.dice.random() < 0.5, **act)
            elif what == 3:
                suspend_order(order, on=today - timedelta(days=self.dice.randint(0, 3)), **act)
            else:
                undo = self.dice.random() < 0.5
                reinstate_order(order, undo_cancellation=undo, **act)
        except DomainError:
            return


@pytest.mark.parametrize("seed", range(LIVES))
def test_every_change_of_a_life_has_one_notice_for_each_person_concerned(seed: int, clock: time_machine.Traveller) -> None:
    company, admin = administrator()
    owner, manager = make_user(company=company, roles=["owner"]), make_user(company=company, roles=["credit-manager"])
    make_user(company=company, roles=["viewer"])
    make_user(company=make_company(), roles=["owner"])
    dice = Random(seed)
    plan = dice.choice(["credits-12m", "ep-core-12m", "credits-trial"])
    life = Life(dice, cast("Any", Clock(clock, dice)), company, activated(admin, company, plan, quantity=1_000), [])
    run_jobs()
    life.live()
    reconcile("azure")
    run_jobs(everything=True)
    clock.shift(A_DAY)
    transferred = None
    if dice.random() < 0.3:
        transferred = transfer(company)
    run_jobs(everything=True)
    concerned = {True: {admin.pk, owner.pk, manager.pk}, False: {admin.pk, owner.pk}}
    told = expected(company)
    assert told_to_people(company) == {act: concerned[moves] for act, moves in told.items()}
    assert told
    if transferred is not None:
        other, person, key = transferred
        assert told_to_people(other) == {act: {person.pk} for act in expected(other, parts_of=key)}
        assert Notice.objects.filter(company=other).earliest("pk").kind == "transferred-here"


def expected(company: Company, *, parts_of: str = "") -> dict[str, bool]:
    """For each act that changed a figure of a day, by what its notice is about: whether the credits of the company changed.

    Of a transfer to the company, whose key is `parts_of`, that is the act that activated its order; the others are part of it.
    """
    found = {}
    acts = Act.objects.filter(company_id=company.pk).filter(name__regex=r"^(order|license)\.").order_by("recorded_at")
    for act in acts:
        if parts_of and act.key.startswith(f"{parts_of}:") and act.name != "order.activate":
            continue
        before, after = (reckoned(company, at) for at in (act.recorded_at - timedelta(microseconds=1), act.recorded_at))
        moves = any(before.get(at, NOTHING).credits != after.get(at, NOTHING).credits for at in {*before, *after})
        if act.name == "order.switch-renewal":
            was = switches(company, act.recorded_at - timedelta(microseconds=1))
            if was != switches(company, act.recorded_at):
                found[f"act:{act.pk}"] = False
        elif before != after:
            found[f"act:{act.pk}"] = moves
    return found


def told_to_people(company: Company) -> dict[str, set[int]]:
    """For each notice of a change, by what it is about: who was told. Nobody twice, and of nothing in two kinds."""
    kinds = [each.name for each in CHANGES]
    notices = Notice.objects.filter(company=company, kind__in=kinds)
    assert max(Counter(notices.values_list("about", flat=True)).values(), default=1) == 1
    found: dict[str, set[int]] = {about: set() for about in notices.values_list("about", flat=True)}
    deliveries = NoticeDelivery.objects.filter(company=company, notice__in=notices).select_related("notice")
    for each in deliveries:
        assert each.user_id not in found[each.notice.about]
        found[each.notice.about].add(each.user_id)
    return found


def transfer(company: Company) -> tuple[Company, User, str] | None:
    """The company that the order was moved to, somebody there, and the key of the act; None where it was refused."""
    other, key = make_company(), new_key()
    person = make_user(company=other, roles=["owner"])
    order = Order.objects.filter(company=company).latest("pk")
    try:
        transfer_order(
            order,
            to=other,
            today=company.day_of(timezone.now()),
            by=Actor.system("Support"),
            key=key,
            reason="Sold",
        )
    except DomainError:
        return None
    return other, person, key


def test_the_reckoning_sees_what_it_has_to() -> None:
    assert datetime(2026, 3, 4, 12, tzinfo=UTC) == NOON
    company, admin = administrator()
    activated(admin, company, quantity=250)
    before = reckoned(company, timezone.now() - A_DAY)
    after = reckoned(company, timezone.now() + A_DAY)
    assert before == {}
    assert {(each.units, each.credits) for each in after.values()} == {(250, 250)}
