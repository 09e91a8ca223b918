"""When a purchase is read again of which a notification told."""

from __future__ import annotations

AGAIN_AFTER = (5, 30, 120, 600)
"""Seconds after which a purchase is read again that does not show yet what we were told."""


FOR_A_DAY = (*AGAIN_AFTER, 3600, 6 * 3600, 24 * 3600)
"""A renewal is announced before or after its dates move; nobody says which."""


AFTER_DECISION = (30, 300)
