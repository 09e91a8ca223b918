"""How many wrong codes a person, or an address, may type: ten in fifteen minutes, then a pause.

Counted in the database under a lock, so that the count is exact however many processes there are, and survives them.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from console.models import User
from console.security.arriving.who_and_how import network_of
from console.security.sealing import fingerprints
from licensing.codes.refusals import TooManyCodes
from licensing.models import WrongCode

MOST = 10
WINDOW = timedelta(minutes=15)


class Attempt:
    """Somebody tries a code, from somewhere. Runs inside a transaction, which others of theirs wait for."""

    def __init__(self, person: User, source: str) -> None:
        self.person = person
        self.source = fingerprints(f"source:{network_of(source)}")[0] if source.strip() else ""

    def begin(self) -> None:
        """Take the locks, first the person's, then the address's. Raises TooManyCodes during a pause."""
        locks = [f"codes:person:{self.person.pk}", *([f"codes:source:{self.source}"] if self.source else [])]
        with connection.cursor() as cursor:
            for lock in locks:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [lock])
        now = timezone.now()
        counted = WrongCode.objects.filter(typed_at__gt=now - WINDOW).order_by("-typed_at")
        ways = [counted.filter(person=self.person), *([counted.filter(source=self.source)] if self.source else [])]
        for way in ways:
            # The tenth from the end: once it has left the window, there is room for another.
            if tenth := way.values_list("typed_at", flat=True)[MOST - 1 : MOST].first():
                raise TooManyCodes((tenth + WINDOW - now).total_seconds())

    def was_wrong(self) -> None:
        """Count it, and forget what counts no more."""
        now = timezone.now()
        old = WrongCode.objects.filter(typed_at__lte=now - WINDOW).select_for_update(skip_locked=True)
        WrongCode.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:1000])).delete()
        WrongCode.objects.create(person=self.person, source=self.source, typed_at=now)
