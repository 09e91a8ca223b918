from django.db import migrations

INDEXES = {
    "person_by_address": "console_user (lower(email) text_pattern_ops)",
    "person_by_name": "console_user (lower(name) text_pattern_ops)",
    "person_found_by": "console_user USING gin (lower(name || ' ' || email) gin_trgm_ops)",
    "act_case_number": "console_act (lower(case_number) text_pattern_ops) WHERE case_number <> ''",
}


class Migration(migrations.Migration):
    """What support's search finds people and acts by. The extension is a trusted one: the owner of the database may add it."""

    atomic = False
    beside_old_code = "an extension that it does not ask, and indexes that are built while it writes, change no row"
    dependencies = [("console", "0016_notes_of_backups")]

    operations = [
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS pg_trgm", migrations.RunSQL.noop),
        *(
            migrations.RunSQL(
                [f"DROP INDEX CONCURRENTLY IF EXISTS {name}", f"CREATE INDEX CONCURRENTLY {name} ON {columns}"],
                f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
            )
            for name, columns in INDEXES.items()
        ),
    ]
