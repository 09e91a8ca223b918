"""`manage.py doctor`: a clean installation says nothing, and each planted deviation is named, alone, with its fix."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as in_force
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client, override_settings
from django.utils import timezone
from procrastinate.contrib.django import app

from console.database_roles.row_security import OF_A_COMPANY, Policy
from console.doctor import as_seen
from console.doctor.subjects import console_address, machine
from console.doctor.subjects.database_server import told_of_no_connection
from console.launch.check import SAMPLE_PRODUCTION
from console.models import LedgerVerification, OutgoingMail
from console.people.demo_password import DEMO_PASSWORD
from console.security.sealing import seal
from console.settings_from_environment import Environment
from tests.factories import make_feature, make_user
from tests.local_servers import MailServer, Proxies, certificate, console_behind, serving

pytestmark = [pytest.mark.django_db, pytest.mark.as_owner]

SERVER = "The database"
"""Of the server that the tests run on, which promises nothing, see test_database_server.py."""
KEY = "one-of-our-own-that-is-long-enough-0123456789-abcdefghij"
Found = dict[str, str]
"""Name of a finding -> what it says."""


@dataclass
class Installation:
    """What a plant may change. The rest of the test is as the role that serves."""

    settings: Any
    monkeypatch: pytest.MonkeyPatch
    folder: Path
    proxies: Proxies

    def sql(self, text: str) -> None:
        """As the owner, until the end of the test."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT quote_ident(current_user), quote_ident(current_database())")
            owner, database = cursor.fetchone()
            cursor.execute(
                text.replace("{role}", in_force.DATABASE_SERVING_ROLE).replace("{owner}", owner).replace("{database}", database)
            )


