"""Changes that wait for an answer because their notification was lost: handled as if it had come."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from licensing.marketplaces.contract import MarketplaceError, OperationStatus, Problem
from licensing.models import Subscription
from licensing.purchases.mirror import marketplace_of
from licensing.purchases.receive_notification import take_up

WAITS_TOO_LONG = timedelta(minutes=1)
"""A change open for longer at the marketplace is handled without its notification."""


def take_up_open_operations(channel: str) -> None:
    """Changes that wait for an answer, because their notification was lost: handled as if it had come."""
    source, soon = marketplace_of(channel), timezone.now() - WAITS_TOO_LONG
    for row in Subscription.objects.filter(channel=channel, order__isnull=False).not_final():
        try:
            operations = source.open_operations(row.external_id)
        except MarketplaceError as error:
            if error.problem not in (Problem.NOT_FOUND, Problem.REFUSED):
                raise
            continue
        for operation in operations:
            if operation.status == OperationStatus.OPEN and (operation.at is None or operation.at < soon):
                take_up(channel, operation)
