"""What the role that serves may do, derived from the models and from the tables there are; nothing where it is so already.

It owns nothing. It reads and writes every table, empties none, and neither updates nor deletes a recorded fact; it makes
no table, function or trigger, and no temporary table, which would be found before one of ours by the same name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections
from psycopg.sql import SQL, Composed, Identifier

from console.database_roles.row_security import policies
from console.models import AppendOnly

READ_ONLY = frozenset({"django_migrations"})
"""Tables that only the owner writes."""


def facts() -> set[str]:
    """The tables of all append-only models."""
    return {model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnly)}


def privileges_on(table: str, above: Iterable[str]) -> str:
    """What the serving role is granted on a table; `above` are the tables of which it is a part, at any depth."""
    if table in READ_ONLY:
        return "SELECT"
    return "SELECT, INSERT" if {table, *above} & facts() else "SELECT, INSERT, UPDATE, DELETE"


EVERY_TABLE = """
SELECT relname,
       ARRAY(WITH RECURSIVE above(id) AS (
                     SELECT inhparent FROM pg_inherits WHERE inhrelid = part.oid
                     UNION
                     SELECT inhparent FROM pg_inherits JOIN above ON inhrelid = above.id
                  )
             SELECT whole.relname::text FROM above JOIN pg_class AS whole ON whole.oid = above.id)
  FROM pg_class AS part
 WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
"""
"""Each table, with those that it is a part of."""

TABLES = f"{EVERY_TABLE}   AND pg_has_role(relowner, 'USAGE') ORDER BY relname"
"""Those of the owner."""

MAY_GRANT = """
SELECT current_schema(), current_database(), pg_has_role(datdba, 'USAGE'),
       EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('console_act') AND pg_has_role(relowner, 'USAGE'))
  FROM pg_database WHERE datname = current_database()
"""

HELD = """
SELECT kind, name,
       ARRAY(SELECT CASE grantee WHEN 0 THEN 'PUBLIC ' ELSE '' END || privilege_type
                    || CASE WHEN is_grantable THEN ' AND GRANT' ELSE '' END
               FROM aclexplode(acl) WHERE grantee IN (0, %(role)s::regrole::oid)
             UNION ALL
             SELECT 'ON COLUMNS' FROM pg_attribute WHERE kind = 'table' AND attrelid = id AND attacl IS NOT NULL)
  FROM (
       SELECT 'database', datname::text, oid, COALESCE(datacl, acldefault('d', datdba))
         FROM pg_database WHERE datname = current_database()
       UNION ALL
       SELECT 'schema', nspname::text, oid, COALESCE(nspacl, acldefault('n', nspowner))
         FROM pg_namespace WHERE nspname = current_schema()
       UNION ALL
       SELECT CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, relname::text, oid,
              COALESCE(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))
         FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
          AND pg_has_role(relowner, 'USAGE')
       UNION ALL
       SELECT 'function', oid::regprocedure::text, oid, COALESCE(proacl, acldefault('f', proowner))
         FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND prokind = 'f' AND pg_has_role(proowner, 'USAGE')
       UNION ALL
       SELECT 'made later', defaclobjtype::text, oid, defaclacl
         FROM pg_default_acl
        WHERE defaclrole = current_user::regrole AND defaclnamespace = current_schema()::regnamespace
       ) AS found (kind, name, id, acl)
"""
"""What the role, and everybody, holds on each thing of the owner."""

Held = Mapping[tuple[str, str], frozenset[str]]


def grant_after_migrations(using: str, **kwargs: Any) -> None:
    """After each `migrate`; nothing where one role does everything, or where who asks owns nothing."""
    role = settings.DATABASE_SERVING_ROLE
    if role:
        grant(role, using)


def grant(role: str, using: str = "default") -> None:
    """Give `role` what it may do, and take what else it had. By the owner; without effect when another role asks.

    What the owner makes later, it may read and write as well, until the next time this runs. Two statements where nothing is to
    be changed, which lock nothing.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(MAY_GRANT)
        schema, database, owns_database, owns_tables = cursor.fetchone()
        cursor.execute("SELECT current_user")
        if not owns_tables or cursor.fetchone() == (role,):
            return
        cursor.execute(TABLES)
        tables = cursor.fetchall()
        cursor.execute(HELD, {"role": role})
        held = {(kind, name): frozenset(found) for kind, name, found in cursor.fetchall()}
    statements = list(_of_schema(held, role, schema))
    if owns_database:
        statements += _of_database(held, role, schema, database)
    for table, above in tables:
        wanted = privileges_on(table, above)
        if held["table", table] != {*wanted.split(", ")}:
            name = Identifier(schema, table)
            statements.append(SQL("REVOKE ALL ON {} FROM PUBLIC, {}").format(name, Identifier(role)))
            statements.append(SQL("GRANT {} ON {} TO {}").format(SQL(wanted), name, Identifier(role)))
    connection = connections[using]
    connection.ensure_connection()
    text = "; ".join([*(each.as_string(connection.connection) for each in statements), *policies(role, using)])
    if text:
        with connection.cursor() as cursor:  # several statements at once are one transaction: nobody meets a half of them
            cursor.execute(text)


def _of_schema(held: Held, role: str, schema: str) -> Iterable[Composed]:
    names = {"schema": Identifier(schema), "role": Identifier(role)}
    sequences = [found for (kind, _name), found in held.items() if kind == "sequence"]
    functions = [found for (kind, _name), found in held.items() if kind == "function"]
    for each, holds in {
        "GRANT USAGE ON SCHEMA {schema} TO {role}": "USAGE" in held["schema", schema],
        "REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM PUBLIC, {role}": all(
            found <= {"USAGE", "SELECT"} for found in sequences
        ),
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}": all(
            found == {"USAGE", "SELECT"} for found in sequences
        ),
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {role}": all("EXECUTE" in found for found in functions),
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}": (
            held.get(("made later", "r"), frozenset()) >= {"SELECT", "INSERT", "UPDATE", "DELETE"}
        ),
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}": (
            held.get(("made later", "S"), frozenset()) >= {"USAGE", "SELECT"}
        ),
    }.items():
        if not holds:
            yield SQL(each).format(**names)


def _of_database(held: Held, role: str, schema: str, database: str) -> Iterable[Composed]:
    names = {"schema": Identifier(schema), "role": Identifier(role), "database": Identifier(database)}
    of_database, of_schema = held["database", database], held["schema", schema]
    for each, holds in {
        "GRANT CONNECT ON DATABASE {database} TO {role}": "CONNECT" in of_database,
        "REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC, {role}": of_database <= {"CONNECT", "PUBLIC CONNECT"},
        "REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {role}": of_schema <= {"USAGE", "PUBLIC USAGE"},
    }.items():
        if not holds:
            yield SQL(each).format(**names)
