"""Tables: whether migrations were applied, the cache is there, and what was sealed is sealed with the key in force."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from console.doctor.findings import Finding, Needs, plain_list, subject

OURS = ("console", "licensing", "credits")


def migrations_missing() -> list[str]:
    executor = MigrationExecutor(connection)
    return [str(migration) for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


@subject("Tables", needs=Needs.DATABASE)
def tables() -> Iterator[Finding]:
    missing = migrations_missing()
    if missing:
        yield Finding(
            "tables.migrations-missing",
            f"{len(missing)} migrations are not applied: {plain_list(missing, 3)}.",
            "Pages and jobs ask for tables and columns that are not there.",
            "DATABASE_OWNER_URL=… manage.py migrate",
        )
    loader = MigrationExecutor(connection).loader
    unknown = set(loader.applied_migrations) - set(loader.disk_migrations)
    later = sorted(f"{app}.{name}" for app, name in unknown if app in OURS)
    if later:
        yield Finding(
            "tables.of-a-later-version",
            f"The database has migrations that this version does not know: {plain_list(later, 3)}.",
            "Former code works on the tables of a later version; it may write what that does not expect.",
            "Install the later version again; or restore the backup made before the upgrade",
        )
    with connection.cursor() as cursor:
        cache = settings.CACHES["default"].get("LOCATION", "")
        cursor.execute("SELECT to_regclass(%s) IS NULL", [cache])
        if cursor.fetchone()[0]:
            yield Finding(
                "tables.no-cache",
                f"The table of the cache, {cache}, is missing.",
                "Limits on attempts cannot be counted: every sign-in ends with an error, and readyz says no.",
                "DATABASE_OWNER_URL=… manage.py migrate",
            )
