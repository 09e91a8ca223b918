"""Runway, its cause, advice and forecast of random companies, against walking day by day through a model of the rules alone.

RUNWAY_CASES says how many companies, RUNWAY_FIRST the number of the first; `make proof-of-runway` walks through many.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import pytest
from django.db import transaction

from credits.reading.annual_credits import AnnualCredits, annual_credits
from credits.reading.runway.advice import advice_on
from credits.rules.balance_over_days import total_on
from credits.rules.runway.advice import Releasing, Renewing
from credits.rules.runway.forecast import a_year_after
from tests import brute_force as model
from tests.histories import draw
from tests.worlds import Book, Deed, World, edges_of, in_the_model, make_the_beginning

CASES = int(os.environ.get("RUNWAY_CASES", "30"))
FIRST = int(os.environ.get("RUNWAY_FIRST", "1"))
AT_LENGTH = "RUNWAY_CASES" in os.environ


class _NotKept(Exception):
    """Takes back what a company lived through."""


@dataclass
class Walk:
    """One company of the model, from a day on."""

    book: Book
    company: int
    on: date

    @property
    def held(self) -> model.CompanyBook:
        return self.book.companies[self.company]

    @property
    def days(self) -> list[date]:
        """Every day until after the last on which anything changes."""
        lines = self.book.lines()
        edges = {self.on} | {each.day for each in self.held.stated} | {rate.day for line in lines for rate in line.rates}
        for order in self.book.orders.values():
            edges |= edges_of(order)
        return [self.on + timedelta(days=number) for number in range((max(edges) - self.on).days + 2)]

    def balance(self, day: date) -> int:
        return self.held.balance_on(self.book.lines(), day)

    def first_below_zero(self) -> date | None:
        return next((day for day in self.days if self.balance(day) < 0), None)

    def causes(self, day: date) -> set[tuple[str, str, int]]:
        """Orders that count less than the day before, and lines that take more."""
        before, found = day - timedelta(days=1), set()
        for letter, order in self.book.orders.items():
            if order in self.held.orders:
                change = sum(each.credits_on(day) - each.credits_on(before) for each in order.licenses)
                if change < 0:
                    found.add(("order", letter, change))
        for line in self.book.lines():
            change = self.held.credits_on(line, day) - self.held.credits_on(line, before)
            if change > 0:
                found.add(("line", f"{line.feature.name}/{line.name}", -change))
        return found


def more_to_allocate(book: Book, today: date, dice: Random) -> list[Deed]:
    """Allocations of about as much as is valid, now and as planned, so that balances are near zero."""
    deeds = []
    for _number in range(dice.randint(1, 3)):
        valid = book.companies[0].valid_on(today)
        slug, name = dice.choice([("sensor", "base"), ("sensor", "server"), ("workloads", "base"), ("logs", "base")])
        rate = book.line(slug, name).rate_on(today) or 1
        units = min(int(valid * dice.choice([0.2, 0.5, 0.9, 1.1]) / rate), model.MOST_UNITS)
        on = today + timedelta(days=dice.choice([1, 5, 20, 40])) if dice.random() < 0.5 else None
        says = {"company": 0, "feature": slug, "units": {name: units}, "on": on, "confirmed": True}
        deeds.append(Deed("allocate", today, says))
    return deeds


def walked(world: World, company: int, on: date, told: Counter[str]) -> None:
    walk, held = Walk(world.book, company, on), world.companies[company]
    tab = annual_credits(held, on=on, every_term=True)
    day = walk.first_below_zero()
    assert (tab.runway.day if tab.runway else None) == day
    compare_forecast(world, walk, tab)
    if tab.runway is None or day is None:
        told["in no sight"] += 1
        return
    assert tab.runway.short == -walk.balance(day)
    if day > on:
        assert tab.runway.since == day
        compare_causes(world, walk, tab, day)
    elif tab.runway.since is not None:
        before = tab.runway.since - timedelta(days=1)
        assert walk.balance(before) >= 0
        assert all(walk.balance(before + timedelta(days=each)) < 0 for each in range(1, (on - before).days + 1))
        compare_causes(world, walk, tab, tab.runway.since)
    told["later" if day > on else "already"] += 1
    advice = advice_on(held, tab)
    if advice.renew is not None:
        told["renewed" if not advice.renew.short else "renewed, not enough"] += 1
        follow_renewing(world, walk, advice.renew, day)
    if advice.release is not None:
        told["released" if not advice.release.short else "released, not enough"] += 1
        follow_releasing(world, walk, advice.release, day)


def compare_causes(world: World, walk: Walk, tab: AnnualCredits, day: date) -> None:
    letters = {order.pk: letter for letter, order in world.orders.items()}
    names = {line.pk: f"{slug}/{name}" for (slug, name), line in world.lines.items()}
    assert tab.runway is not None
    said = {
        (cause.kind, letters[cause.id] if cause.kind == "order" else names[cause.id], cause.change) for cause in tab.runway.causes
    }
    assert said == walk.causes(day)


def compare_forecast(world: World, walk: Walk, tab: AnnualCredits) -> None:
    """On every day of the year ahead; renewals are those of the model, term after term."""
    last = a_year_after(walk.on)
    ahead = tab.ahead(last, {})
    assert (ahead[0].day, ahead[-1].day) == (walk.on, last)
    renewed = world.book
    for letter, order in world.book.orders.items():
        if order not in walk.held.orders or not order.renews_now() or order.terms[-1].expires_on <= walk.on:
            continue
        with suppress(model.MustRefuse):
            while renewed.orders[letter].terms[-1].expires_on <= last:
                renewed = in_the_model(renewed, Deed("renew", walk.on, {"order": letter}))
    point, lines = 0, walk.book.lines()
    for number in range((last - walk.on).days + 1):
        day = walk.on + timedelta(days=number)
        if point + 1 < len(ahead) and ahead[point + 1].day == day:
            point += 1
        totals = ahead[point]
        assert totals.valid == walk.held.valid_on(day)
        assert totals.allocated == walk.held.allocated_on(lines, day)
        assert totals.renewed == renewed.companies[walk.company].valid_on(day)


def follow_renewing(world: World, walk: Walk, advice: Renewing, day: date) -> None:
    letters = {order.pk: letter for letter, order in world.orders.items()}
    deeds = [Deed("renew", walk.on, {"order": letters[term.order_id], "months": None}) for term in advice.terms]
    after = follow(world, walk, deeds)
    assert after.first_below_zero() == advice.until
    assert max(-after.balance(day), 0) == advice.short
    if not advice.short and len(advice.terms) > 1:  # one fewer, of whichever, does not do
        least = min(total_on(term.once(), day) for term in advice.terms)
        assert after.balance(day) < least


def follow_releasing(world: World, walk: Walk, advice: Releasing, day: date) -> None:
    names = {line.pk: (slug, name) for (slug, name), line in world.lines.items()}
    deeds = []
    for each in advice.released:
        slug, name = names[each.line_id]
        says = {"company": walk.company, "feature": slug, "units": {name: each.before - each.units}, "on": day, "confirmed": True}
        deeds.append(Deed("allocate", walk.on, says))
    after = follow(world, walk, deeds)
    assert after.first_below_zero() == advice.until
    assert after.balance(day) - walk.balance(day) == advice.credits
    assert max(-after.balance(day), 0) == advice.short
    if advice.short:
        assert not after.held.allocated_on(after.book.lines(), day), "not enough, though something is left to release"
    else:  # one unit fewer does not do
        book, fewer = walk.book, deeds[-1]
        (name, units), *_rest = fewer.says["units"].items()
        for deed in [*deeds[:-1], Deed("allocate", walk.on, {**fewer.says, "units": {name: units + 1}})]:
            book = in_the_model(book, deed)
        assert Walk(book, walk.company, walk.on).balance(day) < 0


def follow(world: World, walk: Walk, deeds: list[Deed]) -> Walk:
    """The company after the deeds, done by the model and by the applications, which then say the same of the runway."""
    book = world.book
    for deed in deeds:
        book = in_the_model(book, deed)
    after = Walk(book, walk.company, walk.on)
    with suppress(_NotKept), transaction.atomic():
        for deed in deeds:
            _result, refusal = world._perform(deed, f"advice {deed}")
            assert refusal is None, refusal
        runway = annual_credits(world.companies[walk.company], on=walk.on).runway
        assert (runway.day if runway else None) == after.first_below_zero()
        raise _NotKept
    return after


@pytest.mark.django_db
def test_runway_cause_advice_and_forecast_are_those_found_by_walking_day_by_day() -> None:
    companies, told, number = make_the_beginning(), Counter[str](), FIRST
    while sum(told[each] for each in ("in no sight", "later", "already")) < CASES:
        with suppress(_NotKept), transaction.atomic():
            world, deeds, dice = World(companies), draw(number), Random(number)
            for deed in deeds:
                world.live(deed)
            on = deeds[-1].today
            for deed in more_to_allocate(world.book, on, dice):
                world.live(deed)
            for company in (0, 1):
                if world.book.companies[company].orders or world.book.companies[company].stated:
                    try:
                        walked(world, company, on, told)
                    except AssertionError as error:
                        error.add_note(f"company {company} of history {number}: RUNWAY_FIRST={number} RUNWAY_CASES=1")
                        raise
            raise _NotKept
        if AT_LENGTH and number % 100 == 0:
            print(f"{number} histories, {dict(told)}", flush=True)
        number += 1
    assert all(told[each] for each in ("later", "already", "renewed", "released")) or CASES < 20, told
    if AT_LENGTH:
        print(dict(told))
