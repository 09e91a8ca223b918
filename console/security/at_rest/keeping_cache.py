"""The cache in the database, in which counts of attempts are kept: an entry goes once its time is over, never to make room.

Django's own deletes a third of all entries, whichever they are, once there are too many: whoever leaves many would begin with a
clean count. How many there can be is bounded by how often strangers may ask at all, as each is kept for two days at most.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.cache.backends.db import DatabaseCache
from django.db import connections

from console.database_roles.looking_only import looks_only

AT_ONCE = 1_000
"""Entries that are deleted by one that is written: more than one, so that they become fewer."""


class KeepingCache(DatabaseCache):
    """From `MAX_ENTRIES` entries on, each that is written deletes some that are over.

    Reading deletes what is over, too, but not for somebody who only looks: it lies there until it is read or written again.
    """

    def _base_delete_many(self, keys: Any) -> bool:
        return False if looks_only() else super()._base_delete_many(keys)  # type: ignore[misc]

    def _cull(self, db: str, cursor: Any, now: datetime, num: int) -> None:
        connection = connections[db]
        table = connection.ops.quote_name(self._table)  # type: ignore[attr-defined]
        over = f"SELECT cache_key FROM {table} WHERE expires < %s ORDER BY expires LIMIT %s FOR UPDATE SKIP LOCKED"
        cursor.execute(
            f"DELETE FROM {table} WHERE cache_key IN ({over})", [connection.ops.adapt_datetimefield_value(now), AT_ONCE]
        )
