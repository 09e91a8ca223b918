"""Act: a transfer carries what was chosen for the use of an order's seats."""

from __future__ import annotations

from datetime import date

from console.company_in_hand import as_act
from console.models import Act, Actor
from credits.acts.keep_use import use_of_order, write_changes
from licensing.acts.order_in_hand import activated
from licensing.models import Order, UseChoice


@as_act(for_all="a transfer concerns two companies")
def carry_choice(old: Order, new: Order, *, today: date, by: Actor, key: str) -> None:
    """What was chosen for an order is chosen for the one that goes on with it at another company, and kept there."""
    chosen = UseChoice.objects.filter(company=old.company_id, order=old).that_hold().first()
    if chosen is None:
        return
    order, company = activated(new)
    act = Act.begin("order.carry-use", scope=company, key=key, by=by, stated={"order": order, "keeps": chosen.keeps})
    if act.done:
        return
    changes = use_of_order(order, today).added() if chosen.keeps else []
    UseChoice.objects.create(order=order, keeps=chosen.keeps, **act.stamp())
    write_changes(act, order, changes)
    act.finish(order=order.pk, keeps=chosen.keeps, units=sum(each.effect for each in changes))
