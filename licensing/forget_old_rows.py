"""What is kept for a while only, and for how long: tokens that were not used, notifications as received, notes on connections."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from licensing.imports.file_of_a_run import forget_files
from licensing.models import Activation, ConnectionNote, MarketplaceEvent
from licensing.purchases.activation.exchange_token import forget_tokens

KEPT_OF_STRANGERS = timedelta(days=2)
"""A token is gone after one."""


def forget_old_rows(now: datetime) -> None:
    """Tokens go when they can no longer be used, the rest after the days of retention. Nine statements."""
    kept = timedelta(days=settings.RETENTION_DAYS)
    ConnectionNote.objects.filter(last_at__lt=now - kept).delete()
    forget_tokens(Activation.objects.exclude(token_sealed="").filter(token_until__lt=now))
    # Landing pages that nobody signed in from; nothing was found, so nothing is lost.
    strangers = Activation.objects.filter(state=Activation.State.BROUGHT, subscription=None, person=None)
    strangers.filter(brought_at__lt=now - KEPT_OF_STRANGERS).delete()
    Activation.objects.filter(state=Activation.State.BROUGHT, subscription=None, brought_at__lt=now - kept).delete()
    forget_files(now)
    MarketplaceEvent.objects.exclude(raw="").filter(received_at__lt=now - kept).update(raw="")
