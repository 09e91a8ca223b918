"""Queueing mail: a row and a job, written with what asks for the mail, so that no page waits for the mail server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from console.jobs.order import for_mail
from console.models import OutgoingMail, added_rows
from console.security.sealing import seal

SEND_MAIL = "console.send_mail"
"""The job that sends one; `console.tasks` says what it does."""


def queue_mail(*, to: str, subject: str, text: str, purpose: str, secret: bool = False) -> OutgoingMail:
    """Queue one mail: after the commit both its row and its job are there, or neither. Two statements.

    `secret` is for texts with a link or code that opens something: sealed while they wait, forgotten once they are sent.
    """
    return queue_mails([OutgoingMail(to=to, subject=subject, text=text, purpose=purpose, secret=secret)])[0]


def queue_mails(mails: Iterable[OutgoingMail]) -> list[OutgoingMail]:
    """The same for many. Two statements, none for no mails; one more for each further purpose."""
    now = timezone.now()
    rows = list(mails)
    for row in rows:
        row.created_at = now
        row.subject = " ".join(row.subject.split())[:250]
        row.text = seal(row.text) if row.secret else row.text
    if rows:
        with transaction.atomic():
            added_rows(rows, known_by=("to", "subject", "text"))
            for purpose in dict.fromkeys(row.purpose for row in rows):
                jobs: list[Any] = [{"mail": row.pk} for row in rows if row.purpose == purpose]
                app.configure_task(SEND_MAIL, allow_unknown=False, **for_mail(purpose)).batch_defer(*jobs)
    return rows
