"""What leaves a line: signing in and out, failing to, limits that were reached, and changes of passwords, factors and addresses.

`console.people.sessions` adds what ends a session.

A person is told by the id, an address that somebody typed by a fingerprint: the same address has the same one, and it is not
kept. No password, code or secret is here.
"""

from __future__ import annotations

import logging
from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth import signals as auth
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest

from console.logs.request_answered import answered
from console.security.arriving.who_and_how import client_address
from console.security.sealing import fingerprints

logger = logging.getLogger("allotment.sign_in")

CHANGES = {
    account.password_reset: "password reset by mail",
    account.email_changed: "address changed",
    account.user_signed_up: "account made",
    mfa.authenticator_reset: "factor renewed",
}


def note(what: str, user: Any = None, *, level: int = logging.INFO, **more: str) -> None:
    """One line. `user` is whom it is about, not always who asks."""
    said = {"about": str(user.pk) if user is not None else "-", "source": _source(answered.get()), **more}
    logger.log(level, "%s %s", what, " ".join(f"{name}={value}" for name, value in said.items()))


def note_limit() -> None:
    """Too often, whatever it was: the name of the page, never its address, which may hold a secret."""
    match = getattr(answered.get(), "resolver_match", None)
    note("limit reached", level=logging.WARNING, page=match.view_name if match else "-")


def hashed(address: str) -> str:
    return fingerprints(f"address:{address.strip().lower()}")[0][:16]


def listen() -> None:
    """Once, when all applications are there."""
    auth.user_logged_in.connect(_signed_in, dispatch_uid="note")
    auth.user_logged_out.connect(_signed_out, dispatch_uid="note")
    auth.user_login_failed.connect(_failed, dispatch_uid="note")
    mfa.authentication_failed.connect(_factor_failed, dispatch_uid="note")
    for signal in CHANGES:
        signal.connect(_changed, dispatch_uid="note")
    # Not by the signals of its pages: support sets passwords and removes factors too.
    post_save.connect(_person_saved, sender="console.User", dispatch_uid="note")
    post_save.connect(_factor_saved, sender="mfa.Authenticator", dispatch_uid="note")
    post_delete.connect(_factor_removed, sender="mfa.Authenticator", dispatch_uid="note")


def _signed_in(user: Any = None, **kwargs: Any) -> None:
    note("signed in", user)


def _signed_out(user: Any = None, **kwargs: Any) -> None:
    if user is not None:
        note("signed out", user)


def _failed(credentials: Any, **kwargs: Any) -> None:
    typed = str(credentials.get("email") or credentials.get("username") or "")
    note("sign-in failed", level=logging.WARNING, address=hashed(typed) if typed else "-")


def _factor_failed(user: Any = None, authenticator: Any = None, **kwargs: Any) -> None:
    note("factor failed", user, level=logging.WARNING, kind=getattr(authenticator, "type", "-"))


def _changed(signal: Any, user: Any = None, **kwargs: Any) -> None:
    note(CHANGES[signal], user)


def _person_saved(instance: Any, created: bool, **kwargs: Any) -> None:
    if not created and instance._password is not None:  # what Django looks at, to tell the validators
        note("password changed", instance)


def _factor_saved(instance: Any, created: bool, **kwargs: Any) -> None:
    if created:
        note("factor added", instance.user, kind=instance.type)


def _factor_removed(instance: Any, **kwargs: Any) -> None:
    note("factor removed", instance.user, kind=instance.type)


def _source(request: HttpRequest | None) -> str:
    return client_address(request) if request is not None else "-"
