"""Part of `make bench`: a price list that changes 60 lines, applied to 10,000 companies that hold units of each.

Held against the plain INSERT … SELECT of the same rows into the same table, committed. `make bench ARGS=--price-list` measures
this alone.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

COMPANIES, LINES = 10_000, 60
MOST = 10.0
"""Times the plain INSERT … SELECT."""

COMPANIES_SQL = """
INSERT INTO licensing_company (id, name, slug, business_id)
SELECT 1000 + n, 'Crowd ' || n, 'crowd-' || n, 'CROWD-' || n FROM generate_series(1, %(companies)s) AS n;
INSERT INTO console_act (id, scope, company_id, key, name, digest, result, actor_kind, actor_label, on_behalf_of, reason, note,
                         recorded_at)
SELECT md5('act' || n)::uuid, 'company:' || 1000 + n, 1000 + n, 'crowd', 'allocation.set', '', '{}', 'system', 'Bench', '', '',
       '', now() FROM generate_series(1, %(companies)s) AS n;
INSERT INTO credits_allocationstatement (company_id, act_id, recorded_at, feature_id, line_id, effective_on, units)
SELECT 1000 + n, md5('act' || n)::uuid, now(), line.feature_id, line.id, current_date - n %% 300, 1 + n %% 50
  FROM generate_series(1, %(companies)s) AS n, credits_creditrequirement AS line WHERE line.id = ANY(%(lines)s);
INSERT INTO credits_allocationentry (company_id, act_id, recorded_at, feature_id, line_id, effective_on, units_change, change)
SELECT said.company_id, said.act_id, said.recorded_at, said.feature_id, said.line_id, said.effective_on, said.units,
       ceil(said.units * rate.credits_per_unit)
  FROM credits_allocationstatement AS said JOIN credits_creditrate AS rate ON rate.line_id = said.line_id;
"""

PLAIN_SQL = """
INSERT INTO credits_allocationentry (company_id, act_id, recorded_at, feature_id, line_id, effective_on, units_change, change)
SELECT company_id, act_id, recorded_at, feature_id, line_id, effective_on, units_change, change FROM same_rows
"""


def measure() -> bool:
    """In the database named by TEST_DATABASE_URL. Prints a line; whether the ratio holds."""
    import django

    django.setup()
    from dataclasses import replace
    from datetime import timedelta

    from django.core.management import call_command
    from django.db import connection, transaction
    from django.utils import timezone

    from console.company_in_hand import for_all
    from console.models import Actor
    from credits.acts.price_list.load_price_list import load_price_list
    from credits.catalogue.files_and_rows import REFERENCE_FOLDER
    from credits.catalogue.read_catalogue import read_catalogue
    from credits.models import AllocationEntry, CreditRequirement

    call_command("migrate", verbosity=0)
    catalogue = read_catalogue(REFERENCE_FOLDER)
    about: dict[str, Any] = {"by": Actor.system("Bench")}
    load_price_list(catalogue, key="first", **about)
    changed = catalogue.requirements[:LINES]
    found = {(each.feature.slug, each.slug): each.pk for each in CreditRequirement.objects.select_related("feature")}
    lines = [found[row.feature, row.line] for row in changed]
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(COMPANIES_SQL, {"companies": COMPANIES, "lines": lines})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    first_day = timezone.now().date() + timedelta(days=10)
    dearer = [replace(row, credits_per_unit=row.credits_per_unit + 1, valid_from=first_day) for row in changed]
    new = replace(catalogue, requirements=(*catalogue.requirements, *dearer))
    with for_all("a price list is measured"):
        before = AllocationEntry.objects.count()
        began = time.perf_counter()
        load_price_list(new, key="second", **about)
        applied = time.perf_counter() - began
        added = AllocationEntry.objects.count() - before
        load_price_list(new, key="third", **about)
        twice = AllocationEntry.objects.count() - before - added
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE same_rows AS SELECT * FROM credits_allocationentry ORDER BY id DESC LIMIT %s", [added])
        cursor.execute("ANALYZE same_rows")
        began = time.perf_counter()
        with transaction.atomic():
            cursor.execute(PLAIN_SQL)
        plain = time.perf_counter() - began
    holds = applied / plain <= MOST and added == COMPANIES * LINES and twice == 0
    print(
        f"A price list of {LINES} lines applied to {COMPANIES:,} companies: {added:,} entries in {applied:.1f} s,"
        f" {applied / plain:.1f} times the plain INSERT … SELECT of the same rows ({plain:.1f} s; at most {MOST:g});"
        f" applied again it adds {twice}: {'holds' if holds else 'MISSED'}",
        flush=True,
    )
    return holds


def in_a_database_of_its_own(url: str) -> bool:
    """Run in a process of its own, as its settings are."""
    import subprocess
    from urllib.parse import urlsplit, urlunsplit

    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS bench_price_list")
        connection.execute("CREATE DATABASE bench_price_list")
    environment = {**os.environ, "TEST_DATABASE_URL": urlunsplit(urlsplit(url)._replace(path="/bench_price_list"))}
    return subprocess.run([sys.executable, "-m", "tests.bench_price_list"], env=environment, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(0 if measure() else 1)
