"""What came of a press, said where the person looks: a verb, what it was done to, and perhaps one way on.

An answer to htmx includes `includes/status_message.html` with `said` and `oob=True`; a page that is reached by a redirect
finds it among Django's messages, where `tell` has put it. Both show the same words, and the same button.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

TAG = "status-message"


@dataclass(frozen=True)
class WayOn:
    """One button of a message: a link to `url`, or with `fields` a form that posts them there (`key`, say)."""

    label: str
    url: str
    fields: dict[str, str] | None = None


@dataclass(frozen=True)
class StatusMessage:
    """ "Saved" + "Email Sensor, 956 user accounts, +30 credits. Balance 32,250." + Undo.

    `verb` is shown bold, before a colon; `words` are a sentence or two, escaped by the template. `refused` means that nothing was
    written: it is announced as an alert and does not leave by itself.
    """

    verb: str
    words: str
    way_on: WayOn | None = None
    refused: bool = False


def tell(request: HttpRequest, said: StatusMessage) -> None:
    """Keep the message for the next page that the person gets."""
    level = messages.ERROR if said.refused else messages.SUCCESS
    messages.add_message(request, level, json.dumps(asdict(said)), extra_tags=TAG)


def status_message_of(message: Message) -> StatusMessage | None:
    """The message that `tell` kept; None for another of Django's messages."""
    if TAG not in (message.extra_tags or "").split():
        return None
    kept: dict[str, Any] = json.loads(str(message.message))
    way_on = kept.pop("way_on")
    return StatusMessage(**kept, way_on=WayOn(**way_on) if way_on else None)
