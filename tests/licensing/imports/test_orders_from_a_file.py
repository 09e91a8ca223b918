"""Orders with licenses from a file: what is read, what is wrong with it, and what it leaves behind."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone

from console.models import Act
from credits.verification import Audit
from licensing.imports.import_rows import Report, carry_out
from licensing.models import Company, ImportLine, ImportRun, License, LicenseEntry, Order
from tests.factories import SYSTEM, make_company, make_product

pytestmark = pytest.mark.django_db

HEAD = "company,order_reference,product,units,starts_on,last_day"


def given(text: str, *, kind: str = "orders", to_import: bool = True) -> Report:
    run = ImportRun.objects.create(kind=kind, file_name="a.csv", digest=str(hash(text)), to_import=to_import)
    return carry_out(run, BytesIO(text.encode()), by=SYSTEM)


@pytest.fixture
def rows() -> Any:
    company = make_company(business_id="B-1")
    product = make_product(sku="CREDITS", rate="1.5")
    year = timezone.now().year
    return company, product, f"{HEAD}\nB-1,SO-1,CREDITS,100,{year}-01-01,{year + 1}-12-31\n,SO-2,CREDITS,7,,{year + 1}-12-31\n"


def test_lines_become_orders_licenses_and_entries_that_the_auditor_finds_right(rows: Any) -> None:
    report = given(rows[2])
    assert (report.faults, report.ended_by, report.adds) == ([], "", 2)
    assert [each["after"]["balance"] for each in report.companies] == [150]
    assert sorted(LicenseEntry.objects.values_list("change", flat=True)) == [-150, 150]
    assert Order.objects.get(external_id="SO-2").company is None
    assert list(Audit(Company.objects.all()).differences()) == []
    assert not ImportLine.objects.exists()


def test_the_same_file_again_adds_nothing_and_writes_no_act(rows: Any) -> None:
    given(rows[2])
    before = Act.objects.count()
    report = given(rows[2])
    assert (report.adds, report.recorded, report.faults) == (0, 2, [])
    assert (Order.objects.count(), License.objects.count(), Act.objects.count()) == (2, 1, before)


def test_looking_says_the_effect_and_writes_nothing(rows: Any) -> None:
    report = given(rows[2], to_import=False)
    assert [(each["before"]["balance"], each["after"]["balance"]) for each in report.companies] == [(0, 150)]
    assert not Order.objects.exists()
    assert not Act.objects.filter(name="import.rows").exists()


def test_a_wrong_line_is_named_and_nothing_is_written(rows: Any) -> None:
    report = given(rows[2] + "B-1,SO-3,CREDITS,90.000,2026-01-01,2039-12-31\n")
    assert [(line, column) for line, column, _what in report.faults] == [(4, "units")]
    assert not Order.objects.exists()
