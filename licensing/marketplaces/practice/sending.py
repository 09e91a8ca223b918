"""Webhooks: one signed POST per attempt, and the schedule of attempts.

A 2xx answer opens the window in which silence is consent; a 4xx answer within it refuses the change; anything else, or none,
is tried again until 8 hours are over. No transaction is open while the publisher is asked.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import requests
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from licensing.marketplaces.practice import changes, faults, tokens
from licensing.marketplaces.practice.models import GIVES_UP_AFTER, WINDOW, PracticeCall, PracticeOperation

TIMEOUT = 12
RETRY_AFTER = [timedelta(seconds=10), timedelta(seconds=30), timedelta(minutes=1)]
"""After the first, second, and every further attempt."""


def call_of(operation: PracticeOperation) -> PracticeCall:
    return operation.calls.get()


def deliver(call: PracticeCall, *, first: bool = False, again: bool = False) -> PracticeCall:
    """Make one attempt, and note what came of it.

    `first` makes none where one has been made already; `again` makes one also where nothing is left to try.
    """
    if not claim(call, first=first, again=again):
        return call
    fault = faults.take("webhook")
    how = fault.how if fault else ""
    if how == "skip":
        return note(call, timezone.now(), 0, "Not sent: ordered to be skipped", counts_as_answered=True)
    if how == "later":
        return note(call, timezone.now(), 0, "Held back: ordered to come after the next")
    post(call, how)
    if how == "twice":
        post(call, how)
    return call


def deliver_due(now: datetime | None = None) -> list[PracticeCall]:
    """Attempt everything that is due at `now`, in the order in which it came about; returns what was attempted."""
    now = now or timezone.now()
    changes.settle_due(now)
    due = list(PracticeCall.objects.filter(due_at__lte=now).select_related("operation"))
    return [deliver(call) for call in due]


def claim(call: PracticeCall, *, first: bool, again: bool) -> bool:
    """Take the attempt, so that nobody else makes it at the same time."""
    with transaction.atomic():
        locked = PracticeCall.objects.select_for_update().get(pk=call.pk)
        now = timezone.now()
        taken = locked.due_at is None or (first and (locked.attempts or locked.due_at > now))
        if taken and not again:
            return False
        call.attempts, call.answered_at = locked.attempts, locked.answered_at
        wait = RETRY_AFTER[min(len(call.attempts), len(RETRY_AFTER) - 1)]
        over = call.answered_at is not None or now >= call.made_at + GIVES_UP_AFTER
        call.due_at = None if over else now + wait
        call.save(update_fields=["due_at"])
    return True


def post(call: PracticeCall, how: str) -> PracticeCall:
    token = tokens.webhook_token(
        private_pem=tokens.new_private_key() if how == "forged" else "",
        audience="00000000-0000-0000-0000-00000000feed" if how == "wrong-audience" else "",
        expired=how == "expired-token",
    )
    began = timezone.now()
    try:
        answer = requests.post(
            settings.PRACTICE_WEBHOOK_URL,
            json=call.body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
            allow_redirects=False,
        )
    except requests.RequestException as problem:
        return note(call, began, 0, f"No answer: {type(problem).__name__}")
    if how == "lost-answer":
        return note(call, began, 0, "No answer: ordered to miss it")
    said = answer.text[:200] if "html" not in answer.headers.get("Content-Type", "") else ""
    return note(call, began, answer.status_code, said)


def note(call: PracticeCall, began: datetime, status: int, said: str, *, counts_as_answered: bool = False) -> PracticeCall:
    """Keep the attempt and act on the answer."""
    now = timezone.now()
    in_time = now - began <= WINDOW
    answered = counts_as_answered or 200 <= status < 300 or 400 <= status < 500
    with transaction.atomic():
        locked = PracticeCall.objects.select_for_update().get(pk=call.pk)
        seconds = round((now - began).total_seconds(), 1)
        locked.attempts.append({"at": began.isoformat(), "seconds": seconds, "status": status, "said": said.replace("\0", "")})
        if answered:
            locked.due_at, locked.answered_at = None, locked.answered_at or now
        locked.save(update_fields=["attempts", "due_at", "answered_at"])
        if answered:
            PracticeOperation.objects.filter(pk=call.operation_id, called_at=None).update(called_at=began)
    call.attempts, call.due_at, call.answered_at = locked.attempts, locked.due_at, locked.answered_at
    if 400 <= status < 500 and in_time:
        changes.settle_quietly(call.operation, accepted=False, outcome=f"Refused by the publisher: it answered {status}")
    call.operation.refresh_from_db()
    return call
