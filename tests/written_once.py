"""What the tests of a module share is written once; each test's own changes are rolled back before it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def written_once() -> Iterator[None]:
    """Afterwards nothing of it is left. As in a test's own transaction, Django lets begin in it what has to be outermost."""
    outermost = transaction.atomic()
    outermost._from_testcase = True  # type: ignore[attr-defined]  # no argument says it
    with outermost:
        yield
        transaction.set_rollback(True)
