"""Random acts on orders, allocations and their undos, one by one and by case: all is as if what was undone had never been.

Each history is lived by two companies, between which orders are transferred; a twin of both then lives through what is left of
it. All figures of all days are the same, and so is every license's row; what was known in between is what it then was.
ORDER_UNDO_HISTORIES says how many to live, ORDER_UNDO_FIRST the first.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import transaction

from console.company_in_hand import for_all
from console.errors import DomainError
from console.models import Act, Why
from credits.acts.choose_use import choose_use
from credits.acts.price_list.load_price_list import load_price_list
from credits.acts.set_allocation import set_allocation
from credits.acts.undo.change_to_undo import UNDOS
from credits.acts.undo.undo_act import may_undo, undo_act
from credits.acts.undo.undo_case import undo_case
from credits.catalogue.files_and_rows import Catalogue, FeatureRow, OfferingRow, RequirementRow
from credits.models import AllocationEntry, AllocationStatement, CreditRequirement, KeptUnits, SeatUse
from licensing.acts.activate import activate_order
from licensing.acts.change_plan import change_plan
from licensing.acts.corrections.correct import correct_license
from licensing.acts.corrections.extend import extend_license
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.switch_renewal import switch_renewal
from licensing.acts.transfer import transfer_order
from licensing.acts.undo.move import PART
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, LicenseEntry, LicenseStatement, Order, UseChoice
from licensing.purchases.order_in_charge import successor_of
from licensing.reading.licenses_on_day import LicenseOnDay, licenses_on
from tests.factories import LISTED_FROM, SYSTEM, TODAY, make_company, make_order, make_product, new_key
from tests.ledger import database_clock

HISTORIES = int(os.environ.get("ORDER_UNDO_HISTORIES", "16"))
FIRST = int(os.environ.get("ORDER_UNDO_FIRST", "1"))
LENGTH = 14
LINES = {"sensor": "0.3", "feed": "1"}
CASES = ["C-1", "C-2", "C-3"]


@dataclass
class Done:
    """An act of the history, and how a company does it. `undone` turns with each undo of it, and of those undos."""

    act: UUID
    deed: Callable[[Side], object] | None
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

    there: Company = None  # type: ignore[assignment]
    """The company that orders are transferred to, and back from."""

    @property
    def companies(self) -> list[Company]:
        return [self.company, self.there]

    def order(self, place: int) -> Order:
        """The one in charge: that it was transferred to last."""
        return successor_of(Order.objects.get(pk=self.orders[place].pk))

    def other(self, place: int) -> Company:
        """The company that does not have it."""
        return next(each for each in self.companies if each.pk != self.order(place).company_id)

    def places(self) -> dict[int, int]:
        """Each order, with those it was transferred to, undone or not -> its place."""
        found = {order.pk: place for place, order in enumerate(self.orders)}
        waiting = list(found)
        while waiting:
            moved = Order.objects.filter(transferred_from__in=waiting).values_list("pk", "transferred_from")
            found |= {pk: found[before] for pk, before in moved}
            waiting = [pk for pk, _before in moved]
        return found

    def rows(self, place: int, on: date, known_at: Any = None) -> list[LicenseOnDay]:
        return self.all_rows(on, known_at)[place]

    def all_rows(self, on: date, known_at: Any = None) -> list[list[LicenseOnDay]]:
        """By place, in the order they were issued, at whichever company."""
        at, found = self.places(), [list[LicenseOnDay]() for _order in self.orders]
        for company in self.companies:
            for each in licenses_on(company, on=on, known_at=known_at):
                found[at[each.license.order_id]].append(each)
        return [sorted(each, key=lambda row: row.id) for each in found]

    def figures(self, known_at: Any = None) -> dict[Any, Any]:
        """What every order supplies and every line takes from each day on, what is kept, and every license's row."""
        found: Counter[Any] = Counter()
        number = self.places()
        for which, company in enumerate(self.companies):
            supply = LicenseEntry.objects.for_company(company).known_at(known_at)
            for order, on, change in supply.values_list("license__order", "effective_on", "change"):
                found["supply", which, number[order], on] += change
            demand = AllocationEntry.objects.for_company(company).known_at(known_at)
            for line, on, units, change in demand.values_list("line", "effective_on", "units_change", "change"):
                found["units", which, line, on] += units
                found["credits", which, line, on] += change
            for row in KeptUnits.objects.for_company(company).known_at(known_at):
                found["kept", which, row.line_id, number[row.order_id], row.effective_on] += row.units_change
        told: dict[Any, Any] = {where: amount for where, amount in found.items() if amount}
        for day in (0, 40, 400):
            for place, rows in enumerate(self.all_rows(TODAY + timedelta(days=day), known_at)):
                told["rows", place, day] = [
                    (each.units, each.status, each.stage, each.starts_on, each.expires_on, each.credits) for each in rows
                ]
        return told

    def choices(self) -> list[bool]:
        held: dict[int, bool] = {}
        for company in self.companies:
            held |= dict(UseChoice.objects.for_company(company).that_hold().values_list("order", "keeps"))
        return [held.get(self.order(place).pk, False) for place in range(len(self.orders))]


