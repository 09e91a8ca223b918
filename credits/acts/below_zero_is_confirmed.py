"""A balance below zero blocks nothing, but whoever brings it there confirms it."""

from __future__ import annotations

from credits.errors import NeedsConfirmation


def require_below_zero_confirmed(balance_after: int, *, confirmed: bool | int) -> None:
    """Raise NeedsConfirmation for a balance below zero that nobody has confirmed.

    `confirmed` is the balance that the person has seen and confirmed, which a lower one is not; True is any.
    """
    if balance_after < 0 and (confirmed is False or (confirmed is not True and balance_after < confirmed)):
        raise NeedsConfirmation(balance_after)
