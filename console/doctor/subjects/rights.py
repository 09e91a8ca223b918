"""The role that serves, what it may do, the guards of facts, and row-level security."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from console.database_roles.grants import EVERY_TABLE, privileges_on
from console.database_roles.row_security import misses_its_policy
from console.database_roles.unsafe_role import HINT, rights_too_many
from console.doctor.findings import Finding, Needs, plain_list, subject

MIGRATE = "DATABASE_OWNER_URL=… manage.py migrate"


@subject("The role that serves", needs=Needs.DATABASE)
def role_that_serves() -> Iterator[Finding]:
    why = {
        "superuser": "It can read and run whatever the server's account can, and undo every guard.",
        "makes-roles": "It can make itself a role that may more.",
        "bypasses-policies": "A question that forgot its company finds other companies' rows.",
        "makes-tables": "It can put a function or a table in the place of one of ours.",
        "makes-schemas": "It can make a schema, and in it functions and tables that are found in the place of ours.",
        "makes-temporary": "A temporary table is found before one of ours by the same name.",
        "owns-facts": "It can take the guards away, and then change what was recorded.",
        "changes-facts": "Only the guards stand between a mistake and what was recorded.",
        "may-become": "By SET ROLE it may whatever that role may.",
    }
    role, too_many = rights_too_many()
    for kind, said in too_many.items():
        fix = {
            "superuser": f"{HINT}\nFor this role: ALTER ROLE {role} NOSUPERUSER;",
            "makes-roles": f"ALTER ROLE {role} NOCREATEROLE;",
            "bypasses-policies": f"ALTER ROLE {role} NOBYPASSRLS;",
            "makes-tables": f"{MIGRATE}  (or REVOKE CREATE ON SCHEMA public FROM {role}, PUBLIC;)",
            "makes-schemas": f"{MIGRATE}  (or REVOKE CREATE ON DATABASE … FROM {role}, PUBLIC; as its owner)",
            "makes-temporary": f"{MIGRATE}  (or REVOKE TEMPORARY ON DATABASE … FROM {role}, PUBLIC; as its owner)",
            "changes-facts": f"{MIGRATE}  (it takes what was granted beside it)",
            "may-become": f"REVOKE {said.rpartition(' ')[2]} FROM {role};",
        }.get(kind, HINT)
        yield Finding(f"rights.{kind}", f"The role {role} {said}.", why[kind], fix)


@subject("Grants", needs=Needs.TABLES)
def grants() -> Iterator[Finding]:
    """What the role lacks of what it needs; what it has too much of is told of the role."""
    lacks = []
    with connection.cursor() as cursor:
        cursor.execute(EVERY_TABLE)
        tables = cursor.fetchall()
        for table, above in tables:
            wanted = privileges_on(table, above).split(", ")
            cursor.execute(
                "SELECT array_agg(each) FROM unnest(%s::text[]) AS each WHERE NOT has_table_privilege(%s, each)",
                [wanted, f'"{table}"'],
            )
            (missing,) = cursor.fetchone()
            if missing:
                lacks.append(f"{', '.join(missing)} on {table}")
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
            " AND CASE relkind WHEN 'S' THEN NOT has_sequence_privilege(oid, 'USAGE') ELSE false END ORDER BY 1"
        )
        lacks += [f"USAGE on {name}" for (name,) in cursor.fetchall()]
    if lacks:
        yield Finding(
            "grants.missing",
            f"The role that serves lacks {plain_list(lacks, 3)}.",
            "Pages and jobs that need it end with an error.",
            MIGRATE,
        )


@subject("Row-level security", needs=Needs.TABLES)
def row_level_security() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (role,) = cursor.fetchone()
    for table, what in misses_its_policy(role, "default").items():
        yield Finding(
            f"policy.{what.kind}",
            f"{table} {what}.",
            "A question that forgot its company finds rows of others in it, or none at all.",
            MIGRATE,
        )
