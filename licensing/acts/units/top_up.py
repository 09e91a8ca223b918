"""Act: more units (a top-up): a further license beside the others. An existing license's row never grows."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, ActInProgress, Actor, Reason
from licensing.access import require_support
from licensing.acts.conditions.goodwill_is_given_once import require_no_goodwill
from licensing.acts.conditions.terms_an_act_changes import terms_to_change
from licensing.acts.days.day_of_an_outside_event import day_of_event
from licensing.acts.order_in_hand import OrderInHand, activated, finish_with, in_hand, licenses_of
from licensing.allowed_units import whole_units
from licensing.models import License, Order
from licensing.rules.terms import Plan, Term
from licensing.rules.units_times_rate import MAX_UNITS


@as_act
def top_up_order(
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
    """Add `units` to every term of the order not yet over: a further license each, with the term's expiration date.

    Starts on the later of the day and the term's start; suspended while the order is. Where the plan was changed on a later day,
    one more goes on under the new plan. A term that counts on none of those days gets none. Refused on or after expiry (renew
    instead), once the order is cancelled, and on a day on which it is cancelled though it counts again later.
    """
    require_support(by)
    order, company = activated(order)
    act = Act.begin(
        "order.top-up",
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
    added = [
        license for term in terms_to_top_up(held, day) for license in _top_up(act, held, term, units, term.judged_on(day), today)
    ]
    return finish_with(act, held, added, today)


def terms_to_top_up(held: OrderInHand, day: date) -> list[Term]:
    """Which terms more units of a day reach: those that count then, or later where they begin later."""
    return terms_to_change(held, day)


def _top_up(act: ActInProgress, held: OrderInHand, term: Term, units: int, day: date, today: date) -> list[License]:
    if max(term.units_at(each) for each in term.change_days(day, term.expires_on)) + units > MAX_UNITS:
        raise Refused(_("An order holds at most %(most)s units.") % {"most": f"{MAX_UNITS:,}"}, field="units")
    return [issue_top_up(act, held, term, plan, units, day, today) for plan in term.plans if _goes_on(term, plan, day)]


def _goes_on(term: Term, plan: Plan, day: date) -> bool:
    """Whether the plan has a day from `day` on."""
    leader = term.facts[plan.leader.pk]
    ends_on = leader.expires_on if plan.ends_on is None else min(plan.ends_on, leader.expires_on)
    return max(day, leader.starts_on) < ends_on


def issue_top_up(act: ActInProgress, held: OrderInHand, term: Term, plan: Plan, units: int, day: date, today: date) -> License:
    leader = term.facts[plan.leader.pk]
    return held.issue(
        act,
        kind=License.Kind.TOP_UP,
        units=units,
        product=plan.leader.product,
        starts_on=max(day, leader.starts_on),
        expires_on=leader.expires_on,
        today=today,
        story=leader,
        top_up_of=plan.leader,
    )
