"""When something is recorded: by the database's clock, later than all before it; or, for history, at an instant of the past."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.utils.translation import gettext as _

from console.errors import Refused

_recorded_at: ContextVar[datetime | None] = ContextVar("recorded_at", default=None)


@contextmanager
def recording_at(instant: datetime) -> Iterator[None]:
    """Record acts as of a past `instant`. For the demo loader and the import of history only.

    Each act inside still gets an instant later than its company's latest; a future one is refused.
    """
    token = _recorded_at.set(instant)
    try:
        yield
    finally:
        _recorded_at.reset(token)


def instant_of_recording(clock: datetime, earliest: datetime | None) -> datetime:
    """When the act is recorded: the database's clock, or the past instant that was asked for; after all before it."""
    asked = _recorded_at.get()
    if asked is None:
        return max(clock, earliest) if earliest else clock
    if asked > clock:
        raise Refused(_("An act cannot be recorded in the future."))
    if earliest and asked < earliest:
        raise Refused(_("History is recorded in its order: the company has a later act already."))
    return asked
