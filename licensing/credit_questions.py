"""What licensing has to ask of whoever keeps the credits, without knowing who that is.

The credits app registers its answers when it starts (`answer_with`). Without it a reduction is never covered by a free balance,
nothing is kept in use, and nobody is told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from console.models import ActInProgress, Actor, User
from licensing.models.company import Company
from licensing.models.order import Order
from licensing.models.products.product import Product
from licensing.rules.units_brought import Brought
from licensing.rules.units_in_words import in_units

NOT_IN_SEATS = "-"
"""Nothing has to be said of what is not sold in seats: its credits are what was bought."""


@dataclass(frozen=True)
class Keeping:
    """What keeping the use of converted seats would do in a company.

    `why_not` says why nobody is asked; empty where somebody is. The line has `now` units on the day it holds from and gets
    `added` more, which take `credits`.
    """

    why_not: str = ""
    feature: str = ""
    line: str = ""
    unit: str = ""
    now: int = 0
    added: int = 0
    credits: int = 0
    later_on: date | None = None
    """The day all this is said of, where it is none of the company's today."""

    @property
    def asked(self) -> bool:
        return not self.why_not

    @property
    def after(self) -> int:
        return self.now + self.added

    @property
    def added_in_units(self) -> str:
        """ "300 deployments"."""
        return in_units(self.added, self.unit)


@dataclass(frozen=True)
class Imported:
    """What an imported order brought to its company, and whether its units are to be kept in use; `day` is none of the past."""

    act: ActInProgress
    order: int
    product: int
    units: int
    day: date
    keeps: bool


class Answers(Protocol):
    """What the keeper of the credits can do; see the functions below, which ask it."""

    def free_balances(self, days: Mapping[int, date]) -> dict[int, int]: ...

    def contract_changed(self, act: ActInProgress, today: date) -> None: ...

    def keep_units_brought(
        self, act: ActInProgress, order: Order, brought: Sequence[Brought], today: date, *, keeps: bool | None = None
    ) -> None: ...

    def carry_choice(self, old: Order, new: Order, *, today: date, by: Actor, key: str) -> None: ...

    def keeping_previews(
        self, product: Product, *, units: int, trial: bool, starts_on: date, days: Mapping[int, date]
    ) -> dict[int, Keeping]: ...

    def kept_by(self, company: Company, act_id: UUID, day: date) -> Keeping | None: ...

    def take_back_what_was_kept(self, doing: ActInProgress, undoes: UUID) -> bool: ...

    def switched_under(self, company: Company, order: Order, since: datetime) -> bool: ...

    def products_that_pay_for_a_feature(self) -> set[int]: ...

    def allocated_otherwise(self, days: Mapping[int, date], products: Collection[int]) -> set[tuple[int, int]]: ...

    def keep_units_of_many(self, imported: Sequence[Imported]) -> None: ...

    def end_requests_of(self, act: ActInProgress, person: User) -> None: ...


_answers: list[Answers] = []


def answer_with(answers: Answers) -> None:
    """Register what answers; the last registration holds."""
    _answers[:] = [answers]


def free_balances(days: Mapping[int, date]) -> dict[int, int]:
    """Valid minus allocated credits of companies, by their ids, each on its own day. One statement, however many there are."""
    return _answers[0].free_balances(days) if _answers else dict.fromkeys(days, 0)


def free_balance(company: Company, on: date) -> int:
    """Valid minus allocated credits on a day; what is planned for later is not considered."""
    return free_balances({company.pk: on})[company.pk]


def contract_changed(act: ActInProgress, today: date) -> None:
    """A license of a pay-as-you-go contract was issued or changed by `act`."""
    for each in _answers:
        each.contract_changed(act, today)


def units_brought(
    act: ActInProgress, order: Order, brought: Sequence[Brought], today: date, *, keeps: bool | None = None
) -> None:
    """`act` brought these units: where the order keeps its use they are allocated. `keeps` is a choice made in this act."""
    for each in _answers:
        if brought:
            each.keep_units_brought(act, order, brought, today, keeps=keeps)


def carry_choice(old: Order, new: Order, *, today: date, by: Actor, key: str) -> None:
    """`new` goes on with `old` at another company: what was chosen for the use of its seats holds there."""
    for each in _answers:
        each.carry_choice(old, new, today=today, by=by, key=key)


def keeping_previews(
    product: Product, *, units: int, trial: bool, starts_on: date, days: Mapping[int, date]
) -> dict[int, Keeping]:
    """What keeping the use of a license would do in each company (id -> its today) if it were activated there."""
    if not _answers:
        return dict.fromkeys(days, Keeping(why_not=NOT_IN_SEATS))
    return _answers[0].keeping_previews(product, units=units, trial=trial, starts_on=starts_on, days=days)


def kept_by(company: Company, act_id: UUID, day: date) -> Keeping | None:
    """What an act kept in use, with the credits that takes on a day; None where it kept nothing. At most two statements."""
    return _answers[0].kept_by(company, act_id, day) if _answers else None


def take_back_what_was_kept(doing: ActInProgress, undoes: UUID) -> bool:
    """`doing` undoes an act on an order: what that kept in use is taken back. Whether there was any.

    Refused where something later counts on it.
    """
    return any(each.take_back_what_was_kept(doing, undoes) for each in _answers)


def switched_under(company: Company, order: Order, since: datetime) -> bool:
    """Whether a feature was switched under a contract, an order of this company, since an instant."""
    return any(each.switched_under(company, order, since) for each in _answers)


def products_that_pay_for_a_feature() -> set[int]:
    """Ids of the products whose seats pay for a line of a feature. One statement."""
    return _answers[0].products_that_pay_for_a_feature() if _answers else set()


def keep_units_of_many(imported: Sequence[Imported]) -> None:
    """The same as `units_brought` of orders that one import brought to many companies. A dozen statements, however many."""
    for each in _answers:
        if imported:
            each.keep_units_of_many(imported)


def member_gone(act: ActInProgress, person: User) -> None:
    """By `act` a person is no member of its company any more: what they asked for there is over."""
    for each in _answers:
        each.end_requests_of(act, person)


def allocated_otherwise(days: Mapping[int, date], products: Collection[int]) -> set[tuple[int, int]]:
    """(company id, product id) where what the product's seats pay for has more units than licenses keep in use there, on the
    company's day or planned for later. Four statements.
    """
    return _answers[0].allocated_otherwise(days, products) if _answers and days and products else set()
