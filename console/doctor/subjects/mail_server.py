"""The mail server: whether it answers, by which certificate, and takes our account. Sends nothing."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.mail import mailers

from console.doctor.findings import Finding, Severity, subject

SECONDS = 10
SMTP = "django.core.mail.backends.smtp.EmailBackend"
WHY = "Nobody gets a code to sign in, and no company is told anything; mails wait, and are given up in the end."

PRINTS = ("console.EmailBackend", "read_in_development.Backend")


@subject("Mail server")
def mail_server() -> Iterator[Finding]:
    options = settings.MAILERS["default"].get("OPTIONS", {})
    if settings.MAILERS["default"].get("BACKEND") != SMTP:
        if not settings.DEBUG and settings.MAILERS["default"].get("BACKEND", "").endswith(PRINTS):
            yield Finding(
                "mail.printed",
                "No mail server is named: mails are printed by the worker.",
                WHY,
                "EMAIL_URL=smtps://user:password@mail.example.com",
                Severity.WARN,
            )
        return
    where = f"{options['host']}:{options['port']}"
    server: Any = mailers.default
    server.timeout = SECONDS
    try:
        server.open()
    except ssl.SSLCertVerificationError as error:
        yield Finding(
            "mail.certificate-refused",
            f"The certificate of the mail server {where} is not accepted: {error.verify_message}.",
            WHY,
            "Name the server in EMAIL_URL as its certificate does; or make its authority known here: update-ca-certificates",
        )
    except smtplib.SMTPAuthenticationError as error:
        yield Finding(
            "mail.account-refused",
            f"The mail server {where} refuses the account of EMAIL_URL ({error.smtp_code}).",
            WHY,
            "User and password in EMAIL_URL, percent-encoded, for example smtps://user:pass%40word@mail.example.com",
        )
    except smtplib.SMTPNotSupportedError:
        yield Finding(
            "mail.no-encryption",
            f"The mail server {where} offers no STARTTLS, or no account.",
            WHY,
            "EMAIL_URL=smtps://… for a server that encrypts from the start (465), smtp+tls://… for STARTTLS (587)",
        )
    except OSError as error:
        yield Finding(
            "mail.not-answering",
            f"The mail server {where} does not answer: {_in_words(error)}.",
            WHY,
            "Host and port in EMAIL_URL, and whether this machine may reach them",
        )
    finally:
        with suppress(OSError):
            server.close()


def _in_words(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "no address is known for it"
    if isinstance(error, TimeoutError):
        return f"nothing came within {SECONDS} s"
    if isinstance(error, smtplib.SMTPException):
        return "it broke off"
    return error.strerror or type(error).__name__
