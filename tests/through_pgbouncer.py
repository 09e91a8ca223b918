"""The console behind a real PgBouncer in transaction mode: sessions of the server are shared, and nobody sees another's rows.

Not part of the suite:

make proof-of-pgbouncer
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
import requests
from django.conf import settings
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import reverse

from console.company_in_hand import for_all, for_company, in_hand_now
from console.database_roles import row_security
from console.database_roles.row_security import tell, tenant_tables
from console.database_roles.signed_on_as_owner import ACCOUNT, sign_on
from console.launch.proof_of_start import free_port
from console.mail.queueing import queue_mail
from console.models import OutgoingMail
from credits.models import AllocationEntry
from licensing.models import Company, License
from tests.factories import allocate, make_company, make_feature, make_license, make_user
from tests.processes import ROOT, end, environment, until, worker
from tests.roles import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

SHARED = 3
"""Sessions of the server, for all that ask."""
ASKING = 16
REQUESTS = 400
MISSING = "PgBouncer is missing: install it, on Debian: apt-get install --no-install-recommends pgbouncer"


@dataclass(frozen=True)
class Pooler:
    port: int
    database: str

    @property
    def account(self) -> dict[str, Any]:
        """What a connection through it is opened with, as the role that serves."""
        role = settings.DATABASE_SERVING_ROLE
        names = {"USER": role, "PASSWORD": PASSWORD, "HOST": "127.0.0.1", "PORT": str(self.port), "NAME": self.database}
        return {**connection.settings_dict, **names}

    @property
    def url(self) -> str:
        return f"postgresql://{settings.DATABASE_SERVING_ROLE}:{quote(PASSWORD)}@127.0.0.1:{self.port}/{self.database}"

    def servers(self) -> list[int]:
        """Processes of the database's server that it holds."""
        own = psycopg.connect(host="127.0.0.1", port=self.port, user="watcher", dbname="pgbouncer", autocommit=True)
        with own, own.cursor() as cursor:
            cursor.execute("SHOW SERVERS")
            names = [each.name for each in cursor.description or []]
            return [
                int(row[names.index("remote_pid")]) for row in cursor.fetchall() if row[names.index("database")] != "pgbouncer"
            ]


@pytest.fixture
def pooler(transactional_db: None) -> Iterator[Pooler]:
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if not program:
        pytest.exit(MISSING, returncode=2)
    found = connection.settings_dict
    uid = os.stat(found["HOST"]).st_uid if str(found["HOST"]).startswith("/") else os.geteuid()
    if uid == 0:
        pytest.exit("PgBouncer refuses root, and the tests' server runs as root here: start this as another user.", returncode=2)
    folder = Path(tempfile.mkdtemp(prefix="allotment-pgbouncer-"))
    port = free_port()
    try:
        (folder / "users").write_text(f'"{settings.DATABASE_SERVING_ROLE}" "{PASSWORD}"\n"watcher" ""\n')
        (folder / "pgbouncer.ini").write_text(
            f"""
[databases]
{found["NAME"]} = host={found["HOST"]} port={found["PORT"] or 5432} dbname={found["NAME"]}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder / "users"}
admin_users = watcher
pool_mode = transaction
default_pool_size = {SHARED}
max_client_conn = 200
server_reset_query = DISCARD ALL
logfile = {folder / "log"}
"""
        )
        for path in (folder, *folder.iterdir()):
            os.chown(path, uid, -1)
        who: dict[str, Any] = {"user": uid} if uid != os.geteuid() else {}
        process = subprocess.Popen([program, "-q", str(folder / "pgbouncer.ini")], stderr=subprocess.DEVNULL, **who)
        try:
            pooler = Pooler(port, found["NAME"])

            def answers() -> bool:
                assert process.poll() is None, (folder / "log").read_text()
                with contextlib.suppress(psycopg.OperationalError):
                    psycopg.connect(pooler.url).close()
                    return True
                return False

            until(answers, "the pooler")
            yield pooler
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def through(pooler: Pooler, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pooler]:
    """What this process asks goes through it, and each statement is told what is in hand, as in production."""
    monkeypatch.setattr(row_security, "in_hand_for", lambda sql: in_hand_now())
    before = sign_on({name: pooler.account[name] for name in ACCOUNT})
    try:
        yield pooler
    finally:
        sign_on(before)


