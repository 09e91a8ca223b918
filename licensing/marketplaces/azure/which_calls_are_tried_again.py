"""Which calls are tried again, how often, and after how long: those that change nothing, three times at most."""

from __future__ import annotations

from collections.abc import Callable

from licensing.marketplaces.contract import MarketplaceError, Patience, Problem

TRIES = 3


LONGEST_PAUSE = 30.0
"""Seconds that a call waits before it is repeated; asked to wait longer, it comes to nothing at once."""


def tries_of(patience: Patience, *, changes_nothing: bool) -> int:
    """How often a call is made at most: one that may change something once, and so within a notification, which is short."""
    return TRIES if changes_nothing and patience is not Patience.WEBHOOK else 1


def pause_before_another(error: MarketplaceError, done: int, tries: int, chance: Callable[[], float]) -> float | None:
    """Seconds to wait before a call that failed for the `done`th time is made again; None where it is not.

    Only what fails because nobody answers as they should is worth another try. The marketplace says how long to wait; else it is
    a second, then two, spread by `chance` (from 0 to 1).
    """
    asked = error.retry_after
    pause = chance() * 2.0 ** (done - 1) if asked is None else asked
    if error.problem is not Problem.UNAVAILABLE or done == tries or pause > LONGEST_PAUSE:
        return None
    return pause
