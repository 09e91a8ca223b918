"""Act: move an order to another company, as a support case: cancelled here on a day, the rest of the term there."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from console.errors import Refused
from console.models import Actor
from licensing.access import require_support
from licensing.activation import activate_order
from licensing.models import Company, License, Order
from licensing.order_terms import activated, in_hand
from licensing.ordering import issue_order
from licensing.suspension import cancel_order


@transaction.atomic
def transfer_order(order: Order, *, to: Company, today: date, by: Actor, key: str, reason: str) -> License:
    """Cancel the order for its company today and activate its successor, with the rest of the term, for `to`.

    Later events of the purchase go to the successor, whose channel is `transfer` and which names the old order.
    """
    require_support(by, reason=reason)
    order, _company = activated(order)
    if order.company_id == to.pk:
        raise Refused(_("The order belongs to this company already."), field="to")
    # Orders are locked before companies, and both companies in the order of their ids, whichever way the order moves.
    successor = Order.objects.select_for_update().filter(transferred_from=order).first()
    list(Company.objects.select_for_update(no_key=True).filter(pk__in=[order.company_id, to.pk]).order_by("pk"))
    if successor is None:
        terms = in_hand(order).running_terms(today)
        if not terms:
            raise Refused(_("The order has no license left to transfer."))
        units, ends_on = terms[0].units_on(today), terms[0].expires_on - timedelta(days=1)
        if not units:
            raise Refused(_("The order has no units left to transfer."))
        product = terms[0].opener.product
        cancel_order(order, today=today, by=by, key=f"{key}:cancel", reason=reason)
        successor = issue_order(
            channel=Order.Channel.TRANSFER,
            external_id=f"{order.channel}:{order.external_id}",
            product=product,
            units=units,
            name=order.name,
            term_months=order.term_months,
            term_starts_on=max(today, terms[0].starts_on),
            term_ends_on=ends_on,
            renews=order.renews,
            trial=order.trial,
            reserved_for=to,
            transferred_from=order,
            by=by,
            key=f"{key}:order",
        )
    return activate_order(successor, company=to, today=today, by=by, key=f"{key}:activate")
