"""Which jobs go first. Each task has a row here, with its lane, its priority and the reason; nothing else states either.

A lane has slots of its own (`console.jobs.worker`), so that what takes long in one never holds up another; within a lane the
higher priority goes first, then what was queued first. People are served before machines, one purchase before all of them,
what is told at once before what is told once a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict


class Lane(StrEnum):
    """The name of the queue of procrastinate that a job waits in."""

    PEOPLE = "people"
    """Somebody looks at a page until it is done, or a marketplace waits for our word."""
    POST = "post"
    """Mails that somebody waits for: a mail server that does not answer holds up nothing else."""
    REST = "default"
    """Everything else. The name that jobs have which were queued without a lane."""


@dataclass(frozen=True)
class Place:
    lane: Lane
    priority: int
    because: str


class Deferred(TypedDict):
    queue: str
    priority: int


class OfTask(Deferred):
    name: str


class OnceOnly(OfTask):
    queueing_lock: str


TASKS = {
    "console.retry_stalled_jobs": Place(Lane.PEOPLE, 100, "what a killed worker left may be what somebody waits for"),
    "licensing.take_up_interrupted": Place(Lane.PEOPLE, 95, "the same, of activations and of changes not acknowledged"),
    "licensing.carry_on_activation": Place(Lane.PEOPLE, 90, "a buyer looks at the page until the license is there"),
    "licensing.settle_event": Place(Lane.PEOPLE, 85, "a marketplace takes a change back that nobody acknowledges"),
    "licensing.handle_again": Place(Lane.PEOPLE, 80, "a change at a marketplace that its buyer looks for here"),
    "licensing.look_again": Place(Lane.PEOPLE, 75, "the same, once more"),
    "console.mail_reset_link": Place(Lane.POST, 70, "somebody waits for the mail, if anybody has the address"),
    "console.tell_of_passwords": Place(Lane.POST, 60, "somebody may be guessing right now"),
    "licensing.reconcile_one": Place(Lane.REST, 50, "one purchase: support has pressed it, or it was just activated"),
    "licensing.reconcile_all": Place(Lane.REST, 45, "support has pressed it, and knows that it takes long"),
    "licensing.import_rows": Place(Lane.REST, 48, "support looks at the page until it is done, and knows that it takes long"),
    "licensing.reconcile_nightly": Place(Lane.REST, 40, "may take the night"),
    "licensing.tell_vendor": Place(Lane.REST, 35, "people of the vendor wait for nothing else to know of a purchase"),
    "licensing.tell_company": Place(Lane.REST, 30, "notices of an act, which whoever acted knows of"),
    "credits.tell_what_is_due": Place(Lane.REST, 30, "notices by the calendar"),
    "credits.look_for_support": Place(Lane.REST, 28, "support's list of the hour, which people of support look at"),
    "console.send_mail": Place(Lane.REST, 25, "a mail, where `MAILS` does not say otherwise by its purpose"),
    "credits.send_digests": Place(Lane.REST, 20, "told once a day"),
    "console.forget_mail": Place(Lane.REST, 10, "housekeeping of the night"),
    "console.forget_sessions": Place(Lane.REST, 10, "housekeeping of the night"),
    "licensing.forget": Place(Lane.REST, 10, "housekeeping of the night"),
    "credits.verify_ledger": Place(Lane.REST, 5, "reads for minutes, and nothing depends on when"),
}

MAILS = {
    "account": Place(Lane.POST, 70, "somebody waits for it: a password to reset, an address to confirm"),
    "report": Place(Lane.REST, 28, "a person asked support or sales, who answer in hours"),
    "vendor": Place(Lane.REST, 27, "the vendor's people, who answer in hours"),
    "notice": Place(Lane.REST, 25, "tells of what has happened; there may be thousands at once"),
    "digest": Place(Lane.REST, 15, "told once a day"),
}
"""Sending mail, by the purpose of the mail."""

PATIENCE_SECONDS = {Lane.PEOPLE: 60, Lane.POST: 120, Lane.REST: 900}
"""A job that is due longer than this raises the alarm (`console.jobs.alarm`)."""


def of(task: str) -> OfTask:
    """For the decorator of a task: its name, and where its jobs wait. KeyError for a task without a row."""
    return {"name": task, **_deferred(TASKS[task])}


def once(task: str) -> OnceOnly:
    """The same for a task of which only one job waits at a time."""
    return {**of(task), "queueing_lock": task}


def for_mail(purpose: str) -> Deferred:
    """Where the job waits that sends a mail of this purpose."""
    return _deferred(MAILS[purpose])


def _deferred(place: Place) -> Deferred:
    return {"queue": place.lane.value, "priority": place.priority}
