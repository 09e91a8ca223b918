"""An import of many rows: as fast as COPY allows, in flat memory, nothing of a file with a wrong line, and whole after a kill.

Two thousand rows in the suite; `make proof-of-imports` has 100,000, and prints what it measured.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from console.company_in_hand import for_all
from console.models import Act
from licensing.imports.import_rows import Report, carry_out
from licensing.models import Company, ImportLine, ImportRun, LicenseEntry, Order
from tests.factories import SYSTEM, make_company, make_product
from tests.processes import ROOT, end, environment, start, until
from tests.roles import owner_cursor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("processes")]

ROWS = int(os.environ.get("IMPORTED_ROWS", "2000"))
COMPANIES = 100
LEAST_OF_COPY = 0.2
FLAT_BYTES = 48 * 1024 * 1024
"""By so much more a process may need for ten times the rows."""
COPIED = {
    "licensing_order": {"id": "id + 1000000000", "external_id": "external_id || '-copied'"},
    "licensing_license": {"id": "id + 1000000000", "order_id": "order_id + 1000000000"},
    "licensing_licensestatement": {"id": "id + 1000000000", "license_id": "license_id + 1000000000"},
    "licensing_licenseentry": {"id": "id + 1000000000", "license_id": "license_id + 1000000000"},
}
"""The tables an import writes, and how the rows are told from those that are copied."""


def file_of(rows: int, *, wrong: int = 0) -> bytes:
    """`wrong` is the number of a line whose units are none."""
    year = timezone.now().year
    lines = ["company,order_reference,product,units,starts_on,last_day,name"]
    for number in range(2, rows + 2):
        units = "5.000" if number == wrong else str(number)
        company = number % COMPANIES
        lines.append(f"B-{company},SO-{number},CREDITS,{units},{year}-01-{number % 28 + 1:02},{year + 2}-06-30,Purchase {number}")
    return "\n".join(lines).encode()


@pytest.fixture
def companies(transactional_db: None) -> list[Company]:
    make_product(sku="CREDITS", rate="1.5")
    return [make_company(business_id=f"B-{number}") for number in range(COMPANIES)]


def imported(content: bytes) -> Report:
    run = ImportRun.objects.create(kind="orders", file_name="many.csv", digest="0" * 64, to_import=True)
    return carry_out(run, BytesIO(content), by=SYSTEM)


def seconds_to_copy(folder: Path) -> float:
    """What COPY takes for as many rows in the same tables, with all that they check. It is rolled back."""
    files = {}
    with owner_cursor(commit=False) as cursor:
        for table, exchanged in COPIED.items():
            cursor.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped", [table]
            )
            columns = [name for (name,) in cursor.fetchall()]
            selected = ", ".join(exchanged.get(each, each) for each in columns)
            files[table] = folder / table
            with files[table].open("wb") as file, cursor.copy(f"COPY (SELECT {selected} FROM {table}) TO STDOUT") as copy:
                for some in copy:
                    file.write(some)
        begun = time.perf_counter()
        for table in COPIED:
            with files[table].open("rb") as file, cursor.copy(f"COPY {table} FROM STDIN") as copy:
                while some := file.read(1 << 16):
                    copy.write(some)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        return time.perf_counter() - begun


def command(folder: Path, content: bytes) -> list[str]:
    file = folder / "many.csv"
    file.write_bytes(content)
    return [sys.executable, "manage.py", "import_rows", "orders", str(file)]


def peak_bytes(folder: Path, content: bytes) -> int:
    """The most memory that the command had, as a process of its own."""
    process = subprocess.Popen(
        command(folder, content), cwd=ROOT, env=environment(0), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_maxrss * 1024


@for_all("the test looks at all that was written")
def written() -> tuple[int, int, int]:
    return Order.objects.count(), LicenseEntry.objects.count(), Act.objects.filter(name="import.rows").count()


def test_it_is_no_slower_than_a_fifth_of_copy(companies: list[Company], tmp_path: Path) -> None:
    begun = time.perf_counter()
    report = imported(file_of(ROWS))
    taken = time.perf_counter() - begun
    assert (report.adds, report.faults, report.ended_by) == (ROWS, [], "")
    assert written() == (ROWS, 2 * ROWS, COMPANIES)
    copied = seconds_to_copy(tmp_path)
    print(f"{ROWS:,} rows: import {taken:.2f} s ({ROWS / taken:,.0f} a second), COPY {copied:.2f} s: {copied / taken:.2f} of it")
    assert copied / taken >= LEAST_OF_COPY


def test_a_wrong_line_just_before_the_end_is_named_and_leaves_nothing(companies: list[Company]) -> None:
    wrong = ROWS - 1
    report = imported(file_of(ROWS, wrong=wrong))
    assert [(line, column) for line, column, _what in report.faults] == [(wrong, "units")]
    assert written() == (0, 0, 0)
    assert not ImportLine.objects.exists()


def test_ten_times_the_rows_need_no_more_memory(companies: list[Company], tmp_path: Path) -> None:
    few, many = [peak_bytes(tmp_path, content) for content in (file_of(ROWS // 10), file_of(ROWS))]
    print(f"{ROWS // 10:,} rows: {few / 2**20:.0f} MB at most, {ROWS:,} rows: {many / 2**20:.0f} MB")
    assert many - few < FLAT_BYTES


def test_killed_in_the_middle_and_repeated_it_ends_the_same(companies: list[Company], tmp_path: Path) -> None:
    content = file_of(ROWS)
    with owner_cursor(commit=False) as cursor:
        cursor.execute("LOCK TABLE console_act IN SHARE MODE")  # the acts are written last: all else stands by then
        process = start(command(tmp_path, content)[1:], 0)
        until(waits_for_the_journal, "the import coming to the journal")
        end(process)
    until(lambda: not waits_for_the_journal(), "the database ending what was killed")
    assert written() == (0, 0, 0)
    assert imported(content).adds == ROWS
    once = written()
    assert imported(content).adds == 0
    assert written() == once == (ROWS, 2 * ROWS, COMPANIES)


def waits_for_the_journal() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND wait_event_type = 'Lock' AND query LIKE '%%INSERT INTO \"console_act\"%%')"
        )
        (waits,) = cursor.fetchone()
    return bool(waits)
