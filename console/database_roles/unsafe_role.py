"""`check --deploy`: whether the role that serves could undo what the guards of facts promise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Info, Tags, Warning, register
from django.db import DatabaseError, connection

from console.database_roles.grants import facts

ASKED = """
SELECT current_user, rolsuper, rolcreaterole, rolbypassrls,
       has_schema_privilege(current_schema(), 'CREATE'),
       ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace
             AND relname = ANY(%(facts)s) AND pg_has_role(relowner, 'USAGE') ORDER BY 1),
       ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace
             AND relname = ANY(%(facts)s) AND has_table_privilege(oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER') ORDER BY 1)
  FROM pg_roles WHERE rolname = current_user
"""

HINT = (
    "Make a role that owns nothing (CREATE ROLE … LOGIN), name it in DATABASE_URL and the owner of the tables in"
    " DATABASE_OWNER_URL, then run manage.py migrate, which grants it what it needs."
)


@register(Tags.security, deploy=True)
def serves_as_a_lesser_role(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Asks the database that DATABASE_URL names; one that does not answer can be asked later."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(ASKED, {"facts": sorted(facts())})
            role, superuser, makes_roles, bypasses, makes_tables, owned, changed = cursor.fetchone()
    except DatabaseError:
        hint = "Run manage.py check --deploy again when the database answers."
        return [
            Info("The database does not answer: whether its role may change facts was not looked at.", hint, id="console.I001")
        ]
    wrong = {
        "is superuser": superuser,
        "may make roles": makes_roles,
        "bypasses row-level security": bypasses,
        "may make tables and functions": makes_tables and not superuser,
        f"owns {', '.join(owned)}": owned and not superuser,
        f"may change {', '.join(changed)}": changed and not owned and not superuser,
    }
    said = [what for what, holds in wrong.items() if holds]
    if not said:
        return []
    return [Warning(f"The role {role} that DATABASE_URL names {', '.join(said)}.", HINT, id="console.W002")]
