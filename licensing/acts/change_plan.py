"""Act: change the plan of an order: the current term's licenses are cancelled, one of the new product takes their place."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor
from licensing.access import require_support
from licensing.acts.change_units import say_cancelled
from licensing.acts.order_in_hand import activated, day_of_event, in_hand, issue, license_of, post_and_tell
from licensing.models import License, Order, Product


@as_act
def change_plan(
    order: Order,
    *,
    product: Product,
    today: date,
    by: Actor,
    key: str,
    on: date | None = None,
    trial: bool | None = None,
    reason: str = "",
) -> License:
    """Issue a license of `product` with the current term's total units and its expiration date, from the day on.

    A trial stays one unless `trial` says otherwise: a trial that becomes paid is a change of plan, too.
    """
    require_support(by)
    order, company = activated(order)
    act = Act.begin(
        "order.change-plan",
        scope=company,
        key=key,
        by=by,
        reason=reason,
        stated={"order": order, "product": product, "on": on, **({} if trial is None else {"trial": trial})},
    )
    if act.done:
        return license_of(act)
    held, day = in_hand(order), day_of_event(on, today)
    terms = held.running_terms(day)
    if not terms:
        raise Refused(_("The order has no license left to change."))
    term = terms[0]
    day = term.units_change_on(day)
    units = term.units_on(day)
    replaced = term.standing(day)
    if held.plan_was_changed(term):
        raise Refused(_("The plan was changed already, from a later day."), field="on")
    for license in replaced:
        say_cancelled(act, license, held.facts[license.pk], day)
    license = issue(
        act,
        order,
        kind=License.Kind.PLAN_CHANGE,
        units=units,
        product=product,
        starts_on=max(day, term.starts_on),
        expires_on=term.expires_on,
        today=today,
        story=term.opener_facts,
        trial=trial,
        replaces=term.opener,
    )
    post_and_tell(act, [*replaced, license], today)
    act.finish(license=license.pk)
    return license
