"""Part of `make bench`: the first page of the workbench with 10,000 companies against the same with 10, in alternating pairs.

Half of the companies are below zero, so that the list of what support has to look at grows with them. Exits non-zero, where it is
run by itself, when the page costs more than `MOST` times as much, by the clock.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from urllib.parse import urlsplit, urlunsplit

FEW, MANY = 10, 10_000
MOST = 1.3
WARM_UP, PAIRS = 3, 20
PAGE = "/admin/desk/"

COMPANIES_SQL = """
INSERT INTO licensing_company (id, name, slug, business_id)
SELECT 1000 + n, 'Desk ' || n, 'desk-' || n, 'DESK-' || n FROM generate_series(1, %(companies)s) AS n;
INSERT INTO licensing_companytimezone (company_id, time_zone, effective_at)
SELECT 1000 + n, 'UTC', '2020-01-01' FROM generate_series(1, %(companies)s) AS n;
INSERT INTO console_act (id, scope, company_id, key, name, digest, result, actor_kind, actor_label, on_behalf_of, reason, note,
                         recorded_at)
SELECT md5('desk' || n)::uuid, 'company:' || 1000 + n, 1000 + n, 'desk', 'allocation.set', '', '{}', 'system', 'Bench', '', '',
       '', now() FROM generate_series(1, %(companies)s) AS n;
INSERT INTO credits_allocationentry (company_id, act_id, recorded_at, feature_id, line_id, effective_on, units_change, change)
SELECT 1000 + n, md5('desk' || n)::uuid, now(), line.feature_id, line.id, current_date - n %% 700, 1, 1
  FROM generate_series(1, %(companies)s, 2) AS n, (SELECT min(id) AS id, min(feature_id) AS feature_id
                                                     FROM credits_creditrequirement
                                                    WHERE feature_id = (SELECT min(id) FROM credits_feature)) AS line;
"""


def serve(companies: int) -> None:
    """Fill the database named by TEST_DATABASE_URL, tell how long the look took, then answer each line with a page's seconds."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.utils import timezone

    from console.company_in_hand import for_all
    from console.models import User
    from credits.queues.look import look

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("load_catalogue", reference=True, stdout=open(os.devnull, "w"))  # noqa: SIM115
    with connection.cursor() as cursor:
        cursor.execute(COMPANIES_SQL, {"companies": companies})
        cursor.execute("ANALYZE")
    began = time.perf_counter()
    with for_all("the bench"):
        look(timezone.now())
    took = time.perf_counter() - began
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(User.objects.create_user("desk@example.com", "-", is_staff=True, is_superuser=True))
    print(took, flush=True)
    for _line in sys.stdin:
        began = time.perf_counter()
        response = client.get(PAGE)
        assert response.status_code == 200, response.status_code
        print(time.perf_counter() - began, flush=True)


def in_two_databases(url: str) -> bool:
    """Prints a line; whether the ratio holds."""
    import psycopg

    servers = {}
    for number in (FEW, MANY):
        name = f"bench_desk_{number}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name}")
            connection.execute(f"CREATE DATABASE {name}")
        environment = {**os.environ, "TEST_DATABASE_URL": urlunsplit(urlsplit(url)._replace(path=f"/{name}"))}
        arguments = [sys.executable, "-m", "tests.bench_desk", "--serve", str(number)]
        servers[number] = subprocess.Popen(arguments, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    looked = {number: _answer(server) for number, server in servers.items()}
    ratios = []
    for pair in range(WARM_UP + PAIRS):
        order = (FEW, MANY) if pair % 2 else (MANY, FEW)
        took = {number: _ask(servers[number]) for number in order}
        if pair >= WARM_UP:
            ratios.append(took[MANY] / took[FEW])
    for server in servers.values():
        server.communicate()
    ratio = statistics.median(ratios)
    print(
        f"First page of the workbench with {MANY:,} companies: {ratio:.2f} times with {FEW} (at most {MOST}, median of {PAIRS} "
        f"alternating pairs): {'holds' if ratio <= MOST else 'MISSED'}; the look took {looked[MANY]:.1f} s, {looked[FEW]:.1f} s"
    )
    return ratio <= MOST


def _ask(server: subprocess.Popen[str]) -> float:
    assert server.stdin is not None
    print("page", file=server.stdin, flush=True)
    return _answer(server)


def _answer(server: subprocess.Popen[str]) -> float:
    assert server.stdout is not None
    line = server.stdout.readline()
    if not line:
        sys.exit("A measuring process ended early; its message stands above.")
    return float(line)


if __name__ == "__main__":
    if "--serve" in sys.argv:
        serve(int(sys.argv[-1]))
    else:
        sys.exit(0 if in_two_databases(os.environ["TEST_DATABASE_URL"]) else 1)
