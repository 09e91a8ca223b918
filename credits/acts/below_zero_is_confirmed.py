"""A balance below zero blocks nothing, but whoever brings it there confirms it."""

from __future__ import annotations

from credits.errors import NeedsConfirmation


def require_below_zero_confirmed(balance_after: int, *, confirmed: bool) -> None:
    """Raise NeedsConfirmation for a balance below zero that nobody has confirmed."""
    if balance_after < 0 and not confirmed:
        raise NeedsConfirmation(balance_after)
