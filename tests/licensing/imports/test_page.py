"""The page of imports: a file is looked at by a job, then imported by another, and nobody but support gets there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from licensing import tasks
from licensing.imports.file_of_a_run import forget_files
from licensing.imports.kind import KINDS
from licensing.models import Company, ImportPiece, ImportRun, Order
from tests.factories import make_company, make_license, make_product, make_user

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/desk/imports/"


@pytest.fixture
def support() -> Client:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    make_company(business_id="B-1")
    make_product(sku="CREDITS", rate="1")
    return client


def give(client: Client, units: str) -> ImportRun:
    year = timezone.now().year
    text = f"company,order_reference,product,units,starts_on,last_day\nB-1,S-1,CREDITS,{units},{year}-01-01,{year + 1}-12-31\n"
    answer: Any = client.post(ADDRESS, {"kind": "orders", "file": SimpleUploadedFile("o.csv", text.encode())})
    assert answer.status_code == 302
    run = ImportRun.objects.latest("created_at")
    assert 'content="2"' in client.get(answer.url).text
    tasks.import_rows(str(run.pk))
    return run


def test_a_file_is_looked_at_then_imported_and_gone(support: Client) -> None:
    run = give(support, "500")
    page = support.get(f"{ADDRESS}{run.pk}/").text
    assert "Import 1 line" in page
    assert "0 → 500" in page
    assert not Order.objects.exists()
    assert support.post(f"{ADDRESS}{run.pk}/").status_code == 302
    tasks.import_rows(str(run.pk))
    tasks.import_rows(str(run.pk))  # a job may be run twice
    assert Order.objects.count() == 1
    assert not ImportPiece.objects.exists()
    assert support.post(f"{ADDRESS}{run.pk}/").status_code == 409
    assert "o.csv" in support.get(ADDRESS).text


def test_a_file_that_waited_until_it_was_forgotten_has_a_page(support: Client) -> None:
    run = ImportRun.objects.create(kind="orders", file_name="o.csv", digest="")
    ImportRun.objects.update(created_at=timezone.now() - timedelta(days=8))
    forget_files(timezone.now())
    page = support.get(f"{ADDRESS}{run.pk}/")
    assert page.status_code == 200
    assert "Ended by a failure" in page.text


def test_what_would_do_something_else_by_now_is_shown_again_and_not_written(support: Client) -> None:
    run = give(support, "500")
    (company,) = Company.objects.all()
    make_license(company=company, units=70, today=company.day_of(timezone.now()))
    assert support.post(f"{ADDRESS}{run.pk}/").status_code == 302
    orders = Order.objects.count()
    tasks.import_rows(str(run.pk))
    assert Order.objects.count() == orders
    page = support.get(f"{ADDRESS}{run.pk}/").text
    assert "Something was recorded since you looked" in page
    assert "70 → 570" in page
    assert support.post(f"{ADDRESS}{run.pk}/").status_code == 302
    tasks.import_rows(str(run.pk))
    assert Order.objects.count() == orders + 1


def test_a_wrong_line_is_shown_with_its_column_and_cannot_be_imported(support: Client) -> None:
    run = give(support, "5 000")
    page = support.get(f"{ADDRESS}{run.pk}/").text
    assert "<code>units</code>" in page
    assert "can be read in two ways" in page
    assert support.post(f"{ADDRESS}{run.pk}/").status_code == 409
    assert not Order.objects.exists()


@pytest.mark.parametrize("kind", ["companies", "people", "orders", "codes", "allocations"])
def test_each_kind_has_a_template_that_says_each_column(support: Client, kind: str) -> None:
    names = [each.name for each in KINDS[kind].columns]
    assert support.get(f"{ADDRESS}template/{kind}.csv").content.decode("utf-8-sig").splitlines()[0] == ",".join(names)
    answer = support.get(f"{ADDRESS}template/{kind}.xlsx")
    assert answer.content[:2] == b"PK"


def test_customers_find_nothing_there() -> None:
    client = Client()
    client.force_login(make_user(company=make_company(), roles=["owner"]))
    assert client.get(ADDRESS).status_code == 404
    assert client.post(ADDRESS).status_code == 404
