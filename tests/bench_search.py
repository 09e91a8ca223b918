"""Part of `make bench`: the search of the workbench among 10,000 companies with orders, people, codes and acts.

What finds is held against looking a company up by its id, and the answer while somebody types against a view that looks one
up behind the same middleware, both by wall time within one run; and the pages of the workbench against themselves with 60
companies, which fill a page. `make bench ARGS=--search` measures this alone.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable

COMPANIES, A_PAGE_FULL = 10_000, 60
MOST = 10.0
"""Times a look-up by id."""
MOST_FOR_MANY = 1.3
"""Times a page of the workbench with companies enough to fill it."""
ROUNDS, WARM_UP = 40, 5
PAGES = ("home", "customers", "purchases")

TYPED = {
    "a company's name": "crowd 4711",
    "a business id": "crowd-4711",
    "an order": "so-104711",
    "a part of many": "crowd",
    "an address": "person4711@crowd.example",
    "a part of an address": "4711@crowd",
    "a last four": "K4TT",
    "nothing": "zebra crossing",
}

CROWD_SQL = """
INSERT INTO licensing_company (id, name, slug, business_id)
SELECT 1000 + n, 'Crowd ' || n || ' Foods', 'crowd-' || n, 'CROWD-' || n FROM generate_series(%(first)s, %(last)s) AS n;
INSERT INTO licensing_companytimezone (company_id, time_zone, effective_at)
SELECT 1000 + n, 'Europe/Berlin', '2020-01-01' FROM generate_series(%(first)s, %(last)s) AS n;
INSERT INTO console_act (id, scope, company_id, key, name, digest, result, actor_kind, actor_label, on_behalf_of, reason, note,
                         case_number, recorded_at)
SELECT md5('act' || n)::uuid, 'company:' || 1000 + n, 1000 + n, 'crowd', 'order.activate', '', '{}', 'system', 'Bench', '', '',
       '', CASE WHEN n %% 10 = 0 THEN 'CS-' || n ELSE '' END, now() FROM generate_series(%(first)s, %(last)s) AS n;
INSERT INTO licensing_order (id, channel, external_id, product_id, name, units, term_months, renews, trial, goodwill, company_id,
                             activated_at, act_id)
SELECT 1000 + n, 'code', 'SO-' || 100000 + n, (SELECT min(id) FROM licensing_product), 'Project ' || n, 1, 12, false, false,
       false, 1000 + n, now(), md5('act' || n)::uuid FROM generate_series(%(first)s, %(last)s) AS n;
INSERT INTO licensing_license (id, company_id, act_id, recorded_at, order_id, kind, product_id, trial)
SELECT 100000 + n, 1000 + n, md5('act' || n)::uuid, now(), 1000 + n, 'initial', (SELECT min(id) FROM licensing_product), false
  FROM generate_series(%(first)s, %(last)s) AS n;
INSERT INTO licensing_licensestatement (company_id, act_id, recorded_at, license_id, kind, effective_on, units, rate, credits,
                                        starts_on, expires_on, state, every_day)
SELECT 1000 + n, md5('act' || n)::uuid, now(), 100000 + n, 'issued', current_date - 100, 1, 1, 1, current_date - 100,
       current_date + 265, '', false FROM generate_series(%(first)s, %(last)s) AS n;
INSERT INTO licensing_licenseentry (company_id, act_id, recorded_at, license_id, effective_on, change)
SELECT 1000 + n, md5('act' || n)::uuid, now(), 100000 + n, current_date - 100 + 365 * step, 1 - 2 * step
  FROM generate_series(%(first)s, %(last)s) AS n, generate_series(0, 1) AS step;
INSERT INTO licensing_activationcode (order_id, kind, sealed, fingerprint, last_four, act_id)
SELECT 1000 + n, 'activation-code', 'sealed', md5('a' || n) || md5('b' || n), upper(substr(md5('last' || n), 1, 4)),
       md5('act' || n)::uuid FROM generate_series(%(first)s, %(last)s) AS n;
INSERT INTO console_user (id, password, is_superuser, email, name, told, told_of, is_staff, is_active, joined_at)
SELECT 1000 + n, '', false, 'person' || n || '@crowd.example', 'Person ' || n, 'at-once', '{}', false, true, now()
  FROM generate_series(%(first)s * 3 - 2, %(last)s * 3) AS n;
