"""Tables: whether migrations were applied, the cache is there, and what was sealed is sealed with the key in force."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from console.doctor.findings import Finding, Needs, plain_list, subject

OURS = ("console", "licensing", "credits")


def migrations_missing() -> list[str]:
    """Also one before others that were applied, which `migrate` would not miss."""
    loader = MigrationLoader(connection)
    return sorted(f"{app}.{name}" for app, name in set(loader.graph.nodes) - set(loader.applied_migrations))


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
    loader = MigrationLoader(connection)
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
        cache = str(settings.CACHES["default"].get("LOCATION", ""))
        cursor.execute("SELECT to_regclass(%s) IS NULL", [cache])
        if cursor.fetchone()[0]:
            yield Finding(
                "tables.no-cache",
                f"The table of the cache, {cache}, is missing.",
                "Limits on attempts cannot be counted: every sign-in ends with an error, and readyz says no.",
                "DATABASE_OWNER_URL=… manage.py migrate",
            )
