"""Telling a company that a change it made at the marketplace was refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from console.company_in_hand import for_company
from licensing.marketplaces.contract import Action
from licensing.models import MarketplaceEvent
from licensing.notices.kinds import REFUSED
from licensing.notices.telling import News, tell
from licensing.notices.to_vendor.queued import tell_vendor
from licensing.purchases.order_in_charge import successor_of
from licensing.rules.units_in_words import in_units

REFUSED_HOLDS = timedelta(days=30)


def tell_refused(event: MarketplaceEvent, reason: str) -> None:
    """A change of quantity or plan was refused. Inside the caller's transaction; the mails leave after it."""
    tell_vendor("refused", str(event.pk))
    subscription = event.subscription
    if subscription is None or subscription.order is None:
        return
    order = successor_of(subscription.order)
    if order.company is None:
        return
    now = timezone.now()
    units = event.units if event.action == Action.CHANGE_QUANTITY else None
    facts: dict[str, Any] = {
        "name": order.name or order.product.name,
        "order": order.number,
        "wanted": in_units(units, order.product.unit) if units is not None else _("plan %(plan)s") % {"plan": event.plan_id},
        "reason": reason,
    }
    until = order.company.day_of(now) + REFUSED_HOLDS
    with for_company(order.company):
        tell([News(order.company.pk, REFUSED.name, f"operation:{event.channel}:{event.external_id}", facts, until)], now=now)