INSERT INTO licensing_membership (user_id, company_id, roles)
SELECT 1000 + n, 1000 + (n + 2) / 3, ARRAY['owner'] FROM generate_series(%(first)s * 3 - 2, %(last)s * 3) AS n;
"""


def measure() -> bool:
    """In the database named by TEST_DATABASE_URL. Prints lines; whether all ratios hold."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection, transaction
    from django.http import HttpRequest, HttpResponse
    from django.test import Client
    from django.urls import path, reverse

    from console.company_in_hand import for_all
    from console.models import User
    from console.roof import urls
    from console.serving.cycles import collect_cycles_rarely
    from credits.desk.search.find import hits_for
    from licensing.models import Company

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("load_catalogue", reference=True, stdout=open(os.devnull, "w"))  # noqa: SIM115
    call_command("seed_demo", even_in_production=True, stdout=open(os.devnull, "w"))  # noqa: SIM115

    def look_up(request: HttpRequest) -> HttpResponse:
        return HttpResponse(Company.objects.get(pk=int(request.GET["pk"])).name)

    urls.urlpatterns.insert(0, path("admin/bench/look-up/", look_up))
    settings.ALLOWED_HOSTS = ["testserver"]
    collect_cycles_rarely()
    client = Client()
    client.force_login(User.objects.create_superuser("bench@vendor.example"))

    def page(address: str, **headers: str) -> None:
        response = client.get(address, headers=headers)
        assert response.status_code == 200, (address, response.status_code)

    pages: dict[str, Callable[[], None]] = {name: lambda name=name: page(reverse(f"desk:{name}")) for name in PAGES}

    def add(first: int, last: int) -> None:
        with connection.cursor() as cursor, transaction.atomic():
            cursor.execute(CROWD_SQL, {"first": first, "last": last})
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")

    add(1, A_PAGE_FULL)
    few = medians(pages)
    add(A_PAGE_FULL + 1, COMPANIES)
    asked: dict[str, Callable[[], object]] = {
        "by id": lambda: Company.objects.get(pk=5711),
        "answer by id": lambda: page("/admin/bench/look-up/?pk=5711"),
    }
    for what, typed in TYPED.items():
        asked[what] = lambda typed=typed: hits_for(typed)
        asked[f"answer to {what}"] = lambda typed=typed: page(
            reverse("desk:search", query={"q": typed}), **{"HX-Request": "true"}
        )
    with for_all("the search is measured"):
        took = medians(asked)
    crowded = medians(pages)
    all_hold = True
    for what in TYPED:
        found, answered = took[what] / took["by id"], took[f"answer to {what}"] / took["answer by id"]
        holds = found <= MOST and answered <= MOST
        all_hold = all_hold and holds
        print(
            f"Search for {what} among {COMPANIES:,} companies: found in {took[what] * 1000:.1f} ms, {found:.1f} times a look-up"
            f" by id; answered in {took[f'answer to {what}'] * 1000:.1f} ms, {answered:.1f} times an answer with one"
            f" (at most {MOST:g}): {'holds' if holds else 'MISSED'}",
            flush=True,
        )
    for name in PAGES:
        ratio = crowded[name] / few[name]
        holds = ratio <= MOST_FOR_MANY
        all_hold = all_hold and holds
        print(
            f"The workbench's {name} with {COMPANIES:,} companies: {crowded[name] * 1000:.1f} ms, {ratio:.2f} times with"
            f" {A_PAGE_FULL} (at most {MOST_FOR_MANY:g}): {'holds' if holds else 'MISSED'}",
            flush=True,
        )
    return all_hold


def medians(asked: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds. Each in turn, round after round, so that a slow moment meets all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(WARM_UP + ROUNDS):
        for name, ask in asked.items():
            began = time.perf_counter()
            ask()
            if number >= WARM_UP:
                seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(found) for name, found in seconds.items()}


def searching(url: str) -> bool:
    """Run in a process of its own, as its settings are."""
    import subprocess
    from urllib.parse import urlsplit, urlunsplit

    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS bench_search")
        connection.execute("CREATE DATABASE bench_search")
    environment = {**os.environ, "TEST_DATABASE_URL": urlunsplit(urlsplit(url)._replace(path="/bench_search"))}
    return subprocess.run([sys.executable, "-m", "tests.bench_search"], env=environment, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(0 if measure() else 1)
