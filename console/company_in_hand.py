"""The company in hand: for whom questions are asked and acts are done right now. Knows ids only.

    with for_company(company): ...    # one company: its pages; an act takes the company that it locks
    with for_person(user): ...        # what the person's own companies hold: memberships, unread notices, balances to choose by
    with for_customers_of(company): ...    # a service provider's customers, their figures alone, to read
    @for_all("the hourly notices")    # every company, stated with the reason: staff, jobs, commands

What asks a tenant table does so inside one of these. From all and from a person's companies one narrows to a company, from
one company never to another and never back to all, but from a service provider to its own customers: a page that mixes up two
companies is stopped before it asks.
The database is told with each statement, and shows the role that serves no other rows (`console.database_roles.row_security`).
Each thread and each request has its own; the end of a block restores what held before it, also after an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, Protocol, overload

from django.db import transaction

from console.allowed_text import hold_to_text
from console.logs.under_way import note_company


class HasKey(Protocol):
    """A row of a model, such as a company or a person."""

    @property
    def pk(self) -> Any: ...


class NotInHand(RuntimeError):
    """Code asks for another company than the one in hand. A mistake of ours, never shown to people."""


@dataclass(frozen=True)
class InHand:
    """One company, one person's companies, a provider's customers, or all for a reason: exactly one of the four."""

    company: int | None = None
    person: int | None = None
    all_because: str = ""
    provider: int | None = None

    def __str__(self) -> str:
        if self.company is not None:
            return f"company {self.company}"
        if self.provider is not None:
            return f"the customers of company {self.provider}"
        return f"the companies of person {self.person}" if self.person is not None else f"all companies ({self.all_because})"


_in_hand: ContextVar[InHand | None] = ContextVar("company_in_hand", default=None)
_in_an_act: ContextVar[str] = ContextVar("in_an_act", default="")
"""In an act on one "company", in one that stated "all", or, empty, in none."""


def in_hand_now() -> InHand | None:
    """What is in hand; None outside of every block, where no tenant table may be asked."""
    return _in_hand.get()


def _narrowed(wanted: InHand) -> InHand:
    held = _in_hand.get()
    if held is None or held == wanted:
        return wanted
    if held.all_because:
        return held if wanted.all_because else wanted
    if held.person is not None and wanted.company is not None:
        return wanted
    if held.company is not None and held.company == wanted.provider:
        return wanted
    raise NotInHand(f"{held} is in hand: {wanted} cannot be asked for before that has ended.")


@contextmanager
def for_company(company: HasKey | int) -> Iterator[None]:
    """For one company, given as its row or its id. Within itself it changes nothing; within another company it is NotInHand."""
    yield from _holding(InHand(company=_id_of(company)))


@contextmanager
def for_person(person: HasKey | int) -> Iterator[None]:
    """For what a person's own companies hold, asked for together. NotInHand within a company, and within somebody else's."""
    yield from _holding(InHand(person=_id_of(person)))


@contextmanager
def for_customers_of(provider: HasKey | int) -> Iterator[None]:
    """For the customers of a service provider that are open to it, one level down. NotInHand within another company.

    The database shows the figures alone (models of which each says `seen_by_its_provider`), and takes no write.
    """
    yield from _holding(InHand(provider=_id_of(provider)))


@contextmanager
def for_all(because: str) -> Iterator[None]:
    """For all companies; `because` says why. NotInHand within a company or a person's companies."""
    if not because.strip():
        raise ValueError("State why all companies are asked.")
    yield from _holding(InHand(all_because=because))


def _holding(wanted: InHand) -> Iterator[None]:
    token = _in_hand.set(_narrowed(wanted))
    if wanted.company is not None:
        note_company(wanted.company)
    try:
        yield
    finally:
        _in_hand.reset(token)


def _id_of(row: HasKey | int) -> int:
    found = row if isinstance(row, int) else row.pk
    if found is None:
        raise ValueError("It has no id yet.")
    return int(found)


# --- Acts


@overload
def as_act[**P, R](function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def as_act[**P, R](*, for_all: str) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def as_act(function: Callable[..., Any] | None = None, /, *, for_all: str = "") -> Any:
    """An act: one transaction, in which the company that `Act.begin` locks is in hand from there to the end.

    So an act names its company once, where it locks it, and cannot go on to another's rows. One that concerns several states
    all, with the reason: `@as_act(for_all="a transfer concerns two companies")`.

    Texts that people type are looked at first: every `str` parameter is held to `allowed_text`, with a Refused beside its name.
    Not within another act: what that passes on was looked at, or is kept already.
    """

    def decorate(act: Callable[..., Any]) -> Callable[..., Any]:
        hold = hold_to_text(act)

        @wraps(act)
        def whole_act(*args: Any, **kwargs: Any) -> Any:
            if not _in_an_act.get():
                hold(*args, **kwargs)
            held = _in_hand.get() if not for_all else _narrowed(InHand(all_because=for_all))
            token, outer = _in_hand.set(held), _in_an_act.set("all" if for_all else "company")
            try:
                with transaction.atomic():
                    return act(*args, **kwargs)
            finally:
                _in_an_act.reset(outer)
                _in_hand.reset(token)

        return whole_act

    return decorate if function is None else decorate(function)


def take_in_hand(company: HasKey | int) -> None:
    """From here to the end of the act, unless it stated all. For `Act.begin` alone; NotInHand outside of an `@as_act`."""
    if not _in_an_act.get():
        raise NotInHand("An act on a company is a function decorated with @as_act.")
    if _in_an_act.get() == "company":
        _in_hand.set(_narrowed(InHand(company=_id_of(company))))
    note_company(_id_of(company))
