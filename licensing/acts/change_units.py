"""Acts: more units (a top-up), or fewer (a reduction). An existing license's row never grows."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Conflict, Refused
from console.models import Act, ActInProgress, Actor
from licensing import credit_questions
from licensing.access import require_support
from licensing.acts.order_in_hand import (
    OrderInHand,
    Term,
    activated,
    day_of_event,
    finish_with,
    in_hand,
    issue,
    licenses_of,
    say,
)
from licensing.allowed_units import whole_units
from licensing.errors import TermIsOver
from licensing.models import License, LicenseStatement, Order
from licensing.rules.license_profile import LicenseFacts
from licensing.rules.units_times_rate import MAX_UNITS, credits_for


class NotCovered(Conflict):
    """The free balance does not cover a reduction."""


@as_act
def top_up_order(
    order: Order, *, units: int, today: date, by: Actor, key: str, on: date | None = None, reason: str = ""
) -> list[License]:
    """Add `units` to every term of the order not yet over: a further license each, with the term's expiration date.

    Starts on the later of the day and the term's start; suspended while the order is. Refused on or after expiry
    (renew instead) and once the order is cancelled.
    """
    require_support(by)
    order, company = activated(order)
    act = Act.begin(
        "order.top-up", scope=company, key=key, by=by, reason=reason, stated={"order": order, "units": units, "on": on}
    )
    if act.done:
        return licenses_of(act)
    whole_units(units)
    held, day = in_hand(order), day_of_event(on, today)
    terms = _terms_to_change(held, day)
    return finish_with(act, [_top_up(act, held, term, units, day, today) for term in terms], today)


@as_act
def reduce_order(
    order: Order,
    *,
    units: int,
    today: date,
    by: Actor,
    key: str,
    on: date | None = None,
    reason: str = "",
    only_if_covered: bool = False,
) -> list[License]:
    """Bring every term of the order not yet over down to `units`, each by itself, from its newest license back.

    A license left with 0 units is cancelled that day. With `only_if_covered` it is refused (NotCovered) unless today's balance
    covers the credits it takes away. Returns the licenses that changed.
    """
    require_support(by)
    order, company = activated(order)
    act = Act.begin(
        "order.reduce",
        scope=company,
        key=key,
        by=by,
        reason=reason,
        stated={"order": order, "units": units, "on": on, "only_if_covered": only_if_covered},
    )
    if act.done:
        return licenses_of(act)
    whole_units(units)
    held, day = in_hand(order), day_of_event(on, today)
    terms = [term for term in _terms_to_change(held, day) if term.units_on(term.units_change_on(day)) > units]
    if not terms:
        raise Refused(_("The order has no more than %(units)s units already.") % {"units": f"{units:,}"}, field="units")
    if only_if_covered:
        _require_cover(act, terms, units, day, today)
    changed: list[License] = []
    for term in terms:
        since = term.units_change_on(day)
        changed += _reduce(act, term, term.units_on(since) - units, since)
    return finish_with(act, changed, today)


@as_act
def set_order_units(
    order: Order, *, units: int, today: date, by: Actor, key: str, on: date | None = None, reason: str = ""
) -> list[License]:
    """Bring every term of the order not yet over to `units` in all: topped up by what it lacks, reduced by what is over."""
    require_support(by)
    order, company = activated(order)
    act = Act.begin(
        "order.units", scope=company, key=key, by=by, reason=reason, stated={"order": order, "units": units, "on": on}
    )
    if act.done:
        return licenses_of(act)
    whole_units(units)
    held, day = in_hand(order), day_of_event(on, today)
    changed: list[License] = []
    for term in _terms_to_change(held, day):
        since = term.units_change_on(day)
        difference = units - term.units_on(since)
        if difference > 0:
            changed.append(_top_up(act, held, term, difference, since, today))
        elif difference < 0:
            changed += _reduce(act, term, -difference, since)
    return finish_with(act, changed, today)


def _terms_to_change(held: OrderInHand, day: date) -> list[Term]:
    terms = held.running_terms(day)
    if not terms:
        last = held.terms()[-1]
        if last.expires_on <= day:
            raise TermIsOver(last.expires_on)
        raise Refused(_("The order is cancelled; its units cannot change."))
    return terms


def _top_up(act: ActInProgress, held: OrderInHand, term: Term, units: int, day: date, today: date) -> License:
    if term.units_on(day) + units > MAX_UNITS:
        raise Refused(_("An order holds at most %(most)s units.") % {"most": f"{MAX_UNITS:,}"}, field="units")
    return issue(
        act,
        held.order,
        kind=License.Kind.TOP_UP,
        units=units,
        product=term.opener.product,
        starts_on=max(day, term.starts_on),
        expires_on=term.expires_on,
        today=today,
        story=term.opener_facts,
        top_up_of=term.opener,
    )


def _reduce(act: ActInProgress, term: Term, cut: int, day: date) -> list[License]:
    changed = []
    for license in reversed(term.standing(day)):
        facts, from_day = term.facts[license.pk], term.day_for(license, day)
        held = facts.quantity_on(from_day)
        units = held.units or 0
        taken = min(cut, units)
        if taken == 0:
            continue
        cut -= taken
        changed.append(license)
        credits = 0 if held.rate is None else credits_for(units - taken, held.rate)
        days = facts.days_to_state(day, facts.starts_on)
        for each in days:
            say(act, license, LicenseStatement.Kind.REDUCED, each, units=units - taken, rate=held.rate, credits=credits)
        if taken == units:
            # Both are said: should support undo a cancellation of the order, what was reduced stays gone.
            say_cancelled(act, license, facts, days[0])
    return changed


def say_cancelled(act: ActInProgress, license: License, facts: LicenseFacts, day: date) -> bool:
    """State a cancellation that lasts: repeated on each later day on which something else had been said of the state.

    False where the license was cancelled for good already, and nothing had to be said.
    """
    days = {day} | {each.day for each in facts.said if each.state and each.day > day}
    wanting = sorted(each for each in days if facts.state_on(each) != "cancelled")
    for each in wanting:
        say(act, license, LicenseStatement.Kind.CANCELLED, each, state="cancelled")
    return bool(wanting)


def _require_cover(act: ActInProgress, terms: list[Term], units: int, day: date, today: date) -> None:
    lost = 0
    for term in terms:
        cut = term.units_on(day) - units
        for license in reversed(term.standing(day)):
            facts = term.facts[license.pk]
            held = facts.quantity_on(term.day_for(license, day))
            taken = min(cut, held.units or 0)
            cut -= taken
            if facts.credits_on(today) and held.rate is not None:
                lost += (held.credits or 0) - credits_for((held.units or 0) - taken, held.rate)
    free = credit_questions.free_balance(act.company, today)
    if free < lost:
        raise NotCovered(
            _("The reduction takes %(lost)s credits, and only %(free)s are not allocated. Lower allocations first.")
            % {"lost": f"{lost:,}", "free": f"{max(free, 0):,}"}
        )
