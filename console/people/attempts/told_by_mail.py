"""A person whose address many failed to sign in with is told by mail, once a day at most; so is one whose password is known."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa import signals as mfa
from procrastinate.contrib.django import app

from console.jobs import order
from console.models import User
from console.security.sealing import seal, unseal
from console.security.too_often import DAY, too_often

TELL_OF_PASSWORDS = "console.tell_of_passwords"
"""The job; `console.tasks` says what it does."""
MANY_PASSWORDS = 15
"""Wrong passwords of a day, from wherever: no person mistypes so often."""
SOME_CODES = 3
"""Wrong codes of a day, each after the right password."""


def queue_words_of_passwords(login: str, failed_today: int) -> None:
    """Whoever tries learns nothing of whether there is such a person: a job looks, and the page does the same for everybody."""
    address = login.strip().lower()
    if failed_today >= MANY_PASSWORDS and not too_often(f"passwords told:{address}", most=1, in_a=DAY):
        job = app.configure_task(allow_unknown=False, **order.of(TELL_OF_PASSWORDS))
        job.defer(address=seal(address), failed_today=failed_today)


def tell_of_passwords(address: str, failed_today: int) -> None:
    """The address comes sealed; nobody may have it."""
    person = User.objects.filter(email=unseal(address), is_active=True).first()
    if person is not None:
        _tell(person, "account/email/many_passwords", failed=failed_today)


def listen() -> None:
    """Once, when all applications are there."""
    mfa.authentication_failed.connect(_code_failed, dispatch_uid="told_by_mail")


def _code_failed(user: Any = None, reauthentication: bool = False, **kwargs: Any) -> None:
    """Whoever is asked for a code at sign-in has given the password."""
    if user is None or reauthentication or not too_often(f"codes:{user.pk}", most=SOME_CODES - 1, in_a=DAY):
        return
    if not too_often(f"codes told:{user.pk}", most=1, in_a=DAY):
        _tell(user, "account/email/wrong_codes")


def _tell(person: Any, template: str, **said: Any) -> None:
    get_adapter().send_mail(template, person.email, said)
