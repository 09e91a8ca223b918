"""How long what mails said is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from console.models import OutgoingMail


def forget_old_mail(now: datetime) -> int:
    """Addresses, subjects and texts go after the days of retention; that there was a mail stays. One statement."""
    old = OutgoingMail.objects.filter(created_at__lt=now - timedelta(days=settings.RETENTION_DAYS))
    return old.exclude(to="", subject="", text="").update(to="", subject="", text="")
