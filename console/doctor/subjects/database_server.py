"""The database and its server: whether it answers, its version, letters, time, log and safety of what it writes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from console.doctor.findings import Finding, Severity, subject
from console.embedded_postgres import OLDEST_MAJOR

CLOCKS_DIFFER = 2.0
"""Seconds."""
ASKED = """
SELECT current_setting('server_version_num')::int, pg_encoding_to_char(encoding), datctype,
       datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid) AND datcollversion IS NOT NULL,
       quote_ident(datname), quote_ident(current_user), pg_is_in_recovery(),
       (SELECT jsonb_object_agg(name, CASE name WHEN 'TimeZone' THEN reset_val ELSE setting END)::text
          FROM pg_settings WHERE name = ANY(%s))
  FROM pg_database WHERE datname = current_database()
"""
PRIVATE_LOG = {
    "log_statement": (("none",), "none"),
    "log_min_error_statement": (("fatal", "panic", "log"), "panic"),
    "log_min_duration_statement": (("-1",), "-1"),
    "log_min_duration_sample": (("-1",), "-1"),
    "log_transaction_sample_rate": (("0",), "0"),
    "log_error_verbosity": (("terse",), "terse"),
    "log_min_messages": (("log", "fatal", "panic"), "log"),
}
"""Setting -> what keeps values of statements and rows out of the log, and which of these to set."""
OF_ROLES = "log_min_messages"
"""For the console's roles alone, since it leaves errors out of the log: what others do is worth one."""
SAFE = ("fsync", "full_page_writes")
UTC = ("UTC", "Etc/UTC", "GMT", "Etc/GMT", "UCT", "Etc/UCT", "Zulu", "Etc/Zulu")


def clock() -> float:
    """This machine's, in seconds."""
    return time.time()


@subject("The database")
def database_server() -> Iterator[Finding]:
    before = clock()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float")
            (theirs,) = cursor.fetchone()
            between = before, clock()
            cursor.execute(ASKED, [["TimeZone", "log_statement_sample_rate", *PRIVATE_LOG, *SAFE]])
            found = cursor.fetchone()
    except (DatabaseError, InterfaceError) as error:
        yield _not_answering(error)
        return
    version, encoding, letters, collation_changed, database, role, read_only, values = found
    yield from _of_version(version)
    yield from _of_letters(database, encoding, letters, collation_changed)
    if read_only:
        yield Finding(
            "database.read-only",
            "The database is a standby: it takes no write.",
            "Nobody signs in, and nothing is activated.",
            "Name the primary in DATABASE_URL (with ?target_session_attrs=read-write where it names several)",
        )
    away = max(between[0] - theirs, theirs - between[1], 0)
    if away > CLOCKS_DIFFER:
        yield Finding(
            "database.clock",
            f"The clock of the database differs from this machine's by {away:.0f} s.",
            "Facts are dated by the one, sessions, codes and marketplaces' tokens by the other.",
            "Let both machines keep time: timedatectl set-ntp true",
            Severity.WRONG if away > settings.AZURE_CLOCK_LEEWAY else Severity.WARN,
        )
    yield from _of_settings(json.loads(values), database, role)


def _not_answering(error: Exception) -> Finding:
    return Finding(
        "database.not-answering",
        f"The database does not answer: {_without_account(error)}.",
        "No page can be shown, and no job is done.",
        "systemctl status postgresql; then host, port, name and role in DATABASE_URL (of migrate: DATABASE_OWNER_URL),"
        " and pg_hba.conf",
    )


def told_of_no_connection(error: OperationalError) -> str:
    """The same, for a command that ended so; empty where the connection is not what failed."""
    state = getattr(error.__cause__, "sqlstate", None)  # what fails before the server answers has none
    if error.__cause__ is None or (state and not state.startswith(("08", "28", "57P"))):
        return ""
    finding = _not_answering(error)
    return f"{finding.what}\nfix: {finding.fix}"


def _without_account(error: Exception) -> str:
    """The last thing that was said and is no question, in which libpq names host and role, never a password."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.endswith("?")]
    return (lines[-1] if lines else type(error).__name__).rstrip(".")


def _of_version(number: int) -> Iterator[Finding]:
    if number // 10_000 < OLDEST_MAJOR:
        yield Finding(
            "database.too-old",
            f"PostgreSQL is {number // 10_000}.{number % 10_000}; {OLDEST_MAJOR} is the oldest that is known to work.",
            "Statements of ours may fail, and its holes are mended no more.",
            f"Upgrade the server to PostgreSQL {OLDEST_MAJOR} or newer",
        )


def _of_letters(database: str, encoding: str, letters: str, collation_changed: bool) -> Iterator[Finding]:
    anew = f"CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'; then pg_dump {database} into it"
    if encoding != "UTF8":
        yield Finding(
            "database.encoding", f"Its encoding is {encoding}, not UTF8.", "Names of people and companies cannot be kept.", anew
        )
    elif letters in ("C", "POSIX"):
        yield Finding(
            "database.locale",
            f"Its LC_CTYPE is {letters}: it knows no letters but a to z.",
            "Addresses and names that differ in capitals only are taken for different ones.",
            anew,
        )
    if collation_changed:
        yield Finding(
            "database.collation-changed",
            "The machine sorts texts otherwise than when the database was made.",
            "An index may miss rows that are there: a person or an order is not found, or found twice.",
            f"REINDEX DATABASE {database}; ALTER DATABASE {database} REFRESH COLLATION VERSION;",
        )


def _of_settings(values: dict[str, Any], database: str, role: str) -> Iterator[Finding]:
    zone = values.get("TimeZone", "UTC")
    if zone not in UTC:
        yield Finding(
            "database.time-zone",
            f"Its time zone is {zone}.",
            "We ask in UTC; psql, views and the log tell other hours than the console's own log.",
            f"ALTER DATABASE {database} SET timezone = 'UTC';",
            Severity.WARN,
        )
    for name, (good, best) in PRIVATE_LOG.items():
        if name not in values or values[name] in good:
            continue
        if name == "log_min_duration_sample" and values.get("log_statement_sample_rate") == "0":
            continue
        for_all = f"ALTER SYSTEM SET {name} = '{best}'; SELECT pg_reload_conf();\nor, for this role alone: "
        for_role = f"ALTER ROLE {role} SET {name} = '{best}';"
        yield Finding(
            f"database.{name.replace('_', '-')}",
            f"{name} is {values[name]}: its log gets values.",
            "Statements and details of errors hold addresses of people, sealed tokens and texts of mails.",
            for_role if name == OF_ROLES else for_all + for_role,
            Severity.WARN if name in ("log_error_verbosity", OF_ROLES) else Severity.WRONG,
        )
    for name in SAFE:
        if values.get(name) == "off":
            yield Finding(
                f"database.{name.replace('_', '-')}",
                f"{name} is off.",
                "After a power cut facts may be lost or torn, and nothing would tell.",
                f"ALTER SYSTEM SET {name} = 'on'; SELECT pg_reload_conf();",
            )
