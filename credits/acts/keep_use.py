"""Keeping the use of converted seats: what an act of licensing brought is allocated to the line it pays for.

    keep_units_brought(act, order, brought, …)     # inside the act that brought them, asked through licensing's questions

The choice is a fact of the order. What was added because of it is told by `KeptUnits` beside the allocation statement; it is
done whoever acts, and below zero too: it allocates what was bought, nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q

from console.models import ActInProgress
from credits.acts.post_demand import post_demand
from credits.models import AllocationStatement, CreditRequirement, KeptUnits, SeatUse
from credits.reading.kept_use import LineInUse, lines_in_use, lines_paid_for
from credits.rules.kept_use import Kept
from credits.rules.statements_that_stand import Allotted
from licensing.acts.order_in_hand import in_hand
from licensing.models import Order, UseChoice
from licensing.rules.units_brought import Brought, brought_by_terms


def keep_units_brought(
    act: ActInProgress, order: Order, brought: Sequence[Brought], today: date, *, keeps: bool | None = None
) -> None:
    """Allocate, within an act, what it brought of products whose seats pay for a line, and write the choice where one is made.

    `keeps` is what was chosen at the activation; None where the order's latest choice holds. Nothing is asked of what pays for
    no line, of a line that takes no units on that day, and of a feature billed pay-as-you-go: no choice is written then. At most
    nine statements; one for products without a line.
    """
    lines = lines_paid_for({each.product for each in brought})
    if not lines:
        return
    if keeps is None and not UseChoice.objects.for_company(act.company).filter(order=order).keeping().exists():
        return
    found = lines_in_use([act.company.pk], set(lines.values()), besides=order)
    asked = [
        (found[act.company.pk, lines[each.product].pk], Brought(each.product, each.units, max(each.day, today)))
        for each in brought
        if each.product in lines
    ]
    if keeps is not None and any(line.takes_units_on(each.day) for line, each in asked):
        UseChoice.objects.create(order=order, keeps=keeps, **act.stamp())
    if keeps is not False:
        write_changes(act, order, _adding(order, asked))


@dataclass(frozen=True)
class Change:
    """What keeping adds to a line from a day on, or takes back (negative).

    `was` are the line's units on that day before; `stated` what it has then, on that day and on those planned for.
    """

    line: LineInUse
    day: date
    units: int
    was: int
    stated: dict[date, int]

    @property
    def after(self) -> int:
        return self.stated[self.day]

    @property
    def effect(self) -> int:
        """Units by which the line changes on that day: less than was kept where somebody has lowered it meanwhile."""
        return self.after - self.was


@dataclass(frozen=True)
class UseOfOrder:
    """What an activated order brings from a day on, with the lines its seats pay for and those that keeping added to."""

    order: Order
    brought: list[Brought]
    line_of: dict[int, LineInUse]
    lines: list[LineInUse]

    def afresh(self) -> UseOfOrder:
        """The same, as it was read: what was asked of this one is not in its hand."""
        lines = {each.line.pk: replace(each, statements=list(each.statements), kept=list(each.kept)) for each in self.lines}
        line_of = {product: lines[each.line.pk] for product, each in self.line_of.items()}
        return UseOfOrder(self.order, self.brought, line_of, list(lines.values()))

    def added(self) -> list[Change]:
        """What is added when the order is to keep its use."""
        return _adding(self.order, [(self.line_of[each.product], each) for each in self.brought if each.product in self.line_of])

    def taken_back(self, today: date) -> list[Change]:
        """What is taken back from today on when the order is to leave its credits available."""
        changes = []
        for line in self.lines:
            added: dict[date, int] = defaultdict(int)
            for each in line.kept:
                if each.order == self.order.pk:
                    added[max(each.day, today)] += each.units
            for day, units in sorted(added.items()):
                if units > 0:
                    stands = min(units, line.standing_on(day))
                    changes.append(_taken_into_hand(line, self.order, day, -units, line.raised_by(-stands, day)))
        return changes


def use_of_order(order: Order, today: date) -> UseOfOrder:
    """Read what an activated order brings from today on, and its lines. Six statements."""
    company = order.company_id
    assert company is not None
    brought = brought_by_terms(in_hand(order).running_terms(today), today)
    paid_for = SeatUse.objects.filter(product__in={each.product for each in brought})
    kept = KeptUnits.objects.filter(company=company, order=order)
    lines = (
        CreditRequirement.objects.filter(Q(pk__in=paid_for.values("line")) | Q(pk__in=kept.values("line")))
        .annotate(products=ArraySubquery(SeatUse.objects.filter(line=OuterRef("pk")).values("product")))
        .select_related("feature")
        .order_by("pk")
    )
    in_use = list(lines_in_use([company], lines, besides=order).values())
    line_of = {product: each for each in in_use for product in each.line.products}  # type: ignore[attr-defined]
    return UseOfOrder(order, brought, line_of, in_use)


def _adding(order: Order, brought: Iterable[tuple[LineInUse, Brought]]) -> list[Change]:
    changes = []
    for line, each in brought:
        units = line.to_add(each.units, each.day)
        if units:
            changes.append(_taken_into_hand(line, order, each.day, units, line.raised_by(units, each.day)))
    return changes


def _taken_into_hand(line: LineInUse, order: Order, day: date, units: int, stated: dict[date, int]) -> Change:
    """The change, which what follows in the same act is judged by."""
    was = line.units_on(day)
    line.kept.append(Kept(day, units, order.pk))
    stated = {day: was, **stated}  # the same again where nothing of it stands
    line.statements += [Allotted(0, each, count) for each, count in stated.items()]
    return Change(line, day, units, was, stated)


def write_changes(act: ActInProgress, order: Order, changes: Sequence[Change]) -> None:
    """Add the rows and post them. Four statements, none for no changes."""
    lines = {each.line.line: each.line for each in changes}
    stated = {(each.line.line, day): units for each in changes for day, units in each.stated.items()}
    AllocationStatement.objects.bulk_create(
        [
            AllocationStatement(feature_id=line.feature_id, line=line, effective_on=day, units=units, **act.stamp())
            for (line, day), units in stated.items()
        ]
    )
    KeptUnits.objects.bulk_create(
        [
            KeptUnits(
                feature_id=each.line.line.feature_id,
                line=each.line.line,
                order=order,
                effective_on=each.day,
                units_change=each.units,
                **act.stamp(),
            )
            for each in changes
        ]
    )
    if changes:
        post_demand([act], {(act.company.pk, line): held.facts for line, held in lines.items()})
