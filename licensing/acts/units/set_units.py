"""Act: bring an order to so many units in all, as a marketplace states it: topped up or reduced, whichever it takes."""

from __future__ import annotations

from datetime import date

from console.company_in_hand import as_act
from console.models import Act, ActInProgress, Actor, Reason
from licensing.access import require_support
from licensing.acts.conditions.goodwill_is_given_once import require_no_goodwill
from licensing.acts.conditions.terms_an_act_changes import terms_to_change
from licensing.acts.days.day_of_an_outside_event import day_of_event
from licensing.acts.order_in_hand import OrderInHand, activated, finish_with, in_hand, licenses_of
from licensing.acts.units.days_a_total_holds import days_changed, say_total
from licensing.acts.units.reduce import bring_down
from licensing.acts.units.top_up import issue_top_up
from licensing.allowed_units import whole_units
from licensing.models import License, Order
from licensing.rules.terms import Term


@as_act
def set_order_units(
    order: Order,
    *,
    units: int,
    today: date,
    by: Actor,
    key: str,
    on: date | None = None,
    reason: Reason = "",
    note: str = "",
) -> list[License]:
    """Bring every term of the order not yet over to `units` in all: topped up by what it lacks, reduced by what is over.

    That holds on every day from the day on, until the next one for which the order's units in all were stated.
    """
    require_support(by)
    order, company = activated(order)
    act = Act.begin(
        "order.units",
        scope=company,
        key=key,
        by=by,
        reason=reason,
        note=note,
        stated={"order": order, "units": units, "on": on},
    )
    if act.done:
        return licenses_of(act)
    whole_units(units)
    require_no_goodwill(order)
    held, day = in_hand(order), day_of_event(on, today)
    changed: list[License] = []
    terms = terms_to_change(held, day)
    say_total(act, held, units, day)
    for term in terms:
        changed += _fill_up(act, held, term, units, day, today)
        changed += bring_down(act, held, held.term_of(term.opener), units, day)
    return finish_with(act, held, changed, today)


def _fill_up(act: ActInProgress, held: OrderInHand, term: Term, units: int, day: date, today: date) -> list[License]:
    """Top the term up where it has fewer units than stated. What that is too many of on a later day is taken off again."""
    added: list[License] = []
    for each in days_changed(held, term, day):
        term = held.term_of(term.opener)
        plan = term.plan_on(each)
        lacking = units - term.units_at(each)
        if plan is not None and lacking > 0:
            added.append(issue_top_up(act, held, term, plan, lacking, each, today))
    return added