class History:
    def __init__(self, number: int) -> None:
        self.number, self.dice, self.today = number, Random(number), TODAY
        listed = Catalogue(
            offerings=(OfferingRow("endpoint", "Endpoint Security", 1),),
            features=tuple(FeatureRow(slug, "endpoint", slug.title(), "", "annual", "", "", "") for slug in LINES),
            requirements=tuple(
                RequirementRow(slug, "base", "base", "endpoint", Decimal(rate), LISTED_FROM, None, "test")
                for slug, rate in LINES.items()
            ),
            prices=(),
            products=(),
            seat_uses=(),
        )
        load_price_list(listed, by=SYSTEM, key=new_key())
        self.lines = list(CreditRequirement.objects.select_related("feature").order_by("id"))
        self.products = [make_product(rate=2), make_product(kind="seats", unit="seat", rate=3), make_product(rate=5)]
        SeatUse.objects.create(product=self.products[1], line=self.lines[0])
        self.mine, self.twin = (self._side() for _ in range(2))
        self.done: list[Done] = []
        self.known: list[tuple[Any, dict[Any, Any]]] = []
        self.counted = Counter[str]()

    def _side(self) -> Side:
        side = Side(make_company(), there=make_company())
        for product in self.products[:2]:
            order = make_order(product=product, units=100)
            activate_order(order, company=side.company, today=TODAY, by=SYSTEM, key=new_key(), keeps_use=True)
            side.orders.append(order)
        return side

    def live(self) -> None:
        for _each in range(LENGTH):
            if self.dice.random() < 0.3:
                self.today += timedelta(days=self.dice.randint(1, 5))
            if self.dice.random() < 0.4:
                self.undoes()
            else:
                self.does(self.drawn())
            self.known.append((database_clock(), self.mine.figures()))
        for each in self.done:
            if each.deed is not None and not each.undone:
                each.deed(self.twin)
        assert self.mine.figures() == self.twin.figures()
        assert self.mine.choices() == self.twin.choices()
        for instant, figures in self.known:
            assert self.mine.figures(instant) == figures
        for company in self.mine.companies:
            call_command("verify_ledger", company=company.slug, verbosity=0, stdout=StringIO())

    # --- Deeds

    def does(self, deed: Callable[[Side], object]) -> None:
        before = set(Act.objects.values_list("pk", flat=True))
        try:
            with transaction.atomic():
                deed(self.mine)
        except DomainError:
            return
        # A transfer is the first of those that it called.
        act = Act.objects.exclude(pk__in=before).filter(company_id__in=[each.pk for each in self.mine.companies])
        act = act.earliest("recorded_at")
        self.counted["transferred" if act.name == "order.transfer" else "done"] += 1
        # What said nothing, as it held already (a second cancellation), leaves nothing behind: the twin need not do it either.
        if any(model.objects.filter(act=act).exists() for model in (LicenseStatement, AllocationStatement, UseChoice)):
            self.done.append(Done(act.pk, deed))

    def drawn(self) -> Callable[[Side], object]:
        dice, today, place = self.dice, self.today, self.dice.randrange(2)
        units, case = dice.randint(1, 160), dice.choice(CASES)
        on = today - timedelta(days=dice.choice([0, 0, 0, 2, 9]))
        day = today + timedelta(days=dice.randint(-20, 500))
        nth, line, keeps = dice.randrange(4), dice.choice(self.lines), dice.random() < 0.5
        product = dice.choice(self.products)

        def license(side: Side) -> Any:
            rows = side.rows(place, today)
            return rows[nth % len(rows)].license

        def act(**more: Any) -> dict[str, Any]:
            return {"today": today, "by": SYSTEM, "key": new_key(), "reason": Why("drawn", "test", case), **more}

        deeds: list[tuple[int, Callable[[Side], object]]] = [
            (4, lambda side: top_up_order(side.order(place), units=units, on=on, **act())),
            (4, lambda side: reduce_order(side.order(place), units=units, on=on, **act())),
            (4, lambda side: set_order_units(side.order(place), units=units, on=on, **act())),
            (3, lambda side: correct_license(license(side), units=units, **act())),
            (3, lambda side: correct_license(license(side), units=units, on=on, **act())),
            (3, lambda side: correct_license(license(side), expires_on=day, **act())),
            (2, lambda side: correct_license(license(side), starts_on=on, **act())),
            (2, lambda side: extend_license(license(side), expires_on=day, **act())),
            (3, lambda side: suspend_order(side.order(place), on=on, **act())),
            (3, lambda side: reinstate_order(side.order(place), on=on, **act())),
            (3, lambda side: cancel_order(side.order(place), on=on, **act())),
            (3, lambda side: reinstate_order(side.order(place), on=on, undo_cancellation=True, **act())),
            (2, lambda side: change_plan(side.order(place), product=product, on=on, **act())),
            (3, lambda side: renew_order(side.order(place), **act())),
            (3, lambda side: transfer_order(side.order(place), to=side.other(place), **act())),
            (1, lambda side: switch_renewal(side.order(place), on=keeps, **act())),
            (2, lambda side: choose_use(side.order(1), keeps=keeps, today=today, by=SYSTEM, key=new_key())),
            (
                2,
                lambda side: set_allocation(
                    side.companies[nth % 2],
                    feature=line.feature,
                    units={line.pk: units},
                    on=None,
                    below_zero_confirmed=True,
                    **act(),
                ),
            ),
        ]
        return dice.choices([deed for _weight, deed in deeds], weights=[weight for weight, _deed in deeds])[0]

    # --- Undos

    def undoes(self) -> None:
        if not self.done:
            return
        before, rows = self.mine.figures(), LicenseStatement.objects.count()
        acts = set(Act.objects.values_list("pk", flat=True))
        why = Why("drawn", "test", self.dice.choice([*CASES, "", ""]))
        by_case = self.dice.random() < 0.25
        undone = Act.objects.get(pk=self.done[-self.dice.randint(1, min(4, len(self.done)))].act)
        promised = None if by_case else may_undo(undone, by=SYSTEM).can
        try:
            with transaction.atomic():
                if by_case:
                    undo_case(self.dice.choice(CASES), by=SYSTEM, key=new_key(), reason=why)
                else:
                    undo_act(undone, today=self.today, by=SYSTEM, key=new_key(), reason=why)
        except DomainError:
            assert promised is not True
            self.counted["case refused" if by_case else "refused"] += 1
            assert (self.mine.figures(), LicenseStatement.objects.count()) == (before, rows)
            return
        assert promised is not False
        self.counted["case undone" if by_case else f"undone {undone.name}"] += 1
        self.counted["undone"] += not by_case
        made = Act.objects.exclude(pk__in=acts).filter(name__in=UNDOS).order_by("recorded_at")
        for act in made:
            if PART in act.key:
                continue
            target = next(each for each in self.done if str(each.act) == act.result["undoes"])
            assert not target.undone
            target.turn()
            self.done.append(Done(act.pk, None, undoes=target))


@pytest.mark.django_db
def test_an_undo_restores_every_figure_of_every_day_and_what_was_known_stays_known() -> None:
    counted, numbers = Counter[str](), range(FIRST, FIRST + HISTORIES)
    for number in numbers:
        with transaction.atomic(), for_all("a history"):
            history = History(number)
            try:
                history.live()
            except Exception as error:
                error.add_note(f"History {number}; try it again: ORDER_UNDO_FIRST={number} ORDER_UNDO_HISTORIES=1")
                raise
            counted += history.counted
            transaction.set_rollback(True)
    print(f"\n{len(numbers)} histories: {dict(counted)}")
    if len(numbers) >= 10:
        assert counted["undone"] > len(numbers)
        assert counted["refused"] > len(numbers) / 2
        assert counted["case undone"] > len(numbers) / 5
