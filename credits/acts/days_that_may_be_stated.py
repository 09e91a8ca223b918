"""From which days an allocation may be stated: today to ten years ahead; days in the past by support alone, with a reason."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.errors import Refused
from console.models import Actor, Reason
from licensing.access import require_support
from licensing.errors import TooFarAhead
from licensing.rules.calendar_arithmetic import add_months

LATEST_PLAN_MONTHS = 120
"""How far ahead an allocation may be planned: ten years."""


def day_to_state(on: date | None, today: date, by: Actor, reason: Reason) -> date:
    day = on or today
    if day < today:
        if not (by.is_support or by.is_machine):
            raise Refused(_("Choose today or a later day. Only support can state a day in the past."), field="on")
        require_support(by, reason=reason)
    if day > (latest := add_months(today, LATEST_PLAN_MONTHS)):
        raise TooFarAhead(latest)
    return day
