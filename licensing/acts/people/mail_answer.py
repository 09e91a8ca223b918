"""The mail that tells a member what became of the role that they asked for."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from console.mail.queueing import queue_mail
from console.models import Actor, OutgoingMail
from console.names_customers_see import machine_as_shown, person_as_shown
from licensing.models import Company, RoleRequest


def mail_answer(asked: RoleRequest, company: Company, by: Actor) -> None:
    """Queue the mail about a request that was approved or refused."""
    said = {
        "who": person_as_shown(by.user) if by.user else machine_as_shown(by.label),
        "role": asked.get_role_display(),
        "company": company.name,
    }
    granted = asked.state == RoleRequest.State.GRANTED
    lines = [
        (
            _("You have the role %(role)s in %(company)s from now on: %(who)s approved it.")
            if granted
            else _("%(who)s refused the role %(role)s that you asked for in %(company)s.")
        )
        % said,
        *([_("“%(words)s”") % {"words": asked.answer}] if asked.answer else []),
        "",
        _("Your roles: %(address)s") % {"address": settings.CONSOLE_URL + reverse("licensing:roles", args=[company.slug])},
        "",
    ]
    subject = _("%(company)s: your role was approved") if granted else _("%(company)s: your role was refused")
    queue_mail(to=asked.person.email, subject=subject % said, text="\n".join(lines), purpose=OutgoingMail.Purpose.NOTICE)
