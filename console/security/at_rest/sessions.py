"""Sessions in the database, of no use to whoever reads a copy of it: kept under a hash of their key, and sealed.

A session holds more than who signed in: addresses, codes that were sent, the secret of an authenticator app that is being set up.
Rows of earlier versions, under the key itself and in clear, are taken over when they are used: versions may run side by side.
Once taken over they open nothing without the row that was made beside them, as whoever ends a session knows that one alone.
"""

from __future__ import annotations

import hashlib
import json
import logging
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.utils import timezone

from console.models import SignIn
from console.security.sealing import seal, unseal

LENGTH_OF_NAME = 40
"""What the column takes: 160 bits of a hash. Keys themselves are shorter, so that neither is ever taken for the other."""
LENGTH_OF_KEY = 32
FORMER_BACKENDS = ("django.contrib.auth.backends.ModelBackend", "allauth.account.auth_backends.AuthenticationBackend")
"""By which people signed in with earlier versions."""

logger = logging.getLogger("django.security.SuspiciousSession")


def row_of(session_key: str) -> str:
    """The primary key of the row in which the session of this key is kept."""
    return hashlib.sha256(f"session:{session_key}".encode()).hexdigest()[:LENGTH_OF_NAME]


def opened(sealed: str) -> dict[str, Any]:
    """What a row holds; nothing where it cannot be opened."""
    try:
        found: dict[str, Any] = json.loads(unseal(sealed))
    except ValueError:
        logger.warning("A session cannot be opened: its key is known no more.")
        return {}
    return found


class SessionStore(DatabaseStore):
    """`session_key` is what the browser holds, as everywhere in Django."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        return seal(json.dumps(session_dict, separators=(",", ":")))

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        return opened(session_data if isinstance(session_data, str) else session_data.decode())

    def exists(self, session_key: str) -> bool:
        return bool(super().exists(row_of(session_key)))

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = super().create_model_instance(data)
        assert isinstance(row, Session)
        row.session_key = row_of(row.session_key)
        return row

    def load(self) -> dict[str, Any]:
        """One statement, three more the first time that a session of an earlier version is used."""
        key = self.session_key or ""
        rows = Session.objects.filter(session_key__in=_names(key), expire_date__gt=timezone.now())
        found = {row.session_key: row for row in rows}
        if row_of(key) in found:
            return self.decode(found[row_of(key)].session_data)
        if key in found:
            if not _ended([key]):
                return keep_anew(found[key])
            self.delete(key)
        self._session_key = None
        return {}

    def delete(self, session_key: str | None = None) -> None:
        key = self.session_key if session_key is None else session_key
        if key:
            Session.objects.filter(session_key__in=_names(key)).delete()


def _names(key: str) -> list[str]:
    """Under which the row of a session may be: its own, and that of an earlier version."""
    return [row_of(key), *([key] if len(key) == LENGTH_OF_KEY else [])]


def _ended(keys: list[str]) -> set[str]:
    """Which of these rows of earlier versions were taken over and have lost the row beside them since. Two statements."""
    names = {row_of(key): key for key in keys}
    begun = set(SignIn.objects.filter(session__in=names).values_list("session", flat=True))
    left = set(Session.objects.filter(pk__in=begun).values_list("pk", flat=True)) if begun else set()
    return {names[name] for name in begun - left}


def keep_anew(former: Session) -> dict[str, Any]:
    """Keep a session of an earlier version as this one does, beside its row: the earlier one may still be running."""
    found: dict[str, Any] = DatabaseStore().decode(former.session_data)
    if found.get(BACKEND_SESSION_KEY) in FORMER_BACKENDS:  # the one that took their place, or everybody would be signed out
        found[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store = SessionStore()
    row = Session(session_key=row_of(former.session_key), session_data=store.encode(found), expire_date=former.expire_date)
    Session.objects.bulk_create([row], ignore_conflicts=True)
    return found


def former_sessions() -> int:
    """How many rows of earlier versions there are: whoever reads one can sign in with it."""
    return _former().count()


def keep_former_sessions_anew() -> int:
    """Take over all that earlier versions kept and nobody has ended, once none of them runs; returns how many rows are gone."""
    done = 0
    while batch := list(_former()[:500]):
        with transaction.atomic():
            ended = _ended([row.pk for row in batch])
            for row in batch:
                if row.pk not in ended:
                    keep_anew(row)
            Session.objects.filter(pk__in=[row.pk for row in batch]).delete()
        done += len(batch)
    return done


def _former() -> QuerySet[Session]:
    return Session.objects.annotate(length=Length("session_key")).filter(length=LENGTH_OF_KEY)