def two_companies() -> tuple[Company, Company]:
    with for_all("both are made"):
        found = []
        for name, bought in (("Aster Foods", 11_111), ("Borealis Logistics", 77_777)):
            company = make_company(name=name)
            make_license(company=company, units=bought)
            allocate(company, make_feature().lines.get(), bought // 1000)
            found.append(company)
    return found[0], found[1]


def in_threads(work: Any, jobs: list[Any]) -> list[Any]:
    def whole(job: Any) -> Any:
        connection.execute_wrappers[:] = [tell]
        return work(job)

    with ThreadPoolExecutor(ASKING, initializer=lambda: None) as pool:
        found = list(pool.map(whole, jobs))
        list(pool.map(lambda _: connections.close_all(), range(ASKING * 4)))
    return found


def test_questions_that_forgot_their_company_find_no_foreign_row_though_sessions_are_shared(through: Pooler) -> None:
    one, other = two_companies()

    def forgotten(number: int) -> tuple[int | None, int, set[int]]:
        """Which company was in hand, in which process of the server it was asked, and whose rows came."""
        company = (one, other, None)[number % 3]
        table = ("licensing_license", "licensing_licenseentry", "credits_allocationentry")[number // 3 % 3]
        with for_company(company) if company else contextlib.nullcontext(), connection.cursor() as cursor:
            if number % 2:
                cursor.execute(f"SELECT pg_backend_pid(), company_id FROM {table}")
                rows = cursor.fetchall()
            else:  # several statements, each told by itself
                with transaction.atomic():
                    cursor.execute("SELECT pg_backend_pid(), pg_sleep(0.002)")
                    cursor.execute(f"SELECT pg_backend_pid(), company_id FROM {table}")
                    rows = cursor.fetchall()
        return company.pk if company else None, rows[0][0] if rows else 0, {whose for _, whose in rows}

    found = in_threads(forgotten, list(range(REQUESTS)))
    assert {(company, frozenset(whose)) for company, _, whose in found} == {
        (one.pk, frozenset({one.pk})),
        (other.pk, frozenset({other.pk})),
        (None, frozenset()),
    }
    by_company = {company: {pid for held, pid, _ in found if held == company and pid} for company in (one.pk, other.pk)}
    assert by_company[one.pk] & by_company[other.pk], "no session of the server was shared"
    assert len(through.servers()) <= SHARED
    print(f"{REQUESTS} questions by {ASKING} threads in {Counter(pid for _, pid, _ in found if pid)} (process: rows)")


def test_nothing_that_was_told_is_left_and_nothing_is_prepared(through: Pooler) -> None:
    one, _ = two_companies()
    assert connection.get_connection_params()["prepare_threshold"] is None
    connection.execute_wrappers[:] = [tell]
    for _ in range(20):
        with for_company(one):
            assert License.objects.filter(company=one).count() == 1
            assert [each.company_id for each in AllocationEntry.objects.all()] == [one.pk]
    for _ in range(20):
        with psycopg.connect(through.url, autocommit=True, prepare_threshold=None) as own:
            assert own.execute("SELECT current_setting('allotment.company', true)").fetchone() in [("",), (None,)]
            assert own.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)
            for table in tenant_tables():
                assert own.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
            assert own.execute("SHOW timezone").fetchone() == ("UTC",)


def test_it_asks_as_the_role_that_serves_and_facts_stay(through: Pooler) -> None:
    two_companies()
    with psycopg.connect(through.url, autocommit=True, prepare_threshold=None) as own:
        assert own.execute("SELECT session_user::text").fetchone() == (settings.DATABASE_SERVING_ROLE,)
        for sql in ("UPDATE console_act SET id = id", "DELETE FROM console_act", "SET session_replication_role = replica"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                own.execute(sql)


def test_acts_of_two_companies_at_once_each_write_their_own(through: Pooler) -> None:
    companies = two_companies()
    with for_all("lines are of the catalogue"):
        lines = [make_feature().lines.get() for _ in companies]

    def act(number: int) -> None:
        which = number % 2
        with for_company(companies[which]):
            allocate(companies[which], lines[which], 5 + number)

    in_threads(act, list(range(40)))
    with for_all("both are counted"):
        for company, line in zip(companies, lines, strict=True):
            rows = AllocationEntry.objects.filter(company=company, line=line)
            assert rows.exists()
            assert not AllocationEntry.objects.filter(line=line).exclude(company=company).exists()


@contextlib.contextmanager
def web(pooler: Pooler) -> Iterator[str]:
    """The console in two processes with pools of their own, as production runs it."""
    port = free_port()
    command = ["-m", "console.web_server", "--listen", f"127.0.0.1:{port}", "--processes", "2", "--threads", "4"]
    env = environment(port) | {"TEST_DATABASE_URL": pooler.url, "DATABASE_POOL_SIZE": "8"}
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, start_new_session=True)
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{address}/readyz", timeout=20).status_code == 200
        return False

    try:
        until(answers, "the first page")
        yield address
    finally:
        end(process)


def test_pages_of_two_companies_never_show_the_other_one(pooler: Pooler) -> None:
    companies = two_companies()
    cookies, addresses = [], []
    for company in companies:
        client = Client()
        client.force_login(make_user(company=company, roles=["owner"]))
        cookies.append({name: morsel.value for name, morsel in client.cookies.items()})
        names = ("licensing:license-information", "credits:annual-credits", "credits:purchases", "credits:allocations")
        addresses.append([reverse(name, args=[company.slug]) for name in names])

    def ask(number: int) -> tuple[int, int, str]:
        which = number % 2
        path = addresses[which][number // 2 % len(addresses[which])]
        answer = requests.get(f"{address}{path}", cookies=cookies[which], timeout=60)
        return which, answer.status_code, answer.text

    with web(pooler) as address, ThreadPoolExecutor(ASKING) as pool:
        answers = list(pool.map(ask, range(REQUESTS)))
        foreign = [
            requests.get(f"{address}{addresses[1 - which][0]}", cookies=cookies[which], timeout=60).status_code
            for which in (0, 1)
        ]
        assert len(pooler.servers()) <= SHARED
    assert Counter(status for _, status, _ in answers) == {200: REQUESTS}
    assert foreign == [404, 404]
    for which, _, text in answers:
        assert companies[which].name in text
        for of_other in (companies[1 - which].name, companies[1 - which].slug, ("77,777", "11,111")[which]):
            assert of_other not in text
    print(f"{REQUESTS} pages by {ASKING} clients over at most {SHARED} sessions of the server")


def test_the_worker_connects_directly_and_hears_of_jobs_queued_through_the_pooler(pooler: Pooler) -> None:
    with worker("http://127.0.0.1:1"):
        before = sign_on({name: pooler.account[name] for name in ACCOUNT})
        try:
            mail = queue_mail(to="ada@example.com", subject="A notice", text="…", purpose="notice")
            until(lambda: bool(OutgoingMail.objects.get(pk=mail.pk).sent_at), "the mail")
        finally:
            sign_on(before)
