"""Act: move an order to another company, as a support case: cancelled here on a day, the rest of its terms there."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor, Reason
from licensing import credit_questions
from licensing.access import require_support
from licensing.acts.activate import activate_order
from licensing.acts.conditions.goodwill_is_given_once import require_no_goodwill
from licensing.acts.corrections.correct import correct_license
from licensing.acts.issue_order import issue_order
from licensing.acts.order_in_hand import OrderInHand, activated, in_hand, settle
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_licenses
from licensing.acts.state.suspend_and_reinstate import suspend_order
from licensing.models import Company, License, Order
from licensing.rules.terms import Term
from licensing.rules.to_be_renewed import is_to_be_renewed


@as_act(for_all="a transfer concerns two companies")
def transfer_order(order: Order, *, to: Company, today: date, by: Actor, key: str, reason: Reason, note: str = "") -> License:
    """Cancel the order for its company today and activate its successor, with the rest of its terms, for `to`.

    The successor is a trial, renewing or suspended (from the same day) as the order is, and has the renewals that were issued
    already. Each term is converted anew, at the rate valid on its start. The act under `key` is the old company's; repeated with
    another target it is refused. Returns the successor's first license. Later events of the purchase go to the successor, whose
    channel is `transfer` and which names the old order.
    """
    require_support(by, reason=reason)
    order, company = activated(order)
    if order.company_id == to.pk:
        raise Refused(_("The order belongs to this company already."), field="to")
    # Orders are locked before companies, and both companies in the order of their ids, whichever way the order moves.
    successor = Order.objects.select_for_update().succeeding(order).first()
    list(Company.objects.select_for_update(no_key=True).filter(pk__in=[order.company_id, to.pk]).order_by("pk"))
    act = Act.begin("order.transfer", scope=company, key=key, by=by, reason=reason, note=note, stated={"order": order, "to": to})
    if act.done:
        return License.objects.for_company(to).get(pk=act.result["license"])
    if successor is not None:
        return activate_order(
            successor, company=to, today=today, by=by, key=f"{key}:activate", keeps_use=None, reason=reason, note=note
        )
    require_no_goodwill(order)
    held = in_hand(order)
    terms = held.running_terms(today)
    if not terms:
        raise Refused(_("The order has no license left to transfer."))
    first = terms[0]
    begins = max(today, first.starts_on)
    units = first.units_at(begins)
    if not units:
        raise Refused(_("The order has no units left to transfer."))
    renews, suspended_on = _renews(terms[-1], held, today), suspended_since(terms, today)
    settle(act, held, cancel_licenses(act, held, today), today)
    successor = issue_order(
        channel=Order.Channel.TRANSFER,
        external_id=_reference(order),
        product=first.leader.product,
        units=units,
        name=order.name,
        term_months=order.term_months,
        term_starts_on=begins,
        term_ends_on=first.expires_on - timedelta(days=1),
        renews=renews,
        trial=first.leader.trial,
        reserved_for=to,
        transferred_from=order,
        by=by,
        key=f"{key}:order",
        reason=reason,
    )
    issued = [
        activate_order(
            successor,
            company=to,
            today=today,
            by=by,
            key=f"{key}:activate",
            keeps_use=None,
            last_total=held.last_total(),
            reason=reason,
            note=note,
        ),
    ]
    for number, term in enumerate(terms[1:], start=1):
        issued.append(
            renew_order(
                successor,
                starts_on=term.starts_on,
                expires_on=term.expires_on,
                trial=term.leader.trial,
                product=term.leader.product,
                today=today,
                by=by,
                key=f"{key}:renew:{number}",
                reason=reason,
                note=note,
            )
        )
    # Every renewal is issued before any units are brought to theirs: one that follows a term of no units could not be.
    for number, (license, term) in enumerate(zip(issued, terms, strict=True)):
        _bring_units(license, term, issued_with=units, today=today, by=by, key=f"{key}:units:{number}", reason=reason, note=note)
    if suspended_on is not None:
        suspend_order(successor, today=today, on=suspended_on, by=by, key=f"{key}:suspend", reason=reason, note=note)
    # Last, so that it is judged by what the licenses there count in the end.
    credit_questions.carry_choice(order, successor, today=today, by=by, key=f"{key}:use")
    act.finish(license=issued[0].pk)
    return issued[0]


def _reference(order: Order) -> str:
    """Where transfers were undone, the next successor has a number of its own."""
    undone = Order.objects.filter(transferred_from=order).count()
    return f"{order.channel}:{order.external_id}" + (f":{undone + 1}" if undone else "")


def suspended_since(terms: list[Term], day: date) -> date | None:
    """The day from which the order is suspended: what is said of a day in between, before the transfer, lifts it all the same."""
    facts = [term.facts[each.pk] for term in terms for each in term.standing(day)]
    return min((since for each in facts if each.state_on(day) == "suspended" and (since := each.state_since(day))), default=None)


def _renews(last: Term, held: OrderInHand, day: date) -> bool:
    return is_to_be_renewed(last.renews_on(day), as_bought=held.order.renews)


def _bring_units(
    license: License, term: Term, *, issued_with: int, today: date, by: Actor, key: str, reason: Reason, note: str
) -> None:
    """State the term's total units where `license`, issued for it with the first term's, has others.

    So a renewal that was topped up or corrected by itself keeps its units, and a correction for a later day is not lost.
    """
    begins = max(today, term.starts_on)
    held = issued_with
    for number, day in enumerate(term.change_days(begins, term.expires_on)):
        units = term.units_at(day)
        if units != held:
            on = None if day == begins else day
            correct_license(license, units=units, on=on, today=today, by=by, key=f"{key}:{number}", reason=reason, note=note)
        held = units
