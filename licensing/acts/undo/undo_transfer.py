"""Act: undo a transfer: what it issued for the receiving company is withdrawn, and the giving company's order holds again."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor, Reason
from licensing.access import require_support
from licensing.acts.order_in_hand import licenses_of
from licensing.acts.undo.change_of_an_order import UNDO_ORDER
from licensing.acts.undo.move import PART, Move, move_of
from licensing.acts.undo.undo_order import NotUndoneOfOrder
from licensing.acts.undo.withdraw import statements_of, withdraw
from licensing.models import Company, License, Order


@as_act(for_all="a transfer concerns two companies")
def undo_transfer(
    company: Company, *, undoes: UUID, today: date, by: Actor, key: str, reason: Reason, note: str = ""
) -> list[License]:
    """Undo it, or an undo of it, for both companies; `company` is the giving one. Returns its licenses.

    What the transfer called for the receiving company is undone there act by act, the last first, under keys that begin with
    this one. The successor then succeeds nothing, so that the order can be transferred anew. Raises NotUndoneOfOrder (409) where
    a later act counts on either order, on what was kept in use, or was done already.
    """
    require_support(by, reason=reason)
    move = move_of(Act.objects.for_company(company).get(pk=undoes))
    if move is None:
        raise Refused(_("This moved no order: there is nothing to undo."))
    list(Order.objects.select_for_update().filter(pk__in=[move.order.pk, move.successor.pk]).order_by("pk"))
    ids = [move.giving.pk, move.receiving.pk]
    list(Company.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
    doing = Act.begin(UNDO_ORDER, scope=company, key=key, by=by, reason=reason, note=note, stated={"undoes": undoes})
    if doing.done:
        return licenses_of(doing)
    if why_not := move.why_not:
        raise NotUndoneOfOrder(why_not)
    successor = Order.objects.get(pk=move.successor.pk)
    for number, part in enumerate(reversed(move.parts)):
        undo_part(move, part, today=today, by=by, key=f"{key}{PART}{number}", reason=reason, note=note)
    licenses, _said = withdraw(doing, statements_of(move.order, company), undoes, today)
    successor.transfer_undone_at = doing.recorded_at if successor.transfer_undone_at is None else None
    successor.save(update_fields=["transfer_undone_at"])
    doing.finish(
        undoes=undoes,
        undoes_name=move.act.name,
        order=move.order.pk,
        successor=successor.pk,
        licenses=[each.pk for each in licenses],
    )
    return licenses


@as_act
def undo_part(move: Move, part: Act, *, today: date, by: Actor, key: str, reason: Reason, note: str) -> None:
    """Undo what a transfer called for the receiving company; whether it may is decided of the transfer as a whole."""
    doing = Act.begin(UNDO_ORDER, scope=move.receiving, key=key, by=by, reason=reason, note=note, stated={"undoes": part.pk})
    if doing.done:
        return
    licenses, said = withdraw(doing, statements_of(move.successor, move.receiving), part.pk, today)
    if not said:
        return  # a choice for the use of seats that brought none: it goes with the order
    doing.finish(
        undoes=part.pk,
        undoes_name=part.name,
        order=move.successor.pk,
        licenses=[each.pk for each in licenses],
    )
