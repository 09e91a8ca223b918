"""Act: what was left available of converted seats is kept in use after all, or left available again."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor
from credits.acts.approvals.second_person import (
    most_raised,
    require_second_person,
    require_second_person_below_zero,
    rule_of,
)
from credits.acts.keep_use import use_of_order, write_changes
from licensing.access import require
from licensing.acts.order_in_hand import activated
from licensing.models import Order, Permission, UseChoice


@as_act
def choose_use(order: Order, *, keeps: bool, today: date, by: Actor, key: str) -> int:
    """Keep what an order's seats paid for in use after all, or leave its credits available again. Returns the units changed.

    Kept: its units of today are brought anew, those of later days as they rise. Left: what keeping added for the order is taken
    back from today on, as far as it still stands. Refused where neither changes anything. Raises NeedsApproval when what is kept
    is for a second person: no request is made of a choice, so the sentence says where to ask.
    """
    order, company = activated(order)
    require(by, company, Permission.ALLOCATE)
    act = Act.begin("order.choose-use", scope=company, key=key, by=by, stated={"order": order, "keeps": keeps})
    if act.done:
        return int(act.result["units"])
    use = use_of_order(order, today)
    changes = use.added() if keeps else use.taken_back(today)
    chosen = UseChoice.objects.for_company(company).filter(order=order).that_hold().first()
    if not changes and (keeps or chosen is None or not chosen.keeps):
        raise Refused(
            _("Nothing more of this order can be kept in use: what it pays for is in use already, or takes no units today.")
            if keeps
            else _("Nothing of this order is kept in use that could be taken back.")
        )
    UseChoice.objects.create(order=order, keeps=keeps, **act.stamp())
    write_changes(act, order, changes)
    units = sum(each.effect for each in changes)
    raised = most_raised(act)
    if raised:
        rule = rule_of(company)
        require_second_person_below_zero(act, today=today, rule=rule)
        require_second_person(act, today=today, raised=raised, balance_after=0, rule=rule, by_hand=True)
    act.finish(order=order.pk, keeps=keeps, units=units, raised=raised, made_on=today)
    return units
