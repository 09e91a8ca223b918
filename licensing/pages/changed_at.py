"""Where a buyer changes what was bought at a marketplace: its units, its renewal, its end. There, not here."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from licensing.models import Order


@dataclass(frozen=True)
class ChangedAt:
    """`name` is the marketplace's."""

    name: str
    url: str


def changed_at(order: Order) -> ChangedAt | None:
    """The buyer's own page at the order's marketplace; None where there is none, or where no address of it is set."""
    url = {
        Order.Channel.AZURE.value: settings.AZURE_ORDERS_URL,
        Order.Channel.AWS.value: settings.AWS_ORDERS_URL,
    }.get(order.channel, "")
    return ChangedAt(order.get_channel_display(), url) if url else None
