"""The way out for all mail: the worker sends what was queued, each at most once."""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime, timedelta
from email.utils import formataddr, parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.logs.lines import without_addresses
from console.mail.attached import text_and_spreadsheet
from console.models import OutgoingMail
from console.security.sealing import NotOurs, unseal
from console.vendor.held import vendors_own

logger = logging.getLogger("allotment.mail")


MOST_TRIES = 8


UNDER_WAY = timedelta(minutes=5)
"""How long handing a mail over may take; whoever has not said by then how it went was killed."""


MAY_HAVE_ARRIVED = gettext_lazy(
    "The worker was stopped while it handed the mail over: it may have arrived, so it is not sent again."
)


class TryAgain(Exception):
    """The mail was not sent, and may be sent later."""


def send(pk: int) -> None:
    """Send a queued mail, unless that was done or is being done. Raises TryAgain.

    First a worker marks the mail as begun, alone and for good; then it hands the mail over, and says how that went. Run twice or
    twice at once, the mail goes out at most once. The window that remains: a worker killed between the two leaves nobody who
    knows whether the server took the mail. It is then not sent again but given up, with a sentence for support, who may send
    it anew; a database lost in that moment leaves the same.
    """
    mail = _begin(pk, timezone.now())
    if mail is None:
        return
    try:
        _message(mail).send()
    except Exception as error:
        _failed(mail, error)
        return
    OutgoingMail.objects.filter(pk=pk).update(
        sent_at=timezone.now(), begun_at=None, problem="", text="" if mail.secret else mail.text
    )


def _begin(pk: int, now: datetime) -> OutgoingMail | None:
    """The mail, marked as begun; None where there is nothing left to do."""
    with transaction.atomic():
        mail = OutgoingMail.objects.select_for_update().filter(pk=pk).first()
        if mail is None or mail.sent_at or mail.given_up_at or not mail.to:
            return None
        if mail.begun_at is None:
            mail.begun_at, mail.tries = now, mail.tries + 1
            mail.save(update_fields=["begun_at", "tries"])
            return mail
        if now - mail.begun_at > UNDER_WAY:
            _give_up(mail, str(MAY_HAVE_ARRIVED), "it was begun and not finished")
            return None
    raise TryAgain(f"Mail {pk} was begun by another worker, or by one that was killed.")


def _failed(mail: OutgoingMail, error: Exception) -> None:
    """Nothing was sent: note why, and raise so that the job is tried again; after the last try the mail is given up.

    What is raised names the kind of error alone, and hangs on nothing: the worker logs it, and servers repeat addresses.
    """
    mail.problem = _in_words(error)
    if mail.tries >= MOST_TRIES or _is_final(error):
        _give_up(mail, mail.problem, _kind(error))
        return
    mail.begun_at = None
    mail.save(update_fields=["problem", "begun_at"])
    raise TryAgain(_kind(error)) from None


def _give_up(mail: OutgoingMail, problem: str, kind: str) -> None:
    mail.begun_at, mail.given_up_at, mail.problem = None, timezone.now(), problem
    mail.text = "" if mail.secret else mail.text
    mail.save(update_fields=["begun_at", "given_up_at", "problem", "text"])
    logger.error("mail %s (%s) was given up after %s tries: %s", mail.pk, mail.purpose, mail.tries, kind)


def _is_final(error: Exception) -> bool:
    """Whether trying again is of no use: an address that the server refuses for good, a text nobody can open."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _words in error.recipients.values())
    return isinstance(error, NotOurs | ValueError)


def _in_words(error: Exception) -> str:
    """What the server said, without addresses that it may repeat: for staff, who read it beside the mail."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = ", ".join(str(code) for code, _words in error.recipients.values())
        return _("The mail server refused the recipient (%(codes)s).") % {"codes": codes}
    return without_addresses(f"{type(error).__name__}: {error}")[:500]


def _kind(error: Exception) -> str:
    """For the log: the class of an error, and the mail server's codes."""
    codes: list[int] = []
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _words in error.recipients.values()]
    elif isinstance(error, smtplib.SMTPResponseException):
        codes = [error.smtp_code]
    return " ".join([type(error).__name__, *map(str, codes)])


def sender() -> str:
    """The address that mails come from, under the vendor's name where it states one."""
    own = vendors_own()
    if not own.is_named:
        return str(settings.DEFAULT_FROM_EMAIL)
    _name, address = parseaddr(str(settings.DEFAULT_FROM_EMAIL))
    return formataddr((" ".join(own.name.split()), address))


def _message(mail: OutgoingMail) -> EmailMessage:
    host = urlsplit(settings.CONSOLE_URL).hostname or "localhost"
    headers = {
        "Message-ID": f"<mail.{mail.pk}.{mail.created_at:%Y%m%d%H%M%S}@{host}>",
        "Auto-Submitted": "auto-generated",
    }
    text = unseal(mail.text) if mail.secret else mail.text
    text, name, rows = text_and_spreadsheet(text)
    message = EmailMessage(mail.subject, text, sender(), [mail.to], headers=headers)
    if name:  # spreadsheets take a file for UTF-8 by its mark
        message.attach(name, rows.encode("utf-8-sig"), "text/csv")
    return message
