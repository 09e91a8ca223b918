"""Mails as a page, where there is no mail server: what would be sent is printed and kept in a folder, the latest first.

    MAILERS = {"default": {"BACKEND": "console.mail.read_in_development.Backend"}}
    MAILS_KEPT_IN = "/…/mails"

Mails open accounts, so it is for whoever develops: with DEBUG, or where the demo is asked from the machine itself. Elsewhere the
page is not there; production names no folder.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.mail.backends.console import EmailBackend
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from console.people.demo_password import LOOPBACK
from console.security.arriving.who_and_how import client_address

MOST_KEPT = 200


class Backend(EmailBackend):
    """Prints each mail, and keeps it in the folder, which web and worker share."""

    def write_message(self, message: Any) -> None:
        super().write_message(message)
        if settings.MAILS_KEPT_IN:
            keep(Path(settings.MAILS_KEPT_IN), to=", ".join(message.to), subject=str(message.subject), text=str(message.body))


def keep(folder: Path, *, to: str, subject: str, text: str) -> None:
    """One mail, a file; whoever reads meanwhile sees all of it or nothing. The oldest go."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"{time.time_ns():020}.json"
    written = folder / f".{name}"
    written.write_text(json.dumps({"to": to, "subject": subject, "text": text}))
    written.rename(folder / name)
    for old in sorted(folder.glob("[0-9]*.json"))[:-MOST_KEPT]:
        old.unlink(missing_ok=True)


@dataclass(frozen=True)
class KeptMail:
    to: str
    subject: str
    text: str
    at: datetime


def kept(folder: Path) -> list[KeptMail]:
    """The latest first."""
    found = []
    for file in sorted(folder.glob("[0-9]*.json"), reverse=True):
        at = datetime.fromtimestamp(int(file.stem) / 1e9, UTC)
        found.append(KeptMail(**json.loads(file.read_text()), at=at))
    return found


def can_be_read(request: HttpRequest) -> bool:
    """Whether the page is there for who asks. Free."""
    folder = getattr(settings, "MAILS_KEPT_IN", "")
    return bool(folder) and (settings.DEBUG or (settings.DEMO and client_address(request) in LOOPBACK))


@login_not_required
@require_safe
def development_mails(request: HttpRequest) -> HttpResponse:
    """Every mail, whoever it is to: a stranger's invitation too, so nobody has to sign in."""
    if not can_be_read(request):
        raise Http404
    response = render(request, "development_mails.html", {"mails": kept(Path(settings.MAILS_KEPT_IN))})
    response["Cache-Control"] = "no-store"
    return response
