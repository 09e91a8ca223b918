"""From which day an outside event holds: the one stated, at most today."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.errors import Refused


def day_of_event(on: date | None, today: date) -> date:
    """The day an outside event holds from: the one stated, at most today; without one, today."""
    if on is None:
        return today
    if on > today:
        raise Refused(_("Choose today or an earlier day."), field="on")
    return on
