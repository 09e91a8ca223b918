"""As whom the tests ask: the role that serves, as the console does; the owner, where a test is marked `as_owner`.

The test database is made, migrated and flushed by its owner, whom TEST_DATABASE_URL names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection

from console.database_roles.signed_on_as_owner import sign_on

PASSWORD = "only for tests"

_wanted: dict[str, bool] = {"owner": False}
_owner: dict[str, str] = {}


def serving_account() -> dict[str, str]:
    return {"USER": settings.DATABASE_SERVING_ROLE, "PASSWORD": PASSWORD}


def make_serving_role() -> None:
    """Where the server has none yet: one of somebody's own, named by TEST_DATABASE_URL. Several workers may try at once."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [settings.DATABASE_SERVING_ROLE])
        if not cursor.fetchone():
            with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
                cursor.cursor.execute(f"CREATE ROLE {settings.DATABASE_SERVING_ROLE} LOGIN PASSWORD '{PASSWORD}'")


def made_by_owner() -> None:
    """The database is made: from here on, tests sign on as they want."""
    _owner.update({name: connection.settings_dict[name] for name in ("USER", "PASSWORD")})
    sign_on_as(owner=_wanted["owner"])


def want(*, owner: bool) -> None:
    """As whom the next test signs on."""
    _wanted["owner"] = owner
    if _owner:
        sign_on_as(owner=owner)


def sign_on_as(*, owner: bool) -> None:
    account = _owner if owner else serving_account()
    if connection.settings_dict["USER"] != account["USER"]:
        sign_on(account)


@contextmanager
def owner_cursor(*, commit: bool = True) -> Iterator[psycopg.Cursor[Any]]:
    """A connection of the owner's own to the test database: one transaction."""
    found = connection.settings_dict
    names = {"host": found["HOST"], "port": found["PORT"], "dbname": found["NAME"]}
    account = {"user": _owner["USER"], "password": _owner["PASSWORD"]}
    with psycopg.connect(**{name: value for name, value in {**names, **account}.items() if value}) as opened:
        with opened.cursor() as cursor:
            yield cursor
        if not commit:
            opened.rollback()
