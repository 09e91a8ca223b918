"""`check --deploy`: whether the role that serves could undo what the guards of facts promise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.db import DatabaseError, connection

from console.database_roles.grants import facts

ASKED = """
SELECT quote_ident(current_user), rolsuper, rolcreaterole, rolbypassrls,
       has_schema_privilege(current_schema(), 'CREATE'),
       ARRAY(SELECT each FROM unnest(ARRAY['CREATE', 'TEMPORARY']) AS each
             WHERE has_database_privilege(current_database(), each)),
       ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace
             AND relname = ANY(%(facts)s) AND pg_has_role(relowner, 'USAGE') ORDER BY 1),
       ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace
             AND relname = ANY(%(facts)s) AND (has_table_privilege(oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
                                               OR has_any_column_privilege(oid, 'UPDATE')) ORDER BY 1),
       ARRAY(SELECT rolname::text FROM pg_roles AS other WHERE pg_has_role(other.oid, 'MEMBER') AND other.oid <> pg_roles.oid
             AND (rolsuper OR EXISTS (SELECT FROM pg_class WHERE relowner = other.oid AND relname = ANY(%(facts)s))) ORDER BY 1)
  FROM pg_roles WHERE rolname = current_user
"""

HINT = (
    "Make a role that owns nothing (CREATE ROLE … LOGIN), name it in DATABASE_URL and the owner of the tables in"
    " DATABASE_OWNER_URL, then run manage.py migrate, which grants it what it needs."
)
REFUSED = ("superuser", "bypasses-policies")
"""With these nothing else that is granted or refused matters."""


def rights_too_many() -> tuple[str, dict[str, str]]:
    """The role that asks now, quoted for SQL, and what it may that it must not: kind -> in words. Raises DatabaseError."""
    with connection.cursor() as cursor:
        cursor.execute(ASKED, {"facts": sorted(facts())})
        role, superuser, makes_roles, bypasses, makes_tables, on_database, owned, changed, others = cursor.fetchone()
    wrong = {
        "superuser": ("is superuser", superuser),
        "makes-roles": ("may make roles", makes_roles and not superuser),
        "bypasses-policies": ("bypasses row-level security", bypasses and not superuser),
        "makes-tables": ("may make tables and functions", makes_tables and not superuser),
        "makes-schemas": ("may make schemas in the database", "CREATE" in on_database and not superuser),
        "makes-temporary": ("may make temporary tables", "TEMPORARY" in on_database and not superuser),
        "owns-facts": (f"owns {', '.join(owned)}", owned and not superuser),
        "changes-facts": (f"may change {', '.join(changed)}", changed and not owned and not superuser),
        "may-become": (f"may become {', '.join(others)}", others and not owned and not superuser),
    }
    return role, {kind: said for kind, (said, holds) in wrong.items() if holds}


@register(Tags.security, deploy=True)
def serves_as_a_lesser_role(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Asks the database that DATABASE_URL names; one that does not answer can be asked later."""
    try:
        role, said = rights_too_many()
    except DatabaseError:
        hint = "Run manage.py check --deploy again when the database answers."
        return [
            Info("The database does not answer: whether its role may change facts was not looked at.", hint, id="console.I001")
        ]
    if not said:
        return []
    message = f"The role {role} that DATABASE_URL names {', '.join(said.values())}."
    if set(said) & set(REFUSED):
        return [Error(message, HINT, id="console.E004")]
    return [Warning(message, HINT, id="console.W002")]
