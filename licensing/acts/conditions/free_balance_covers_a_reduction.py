"""A reduction that customers or a marketplace ask for is refused unless today's free balance covers it."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.errors import Conflict
from console.models import ActInProgress
from licensing import credit_questions


class NotCovered(Conflict):
    """The free balance does not cover a reduction."""


def require_cover(act: ActInProgress, lost: int, today: date) -> None:
    """Raise NotCovered where the credits that are lost are more than what is not allocated today. One question."""
    free = credit_questions.free_balance(act.company, today)
    if free < lost:
        raise NotCovered(
            _("The reduction takes %(lost)s credits, and only %(free)s are not allocated. Lower allocations first.")
            % {"lost": f"{lost:,}", "free": f"{max(free, 0):,}"}
        )
