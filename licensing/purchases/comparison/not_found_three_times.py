"""A purchase that its marketplace does not find is reported after the third time in a row; nothing is changed here."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from licensing.models import Subscription
from licensing.purchases.activation.not_found import APART
from licensing.purchases.for_support.list_for_support import Found, Kind, keep_list

MISSING_TIMES = 3
"""A purchase not found so often in a row, minutes apart, is reported; a single miss may be the marketplace's."""


def note_missing(row: Subscription) -> None:
    """Count that it was not found; on support's list after the third time in a row."""
    now = timezone.now()
    if row.missing_at is None or now - row.missing_at >= APART:
        row.missing_times += 1
        Subscription.objects.filter(pk=row.pk).update(missing_times=row.missing_times, missing_at=now)
    if row.missing_times >= MISSING_TIMES:
        problem = _("Nothing was changed here. Ask the marketplace's support.")
        keep_list(row, [Found(Kind.NOT_THERE, "", row.status, problem)], passed_over=Kind.values)
