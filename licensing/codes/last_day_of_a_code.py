"""The last day of a code: the one it was issued with, or that of the term it is for, if that is earlier."""

from __future__ import annotations

from datetime import date, timedelta

from licensing.acts.days.term_as_bought import term_of
from licensing.codes.refusals import (
    CodeExpired,
)
from licensing.models import ActivationCode, Order


def require_in_time(code: ActivationCode, order: Order, today: date) -> None:
    """Raise CodeExpired if the code's last day has passed, or the last day of the term it is for."""
    _starts_on, expires_on = term_of(order, today)
    last_day = expires_on - timedelta(days=1)
    if code.valid_until is not None:
        last_day = min(last_day, code.valid_until)
    if last_day < today:
        raise CodeExpired(last_day)
