"""So long after we accepted a change, the marketplace's old quantity or plan is not followed back."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from licensing.marketplaces.contract import Action
from licensing.models import MarketplaceEvent, Subscription

UNDECIDED = timedelta(seconds=60)
"""So long after we accepted a change the marketplace may still show the old quantity or plan."""


def accepted_and_not_shown_yet(row: Subscription) -> bool:
    """Whether the last change of quantity or plan we accepted a moment ago does not show there yet. One statement."""
    since = timezone.now() - UNDECIDED
    accepted = row.events.filter(to_settle=True, state=MarketplaceEvent.State.APPLIED, done_at__gt=since)
    last = accepted.filter(action__in=[Action.CHANGE_QUANTITY, Action.CHANGE_PLAN]).order_by("-done_at").first()
    return last is not None and not _shows(row, last)


def _shows(row: Subscription, event: MarketplaceEvent) -> bool:
    if event.action == Action.CHANGE_PLAN:
        return row.plan_id == event.plan_id
    return row.units == event.units
