"""The guards of facts hold whatever a session says of itself; loading data without its triggers leaves them weaker than that."""

from __future__ import annotations

from typing import Any

from django.db import connections

WEAKER = """
SELECT format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', tgrelid::regclass, tgname)
  FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
 WHERE relnamespace = current_schema()::regnamespace AND pg_has_role(relowner, 'USAGE')
   AND NOT tgisinternal AND tgname LIKE 'guard\\_%' AND tgenabled <> 'A'
 ORDER BY 1
"""
"""`pg_restore --disable-triggers` switches all triggers off and on again, and the second makes ordinary ones of them."""


def put_guards_back(using: str, **kwargs: Any) -> None:
    """After each `migrate`, by the owner. One statement where every guard stands as it was made."""
    with connections[using].cursor() as cursor:
        cursor.execute(WEAKER)
        weaker = [statement for (statement,) in cursor.fetchall()]
        if weaker:
            cursor.execute("; ".join(weaker))
