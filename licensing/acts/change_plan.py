"""Act: change the plan of an order: in each term not over its licenses are cancelled, one of the new product has their place."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, ActInProgress, Actor, Reason
from licensing.access import require_support
from licensing.acts.conditions.goodwill_is_given_once import require_no_goodwill
from licensing.acts.conditions.terms_an_act_changes import terms_to_change
from licensing.acts.conditions.what_is_paid_becomes_no_trial import require_no_later_trial
from licensing.acts.days.day_of_an_outside_event import day_of_event
from licensing.acts.order_in_hand import OrderInHand, activated, in_hand, license_of, settle
from licensing.acts.state.cancelled_on_later_days import say_cancelled
from licensing.errors import in_words
from licensing.models import License, LicenseStatement, Order, Product
from licensing.rules.terms import Term


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
    reason: Reason = "",
    note: str = "",
) -> License:
    """Issue, for the current term from the day on, a license of `product` with the term's total units and its expiration date.

    Renewals issued already are of the new plan from their first day: each becomes a license of kind plan change, with the units
    stated for its days. Units of later days are included, whenever they were recorded. Refused before a change of plan recorded
    already, and as a whole where the product has no rate on the first day of one of them. Returns the current term's license.

    A trial stays one unless `trial` says otherwise: a trial that becomes paid is a change of plan, too. What is paid
    for never becomes a trial.
    """
    require_support(by)
    order, company = activated(order)
    act = Act.begin(
        "order.change-plan",
        scope=company,
        key=key,
        by=by,
        reason=reason,
        note=note,
        stated={"order": order, "product": product, "on": on, **({} if trial is None else {"trial": trial})},
    )
    if act.done:
        return license_of(act)
    require_no_goodwill(order)
    held, day = in_hand(order), day_of_event(on, today)
    terms_to_change(held, day)
    # Terms that are cancelled as a whole are told as well: should the cancellation be undone, they are of the plan there is.
    terms = [term for term in held.terms() if term.expires_on > day]
    changed_on = max((each for term in terms if (each := term.changed_from()) is not None), default=None)
    if changed_on is not None and changed_on > day:
        raise Refused(
            _("The plan was changed already from %(day)s on. Choose that day or a later one.") % {"day": in_words(changed_on)},
            field="on",
        )
    for term in terms:
        require_no_later_trial(order, term, trial)
    licenses = [_replace(act, held, term, product, day, today, trial) for term in terms_to_tell(terms)]
    told = [license for term in held.terms() for license in term.licenses if term.expires_on > day]
    settle(act, held, told, today)
    act.finish(license=licenses[0].pk, licenses=sorted(each.pk for each in licenses))
    return licenses[0]


def terms_to_tell(terms: list[Term]) -> list[Term]:
    """Which of the terms not over a change of plan reaches: all of them, renewals issued already included."""
    return terms


def units_by_day(term: Term, starts_on: date) -> dict[date, int]:
    """The term's units from a day on: on that day, and on each later one on which they are others."""
    return {each: term.units_at(each) for each in term.change_days(starts_on, term.expires_on)}


def _replace(
    act: ActInProgress, held: OrderInHand, term: Term, product: Product, day: date, today: date, trial: bool | None
) -> License:
    """Cancel the term's licenses from the day on and issue one of the product in their place."""
    starts_on = max(day, term.starts_on)
    units = units_by_day(term, starts_on)
    story = term.leader_facts
    for license in term.licenses:
        ends_on = term.ends_of(license)
        if ends_on is None or ends_on > day:
            say_cancelled(act, held, license, day, for_good=True)
    license = held.issue(
        act,
        kind=License.Kind.PLAN_CHANGE,
        units=units[starts_on],
        product=product,
        starts_on=starts_on,
        expires_on=term.expires_on,
        today=today,
        story=story,
        trial=trial,
        replaces=term.leader,
    )
    before = units[starts_on]
    for later, count in sorted(units.items()):
        if count != before:
            held.say_units(act, license, LicenseStatement.Kind.CORRECTED, later, count)
        before = count
    return license
