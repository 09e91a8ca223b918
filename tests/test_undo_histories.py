"""Random acts on allocations and undos of them: afterwards every figure is as if what was undone had never been.

Each history is lived by a company; a twin then lives through what is left of it: the acts that were not undone. All figures of
all days are the same; what was known in between is what it then was. UNDO_HISTORIES says how many, UNDO_FIRST the first.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from io import StringIO
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Sum

from console.errors import DomainError
from console.models import Act
from credits.acts.choose_use import choose_use
from credits.acts.price_list.load_price_list import load_price_list
from credits.acts.set_allocation import set_allocation
from credits.acts.undo.undo_allocation import undo_allocation
from credits.acts.withdraw_plan import withdraw_plan
from credits.catalogue.files_and_rows import Catalogue, FeatureRow, OfferingRow, RequirementRow
from credits.models import AllocationEntry, AllocationStatement, CreditRequirement, KeptUnits, SeatUse
from licensing.acts.activate import activate_order
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, LicenseEntry, Order, UseChoice
from tests.factories import LISTED_FROM, SYSTEM, TODAY, make_company, make_license, make_order, make_product, new_key
from tests.ledger import database_clock

HISTORIES = int(os.environ.get("UNDO_HISTORIES", "30"))
FIRST = int(os.environ.get("UNDO_FIRST", "1"))
LENGTH, DAYS = 14, 12
LINES = {"sensor": {"base": "0.3", "server": "7"}, "feed": {"base": "1"}, "lake": {"base": "2.5"}}

Figures = dict[tuple[Any, ...], int]


def price_list(rates: dict[tuple[str, str, date], str]) -> Catalogue:
    return Catalogue(
        offerings=(OfferingRow("endpoint", "Endpoint Security", 1),),
        features=tuple(FeatureRow(slug, "endpoint", slug.title(), "", "annual", "", "", "") for slug in LINES),
        requirements=tuple(
            RequirementRow(slug, name, name, "endpoint", Decimal(rate), day, None, "test")
            for (slug, name, day), rate in rates.items()
        ),
        prices=(),
        products=(),
        seat_uses=(),
    )


@dataclass
class Done:
    """An act of the history, and how a company does it. `undone` turns with each undo of it, and of those undos."""

    act: UUID
    deed: Callable[[Side], None]
    otherwise: Callable[[Side], None] | None = None
    """What is left of it when what it did to allocations is undone: an activation stays."""
    undoes: Done | None = None
    undone: bool = False

    def turn(self) -> None:
        self.undone = not self.undone
        if self.undoes:
            self.undoes.turn()


@dataclass
class Side:
    company: Company
    orders: list[Order] = field(default_factory=list)
    lines: list[CreditRequirement] = field(default_factory=list)

    def figures(self, known_at: Any = None) -> Figures:
        """Units and credits of every line, and the balance, on every day; and what keeping has added."""
        found: Figures = {}
        entries = AllocationEntry.objects.for_company(self.company).known_at(known_at)
        sums = entries.order_by().values_list("line", "effective_on").annotate(units=Sum("units_change"), credits=Sum("change"))
        changes: dict[tuple[int, date], tuple[int, int]] = {(line, on): (units, cost) for line, on, units, cost in sums}
        supply: Counter[date] = Counter()
        for on, change in LicenseEntry.objects.for_company(self.company).known_at(known_at).values_list("effective_on", "change"):
            supply[on] += change
        kept: Counter[tuple[int, int, date]] = Counter()
        for row in KeptUnits.objects.for_company(self.company).known_at(known_at):
            kept[row.line_id, [each.pk for each in self.orders].index(row.order_id), row.effective_on] += row.units_change
        so_far, balance = dict.fromkeys((line.pk for line in self.lines), (0, 0)), 0
        first = min([TODAY, *supply, *(on for _, on in changes)])
        for on in (first + timedelta(days=number) for number in range((TODAY - first).days + 60)):
            balance += supply[on]
            for line, (units, cost) in so_far.items():
                more_units, more_cost = changes.get((line, on), (0, 0))
                so_far[line] = units + more_units, cost + more_cost
                found[line, on, "units"], found[line, on, "credits"] = so_far[line]
            found["balance", on] = balance - sum(cost for _, cost in so_far.values())
        found |= {("kept", *where): units for where, units in kept.items() if units}
        return found

    def choices(self) -> list[bool]:
        """Of each order, whether it keeps its use."""
        held = dict(UseChoice.objects.for_company(self.company).that_hold().values_list("order", "keeps"))
        return [held.get(order.pk, False) for order in self.orders]


class History:
    def __init__(self, number: int) -> None:
        self.number, self.dice, self.today = number, Random(number), TODAY
        self.rates = {(slug, name, LISTED_FROM): rate for slug, of in LINES.items() for name, rate in of.items()}
        load_price_list(price_list(self.rates), by=SYSTEM, key=new_key())
        self.lines = list(CreditRequirement.objects.select_related("feature").order_by("id"))
        self.product = make_product(kind="seats", unit="seat", rate=2)
        SeatUse.objects.create(product=self.product, line=self.lines[0])
        self.mine, self.twin = (self._side() for _ in range(2))
        self.done: list[Done] = []
        self.known: list[tuple[Any, Figures]] = []
        self.undos = Counter[str]()

    def _side(self) -> Side:
        company = make_company()
        make_license(company=company, units=5_000)
        return Side(company, lines=self.lines)

    def live(self) -> None:
        for _each in range(LENGTH):
            if self.dice.random() < 0.25:
                self.today += timedelta(days=1)
            choices = [
                self.sets,
                self.plans,
                self.withdraws,
                self.releases,
                self.activates,
                self.chooses,
                self.lists,
                self.undoes,
            ]
            self.dice.choices(choices, weights=[4, 4, 2, 1, 1, 3, 1, 12])[0]()
            self.known.append((database_clock(), self.mine.figures()))
        for each in self.done:
            deed = each.otherwise if each.undone else each.deed
            if deed is not None and each.undoes is None:
                deed(self.twin)
        assert self.mine.figures() == self.twin.figures()
        assert self.mine.choices() == self.twin.choices()
        for instant, figures in self.known:
            assert self.mine.figures(instant) == figures
        call_command("verify_ledger", company=self.mine.company.slug, verbosity=0, stdout=StringIO())

    # --- Deeds

    def does(self, deed: Callable[[Side], None], otherwise: Callable[[Side], None] | None = None) -> None:
        before = set(Act.objects.values_list("pk", flat=True))
        try:
            with transaction.atomic():
                deed(self.mine)
        except DomainError:
            return
        acts = Act.objects.for_company(self.mine.company).exclude(pk__in=before)
        stated = acts.filter(pk__in=AllocationStatement.objects.for_company(self.mine.company).values("act")).first()
        act = stated or acts.latest("recorded_at")
        self.done.append(Done(act.pk, deed, otherwise))

    def some_lines(self) -> list[CreditRequirement]:
        slug = self.dice.choice(list(LINES))
        lines = [line for line in self.lines if line.feature.slug == slug]
        return self.dice.sample(lines, self.dice.randint(1, len(lines)))

    def state(self, units: dict[int, int], line: CreditRequirement, on: date | None) -> None:
        today = self.today

        def deed(side: Side) -> None:
            set_allocation(
                side.company,
                feature=line.feature,
                units=units,
                on=on,
                today=today,
                by=SYSTEM,
                key=new_key(),
                below_zero_confirmed=True,
            )

        self.does(deed)

    def sets(self) -> None:
        lines = self.some_lines()
        self.state({line.pk: self.dice.randint(0, 50) for line in lines}, lines[0], None)

    def plans(self) -> None:
        lines = self.some_lines()
        later = self.today + timedelta(days=self.dice.randint(1, DAYS))
        self.state({line.pk: self.dice.randint(0, 50) for line in lines}, lines[0], later)

    def releases(self) -> None:
        line = self.dice.choice(self.lines)
        self.state({each.pk: 0 for each in self.lines if each.feature_id == line.feature_id}, line, None)

    def withdraws(self) -> None:
        planned = list(
            AllocationStatement.objects.for_company(self.mine.company).filter(effective_on__gt=self.today, units__isnull=False)
        )
        if not planned:
            return
        plan, today = self.dice.choice(planned), self.today
        line, on = next(each for each in self.lines if each.pk == plan.line_id), plan.effective_on

        def deed(side: Side) -> None:
            about = {"today": today, "by": SYSTEM, "key": new_key()}
            withdraw_plan(side.company, feature=line.feature, line=line, on=on, below_zero_confirmed=True, **about)

        self.does(deed)

    def activates(self) -> None:
        units, today, keeps = self.dice.randint(1, 40), self.today, self.dice.random() < 0.7

        def deed(side: Side, *, keeps: bool) -> None:
            order = make_order(product=self.product, units=units)
            activate_order(order, company=side.company, today=today, by=SYSTEM, key=new_key(), keeps_use=keeps)
            side.orders.append(order)

        self.does(partial(deed, keeps=keeps), partial(deed, keeps=False))

    def chooses(self) -> None:
        if not self.mine.orders:
            return
        number, keeps, today = self.dice.randrange(len(self.mine.orders)), self.dice.random() < 0.6, self.today
        if self.dice.random() < 0.2:
            units = self.dice.randint(1, 9)

            def more(side: Side) -> None:
                top_up_order(side.orders[number], units=units, today=today, by=SYSTEM, key=new_key())

            # Its own keeping is undone by itself; the units stay, and the twin's order, which keeps too, would allocate them.
            if not self.mine.choices()[number]:
                self.does(more, more)
            return

        def deed(side: Side) -> None:
            choose_use(side.orders[number], keeps=keeps, today=today, by=SYSTEM, key=new_key())

        self.does(deed)

    def lists(self) -> None:
        line = self.dice.choice(self.lines)
        day = self.today + timedelta(days=self.dice.randint(0, DAYS))
        rates = {**self.rates, (line.feature.slug, line.slug, day): self.dice.choice(["0", "0.5", "3", "4.1"])}
        with transaction.atomic():
            try:
                load_price_list(price_list(rates), by=SYSTEM, key=new_key())
            except DomainError:
                return
        self.rates = rates

    def undoes(self) -> None:
        if not self.done:
            return
        undone = self.done[-self.dice.randint(1, min(4, len(self.done)))]
        before = self.mine.figures(), AllocationStatement.objects.count()
        self.known.append((database_clock(), before[0]))
        try:
            with transaction.atomic():
                act = undo_allocation(
                    self.mine.company, undoes=undone.act, today=self.today, by=SYSTEM, key=new_key(), below_zero_confirmed=True
                ).act
        except DomainError as refused:
            self.undos[type(refused).__name__] += 1
            assert (self.mine.figures(), AllocationStatement.objects.count()) == before
            return
        self.undos["undone"] += 1
        assert not undone.undone
        undone.turn()
        self.done.append(Done(act, lambda side: None, undoes=undone))
        self.known.append((database_clock(), self.mine.figures()))

    often = {sets: 4, plans: 4, withdraws: 2, releases: 1, activates: 1, chooses: 3, lists: 1, undoes: 12}


@pytest.mark.django_db
def test_after_random_acts_and_undos_all_is_as_if_what_was_undone_had_never_been() -> None:
    counted, numbers = Counter[str](), range(FIRST, FIRST + HISTORIES)
    for number in numbers:
        with transaction.atomic():
            history = History(number)
            try:
                history.live()
            except Exception as error:
                error.add_note(f"History {number}; try it again: UNDO_FIRST={number} UNDO_HISTORIES=1")
                raise
            counted += history.undos
            transaction.set_rollback(True)
    print(f"\n{len(numbers)} histories: {dict(counted)}")
    if len(numbers) >= 10:
        assert counted["undone"] > len(numbers)
        assert counted["NotUndone"] > len(numbers) / 2
