"""Settings, by what is in force: whatever module or variable they come from.

The same findings are what `check --deploy` refuses, see `console.unsafe_settings`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Tags, run_checks

from console.doctor.findings import Finding, Severity, subject
from console.settings.parts.encrypted_ways_out import DEMANDED, is_local

LEAST_HSTS = 180 * 24 * 3600
TOLD_HERE = {f"security.W{number:03}" for number in (4, 8, 9, 12, 16, 18, 20, 25)} | {
    *(
        "console.E003",
        "console.E004",
        "console.E005",
        "console.E023",
        "console.I001",
        "console.W001",
        "console.W002",
        "console.W021",
        "console.W031",
    )
}
"""Checks for deployment of what has words of its own here, or in another subject."""
NEW_KEY = "SECRET_KEY=$(openssl rand -base64 48), the former one in SECRET_KEY_BEFORE"


@subject("Settings")
def settings_in_force() -> Iterator[Finding]:
    yield from dangerous()
    yield from _of_encryption()
    yield from _module()


@subject("Checks of Django and of our own")
def checks() -> Iterator[Finding]:
    """What is registered for `check --deploy` and has no words of its own here."""
    yield from _of_checks()


def dangerous() -> Iterator[Finding]:
    """What must not be in force where strangers reach the console."""
    if settings.DEBUG:
        yield Finding(
            "settings.debug",
            "DEBUG is on.",
            "An error shows whoever meets it code, settings and values of rows.",
            "DEBUG=0",
        )
    yield from _of_secret_key()
    hosts = [host for host in settings.ALLOWED_HOSTS if host.startswith("*")]
    if hosts:
        yield Finding(
            "settings.every-host",
            f"ALLOWED_HOSTS holds {', '.join(hosts)}.",
            "Links in pages and mails can be made to lead to whatever host a stranger names.",
            f"ALLOWED_HOSTS={urlsplit(settings.CONSOLE_URL).hostname or 'allotment.example.com'}",
        )
    if settings.PRACTICE_MARKETPLACE:
        yield Finding(
            "settings.practice-marketplace",
            "The practice marketplace is on.",
            "Anybody can make purchases there that nobody pays for.",
            "PRACTICE_MARKETPLACE=0",
        )
    if settings.DEMO:
        yield Finding(
            "settings.demo",
            "DEMO is set.",
            "People whose password is public are loaded with the next start or seed_demo.",
            "DEMO=0",
        )


def _of_secret_key() -> Iterator[Finding]:
    key, public = str(settings.SECRET_KEY), str(settings.SECRET_KEY_OF_DEVELOPMENT)
    why = "Whoever knows or guesses it signs in as anybody and opens what is sealed."
    if public in (key, *settings.SECRET_KEY_FALLBACKS):
        which = "SECRET_KEY" if key == public else "SECRET_KEY_BEFORE"
        yield Finding("settings.public-key", f"{which} is the public one of development.", why, NEW_KEY)
    elif len(key) < 50 or len(set(key)) < 5:
        yield Finding(
            "settings.short-key", f"SECRET_KEY has {len(key)} characters, {len(set(key))} different ones.", why, NEW_KEY
        )


def _of_encryption() -> Iterator[Finding]:
    if not settings.CONSOLE_URL.startswith("https://"):
        yield Finding(
            "settings.console-url-in-clear",
            f"CONSOLE_URL does not start with https://: {settings.CONSOLE_URL}",
            "Links in mails lead to it; sign-ins would go in clear, and browsers keep no cookie of ours.",
            "CONSOLE_URL=https://allotment.example.com",
        )
    if not settings.SECURE_SSL_REDIRECT:
        yield Finding(
            "settings.no-redirect",
            "SSL_REDIRECT is off.",
            "Whoever opens the console with http:// stays in clear, unless the proxy redirects.",
            "SSL_REDIRECT=1",
            Severity.WARN,
        )
    if settings.SECURE_HSTS_SECONDS < LEAST_HSTS:
        yield Finding(
            "settings.short-hsts",
            f"HSTS_SECONDS is {settings.SECURE_HSTS_SECONDS}, less than half a year.",
            "Browsers forget that long after the last visit that the console is to be asked encrypted only.",
            "HSTS_SECONDS=31536000",
            Severity.WARN,
        )
    if not (settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE):
        yield Finding(
            "settings.cookies-in-clear",
            "Cookies of sessions and forms are sent in clear as well.",
            "Whoever listens takes over the session.",
            "DJANGO_SETTINGS_MODULE=console.settings.prod",
        )
    if not settings.METRICS_TOKEN:
        yield Finding(
            "settings.no-metrics-token",
            "METRICS_TOKEN is not set.",
            "Whoever is on this machine reads the metrics, and everybody by a proxy or tunnel there that sets no header.",
            "METRICS_TOKEN=$(openssl rand -hex 32)",
            Severity.WARN,
        )
    database: dict[str, Any] = settings.DATABASES["default"]
    hosts = str(database.get("HOST", "")).split(",")
    if not all(map(is_local, hosts)) and database.get("OPTIONS", {}).get("sslmode") not in DEMANDED:
        yield Finding(
            "settings.database-in-clear",
            "DATABASE_URL names a server elsewhere and does not demand TLS.",
            "Rows and the password of the role can be read on the way.",
            "Add ?sslmode=verify-full to DATABASE_URL",
        )


def _module() -> Iterator[Finding]:
    if settings.SETTINGS_MODULE == "console.settings.dev":
        yield Finding(
            "settings.of-development",
            "DJANGO_SETTINGS_MODULE is console.settings.dev, made for development.",
            "It demands nothing of what production must have, and this is looked at with it.",
            "DJANGO_SETTINGS_MODULE=console.settings.prod, for this command too",
            Severity.WARN,
        )


def _of_checks() -> Iterator[Finding]:
    """What Django's and our own checks find besides."""
    for message in run_checks(include_deployment_checks=True, tags=[Tags.security]):
        if message.is_silenced() or message.id in TOLD_HERE:
            continue
        yield Finding(
            f"check.{message.id}",
            _first_sentence(message),
            "manage.py check --deploy names it.",
            message.hint or "See its name in Django's reference of system checks.",
            Severity.WRONG if message.is_serious() else Severity.WARN,
        )


def _first_sentence(message: CheckMessage) -> str:
    return re.split(r"(?<=\.)\s", " ".join(message.msg.split()), maxsplit=1)[0]
