"""Fill the database: migrations (as the owner of the tables), catalogue, demo; then the static files. Repeating it is harmless.

Usage: python -m console.launch.fill_database HOST ANSWER. ANSWER is the number of an open file, into which goes the text
about demo sign-ins that is to be printed last. Exits with 1 and one sentence when the database cannot be used.
"""

import os
import sys
from collections.abc import Callable

import django
import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from console.database_roles.signed_on_as_owner import signed_on_as_owner
from console.embedded_postgres import OLDEST_MAJOR
from console.launch.folders_and_words import begin


class CannotUse(Exception):
    """The database cannot be used; a sentence with the fix."""


def main(host: str, answer: int) -> None:
    try:
        with begin("Django"):
            django.setup()
            refuse_others(host)
            with signed_on_as_owner():
                check_server("DATABASE_OWNER_URL" if settings.DATABASE_OWNER else "DATABASE_URL")
            check_server()
        from console.serving.static_files import collect

        step("migrations", lambda: call_command("migrate", verbosity=0, interactive=False))
        step("reference catalogue", lambda: call_command("load_catalogue", "--reference", "--if-empty", verbosity=0))
        if settings.DEBUG or settings.DEMO:
            step("demo companies", lambda: call_command("seed_demo", "--if-empty", verbosity=0))
        if settings.PRACTICE_MARKETPLACE:
            step("practice marketplace", lambda: call_command("sell_practice_offers", verbosity=0))
        if not settings.DEBUG:
            step("static files, compressed", collect)
        text = sign_ins(host)
    except (CannotUse, CommandError, ImproperlyConfigured) as problem:
        sys.exit(str(problem))
    with os.fdopen(answer, "w") as file:
        file.write(text)


def step(name: str, work: Callable[[], object]) -> None:
    with begin(name):
        work()


def refuse_others(host: str) -> None:
    """Raise `CannotUse` when other machines would reach what is meant for its developer."""
    from console.people.demo_password import open_to_others

    if not open_to_others(host):
        return
    wrong, fixes = [], []
    if settings.SECRET_KEY == settings.SECRET_KEY_OF_DEVELOPMENT or len(settings.SECRET_KEY) < 50:
        wrong.append("with a SECRET_KEY that is public or short anybody can sign in as anybody")
        fixes.append("set SECRET_KEY to one of your own (openssl rand -base64 48)")
    if settings.DEBUG:
        wrong.append("DEBUG shows code and settings to strangers")
        fixes.append("unset DEBUG")
    if wrong:
        raise CannotUse(
            f"HOST={host} lets other machines in, and {', and '.join(wrong)}: {' and '.join(fixes)}, or leave HOST unset;"
            " nothing was changed."
        )


def check_server(variable: str = "DATABASE_URL") -> None:
    """Raise `CannotUse` when the server does not answer, refuses us, or is too old."""
    from django.db import connection

    parameters = connection.get_connection_params()
    known = {name: value for name, value in parameters.items() if name not in {"pool", "context", "cursor_factory"}}
    try:
        with psycopg.connect(**{**known, "connect_timeout": 10}) as opened:
            version = opened.info.server_version
    except (psycopg.Error, OSError, UnicodeError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        password = str(known.get("password") or "")
        raise CannotUse(
            f"Cannot connect to the database that {variable} names ({hide(reason, password)}): correct {variable}, or"
            " unset it to use the server that comes with Allotment; nothing was changed."
        ) from None
    refuse_old(version)


def hide(text: str, password: str) -> str:
    return text.replace(password, "********") if password else text


def refuse_old(version: int) -> None:
    """`version` as the server numbers it: 140005 for 14.5."""
    if version < OLDEST_MAJOR * 10000:
        raise CannotUse(
            f"The server that DATABASE_URL names is PostgreSQL {version // 10000}, too old: name a server of version"
            f" {OLDEST_MAJOR} or newer, or unset DATABASE_URL to use the one that comes with Allotment; nothing was"
            " changed."
        )


def sign_ins(host: str) -> str:
    """What to print about signing in. Raises `CannotUse` when the public demo password would be open to others."""
    from console.people.demo_password import DEMO_PASSWORD, have_demo_password, open_to_others
    from console.people.second_factor.of_the_demo import have_demo_factor
    from credits.demo.people import SIGN_INS

    if open_to_others(host) and have_demo_factor():
        raise CannotUse(
            f"HOST={host} would let others have the code that support signs in with, which is public: leave HOST unset, or"
            " remove the authenticator app of the demo's support first (/admin/, Authenticators)."
        )
    if not have_demo_password():
        return ""
    if open_to_others(host):
        raise CannotUse(
            f"HOST={host} would let others sign in with the public demo password: leave HOST unset, or change the"
            " passwords of the demo people first."
        )
    lines = [f"  {address:<27}{what}" for address, what in SIGN_INS.items()]
    if settings.PRACTICE_MARKETPLACE:
        lines.append(f"Buy credits, without paying, at {settings.PRACTICE_MARKETPLACE_URL}/")
    return "\n".join([f"Demo sign-ins, all with the password {DEMO_PASSWORD}:", *lines])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
