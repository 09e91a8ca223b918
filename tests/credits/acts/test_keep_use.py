"""Keeping the use of converted seats: each history of the rule, and random ones against the rule written down once more.

An act brings n units; held are the units of kept licenses of the line that count on the day; standing is the smaller of the
units the line has and those that keeping added and nobody took back. It adds min(n, max(0, held - standing)).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from console.errors import DomainError, KeyUsedForSomethingElse, Refused
from console.models import Actor
from credits.acts.billing_model.switch_billing_model import switch_billing_model
from credits.acts.choose_use import choose_use
from credits.acts.set_allocation import set_allocation
from credits.acts.withdraw_plan import withdraw_plan
from credits.models import AllocationStatement, CreditRequirement, KeptUnits, SeatUse
from credits.verification import Audit
from licensing.acts.activate import activate_order
from licensing.acts.change_plan import change_plan
from licensing.acts.corrections.correct import correct_license
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.transfer import transfer_order
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License, LicenseEntry, LicenseStatement, Order, Product, UseChoice
from tests.factories import (
    SYSTEM,
    TODAY,
    make_company,
    make_credit_rate,
    make_feature,
    make_order,
    make_product,
    make_user,
    new_key,
)
from tests.ledger import balance, day, line_credits, line_units
from tests.pages import browser_of, clock_at, page

pytestmark = pytest.mark.django_db


@dataclass
class World:
    """A company, a product sold in seats, the line it pays for; `today` moves on."""

    company: Company
    product: Product
    line: CreditRequirement
    today: date = TODAY
    orders: dict[str, Order] = field(default_factory=dict)

    def buy(self, name: str, units: int, *, keeps: bool | None = True, **order: Any) -> License:
        self.orders[name] = make_order(**{"product": self.product, "units": units, "name": name, **order})
        return activate_order(
            self.orders[name], company=self.company, today=self.today, by=SYSTEM, key=new_key(), keeps_use=keeps
        )

    def does(self, act: Callable[..., Any], name: str, **stated: Any) -> Any:
        return act(self.orders[name], **{"today": self.today, "by": SYSTEM, "key": new_key(), **stated})

    def by_hand(self, units: int, *, on: date | None = None) -> None:
        set_allocation(
            self.company,
            feature=self.line.feature,
            units={self.line.pk: units},
            today=self.today,
            on=on,
            by=SYSTEM,
            key=new_key(),
            below_zero_confirmed=True,
        )

    def wait(self, days: int) -> None:
        self.today += timedelta(days=days)

    def units(self, after: int = 0) -> int:
        return line_units(self.company, self.line, self.today + timedelta(days=after))


def new_world(*, conversion: int | str = 45, price: int | str = 45) -> World:
    product = make_product(kind="seats", unit="seat", rate=conversion)
    line = make_feature(rates=[price]).lines.get()
    SeatUse.objects.create(product=product, line=line)
    return World(make_company(), product, line)


# --- Each history of the rule


def bought(world: World) -> None:
    world.buy("A", 300)


def sixty_by_hand(world: World) -> None:
    world.by_hand(60)
    world.buy("A", 300)


def left_available(world: World) -> None:
    world.buy("A", 300, keeps=False)


def reduced_and_raised_again(world: World) -> None:
    sixty_by_hand(world)
    world.does(reduce_order, "A", units=200)
    assert world.units() == 360, "fewer units never lower an allocation"
    world.does(set_order_units, "A", units=300)


def expired_and_bought_again(world: World) -> None:
    world.buy("A", 300, term_months=1)
    world.wait(40)
    assert world.units() == 300
    world.buy("B", 300)


def released_and_bought_again(world: World) -> None:
    world.buy("A", 300, term_months=1)
    world.wait(40)
    world.by_hand(0)
    world.buy("B", 300)


def lowered_and_topped_up(world: World) -> None:
    world.buy("A", 300)
    world.by_hand(100)
    world.does(top_up_order, "A", units=50)


def renewed_with_the_same(world: World) -> None:
    world.buy("A", 300)
    world.does(renew_order, "A")
    world.wait(366)


def renewed_with_more(world: World) -> None:
    world.buy("A", 300)
    world.does(renew_order, "A")
    world.wait(370)
    world.does(set_order_units, "A", units=400)


def renewed_with_more_ahead_of_time(world: World) -> None:
    """The raise reaches the term that runs and the one that was renewed: the hundred are kept once."""
    world.buy("A", 300)
    world.does(renew_order, "A")
    world.does(set_order_units, "A", units=400)
    assert world.units() == 400
    world.wait(366)


def begins_later(world: World) -> None:
    world.by_hand(60)
    world.buy("A", 300, term_starts_on=day(10))
    assert (world.units(), world.units(9)) == (60, 60)
    world.wait(10)


def suspended_when_it_comes(world: World) -> None:
    world.buy("A", 300)
    world.does(suspend_order, "A")
    world.does(top_up_order, "A", units=50)


def reinstated(world: World) -> None:
    suspended_when_it_comes(world)
    world.does(reinstate_order, "A")


def kept_after_it_was_reinstated(world: World) -> None:
    reinstated(world)
    world.does(choose_use, "A", keeps=True)


def corrected(world: World) -> None:
    license = world.buy("A", 300)
    correct_license(license, units=500, today=world.today, by=SYSTEM, key=new_key(), reason="a slip")


def of_another_plan(world: World) -> None:
    other = make_product(kind="seats", unit="seat", rate=65)
    SeatUse.objects.create(product=other, line=make_feature(rates=[65]).lines.get())
    world.buy("A", 300)
    world.does(change_plan, "A", product=other)


def a_second_license(world: World) -> None:
    world.buy("A", 300)
    world.buy("B", 200)


def a_second_one_left(world: World) -> None:
    world.buy("A", 300)
    world.buy("B", 200, keeps=False)
    world.does(top_up_order, "B", units=10)


def a_second_one_kept_later(world: World) -> None:
    a_second_one_left(world)
    world.does(choose_use, "B", keeps=True)


def what_was_left_kept_later(world: World) -> None:
    world.by_hand(60)
    world.buy("A", 300, keeps=False)
    assert world.units() == 60
    world.does(choose_use, "A", keeps=True)


def kept_and_left_again(world: World) -> None:
    sixty_by_hand(world)
    world.does(choose_use, "A", keeps=False)


def lowered_and_left(world: World) -> None:
    world.buy("A", 300)
    world.by_hand(100)
    world.does(choose_use, "A", keeps=False)


def left_and_kept_again(world: World) -> None:
    kept_and_left_again(world)
    world.does(choose_use, "A", keeps=True)


def a_trial(world: World) -> None:
    world.buy("A", 300, trial=True)


def a_trial_that_becomes_paid(world: World) -> None:
    world.buy("A", 300, trial=True)
    world.does(renew_order, "A", trial=False)
    world.wait(366)


def goodwill(world: World) -> None:
    world.buy("A", 30, goodwill=True)


def no_longer_listed(world: World) -> None:
    make_credit_rate(world.line, None, valid_from=TODAY)
    world.buy("A", 300)


def cancelled_and_bought_again(world: World) -> None:
    world.buy("A", 300)
    world.does(cancel_order, "A")
    world.buy("B", 300)


def recorded_before_anybody_was_asked(world: World) -> None:
    world.buy("A", 300, keeps=None)
    world.does(top_up_order, "A", units=50)


def raised_by_hand_meanwhile(world: World) -> None:
    """Everything held is in use already: what was raised by hand counts for it, as far as keeping once added as much."""
    world.buy("A", 300)
    world.by_hand(310)
    world.does(top_up_order, "A", units=50)


def a_planned_rise(world: World) -> None:
    world.by_hand(60)
    world.by_hand(100, on=day(20))
    world.buy("A", 300)
    assert (world.units(), world.units(19)) == (360, 360)
    world.wait(20)


def a_planned_release(world: World) -> None:
    world.by_hand(60)
    world.by_hand(0, on=day(20))
    world.buy("A", 300)
    world.wait(20)


def topped_up_by_a_lowered_plan(world: World) -> None:
    """Lowered from a later day: the top-up of before that day is kept on both."""
    world.buy("A", 300)
    world.by_hand(100, on=day(20))
    world.does(top_up_order, "A", units=50)
    assert world.units() == 350
    world.wait(20)


def lowered_and_topped_up_after_the_renewal(world: World) -> None:
    """One top-up reaches both terms: it is kept once."""
    world.buy("A", 300)
    world.does(renew_order, "A")
    world.by_hand(100)
    world.does(top_up_order, "A", units=50)
    assert (world.units(), world.units(400)) == (150, 150)


def topped_up_across_a_gap_between_terms(world: World) -> None:
    world.buy("A", 300)
    world.does(renew_order, "A", starts_on=day(400))
    world.by_hand(100)
    world.does(top_up_order, "A", units=50)
    world.wait(401)


def topped_up_late_across_a_change_of_plan(world: World) -> None:
    other = make_product(kind="seats", unit="seat", rate=65)
    SeatUse.objects.create(product=other, line=world.line)
    world.buy("A", 300)
    world.by_hand(100)
    world.wait(20)
    world.does(change_plan, "A", product=other, on=world.today - timedelta(days=5))
    world.does(top_up_order, "A", units=50, on=world.today - timedelta(days=10))


def a_total_stated_late_for_days_that_are_over(world: World) -> None:
    """350 held until the later total of 310 was stated: nothing of them is there today."""
    world.buy("A", 300)
    world.by_hand(100)
    world.wait(30)
    world.does(set_order_units, "A", units=310, on=world.today - timedelta(days=5))
    assert world.units() == 110
    world.does(set_order_units, "A", units=350, on=world.today - timedelta(days=15))


def released_suspended_and_left(world: World) -> None:
    world.buy("A", 300)
    world.by_hand(0)
    world.does(suspend_order, "A")
    assert world.does(choose_use, "A", keeps=False) == 0


def packages_of_fractions(world: World) -> None:
    """Units of the license and of the line are the same thing; what one is worth or takes has nothing to do with it."""
    world.buy("A", 7)
    world.does(top_up_order, "A", units=1)


HISTORIES: list[tuple[Callable[[World], None], int]] = [
    (bought, 300),
    (sixty_by_hand, 360),
    (left_available, 0),
    (reduced_and_raised_again, 360),
    (expired_and_bought_again, 300),
    (released_and_bought_again, 300),
    (lowered_and_topped_up, 150),
    (renewed_with_the_same, 300),
    (renewed_with_more, 400),
    (renewed_with_more_ahead_of_time, 400),
    (begins_later, 360),
    (suspended_when_it_comes, 300),
    (reinstated, 300),
    (kept_after_it_was_reinstated, 350),
    (corrected, 300),
    (of_another_plan, 300),
    (a_second_license, 500),
    (a_second_one_left, 300),
    (a_second_one_kept_later, 510),
    (what_was_left_kept_later, 360),
    (kept_and_left_again, 60),
    (lowered_and_left, 0),
    (left_and_kept_again, 360),
    (a_trial, 0),
    (a_trial_that_becomes_paid, 0),
    (goodwill, 30),
    (no_longer_listed, 0),
    (cancelled_and_bought_again, 300),
    (recorded_before_anybody_was_asked, 0),
    (raised_by_hand_meanwhile, 360),
    (a_planned_rise, 400),
    (a_planned_release, 300),
    (topped_up_by_a_lowered_plan, 150),
    (lowered_and_topped_up_after_the_renewal, 150),
    (topped_up_across_a_gap_between_terms, 150),
    (topped_up_late_across_a_change_of_plan, 150),
    (a_total_stated_late_for_days_that_are_over, 110),
    (released_suspended_and_left, 0),
    (packages_of_fractions, 8),
]


@pytest.mark.parametrize(("history", "units"), HISTORIES, ids=lambda each: getattr(each, "__name__", str(each)))
def test_keeping_adds_what_an_act_brought_beyond_what_stands(history: Callable[[World], None], units: int) -> None:
    world = new_world()
    history(world)
    assert world.units() == units
    assert list(Audit(Company.objects.all()).differences()) == []


def test_a_line_priced_higher_than_the_conversion_is_kept_below_zero_and_nobody_is_asked() -> None:
    world = new_world(conversion=45, price=65)
    world.buy("A", 300)
    assert line_credits(world.company, world.line, TODAY) == 300 * 65
    assert balance(world.company, TODAY) == 300 * 45 - 300 * 65


def test_packages_are_kept_as_units_whatever_a_fraction_of_one_is_worth() -> None:
    world = new_world(conversion="0.1", price="0.1")
    world.buy("A", 3)
    assert (world.units(), line_credits(world.company, world.line, TODAY)) == (3, 1)


def test_the_same_key_with_the_other_choice_is_refused() -> None:
    world = new_world()
    order, key = make_order(product=world.product, units=300), new_key()
    about = {"company": world.company, "today": TODAY, "by": SYSTEM, "key": key}
    first = activate_order(order, **about)
    assert activate_order(order, **about) == first
    with pytest.raises(KeyUsedForSomethingElse):
        activate_order(order, **about, keeps_use=False)
    assert world.units() == 300


def test_a_feature_billed_pay_as_you_go_is_not_asked_and_can_be_kept_later() -> None:
    world = new_world()
    feature = world.line.feature
    feature.switchable = True
    feature.save()
    world.orders["contract"] = make_order(product=make_product(kind="pay-as-you-go", rate=None), units=1)
    world.does(activate_order, "contract", company=world.company)
    switch_billing_model(world.company, feature=feature, model="pay-as-you-go", today=TODAY, by=SYSTEM, key=new_key())
    world.buy("A", 300)
    assert not UseChoice.objects.exists()
    with pytest.raises(Refused):
        world.does(choose_use, "A", keeps=True)
    world.wait(30)
    switch_billing_model(world.company, feature=feature, model="annual", today=world.today, by=SYSTEM, key=new_key())
    assert world.units() == 0
    world.does(choose_use, "A", keeps=True)
    assert world.units() == 300


def test_what_is_kept_is_left_available_while_its_feature_is_billed_pay_as_you_go_and_nothing_else_changes() -> None:
    world = new_world()
    feature = world.line.feature
    feature.switchable = True
    feature.save()
    world.buy("A", 300)
    world.orders["contract"] = make_order(product=make_product(kind="pay-as-you-go", rate=None), units=1)
    world.does(activate_order, "contract", company=world.company)
    switch_billing_model(world.company, feature=feature, model="pay-as-you-go", today=TODAY, by=SYSTEM, key=new_key())
    manager = browser_of(make_user(company=world.company, roles=["credit-manager"]))
    license = License.objects.get(order=world.orders["A"])
    with clock_at(TODAY):
        assert "Nothing can be chosen here" in page(manager, "credits:keep-using", world.company, license.pk).text
    assert world.does(choose_use, "A", keeps=False) == 0
    assert world.units() == 0
    assert list(Audit(Company.objects.all()).differences()) == []


def test_what_was_lowered_by_hand_is_not_said_to_be_taken_back() -> None:
    world = new_world()
    world.buy("A", 300)
    world.by_hand(120)
    assert world.does(choose_use, "A", keeps=False) == -120
    assert world.units() == 0


def test_a_product_without_a_line_is_not_asked() -> None:
    world = new_world()
    world.buy("A", 300, product=make_product(kind="seats", unit="seat", rate=45))
    assert not UseChoice.objects.exists()
    assert not AllocationStatement.objects.exists()


@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize("suspended", [False, True])
def test_a_transfer_carries_the_choice(keeps: bool, suspended: bool) -> None:
    world = new_world()
    world.buy("A", 300, keeps=keeps)
    world.does(renew_order, "A")
    world.does(set_order_units, "A", units=350)
    if suspended:
        world.does(suspend_order, "A")
    to = make_company()
    world.does(transfer_order, "A", to=to, reason="sold")
    assert world.units() == (350 if keeps else 0), "fewer units never lower an allocation"
    kept = 350 if keeps and not suspended else 0
    assert (line_units(to, world.line, TODAY), line_units(to, world.line, day(366))) == (kept, kept)
    choice = UseChoice.objects.for_company(to).get()
    assert choice.keeps is keeps
    if not suspended:
        top_up_order(Order.objects.get(company=to), units=10, today=TODAY, by=SYSTEM, key=new_key())
        assert line_units(to, world.line, TODAY) == (360 if keeps else 0)
    assert list(Audit(Company.objects.all()).differences()) == []


def test_after_the_catalogue_lets_a_product_pay_for_another_line_what_comes_is_kept_there() -> None:
    world = new_world()
    world.buy("A", 300)
    other = make_feature(rates=[45]).lines.get()
    SeatUse.objects.update(line=other)
    world.does(top_up_order, "A", units=50)
    assert (world.units(), line_units(world.company, other, TODAY)) == (300, 50)
    world.does(choose_use, "A", keeps=False)
    assert (world.units(), line_units(world.company, other, TODAY)) == (0, 0)


def test_only_who_may_allocate_chooses_later_and_whoever_activates_allocates_what_was_bought() -> None:
    world = new_world()
    world.by_hand(60)
    licensing = Actor.person(make_user(company=world.company, roles=["license-administrator"]))
    world.orders["A"] = make_order(product=world.product, units=300, reserved_for=world.company)
    world.does(activate_order, "A", company=world.company, by=licensing)
    assert world.units() == 360
    with pytest.raises(DomainError):
        world.does(choose_use, "A", keeps=False, by=licensing)
    manager = Actor.person(make_user(company=world.company, roles=["credit-manager"]))
    world.does(choose_use, "A", keeps=False, by=manager)
    assert world.units() == 60


def test_choosing_twice_under_one_key_changes_once_and_what_changes_nothing_is_refused() -> None:
    world = new_world()
    world.buy("A", 300)
    key = new_key()
    assert [world.does(choose_use, "A", keeps=False, key=key) for _ in range(2)] == [-300, -300]
    with pytest.raises(Refused):
        world.does(choose_use, "A", keeps=False)
    assert world.units() == 0
    assert sum(KeptUnits.objects.values_list("units_change", flat=True)) == 0


# --- Random histories against the rule, written down once more


@dataclass
class Rule:
    """What the line should have, told by the rule alone; what the licenses count it reads from their entries, at rate 1."""

    world: World
    said: list[tuple[date, int]] = field(default_factory=list)
    kept: list[tuple[date, int, str]] = field(default_factory=list)
    keeps: dict[str, bool] = field(default_factory=dict)

    def has(self, on: date) -> int:
        days = [each for each, _units in self.said if each <= on]
        return 0 if not days else [units for each, units in self.said if each == max(days)][-1]

    def counts(self, name: str, on: date) -> int:
        entries = LicenseEntry.objects.filter(company=self.world.company, license__order=self.world.orders[name])
        return sum(entries.filter(effective_on__lte=on).values_list("change", flat=True))

    def held(self, on: date) -> int:
        return sum(self.counts(name, on) for name, keeps in self.keeps.items() if keeps)

    def shift(self, on: date, units: int) -> None:
        later = {each for each, _units in self.said if each > on}
        self.said += [(each, max(0, self.has(each) + units)) for each in [on, *sorted(later)]]

    def brings(self, name: str, units: int, on: date) -> None:
        on = max(on, self.world.today)
        if self.keeps[name]:
            standing = min(self.has(on), sum(count for each, count, _name in self.kept if each <= on))
            adds = min(units, max(0, self.held(on) - standing))
            if adds:
                self.shift(on, adds)
                self.kept.append((on, adds, name))

    def takes_back(self, name: str) -> None:
        today = self.world.today
        for on in sorted({max(each, today) for each, _units, other in self.kept if other == name}):
            units = sum(count for each, count, other in self.kept if other == name and max(each, today) == on)
            if units > 0:
                standing = min(self.has(on), sum(count for each, count, _name in self.kept if each <= on))
                self.shift(on, -min(units, standing))
                self.kept.append((on, -units, name))


def live(seed: int) -> None:
    chance = random.Random(seed)
    world = new_world(conversion=1, price=1)
    rule = Rule(world)
    for _step in range(chance.randint(4, 9)):
        world.wait(chance.choice([0, 0, 1, 30, 200]))
        try:
            _one_deed(chance, world, rule)
        except DomainError:
            continue
    for ahead in (0, 1, 30, 200, 400):
        on = world.today + timedelta(days=ahead)
        assert line_units(world.company, world.line, on) == rule.has(on), (seed, ahead)


def _one_deed(chance: random.Random, world: World, rule: Rule) -> None:
    today, units = world.today, chance.choice([1, 50, 100, 300])
    deed = chance.choice(["buy", "buy", "top up", "units", "by hand", "plan", "withdraw", "cancel", "suspend", "renew", "choose"])
    if deed == "buy" or not world.orders:
        name, keeps = f"order {len(world.orders)}", chance.random() < 0.7
        later = chance.choice([None, None, today + timedelta(days=20)])
        world.buy(name, units, keeps=keeps, term_months=chance.choice([1, 12]), term_starts_on=later)
        rule.keeps[name] = keeps
        rule.brings(name, units, later or today)
        return
    name = chance.choice(sorted(world.orders))
    match deed:
        case "top up" | "units":
            before = {each.pk for each in License.objects.filter(order=world.orders[name])}
            act = top_up_order if deed == "top up" else set_order_units
            world.does(act, name, units=units)
            added = LicenseEntry.objects.filter(license__order=world.orders[name]).exclude(license__in=before)
            most = 0
            for on in sorted({today, *(each.effective_on for each in added if each.effective_on > today)}):
                now = sum(each.change for each in added if each.effective_on <= on)
                if now > most:
                    rule.brings(name, now - most, on)
                most = max(most, now)
        case "by hand" | "plan":
            on = today + timedelta(days=chance.choice([10, 40])) if deed == "plan" else None
            world.by_hand(units - 1, on=on)
            rule.said.append((on or today, units - 1))
        case "withdraw":
            plans = sorted({each for each, _units in rule.said if each > today})
            if plans:
                on = chance.choice(plans)
                feature = world.line.feature
                about = {"today": today, "by": SYSTEM, "key": new_key()}
                withdraw_plan(world.company, feature=feature, line=world.line, on=on, below_zero_confirmed=True, **about)
                rule.said = [(each, count) for each, count in rule.said if each != on]
        case "cancel":
            world.does(cancel_order, name)
        case "suspend":
            world.does(chance.choice([suspend_order, reinstate_order]), name)
        case "renew":
            world.does(renew_order, name)
        case "choose":
            keeps = chance.random() < 0.6
            world.does(choose_use, name, keeps=keeps)
            rule.keeps[name] = keeps
            if keeps:
                for on, rise in _rises(world, name):
                    rule.brings(name, rise, on)
            else:
                rule.takes_back(name)


def _rises(world: World, name: str) -> list[tuple[date, int]]:
    """The order's units of today and each later rise, suspended or not, from what was said of its licenses."""
    facts = _facts(world.orders[name])
    days = sorted({world.today} | {each.starts_on for each in facts if each.starts_on > world.today})
    found, before = [], 0
    for on in days:
        now = sum(
            each.units_on(on) for each in facts if each.starts_on <= on < each.expires_on and each.state_on(on) != "cancelled"
        )
        if now > before:
            found.append((on, now - before))
        before = max(before, now)
    return found


def _facts(order: Order) -> list[Any]:
    return list(LicenseStatement.objects.filter(license__order=order).facts_of_all().values())


NUMBER = int(os.environ.get("KEEPING_HISTORIES", "40"))


@pytest.mark.parametrize("batch", range(4))
def test_random_histories_agree_with_the_rule(batch: int) -> None:
    for seed in range(batch, NUMBER, 4):
        live(seed)
