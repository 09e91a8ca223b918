"""A purchase that its marketplace does not find: believed after the third reading, each minutes after the one before."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from licensing.models import Activation

APART = timedelta(minutes=2)
"""A reading that comes sooner after the one before is none of its own."""
READINGS = 3


def missed(activation: Activation) -> bool:
    """Write down that the marketplace did not find the purchase, or its token. Whether that is to be believed now."""
    now = timezone.now()
    if not activation.missed_at or now - activation.missed_at[-1] >= APART:
        activation.missed_at = [*activation.missed_at, now][-READINGS:]
        Activation.objects.filter(pk=activation.pk).update(missed_at=activation.missed_at)
    return len(activation.missed_at) >= READINGS


def found_again(activation: Activation) -> None:
    """The marketplace knows it: what it said before was nothing."""
    if activation.missed_at:
        activation.missed_at = []
        Activation.objects.filter(pk=activation.pk).update(missed_at=[])
