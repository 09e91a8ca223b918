"""A buyer's own pages at a marketplace: where an order is changed (its units, its renewal, its end), and where its bills are."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from licensing.models import Order


@dataclass(frozen=True)
class ChangedAt:
    """`name` is the marketplace's, or its page's."""

    name: str
    url: str


def changed_at(order: Order) -> ChangedAt | None:
    """The buyer's own page at the order's marketplace; None where there is none, or where no address of it is set."""
    url = {
        Order.Channel.AZURE.value: settings.AZURE_ORDERS_URL,
        Order.Channel.AWS.value: settings.AWS_ORDERS_URL,
    }.get(order.channel, "")
    return ChangedAt(order.get_channel_display(), url) if url else None


def billed_at(order: Order) -> ChangedAt | None:
    """Where the buyer sees use and cost at the order's marketplace; None where no address of it is set."""
    name, url = {
        Order.Channel.AZURE.value: (_("Azure billing"), settings.AZURE_BILLING_URL),
        Order.Channel.AWS.value: (_("AWS billing"), settings.AWS_BILLING_URL),
    }.get(order.channel, ("", ""))
    return ChangedAt(name, url) if url else None
