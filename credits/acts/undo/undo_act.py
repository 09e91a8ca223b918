"""Undoing any act of support: which act does it, and whether the facts allow it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import for_company
from console.errors import DomainError
from console.models import Act, Actor, Reason
from credits.acts.undo.change_to_undo import change_to_undo, changed_since_chosen
from credits.acts.undo.undo_allocation import require_undoable, undo_allocation
from credits.errors import NotUndone
from licensing.acts.undo.change_of_an_order import change_of_an_order, order_of_act
from licensing.acts.undo.move import Move, move_of, successor_moved_by
from licensing.acts.undo.undo_order import undo_order
from licensing.acts.undo.undo_transfer import undo_transfer
from licensing.models import Company, LicenseStatement, Order
from licensing.reading.entries_in_words import name_in_words


@dataclass(frozen=True)
class Undoable:
    """Whether an act can be undone; `why_not` says in a sentence why it cannot, and what to do instead."""

    why_not: str = ""

    @property
    def can(self) -> bool:
        return not self.why_not


def may_undo(act: Act, *, by: Actor) -> Undoable:
    """As the facts are now. Writes and locks nothing; at most seven statements."""
    if act.company_id is None:
        return Undoable(_("This was done to no company: there is nothing to undo."))
    company = Company.objects.get(pk=act.company_id)
    if (move := move_of(act)) is not None:
        return Undoable(_why_not_moved(move, by))
    with for_company(company):
        order = order_of_act(company, act.pk)
        if order is not None:
            why_not = change_of_an_order(company, Order.objects.get(pk=order), act.pk).why_not
            if why_not:
                return Undoable(why_not)
        change = change_to_undo(company, act.pk)
        if change is None:
            return Undoable() if order is not None else Undoable(says_nothing_to_undo(act))
        if order is None and not change.can_be_undone_in_kind:
            return Undoable(change.says_why_not_in_kind)
        if later := changed_since_chosen(company, act):
            return Undoable(later)
        try:
            require_undoable(company, change, by)
        except DomainError as refused:
            return Undoable(str(refused))
    return Undoable()


def _why_not_moved(move: Move, by: Actor) -> str:
    """Of a transfer, and of an undo of one. Four statements more for each act that it called."""
    if move.why_not:
        return move.why_not
    with for_company(move.receiving):
        for part in move.parts:
            change = change_to_undo(move.receiving, part.pk)
            try:
                if change is not None:
                    require_undoable(move.receiving, change, by)
            except DomainError as refused:
                return _("%(company)s: %(why)s") % {"company": move.receiving.name, "why": refused}
    return ""


def says_nothing_to_undo(act: Act) -> str:
    if act.name == "order.issue":
        return _("An order that nobody activated changes no figure: leave it, or reserve another one.")
    return _("%(what)s: this changed no license and no allocation, so there is nothing to undo.") % {
        "what": name_in_words(act.name)
    }


def lock_for_undo(acts: Sequence[Act]) -> dict[int, Company]:
    """Lock what undoing these acts touches: orders, then companies, both by id; of a transfer those of both sides.

    Returns the companies by id.
    """
    said = LicenseStatement.objects.filter(act__in=[each.pk for each in acts])
    orders = set(said.values_list("license__order", flat=True))
    moved = [each for act in acts if (each := successor_moved_by(act)) is not None]
    orders |= {each.pk for each in moved}
    list(Order.objects.select_for_update().filter(pk__in=orders).order_by("pk"))
    companies = Company.objects.select_for_update(no_key=True).filter(pk__in=_concerned(acts, moved)).order_by("pk")
    return {each.pk: each for each in companies}


def companies_of(acts: Sequence[Act]) -> list[Company]:
    """The companies whose figures the undos of these acts change, by name."""
    moved = [each for act in acts if (each := successor_moved_by(act)) is not None]
    return list(Company.objects.filter(pk__in=_concerned(acts, moved)).order_by("name", "pk"))


def _concerned(acts: Sequence[Act], moved: Sequence[Order]) -> set[int]:
    """The ids of the companies of acts, and of those that the orders were moved to."""
    return {pk for pk in [*(each.company_id for each in acts), *(each.company_id for each in moved)] if pk is not None}


def undo_act(act: Act, *, today: date, by: Actor, key: str, reason: Reason, note: str = "") -> None:
    """Undo it by the act that fits. Support only, with a reason; raises DomainError where `may_undo` says why.

    A balance below zero is no obstacle: support has seen it in the preview.
    """
    assert act.company_id is not None
    company = Company.objects.get(pk=act.company_id)
    if successor_moved_by(act) is not None:
        undo_transfer(company, undoes=act.pk, today=today, by=by, key=key, reason=reason, note=note)
        return
    with for_company(company):
        of_order = order_of_act(company, act.pk) is not None
        later = changed_since_chosen(company, act)
    if of_order:
        undo_order(company, undoes=act.pk, today=today, by=by, key=key, reason=reason, note=note)
        return
    if later:
        raise NotUndone(later)
    undo_allocation(
        company,
        undoes=act.pk,
        today=today,
        by=by,
        key=key,
        reason=reason,
        note=note,
        below_zero_confirmed=True,
    )
