"""Act: renew an order for a further term."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor, Reason
from licensing.access import require_support
from licensing.acts.conditions.goodwill_is_given_once import require_no_goodwill
from licensing.acts.conditions.what_is_paid_becomes_no_trial import require_no_later_trial
from licensing.acts.days.end_of_a_term import end_of_next_term
from licensing.acts.order_in_hand import activated, in_hand, license_of, settle
from licensing.errors import in_words
from licensing.models import License, Order, Product


@as_act
def renew_order(
    order: Order,
    *,
    today: date,
    by: Actor,
    key: str,
    starts_on: date | None = None,
    expires_on: date | None = None,
    term_months: int | None = None,
    trial: bool | None = None,
    product: Product | None = None,
    reason: Reason = "",
    note: str = "",
) -> License:
    """Issue the license of the next term: it starts where the last one ends, even when recorded later.

    It folds the last term's licenses, cancelled ones left out, into their total units, converted as one at the rate valid on its
    start. Support may choose a later start (a gap), never an earlier one. A term is renewed once, whatever its plan became: the
    renewal names the license that opened it. It is a trial, and of the product, as the last term is at its end, unless `trial`
    and `product` say otherwise; a trial may become paid, never the other way round.
    """
    require_support(by)
    order, company = activated(order)
    act = Act.begin(
        "order.renew",
        scope=company,
        key=key,
        by=by,
        reason=reason,
        note=note,
        stated={
            "order": order,
            "starts_on": starts_on,
            "expires_on": expires_on,
            "term_months": term_months,
            **({} if trial is None else {"trial": trial}),
            **({} if product is None else {"product": product}),
        },
    )
    if act.done:
        return license_of(act)
    require_no_goodwill(order)
    held = in_hand(order)
    last = held.last_term()
    require_no_later_trial(order, last, trial)
    units = last.units_at(last.last_day) if last.counts_on(last.last_day) else 0
    if not units:
        raise Refused(_("The order is cancelled: there is nothing to renew. Undo the cancellation first, or issue a new order."))
    begins = starts_on or last.expires_on
    if begins < last.expires_on:
        raise Refused(
            _("A renewal starts on %(day)s, where the term ends, or later.") % {"day": in_words(last.expires_on)},
            field="starts_on",
        )
    first = held.terms()[0].starts_on
    ends = expires_on or end_of_next_term(first, begins, term_months or order.term_months or 12)
    license = held.issue(
        act,
        kind=License.Kind.RENEWAL,
        units=units,
        product=product or last.leader.product,
        starts_on=begins,
        expires_on=ends,
        today=today,
        story=last.leader_facts,
        trial=last.leader.trial if trial is None else trial,
        renewal_of=last.opener,
    )
    settle(act, held, [license], today)
    act.finish(license=license.pk)
    return license
