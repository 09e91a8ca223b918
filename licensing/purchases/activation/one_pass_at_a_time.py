"""An activation is carried on by one worker at a time; what a killed one left is taken up by another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from uuid import UUID

from django.db import Error as DatabaseProblem
from django.db import transaction
from django.utils import timezone

from licensing.models import Activation
from licensing.purchases.activation.worker_alive import at_it, hold, let_go, lock_key

State = Activation.State


LEASE = timedelta(minutes=2)
"""How long a pass may take before it counts as hanging. One whose worker is gone counts as killed at once."""


EARLY = timedelta(seconds=1)
"""A pass that comes sooner than this before it is due leaves it to the one that was queued for it."""


@contextmanager
def lease(pk: UUID | str) -> Iterator[Activation | None]:
    """The activation, if a pass is due and nobody else is at it. Given back at the end, at once by a worker that is killed."""
    now = timezone.now()
    until = now + LEASE
    row, held = None, False
    try:
        with transaction.atomic():
            row = Activation.objects.select_for_update(of=("self",)).filter(pk=pk, state=State.ACTIVATING).first()
            if row is not None and row.due_at and row.due_at > now + EARLY:
                row = None
            if row is not None:
                held = hold(pk)
            if row is not None and row.working_until and row.working_until > now and not held:
                row = None
            if row is not None:
                row.working_until = until
                row.save(update_fields=["working_until"])
        yield row
    finally:
        with suppress(DatabaseProblem):  # both end by themselves
            if held:
                let_go(pk)
            if row is not None:
                Activation.objects.filter(pk=pk, working_until=until).update(working_until=None)


def interrupted() -> list[UUID]:
    """Activations under way that nobody is at: whoever was is gone, or a pass has been due for longer than a lease."""
    now = timezone.now()
    due = Activation.objects.filter(state=State.ACTIVATING, due_at__lte=now)
    left = due.exclude(working_until=None) | due.filter(due_at__lt=now - LEASE)
    found = list(left.values_list("pk", "working_until"))
    alive = at_it() if found else set()
    return [pk for pk, until in found if until is None or until <= now or lock_key(pk) not in alive]
