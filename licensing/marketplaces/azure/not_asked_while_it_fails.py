"""While the marketplace fails time after time, people are told so at once instead of waiting for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from licensing.marketplaces.contract import MarketplaceError, Problem

BREAKS_AFTER = 5


STAYS_OPEN = 30.0


class Breaker:
    """After five failures in a row, interactive calls stop for 30 seconds; then one may try. Per process; many threads."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures = 0
        self._opens_at = 0.0

    def check(self) -> None:
        """Raises UNAVAILABLE, with the seconds left, while calls are stopped."""
        with self._lock:
            if self._failures < BREAKS_AFTER:
                return
            left = self._opens_at - self._monotonic()
            if left <= 0:
                self._opens_at = self._monotonic() + STAYS_OPEN
                return
        raise MarketplaceError(
            Problem.UNAVAILABLE, "The marketplace failed several times in a row and is left alone for a moment.", retry_after=left
        )

    def note(self, *, failed: bool) -> None:
        with self._lock:
            self._failures = self._failures + 1 if failed else 0
            if failed and self._failures >= BREAKS_AFTER:
                self._opens_at = self._monotonic() + STAYS_OPEN
