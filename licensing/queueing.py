"""Queueing jobs by name: whoever queues one needs nothing of what it does, which `licensing.tasks` says."""

from __future__ import annotations

from typing import Any

from procrastinate.contrib.django import app

CARRY_ON_ACTIVATION = "licensing.carry_on_activation"
SETTLE_EVENT = "licensing.settle_event"
HANDLE_AGAIN = "licensing.handle_again"
LOOK_AGAIN = "licensing.look_again"
TELL_COMPANY = "licensing.tell_company"
TELL_VENDOR = "licensing.tell_vendor"
RECONCILE_ALL = "licensing.reconcile_all"
RECONCILE_ONE = "licensing.reconcile_one"
IMPORT_ROWS = "licensing.import_rows"


def after_commit(job: str, after: float = 0, **arguments: Any) -> None:
    """Queue a job with what is being written: both are there after the commit, or neither. Due in `after` seconds."""
    app.configure_task(job, schedule_in={"seconds": int(after)} if after else None, allow_unknown=False).defer(**arguments)
