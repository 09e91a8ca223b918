"""Act: fewer units (a reduction): the newest license gives first; one left with none is cancelled that day."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, ActInProgress, Actor, Reason
from licensing.access import require_support
from licensing.acts.conditions.free_balance_covers_a_reduction import require_cover
from licensing.acts.conditions.goodwill_is_given_once import require_no_goodwill
from licensing.acts.conditions.terms_an_act_changes import terms_to_change
from licensing.acts.days.day_of_an_outside_event import day_of_event
from licensing.acts.order_in_hand import OrderInHand, activated, finish_with, in_hand, licenses_of
from licensing.acts.state.cancelled_on_later_days import say_cancelled
from licensing.acts.units.days_a_total_holds import days_changed, say_total
from licensing.allowed_units import whole_units
from licensing.models import License, LicenseStatement, Order
from licensing.rules.license_profile import LicenseFacts
from licensing.rules.terms import Term


@as_act
def reduce_order(
    order: Order,
    *,
    units: int,
    today: date,
    by: Actor,
    key: str,
    on: date | None = None,
    reason: Reason = "",
    note: str = "",
    only_if_covered: bool = False,
) -> list[License]:
    """Bring every term of the order not yet over down to `units`, each by itself, from its newest license back.

    From the day on until the next one for which the order's units in all were stated, the term has at most so many, whatever was
    recorded meanwhile; of each day the newest of the licenses that count then gives first. A license left with 0 units is
    cancelled that day. With `only_if_covered` it is refused (NotCovered) unless today's balance covers the credits it takes away.
    Returns the licenses that changed.
    """
    require_support(by)
    order, company = activated(order)
    act = Act.begin(
        "order.reduce",
        scope=company,
        key=key,
        by=by,
        reason=reason,
        note=note,
        stated={"order": order, "units": units, "on": on, "only_if_covered": only_if_covered},
    )
    if act.done:
        return licenses_of(act)
    whole_units(units)
    require_no_goodwill(order)
    held, day = in_hand(order), day_of_event(on, today)
    terms = terms_to_change(held, day)
    worth_today = _credits_on(held, today)
    say_total(act, held, units, day)
    changed = [license for term in terms for license in bring_down(act, held, term, units, day)]
    if not changed:
        raise Refused(_("The order has no more than %(units)s units already.") % {"units": f"{units:,}"}, field="units")
    if only_if_covered:
        require_cover(act, worth_today - _credits_on(held, today), today)
    return finish_with(act, held, changed, today)


def bring_down(act: ActInProgress, held: OrderInHand, term: Term, most: int, day: date) -> list[License]:
    """Let the term have at most so many units on each day that a total of `day` reaches: the newest license gives first."""
    wanted: dict[int, dict[date, int]] = {each.pk: {} for each in term.licenses}
    for each in days_changed(held, term, day):
        over = term.units_at(each) - most
        for license in reversed(term.licenses):
            if term.has(license, each):
                units = term.facts[license.pk].units_on(each)
                taken = min(max(over, 0), units)
                wanted[license.pk][each] = units - taken
                over -= taken
    until = held.next_total_after(day)
    changed = []
    for license in term.licenses:
        goes_on = until is not None and term.has(license, until)
        if _state_units(act, held, license, wanted[license.pk], day, until if goes_on else None):
            changed.append(license)
    return changed


def _state_units(
    act: ActInProgress, held: OrderInHand, license: License, wanted: dict[date, int], day: date, until: date | None
) -> bool:
    """State the units that a license is to have on each day until the next total; what held from there on holds again.

    `until` is None where none was stated, or the license is none of the term's by then.
    False where it has them already. A license that has not begun has them from `day` on, should its start be corrected. One
    that this act issued has nothing after those days.
    """
    facts = held.facts[license.pk]
    is_new = facts.issued.act == act.id
    has_them = all(facts.units_on(each) == units for each, units in wanted.items())
    if not wanted or (has_them and not (is_new and until is not None)):
        return False
    timeline = _timeline(facts, wanted, day)
    if until is not None:
        timeline[until] = 0 if is_new else facts.units_on(until)
    for each, units in sorted(timeline.items()):
        now = held.facts[license.pk].units_on(each)
        if now != units:
            kind = LicenseStatement.Kind.REDUCED if units < now else LicenseStatement.Kind.CORRECTED
            held.say_units(act, license, kind, each, units)
    _give_up(act, held, license)
    return True


def _timeline(facts: LicenseFacts, wanted: dict[date, int], day: date) -> dict[date, int]:
    """The same for every day that has something said: before the license begins, no more than it begins with."""
    known = sorted(wanted)
    days = {day, *known, *(said.day for said in facts.quantities[1:] if day <= said.day <= known[-1])}
    begins = {each: min(facts.units_on(each), wanted[known[0]]) for each in days if each < known[0]}
    return begins | {each: wanted[max(one for one in known if one <= each)] for each in days if each >= known[0]}


def _give_up(act: ActInProgress, held: OrderInHand, license: License) -> None:
    """Cancel a license that has no units any more, from the day on which it was left without."""
    facts = held.facts[license.pk]
    last = facts.units_on(facts.last_day)
    emptied = [each.day for each in facts.quantities if each.act == act.id and each.kind == "reduced" and each.units == 0]
    since = [each for each in emptied if all(facts.units_on(said.day) == 0 for said in facts.quantities if said.day >= each)]
    if last == 0 and since and (facts.given_up_on is None or min(since) < facts.given_up_on):
        # Both are said: should support undo a cancellation of the order, what was reduced stays gone.
        say_cancelled(act, held, license, min(since), for_good=True)


def _credits_on(held: OrderInHand, day: date) -> int:
    return sum(held.facts[each.pk].credits_on(day) for each in held.licenses)
