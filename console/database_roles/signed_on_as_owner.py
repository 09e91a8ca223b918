"""Sign on to the database as another role for a while: as the owner of the tables, for who migrates them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection

ACCOUNT = ("USER", "PASSWORD", "HOST", "PORT", "NAME", "OPTIONS")


@contextmanager
def signed_on_as_owner() -> Iterator[None]:
    """The default connection is the one that `DATABASE_OWNER_URL` names; where it is not set, nothing changes."""
    owner = settings.DATABASE_OWNER
    if not owner:
        yield
        return
    before = sign_on({name: owner.get(name, "") for name in ACCOUNT} | {"OPTIONS": owner.get("OPTIONS", {})})
    try:
        yield
    finally:
        sign_on(before)


def sign_on(account: Mapping[str, Any]) -> dict[str, Any]:
    """From its next statement on the default connection, of every thread, uses these settings; returns what they were.

    The calling thread's connection is closed: not within a transaction.
    """
    connection.close()
    found = connection.settings_dict
    before = {name: found[name] for name in account}
    found.update(account)
    return before
