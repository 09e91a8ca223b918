"""Part of `make bench`: the page of all customers of a service provider, each with as many entries as Aster Foods of the demo.

With 100 customers it is held against Annual credits of one company, request by request in turn; with 2,000 its time is told.
`make bench ARGS=--customers` measures this alone.
"""

from __future__ import annotations

import os
import statistics
import sys
import time

MANY, MOST_CUSTOMERS = 100, 2_000
ROUNDS, WARM_UP = 20, 3
MOST = 5.0
"""Times Annual credits of one company, with 100 customers."""

CUSTOMERS_SQL = """
INSERT INTO licensing_company (id, name, slug, business_id, parent_id)
SELECT 1000 + n, 'Customer ' || n, 'customer-' || n, 'CUSTOMER-' || n, (SELECT id FROM licensing_company WHERE slug = 'delta')
  FROM generate_series(%(first)s, %(last)s) AS n;
INSERT INTO licensing_companytimezone (company_id, time_zone, effective_at)
SELECT 1000 + n, 'Europe/Berlin', '0001-01-02Z' FROM generate_series(%(first)s, %(last)s) AS n;
INSERT INTO console_act (id, scope, company_id, key, name, digest, result, actor_kind, actor_label, on_behalf_of, reason, note,
                         recorded_at)
SELECT md5('customer' || n)::uuid, 'company:' || 1000 + n, 1000 + n, 'crowd', 'order.activate', '', '{}', 'system', 'Bench', '',
       '', '', now() FROM generate_series(%(first)s, %(last)s) AS n;
INSERT INTO licensing_order (id, channel, external_id, product_id, name, units, term_months, renews, trial, goodwill, company_id,
                             activated_at, act_id)
SELECT 1000 + n, 'direct', 'CUSTOMER-' || n, (SELECT min(id) FROM licensing_product), '', 1, 12, false, false, false, 1000 + n,
       now(), md5('customer' || n)::uuid FROM generate_series(%(first)s, %(last)s) AS n;
INSERT INTO licensing_license (id, company_id, act_id, recorded_at, order_id, kind, product_id, trial)
SELECT 100000 + n, 1000 + n, md5('customer' || n)::uuid, now(), 1000 + n, 'initial', (SELECT min(id) FROM licensing_product),
       false FROM generate_series(%(first)s, %(last)s) AS n;
INSERT INTO licensing_licenseentry (company_id, act_id, recorded_at, license_id, effective_on, change)
SELECT 1000 + n, md5('customer' || n)::uuid, now(), 100000 + n, entry.effective_on, entry.change
  FROM generate_series(%(first)s, %(last)s) AS n, licensing_licenseentry AS entry
 WHERE entry.company_id = (SELECT id FROM licensing_company WHERE slug = 'aster');
INSERT INTO credits_allocationentry (company_id, act_id, recorded_at, feature_id, line_id, effective_on, units_change, change)
SELECT 1000 + n, md5('customer' || n)::uuid, now(), entry.feature_id, entry.line_id, entry.effective_on, entry.units_change,
       entry.change
  FROM generate_series(%(first)s, %(last)s) AS n, credits_allocationentry AS entry
 WHERE entry.company_id = (SELECT id FROM licensing_company WHERE slug = 'aster');
"""
ONE, ALL = "/companies/aster/credits/annual/", "/companies/delta/credits/customers/"


def measure() -> bool:
    """In the database named by TEST_DATABASE_URL. Prints lines; whether the ratio holds."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection, transaction
    from django.test import Client

    from console.models import User
    from console.serving.cycles import collect_cycles_rarely

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("load_catalogue", reference=True, stdout=open(os.devnull, "w"))  # noqa: SIM115
    call_command("seed_demo", even_in_production=True, stdout=open(os.devnull, "w"))  # noqa: SIM115
    settings.ALLOWED_HOSTS = ["testserver"]
    collect_cycles_rarely()
    client = Client()
    client.force_login(User.objects.get(email="owner@delta.example"))

    def add(first: int, last: int) -> None:
        with connection.cursor() as cursor, transaction.atomic():
            cursor.execute(CUSTOMERS_SQL, {"first": first, "last": last})
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def seconds(address: str) -> float:
        began = time.perf_counter()
        response = client.get(address)
        assert response.status_code == 200, (address, response.status_code)
        return time.perf_counter() - began

    def medians() -> tuple[float, float]:
        took = [(seconds(ONE), seconds(ALL)) for _ in range(WARM_UP + ROUNDS)][WARM_UP:]
        return statistics.median(one for one, _ in took), statistics.median(every for _, every in took)

    add(1, MANY)
    one, many = medians()
    add(MANY + 1, MOST_CUSTOMERS)
    _one, most = medians()
    holds = many / one <= MOST
    print(
        f"Customers: {MANY} in {many * 1000:.0f} ms, {many / one:.1f} times Annual credits of one company ({one * 1000:.0f} ms;"
        f" at most {MOST:g}): {'holds' if holds else 'MISSED'}; {MOST_CUSTOMERS:,} in {most * 1000:.0f} ms,"
        f" {most / one:.0f} times",
        flush=True,
    )
    return holds


def customers(url: str) -> bool:
    """Run in a process and a database of its own."""
    import subprocess
    from urllib.parse import urlsplit, urlunsplit

    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS bench_customers")
        connection.execute("CREATE DATABASE bench_customers")
    environment = {**os.environ, "TEST_DATABASE_URL": urlunsplit(urlsplit(url)._replace(path="/bench_customers"))}
    return subprocess.run([sys.executable, "-m", "tests.bench_customers"], env=environment, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(0 if measure() else 1)
