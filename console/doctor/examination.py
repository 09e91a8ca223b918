"""Asking every subject: what cannot be asked, since the database is down or lacks its tables, is said and not guessed."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module

from django.db import DatabaseError, InterfaceError, connection
from django.utils.module_loading import autodiscover_modules

from console.doctor.findings import MODULE, Finding, Needs, Severity, Subject, subjects

OURS = (
    "settings_in_force",
    "machine",
    "static_files",
    "console_address",
    "database_server",
    "rights",
    "tables",
    "people",
    "jobs",
    "mail_server",
)


@dataclass(frozen=True)
class Examined:
    """A subject, with what was found; `not_looked_at` says why nothing was looked for."""

    title: str
    findings: list[Finding] = field(default_factory=list)
    not_looked_at: str = ""


def examine(only: str = "") -> list[Examined]:
    """Ask all subjects, or those whose title contains `only`. A minute at most; raises nothing that a subject did."""
    for name in OURS:
        import_module(f"console.doctor.subjects.{name}")
    autodiscover_modules(MODULE)
    asked = [each for each in subjects if only.lower() in each.title.lower()]
    there = {Needs.SETTINGS: "", **(_database() if any(each.needs for each in asked) else {})}
    return [_ask(each, there[each.needs]) for each in asked]


def _ask(subject: Subject, missing: str) -> Examined:
    if missing:
        return Examined(subject.title, not_looked_at=missing)
    try:
        return Examined(subject.title, list(subject.look()))
    except (DatabaseError, InterfaceError) as error:
        connection.close()
        return Examined(subject.title, not_looked_at=f"the database answered: {_first_line(error)}")


def _database() -> dict[Needs, str]:
    """Why subjects that need it cannot be asked; empty where they can."""
    no_tables = "migrations are missing (see Tables)"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('console_user') IS NOT NULL")
            there = cursor.fetchone()[0]
    except (DatabaseError, InterfaceError):
        no_database = "the database does not answer (see The database)"
        return {Needs.DATABASE: no_database, Needs.TABLES: no_database}
    if there:
        from console.doctor.subjects.tables import migrations_missing

        there = not migrations_missing()
    return {Needs.DATABASE: "", Needs.TABLES: "" if there else no_tables}


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def of_wrong_settings(problems: list[tuple[str, str]]) -> list[Examined]:
    """Where the settings do not load: nothing else can be asked then. (what is wrong, fix) of each."""
    why = "Web, worker and commands end at their start with these settings."
    return [
        Examined("Settings", [Finding("settings.wrong", what, why, fix, Severity.WRONG) for what, fix in problems]),
        Examined("Everything else", not_looked_at="the settings do not load"),
    ]
