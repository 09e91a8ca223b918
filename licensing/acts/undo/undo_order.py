"""Act: undo an act on an order: all that it said of licenses is withdrawn, so that what held before it holds again."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from console.company_in_hand import as_act, for_company
from console.errors import Conflict, Refused
from console.models import Act, Actor, Reason
from licensing.access import require_support
from licensing.acts.order_in_hand import licenses_of, lock_order
from licensing.acts.undo.change_of_an_order import UNDO_ORDER, change_of_an_order, order_of_act
from licensing.acts.undo.withdraw import withdraw
from licensing.models import Company, License, Order


class NotUndoneOfOrder(Conflict):
    """Something stands in the way of undoing an act; the message says what, and what to do instead."""


@as_act
def undo_order(
    company: Company, *, undoes: UUID, today: date, by: Actor, key: str, reason: Reason, note: str = ""
) -> list[License]:
    """Withdraw every statement that an act made about licenses, and what it kept in use. Support only, with a reason.

    Every figure of every day is then as if the act had never been; what was known in between stays known. An undo is undone the
    same way. Licenses that the act issued are then none of the order's. Raises NotUndoneOfOrder (409) where a later act counts
    on it, where a marketplace would set it back, and for acts that are for good; Refused for one that said nothing of a license.
    """
    require_support(by, reason=reason)
    with for_company(company):
        found = order_of_act(company, undoes)
    order = None if found is None else lock_order(Order.objects.get(pk=found))
    doing = Act.begin(UNDO_ORDER, scope=company, key=key, by=by, reason=reason, note=note, stated={"undoes": undoes})
    if doing.done:
        return licenses_of(doing)
    if order is None:
        raise Refused(_("This changed no license: there is nothing to undo."))
    change = change_of_an_order(company, order, undoes)
    if why_not := change.why_not:
        raise NotUndoneOfOrder(why_not)
    licenses, _said = withdraw(doing, change.of_order, undoes, today)
    doing.finish(
        undoes=undoes,
        undoes_name=change.act.name,
        order=order.pk,
        licenses=[each.pk for each in licenses],
    )
    return licenses