def look(only: str = "") -> Found:
    """What the doctor finds, as the role that serves."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {in_force.DATABASE_SERVING_ROLE}")
    subjects = examined(only)
    assert [each["not_looked_at"] for each in subjects if each["not_looked_at"]] == []
    return {one["name"]: one["what"] for each in subjects if each["title"] != SERVER for one in each["findings"]}


def examined(only: str = "") -> list[dict[str, Any]]:
    said = io.StringIO()
    with suppress(SystemExit):
        call_command("doctor", json=True, only=only, stdout=said)
    found: list[dict[str, Any]] = json.loads(said.getvalue())["subjects"]
    return found


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    with override_settings(STORAGES=in_force.STORAGES_OF_COLLECTED_FILES, STATIC_ROOT=folder):
        call_command("collectstatic", interactive=False, verbosity=0)
    return folder


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def clean(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, collected: Path, pem: Path) -> Iterator[Installation]:
    """An installation in production, as it should be."""
    import_module(in_force.ROOT_URLCONF)  # read once in a process: other tests go to the practice marketplace's addresses
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    for name, value in {
        "SECRET_KEY": KEY,
        "ALLOWED_HOSTS": ["localhost"],
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
        "TRUSTED_PROXIES": 1,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "PRACTICE_MARKETPLACE": False,
        "MARKETPLACES": {},
        **dict.fromkeys(["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRETS"], ""),
        "METRICS_TOKEN": "a-token-of-the-metrics-page",
        "STAFF_FACTOR_FROM": timezone.now().date(),
        "STORAGES": in_force.STORAGES_OF_COLLECTED_FILES,
        "STATIC_ROOT": collected,
        "SILENCED_SYSTEM_CHECKS": ["security.W021"],
    }.items():
        setattr(settings, name, value)
    staff = make_user(is_staff=True)
    Authenticator.objects.create(user=staff, type=Authenticator.Type.TOTP, data={"secret": "sealed"})
    make_feature()
    LedgerVerification.objects.create(ended_at=timezone.now(), seconds=1, companies=1, differences=0)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
        for (name, key), _task in app.periodic_registry.periodic_tasks.items():
            insert = "INSERT INTO procrastinate_periodic_defers (task_name, defer_timestamp, periodic_id) VALUES (%s, %s, %s)"
            cursor.execute(insert, [name, int(timezone.now().timestamp()), key])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # so that tables may be altered
    proxies = Proxies()
    with serving(console_behind(proxies, pem)):
        settings.CONSOLE_URL = proxies.url
        yield Installation(settings, monkeypatch, tmp_path, proxies)


def test_a_clean_installation_says_nothing(clean: Installation) -> None:
    assert look() == {}
    said = io.StringIO()
    call_command("doctor", only="address", stdout=said)  # ends without SystemExit
    assert said.getvalue() == "Nothing deviates; 1 of 1 subjects looked at.\n"


# --- What is planted, and how it is named


def setting(**values: Any) -> Callable[[Installation], None]:
    def plant(here: Installation) -> None:
        for name, value in values.items():
            setattr(here.settings, name, value)

    return plant


def owner(sql: str) -> Callable[[Installation], None]:
    return lambda here: here.sql(sql)


def proxy(**values: Any) -> Callable[[Installation], None]:
    def plant(here: Installation) -> None:
        for name, value in values.items():
            setattr(here.proxies, name, value)

    return plant


def proxies_stated(number: int) -> Callable[[Installation], None]:
    return setting(TRUSTED_PROXIES=number)


def answers(status: int, **headers: str) -> Callable[[Installation], None]:
    return proxy(answers=(status, headers, b"{}"))


def ends_in(days: float, host: str = "localhost") -> Callable[[Installation], None]:
    """Another certificate than the one that is good."""

    def plant(here: Installation) -> None:
        path = certificate(here.folder, days=days, host=host)
        here.monkeypatch.setenv("SSL_CERT_FILE", str(path))
        proxies = Proxies()
        server = console_behind(proxies, path)
        here.settings.CONSOLE_URL = proxies.url
        running.append(serving(server))
        running[-1].__enter__()

    return plant


running: list[Any] = []


@pytest.fixture(autouse=True)
def _end_servers() -> Iterator[None]:
    yield
    while running:
        running.pop().__exit__(None, None, None)


def nobody_answers(here: Installation) -> None:
    here.settings.CONSOLE_URL = "https://localhost:9"


def not_collected(here: Installation) -> None:
    here.settings.STATIC_ROOT = here.folder


def other_static_file(here: Installation) -> None:
    root = here.folder / "static"
    shutil.copytree(in_force.STATIC_ROOT, root)
    (root / "js" / "console.js").write_text("former();")
    (root / "css" / "console.css").unlink()
    here.settings.STATIC_ROOT = root


def file_for_all(here: Installation) -> None:
    path = here.folder / "key"
    path.write_text(KEY)
    path.chmod(0o644)
    here.monkeypatch.setenv("SECRET_KEY_FILE", str(path))


def environment_for_all(here: Installation) -> None:
    path = here.folder / "allotment.env"
    path.write_text(f"# Settings\nALLOWED_HOSTS=localhost\nSECRET_KEY={KEY}\nEMAIL_URL=smtps://a:hush@localhost\n")
    path.chmod(0o644)
    here.monkeypatch.setenv("ALLOTMENT_ETC", str(here.folder))


Usage = namedtuple("Usage", "total used free")


def disk(free: int) -> Callable[[Installation], None]:
    return lambda here: here.monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: Usage(10**12, 0, free))


def other_package(here: Installation) -> None:
    former = machine.version
    here.monkeypatch.setattr(machine, "version", lambda name: "0.9" if name == "django" else former(name))


def mail_server(**how: Any) -> Callable[[Installation], None]:
    """A server that encrypts, unless `how` has a `pem` of its own."""

    def plant(here: Installation) -> None:
        pem = how.get("pem", Path(os.environ["SSL_CERT_FILE"]))
        if isinstance(pem, str):  # for another host
            pem = certificate(here.folder, host=pem)
        server = MailServer(pem, **{name: value for name, value in how.items() if name != "pem"}).server()
        running.append(serving(server))
        running[-1].__enter__()
        here.settings.MAILERS = mailer(server.server_address[1])

    return plant


def mailer(port: int) -> dict[str, Any]:
    return {"default": Environment({"EMAIL_URL": f"smtp+tls://allotment:hush@localhost:{port}"}).mailer()}


def late_job(here: Installation) -> None:
    here.sql(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, scheduled_at, priority, attempts, abort_requested)"
        " VALUES ('default', 'console.send_mail', '{}', 'todo', now() - interval '1 hour', 0, 0, false)"
    )


def failed_job(here: Installation) -> None:
    here.sql(
        "WITH job AS (INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, priority, attempts, abort_requested)"
        " VALUES ('default', 'console.send_mail', '{}', 'failed', 0, 0, false) RETURNING id)"
        " INSERT INTO procrastinate_events (job_id, type, at) SELECT id, 'failed', now() FROM job"
    )


def mail(**fields: Any) -> Callable[[Installation], None]:
    def plant(here: Installation) -> None:
        now = timezone.now()
        made = {name: now - since for name, since in fields.items()}
        OutgoingMail.objects.create(**{"to": "a@example.com", "subject": "s", "purpose": "account", "created_at": now, **made})

    return plant


def sealed_under_a_former_key(here: Installation) -> None:
    OutgoingMail.objects.create(
        to="a@example.com", subject="s", purpose="account", secret=True, text=seal("hush"), created_at=timezone.now()
    )
    here.settings.SECRET_KEY, here.settings.SECRET_KEY_FALLBACKS = f"another-{KEY}", [KEY]


def without_factor(here: Installation) -> None:
    Authenticator.objects.all().delete()


def person(**fields: Any) -> Callable[[Installation], None]:
    return lambda here: make_user(**fields) and None


def of_former_static_files(here: Installation) -> None:
    """The process that answers began with others."""
    here.monkeypatch.setattr(console_address, "static_files_in_use", lambda: "of now")
    here.monkeypatch.setattr(as_seen, "static_files_in_use", lambda: "former")


NOTICES = Policy(OF_A_COMPANY).name
AZURE = {"AZURE_TENANT_ID": "7e57", "AZURE_CLIENT_ID": "7e57", "AZURE_CLIENT_SECRETS": ["hush"]}
HOUR = timedelta(hours=1)

PLANTED: dict[str, tuple[str, Callable[[Installation], None], str, str]] = {
    # why: subject, plant, name, words
    "debugging": ("settings", setting(DEBUG=True), "settings.debug", "DEBUG is on."),
    "the key of development": (
        "settings",
        lambda here: setattr(here.settings, "SECRET_KEY", in_force.SECRET_KEY_OF_DEVELOPMENT),
        "settings.public-key",
        "SECRET_KEY is the public one of development.",
    ),
    "the key of development as a former one": (
        "settings",
        lambda here: setattr(here.settings, "SECRET_KEY_FALLBACKS", [in_force.SECRET_KEY_OF_DEVELOPMENT]),
        "settings.public-key",
        "SECRET_KEY_BEFORE is the public one of development.",
    ),
    "a short key": (
        "settings",
        setting(SECRET_KEY="hush"),
        "settings.short-key",
        "SECRET_KEY has 4 characters, 3 different ones.",
    ),
    "every host": ("settings", setting(ALLOWED_HOSTS=["*"]), "settings.every-host", "ALLOWED_HOSTS holds *."),
    "an address in clear": (
        "settings",
        setting(CONSOLE_URL="http://allotment.example.com"),
        "settings.console-url-in-clear",
        "CONSOLE_URL does not start with https://: http://allotment.example.com",
    ),
    "metrics without a token": (
        "settings",
        setting(METRICS_TOKEN=""),
        "settings.no-metrics-token",
        "METRICS_TOKEN is not set.",
    ),
    "no redirect": ("settings", setting(SECURE_SSL_REDIRECT=False), "settings.no-redirect", "SSL_REDIRECT is off."),
    "a short promise to browsers": (
        "settings",
        setting(SECURE_HSTS_SECONDS=3600),
        "settings.short-hsts",
        "HSTS_SECONDS is 3600, less than half a year.",
    ),
    "cookies in clear": (
        "settings",
        setting(SESSION_COOKIE_SECURE=False),
        "settings.cookies-in-clear",
        "Cookies of sessions and forms are sent in clear as well.",
    ),
    "the practice marketplace": (
        "settings",
        setting(PRACTICE_MARKETPLACE=True),
        "settings.practice-marketplace",
        "The practice marketplace is on.",
    ),
    "the demo": ("settings", setting(DEMO=True), "settings.demo", "DEMO is set."),
    "another check of Django's": (
        "checks",
        setting(SECURE_CONTENT_TYPE_NOSNIFF=False),
        "check.security.W006",
        "Your SECURE_CONTENT_TYPE_NOSNIFF setting is not set to True",
    ),
    # The machine
    "a full disk": ("disks", disk(10**8), "disk.nearly-full", "0.1 GB left, 0% of it."),
    "a disk that fills": ("disks", disk(8 * 10**10), "disk.nearly-full", "80.0 GB left, 8% of it."),
    "a key for all to read": ("files", file_for_all, "files.open-to-all", "key, which SECRET_KEY_FILE names."),
    "an environment for all to read": (
        "files",
        environment_for_all,
        "files.environment-open-to-all",
        "allotment.env, which holds EMAIL_URL, SECRET_KEY.",
    ),
    "another package": ("packages", other_package, "packages.differ", "django is 0.9 instead of "),
    "no static files": ("static", not_collected, "static.not-collected", "No static files were collected in "),
    "former static files": (
        "static",
        other_static_file,
        "static.of-another-version",
        "are not those of this version: css/console.css, js/console.js.",
    ),
    # The address
    "nobody answers": ("address", nobody_answers, "address.not-answering", "does not answer: Connection refused."),
    "the proxy finds no console": ("address", answers(502), "address.not-answering", "does not answer: the proxy answers 502."),
    "another console": ("address", answers(404), "address.another-console", "is answered by something else: it answers 404."),
    "another site": (
        "address",
        answers(302, Location="https://www.example.com/"),
        "address.another-console",
        "is answered by something else: it leads on to www.example.com.",
    ),
    "a host that is refused": (
        "address",
        setting(ALLOWED_HOSTS=["allotment.example.com"]),
        "address.host-not-allowed",
        "ALLOWED_HOSTS does not hold localhost, the host of CONSOLE_URL.",
    ),
    "a certificate about to end": ("address", ends_in(10), "address.certificate-ends", "in 9 days."),
    "a certificate that ended": (
        "address",
        ends_in(-1),
        "address.certificate-refused",
        "is not accepted: certificate has expired.",
    ),
    "a certificate for another host": (
        "address",
        ends_in(60, "other.example.com"),
        "address.certificate-refused",
        "is not accepted: Hostname mismatch",
    ),
    "processes of another version": (
        "address",
        of_former_static_files,
        "address.process-of-another-version",
        "The web processes were started before static files were collected last.",
    ),
    "no X-Forwarded-Proto": (
        "address",
        proxy(proto=""),
        "proxy.no-forwarded-proto",
        "The console is not told that visitors come",
    ),
    "X-Forwarded-Proto as the visitor claims it": (
        "address",
        proxy(proto="claimed"),
        "proxy.passes-on-claims",
        "The proxy passes on X-Forwarded-Proto as the visitor sends it.",
    ),
    "no X-Forwarded-For": (
        "address",
        proxy(hops=0),
        "proxy.no-forwarded-for",
        "TRUSTED_PROXIES states 1, and none sets X-Forwarded-For.",
    ),
    "one proxy more than stated": (
        "address",
        proxy(hops=2),
        "proxy.hops",
        "2 proxies set X-Forwarded-For, and TRUSTED_PROXIES states 1.",
    ),
    "one proxy that none stated": (
        "address",
        proxies_stated(0),
        "proxy.hops",
        "1 proxy sets X-Forwarded-For, and TRUSTED_PROXIES states 0.",
    ),
    "one proxy fewer than stated": (
        "address",
        proxies_stated(2),
        "proxy.hops",
        "1 proxy sets X-Forwarded-For, and TRUSTED_PROXIES states 2.",
    ),
    # Rights
    "a superuser": ("role", owner("ALTER ROLE {role} SUPERUSER"), "rights.superuser", "is superuser."),
    "a role that makes roles": ("role", owner("ALTER ROLE {role} CREATEROLE"), "rights.makes-roles", "may make roles."),
    "no policy binds it": (
        "role",
        owner("ALTER ROLE {role} BYPASSRLS"),
        "rights.bypasses-policies",
        "bypasses row-level security.",
    ),
    "an owner of facts": ("role", owner("ALTER TABLE console_act OWNER TO {role}"), "rights.owns-facts", "owns console_act."),
    "facts it may update": (
        "role",
        owner("GRANT UPDATE ON console_act TO {role}"),
        "rights.changes-facts",
        "may change console_act.",
    ),
    "a column it may update": (
        "role",
        owner("GRANT UPDATE (reason) ON console_act TO {role}"),
        "rights.changes-facts",
        "may change console_act.",
    ),
    "facts it may empty": (
        "role",
        owner("GRANT TRUNCATE ON licensing_licenseentry TO PUBLIC"),
        "rights.changes-facts",
        "may change licensing_licenseentry.",
    ),
    "tables it may make": (
        "role",
        owner("GRANT CREATE ON SCHEMA public TO {role}"),
        "rights.makes-tables",
        "may make tables and functions.",
    ),
    "schemas it may make": (
        "role",
        owner("GRANT CREATE ON DATABASE {database} TO {role}"),
        "rights.makes-schemas",
        "may make schemas in the database.",
    ),
    "temporary tables it may make": (
        "role",
        owner("GRANT TEMPORARY ON DATABASE {database} TO PUBLIC"),
        "rights.makes-temporary",
        "may make temporary tables.",
    ),
    "a role it may become": (
        "role",
        owner("ALTER ROLE {role} NOINHERIT; GRANT {owner} TO {role}"),
        "rights.may-become",
        " may become ",
    ),
    "a grant that is missing": (
        "grants",
        owner("REVOKE INSERT ON console_outgoingmail FROM {role}"),
        "grants.missing",
        "The role that serves lacks INSERT on console_outgoingmail.",
    ),
    "a sequence that it may not use": (
        "grants",
        owner("REVOKE ALL ON SEQUENCE procrastinate_jobs_id_seq FROM {role}"),
        "grants.missing",
        "The role that serves lacks USAGE on procrastinate_jobs_id_seq.",
    ),
    "row-level security off": (
        "row-level",
        owner("ALTER TABLE licensing_notice DISABLE ROW LEVEL SECURITY"),
        "policy.not-in-force",
        "licensing_notice has no row-level security in force.",
    ),
    "no policy": (
        "row-level",
        owner(f"DROP POLICY {NOTICES} ON licensing_usechoice"),
        "policy.missing",
        "licensing_usechoice has no policy.",
    ),
    "one more policy": (
        "row-level",
        owner("CREATE POLICY everything ON licensing_notice USING (true)"),
        "policy.another",
        "licensing_notice has another policy than ours, or one for other roles.",
    ),
    "a policy of another text": (
        "row-level",
        owner(f"ALTER POLICY {NOTICES} ON licensing_notice USING (true)"),
        "policy.another-text",
        "licensing_notice has a policy of another text.",
    ),
    # Guards and tables
    "a guard that is disabled": (
        "guards",
        owner("ALTER TABLE console_act DISABLE TRIGGER guard_console_act"),
        "guard.disabled",
        "The trigger guard_console_act on console_act is disabled.",
    ),
    "a guard that is missing": (
        "guards",
        owner("DROP TRIGGER guard_console_act ON console_act"),
        "guard.missing",
        "console_act has no trigger guard_console_act.",
    ),
    "a guard in ordinary mode": (
        "guards",
        owner("ALTER TABLE console_act ENABLE TRIGGER guard_console_act"),
        "guard.ordinary",
        "The trigger guard_console_act on console_act is enabled in mode O, not ALWAYS.",
    ),
    "a guard that lets pass": (
        "guards",
        owner("CREATE OR REPLACE FUNCTION refuse_to_edit_facts() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"),
        "guard.another-function",
        "The function refuse_to_edit_facts is another one than the migration made.",
    ),
    "a reference into other companies": (
        "references",
        owner("ALTER TABLE licensing_licenseentry DROP CONSTRAINT licensing_licenseentry_license_id_in_same_company"),
        "reference.missing",
        "table licensing_licenseentry: expected the constraint",
    ),
    "a migration that is not applied": (
        "tables",
        owner("DELETE FROM django_migrations WHERE app = 'credits' AND name LIKE '0002%'"),
        "tables.migrations-missing",
        "1 migrations are not applied: credits.0002",
    ),
    "a migration of a later version": (
        "tables",
        owner("INSERT INTO django_migrations (app, name, applied) VALUES ('console', '9999_later', now())"),
        "tables.of-a-later-version",
        "The database has migrations that this version does not know: console.9999_later.",
    ),
    "no cache": (
        "tables",
        owner("DROP TABLE console_cache"),
        "tables.no-cache",
        "The table of the cache, console_cache, is missing.",
    ),
    "no catalogue": (
        "catalogue",
        owner(
            "SET LOCAL session_replication_role = replica; ALTER TABLE credits_creditrate RENAME TO former;"
            " CREATE TABLE credits_creditrate (LIKE former INCLUDING ALL); GRANT SELECT ON credits_creditrate TO {role}"
        ),
        "catalogue.missing",
        "The catalogue has no rates.",
    ),
    # Worker and mail
    "no worker": ("worker", owner("DELETE FROM procrastinate_workers"), "jobs.worker", "Worker: None runs."),
    "a silent worker": (
        "worker",
        owner("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 hours'"),
        "jobs.worker",
        "2 hours ago",
    ),
    "a job that waits": ("worker", late_job, "jobs.jobs-that-are-due", "1 waits, since "),
    "a job that failed": ("worker", failed_job, "jobs.jobs-that-failed-in-the-last-24-hours", "console.send_mail: 1"),
    "jobs that do not come": (
        "clock",
        owner(
            "DELETE FROM procrastinate_periodic_defers WHERE task_name = 'console.forget_mail';"
            " UPDATE django_migrations SET applied = applied - interval '3 days'"
        ),
        "jobs.not-queued",
        "1 jobs were not queued when their time came: console.forget_mail.",
    ),
    "a mail that waits": ("mails", mail(created_at=HOUR), "mail.mail-that-waits", "1, since "),
    "a mail given up": ("mails", mail(given_up_at=HOUR), "mail.given-up-in-the-last-24-hours", "1"),
    "a mail server that is silent": (
        "mail server",
        lambda here: setattr(here.settings, "MAILERS", mailer(9)),
        "mail.not-answering",
        "The mail server localhost:9 does not answer: Connection refused.",
    ),
    "a mail server that breaks off": ("mail server", mail_server(breaks_off=True), "mail.not-answering", "it broke off."),
    "a mail server for another host": (
        "mail server",
        mail_server(pem="mail.example.com"),
        "mail.certificate-refused",
        "is not accepted: self-signed certificate.",
    ),
    "a mail server that refuses us": (
        "mail server",
        mail_server(takes=False),
        "mail.account-refused",
        "refuses the account of EMAIL_URL (535).",
    ),
    "a mail server in clear": ("mail server", mail_server(pem=None), "mail.no-encryption", "offers no STARTTLS, or no account."),
    "mails that are printed": (
        "mail server",
        setting(MAILERS={"default": Environment({}).mailer()}),
        "mail.printed",
        "No mail server is named: mails are printed by the worker.",
    ),
    "a ledger never verified": (
        "worker",
        owner("DELETE FROM console_ledgerverification"),
        "jobs.ledger-verified",
        "Ledger verified: Never yet.",
    ),
    "a ledger that differs": (
        "worker",
        owner("UPDATE console_ledgerverification SET differences = 2"),
        "jobs.ledger-verified",
        "2 differences",
    ),
    "a ledger long not verified": (
        "worker",
        owner("UPDATE console_ledgerverification SET ended_at = now() - interval '3 days'"),
        "jobs.ledger-verified",
        "no difference",
    ),
    # Marketplaces and people
    "what would not open without a former key": (
        "secrets",
        sealed_under_a_former_key,
        "secrets.would-not-open-without-a-former-key",
        "Would not open without a former key: outgoing mail (console_outgoingmail.text): 1",
    ),
    "half a marketplace": (
        "marketplaces",
        setting(AZURE_CLIENT_ID="7e57"),
        "marketplaces.half-set",
        "AZURE_TENANT_ID is not set, and AZURE_CLIENT_ID is set.",
    ),
    "nobody of support": (
        "people",
        owner("UPDATE console_user SET is_active = false WHERE is_staff"),
        "people.no-staff",
        "No person of support can sign in.",
    ),
    "staff without a factor": (
        "people",
        without_factor,
        "people.staff-without-factor",
        "1 of support has no second factor (person ",
    ),
    "a factor demanded from tomorrow": (
        "people",
        setting(STAFF_FACTOR_FROM=date.max),
        "people.factor-not-demanded",
        "No second factor is demanded of staff before 9999-12-31.",
    ),
    "no factor demanded": (
        "people",
        setting(STAFF_FACTOR_FROM=None),
        "people.factor-not-demanded",
        "No second factor is demanded of staff at all.",
    ),
    "the demo's password": (
        "people",
        person(email="viewer@aster.example", password=DEMO_PASSWORD),
        "people.demo-password",
        "People of the demo can sign in with its public password.",
    ),
    "people of the demo": (
        "people",
        person(email="viewer@aster.example"),
        "people.of-the-demo",
        "1 people have addresses of the demo (….example).",
    ),
}


@pytest.mark.parametrize("why", PLANTED)
def test_each_planted_deviation_is_named_alone(why: str, clean: Installation) -> None:
    subject, plant, name, words = PLANTED[why]
    plant(clean)
    found = look(subject)
    assert list(found) == [name], found
    assert words in found[name]


def test_what_the_health_page_says_of_a_marketplace_is_told_too(clean: Installation) -> None:
    setting(MARKETPLACES={"azure": "licensing.marketplaces.azure.client.from_settings"}, **AZURE)(clean)
    assert list(look("marketplaces")) == [f"marketplaces.last-{what}" for what in ("test", "notification", "comparison")]


def test_the_table_plants_enough() -> None:
    assert len(PLANTED) > 60
    assert len({name for _, _, name, _ in PLANTED.values()}) > 50


def test_nothing_secret_is_told(clean: Installation) -> None:
    """Of all that could be: keys, passwords in addresses, addresses of people."""
    clean.settings.MAILERS = mailer(9)
    clean.settings.SECRET_KEY = "short-and-hush"
    make_user(email="ada@lovelace.example", is_staff=True)
    mail(created_at=HOUR)(clean)
    late_job(clean)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {in_force.DATABASE_SERVING_ROLE}")
    told = json.dumps(examined())
    assert len(told) > 2000
    for secret in ("hush", "ada@", "a@example.com", "lovelace"):
        assert secret not in told


# --- What cannot be looked at


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **SAMPLE_PRODUCTION, "DJANGO_SETTINGS_MODULE": "console.settings.prod", **environment}
    return subprocess.run(
        [sys.executable, "manage.py", "doctor", *arguments],
        cwd=in_force.BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_settings_that_do_not_load_are_told_and_nothing_else_is_looked_at() -> None:
    done = command("--json", SECRET_KEY="short", EMAIL_URL="smtp://allotment:hush@mail.example.com")
    assert done.returncode == 1
    assert "hush" not in done.stdout + done.stderr
    settings, rest = json.loads(done.stdout)["subjects"]
    assert [one["what"] for one in settings["findings"]] == [
        "SECRET_KEY: is too short to be safe.",
        "EMAIL_URL: would send mail unencrypted, the password of the account with it.",
    ]
    assert rest["not_looked_at"] == "the settings do not load"
    assert "  WRONG  SECRET_KEY: is too short to be safe.\n" in command(SECRET_KEY="short").stdout


def test_a_database_that_is_down_is_said_and_the_rest_is_looked_at() -> None:
    unreachable = {"DATABASE_URL": "postgresql://allotment:hush@127.0.0.1:9/allotment", "CONSOLE_URL": "https://127.0.0.1:9"}
    done = command(**unreachable, EMAIL_URL="smtp://127.0.0.1:9", ALLOWED_HOSTS="127.0.0.1")
    assert done.returncode == 1
    assert "\nThe database\n  WRONG  The database does not answer: " in done.stdout
    assert (
        "Not looked at, since the database does not answer (see The database):\n  The role that serves, Grants, " in done.stdout
    )
    assert "https://127.0.0.1:9 does not answer: Connection refused." in done.stdout
    assert "hush" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["migrate", "verify_ledger"])
def test_a_command_that_gets_no_connection_says_so_in_the_same_words(name: str) -> None:
    unreachable = {of: f"postgresql://{of}:hush@127.0.0.1:9/allotment" for of in ("DATABASE_URL", "DATABASE_OWNER_URL")}
    done = subprocess.run(
        [sys.executable, "manage.py", name],
        cwd=in_force.BASE_DIR,
        env={**os.environ, **SAMPLE_PRODUCTION, "DJANGO_SETTINGS_MODULE": "console.settings.prod", **unreachable},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The database does not answer: ")
    assert "Connection refused.\nfix: systemctl status postgresql; " in done.stderr
    assert "hush" not in done.stderr
    assert len(done.stderr.splitlines()) == 2


def refused(state: str | None) -> OperationalError:
    error = OperationalError("canceling statement due to lock timeout")
    error.__cause__ = psycopg.OperationalError()
    error.__cause__.sqlstate = state
    return error


def test_what_fails_in_a_database_that_answers_is_not_taken_for_its_silence() -> None:
    assert told_of_no_connection(refused("55P03")) == ""
    assert told_of_no_connection(OperationalError("raised by somebody")) == ""
    assert told_of_no_connection(refused("28P01")).startswith("The database does not answer: canceling")


# --- What the console tells of itself


def test_strangers_are_told_nothing_of_how_they_are_seen(settings: Any) -> None:
    assert Client().get("/as-seen").status_code == 404
    with override_settings(SECRET_KEY="of another console, which is long enough to be one"):
        other = as_seen.token()
    former = as_seen.token()
    for wrong in ("", "look", other, former[:-1], former.replace("look", "else")):
        assert Client().get("/as-seen", headers={as_seen.HEADER: wrong}).status_code == 404
    assert Client().get("/as-seen", headers={as_seen.HEADER: former}).status_code == 200
    assert Client().post("/as-seen", headers={as_seen.HEADER: former}).status_code in (403, 405)


def test_a_token_is_good_for_two_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    token = as_seen.token()
    monkeypatch.setattr(as_seen, "GOOD_FOR_SECONDS", -1)
    assert Client().get("/as-seen", headers={as_seen.HEADER: token}).status_code == 404
