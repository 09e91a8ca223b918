"""The mail that resets a password: asked for on a page, written by a job, so that the page does the same whoever has the address.

ACCOUNT_FORMS = {"reset_password": "console.people.passwords.reset_by_mail.ResetForm"}
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm
from allauth.account.internal.flows.password_reset import request_password_reset
from allauth.account.internal.userkit import filter_users_by_email
from django.http import HttpRequest
from procrastinate.contrib.django import app

from console.jobs import order
from console.security.sealing import seal, unseal
from console.security.too_often import DAY, too_often

MAIL_RESET_LINK = "console.mail_reset_link"
"""The job; `console.tasks` says what it does."""
MAILS_A_DAY = 20
"""To one address. What is asked for beyond is answered the same."""


class ResetForm(ResetPasswordForm):
    """django-allauth's own looks the person up and writes the mail within the request."""

    def clean_email(self) -> str:
        address: str = self.cleaned_data["email"]
        get_adapter().clean_email(address.lower())
        return address

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        address: str = self.cleaned_data["email"]
        if not too_often(f"reset:{address.lower()}", most=MAILS_A_DAY, in_a=DAY):
            job = app.configure_task(allow_unknown=False, **order.of(MAIL_RESET_LINK))
            job.defer(address=seal(address.lower()))  # jobs are read by whoever reads the database
        return address


def mail_reset_link(address: str) -> None:
    """To whoever has this address, which comes sealed; to nobody where nobody has it."""
    typed = unseal(address)
    people = filter_users_by_email(typed, is_active=True, prefer_verified=True, for_login=True)
    request_password_reset(None, typed, people, None)  # what is told hangs on no request
