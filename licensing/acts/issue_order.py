"""Act: record a purchase. Nobody holds it until it is activated."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.allowed_text import require_text
from console.company_in_hand import as_act
from console.errors import Conflict, Refused
from console.models import Act, Actor, Reason, why_of
from licensing.access import require_support
from licensing.allowed_units import whole_units
from licensing.models import Company, Order, Product
from licensing.units_a_marketplace_sells import require_units_that_are_sold


@as_act
def issue_order(
    *,
    channel: str,
    external_id: str,
    product: Product,
    units: int,
    by: Actor,
    key: str,
    name: str = "",
    term_months: int | None = 12,
    term_starts_on: date | None = None,
    term_ends_on: date | None = None,
    renews: bool = False,
    trial: bool = False,
    goodwill: bool = False,
    reserved_for: Company | None = None,
    transferred_from: Order | None = None,
    counts_units: bool = True,
    reason: Reason = "",
    note: str = "",
) -> Order:
    """Record an order as bought. Support and machines only. Raises Refused beside a field, Conflict for a known order.

    Where the plan counts units, a marketplace's order has as many as it sells; support passes its limits with a `reason`.
    """
    require_support(by)
    stated = {
        "external_id": external_id,
        "product": product,
        "units": units,
        "name": name,
        "term_months": term_months,
        "term_starts_on": term_starts_on,
        "term_ends_on": term_ends_on,
        "renews": renews,
        "trial": trial,
        "goodwill": goodwill,
        "reserved_for": reserved_for,
        "transferred_from": transferred_from,
    }
    act = Act.begin("order.issue", scope=f"channel:{channel}", key=key, by=by, reason=reason, note=note, stated=stated)
    if act.done:
        return Order.objects.get(pk=act.result["order"])
    whole_units(units)
    if channel not in Order.Channel.values or (channel == Order.Channel.TRANSFER) != (transferred_from is not None):
        raise Refused(_("Choose a channel; an order of the channel transfer names the order it came from."), field="channel")
    if counts_units and not (by.is_support and why_of(reason)):
        require_units_that_are_sold(channel, units)
    require_text(external_id, most=100, field="external_id")
    require_text(name, most=150, field="name", required=False)
    if term_ends_on is None and (term_months is None or not 1 <= term_months <= 120):
        raise Refused(_("Enter a term of 1 to 120 months, or the day it ends."), field="term_months")
    if term_starts_on and term_ends_on and term_ends_on < term_starts_on:
        raise Refused(_("A term cannot end before it starts."), field="term_ends_on")
    if Order.objects.filter(channel=channel, external_id=external_id).exists():
        raise Conflict(_("Order %(order)s is recorded already.") % {"order": external_id}, field="external_id")
    order = Order.objects.create(
        channel=channel,
        external_id=external_id,
        product=product,
        units=units,
        name=name,
        term_months=term_months,
        term_starts_on=term_starts_on,
        term_ends_on=term_ends_on,
        renews=renews,
        trial=trial,
        goodwill=goodwill,
        reserved_for=reserved_for,
        transferred_from=transferred_from,
        act_id=act.id,
    )
    act.finish(order=order.pk)
    return order
