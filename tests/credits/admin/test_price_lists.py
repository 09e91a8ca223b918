"""Staff upload a price list and see what it would change; nothing is written, and nobody else sees it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from console.models import Export
from credits.acts.price_list.load_price_list import load_price_list
from credits.acts.price_list.state_price_list import state_price_list
from credits.catalogue.files_and_rows import OFFERINGS, REFERENCE_FOLDER
from credits.catalogue.read_catalogue import read_catalogue
from credits.models import CreditRequirement
from licensing.models import Company
from tests.credits.acts.test_apply_price_list import folder_at_twice
from tests.factories import SYSTEM, allocate, make_company, make_license, make_user, new_key
from tests.ledger import day
from tests.markup import read
from tests.pages import browser_of
from tests.spreadsheets import FORMATS, read_sheet
from tests.worlds import row_counts

pytestmark = pytest.mark.django_db

PAGE = "/admin/price-lists/"


@pytest.fixture
def desk() -> Client:
    return browser_of(make_user(is_staff=True, is_superuser=True))


@pytest.fixture
def company() -> Company:
    """It holds 100 units of the sensor; its balance is far above zero until the sensor takes twice as much."""
    load_price_list(read_catalogue(REFERENCE_FOLDER), by=SYSTEM, key=new_key(), label="First")
    company = make_company(name="=Aster")
    allocate(company, CreditRequirement.objects.get(feature__slug="endpoint-sensor"), 100)
    return company


def packed(folder: Path, inside: str = "catalogue") -> SimpleUploadedFile:
    archive = BytesIO()
    with ZipFile(archive, "w") as file:
        for each in folder.iterdir():
            file.write(each, f"{inside}/{each.name}")
        file.writestr("../../elsewhere.csv", "never unpacked")
    return SimpleUploadedFile("catalogue.zip", archive.getvalue())


def test_an_upload_is_previewed_and_writes_nothing(desk: Client, company: Company, tmp_path: Path) -> None:
    archive = packed(folder_at_twice(tmp_path / "twice", "endpoint-sensor"))
    rows = row_counts()
    shown = read(desk.post(PAGE, {"archive": archive}))

    assert row_counts() == rows
    assert "Allocations of 1 company would change" in shown.text
    cells = [each.text for each in shown.by_id("found").one("tbody").all() if each.tag in ("th", "td")]
    sensor = CreditRequirement.objects.get(feature__slug="endpoint-sensor")
    assert cells == ["=Aster", sensor.feature.name, f"{day(20):%b} {day(20).day}, {day(20).year}", "+2,000"]
    assert "First" in shown.text


def test_every_row_comes_as_csv_and_a_name_is_no_formula(desk: Client, company: Company, tmp_path: Path) -> None:
    license = make_license(company=company, units=1)
    archive = packed(folder_at_twice(tmp_path / "twice", "endpoint-sensor"))
    response = desk.post(PAGE, {"archive": archive, "format": "csv"})
    (row,) = read_sheet(response, "csv").rows

    assert license.company == company
    assert (row["Kind"], row["Company"], row["Day"], row["Change"]) == ("allocation", "'=Aster", str(day(20)), 2_000)
    recorded = Export.objects.latest("id")
    assert (recorded.company_id, recorded.sheet, recorded.rows) == (None, "price-list-preview", 1)


def test_every_version_comes_out_as_a_file(desk: Client, company: Company) -> None:
    shown = [each.text for each in read(desk.get(PAGE)).all("th", scope="row")]
    for written in FORMATS:
        found = read_sheet(desk.get(PAGE, {"format": written}), written)
        assert [str(int(each)) for each in found.column("Number")] == shown[-len(found.rows) :]


@pytest.mark.parametrize("content", [b"no zip", b"PK\x03\x04 broken"])
def test_what_is_no_zip_file_is_refused_beside_the_field(desk: Client, content: bytes) -> None:
    response = desk.post(PAGE, {"archive": SimpleUploadedFile("catalogue.zip", content)})

    assert response.status_code == 422
    assert "Pack the six CSV files anew" in response.content.decode()


def test_what_is_wrong_in_a_file_is_told_with_its_file(desk: Client, tmp_path: Path) -> None:
    folder = folder_at_twice(tmp_path / "wrong", "endpoint-sensor")
    (folder / OFFERINGS).unlink()
    response = desk.post(PAGE, {"archive": packed(folder)})

    assert (response.status_code, OFFERINGS in response.content.decode()) == (422, True)


def test_another_rate_for_a_day_listed_is_refused_as_loading_would(desk: Client, company: Company, tmp_path: Path) -> None:
    folder = folder_at_twice(tmp_path / "twice", "endpoint-sensor")
    file = folder / "requirements.csv"
    file.write_text(file.read_text().replace(str(day(20)), "2020-01-01"))
    response = desk.post(PAGE, {"archive": packed(folder)})

    assert response.status_code == 422


def test_it_says_how_far_a_list_is(desk: Client, company: Company, tmp_path: Path) -> None:
    state_price_list(read_catalogue(folder_at_twice(tmp_path / "twice", "endpoint-sensor")), by=SYSTEM, key=new_key())

    assert "A price list is being applied." in read(desk.get(PAGE)).text
    assert PAGE in [each.get("href") for each in read(desk.get(reverse("admin:index"))).all("a")]


def test_nobody_else_sees_it(company: Company) -> None:
    for client in (Client(), browser_of(make_user(company=company, roles=["owner"]))):
        assert client.get(PAGE).status_code in (302, 403, 404)


def corrupted(archive: bytes) -> bytes:
    """With other bytes where the first packed file stands."""
    return archive[:400] + bytes(each ^ 0xFF for each in archive[400:420]) + archive[420:]


def test_a_zip_file_that_was_damaged_on_its_way_is_refused_in_words(desk: Client, tmp_path: Path) -> None:
    whole = BytesIO()
    with ZipFile(whole, "w", ZIP_DEFLATED) as file:
        for each in sorted(REFERENCE_FOLDER.iterdir()):
            file.write(each, each.name)
    response = desk.post(PAGE, {"archive": SimpleUploadedFile("catalogue.zip", corrupted(whole.getvalue()))})

    assert response.status_code == 422
    assert "Pack the six CSV files anew" in response.content.decode()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"slug,name\n\x00,\x00\n", b'"', b"x" * 200_000, b""])
def test_a_file_that_is_no_text_is_told_with_its_file(desk: Client, tmp_path: Path, content: bytes) -> None:
    folder = folder_at_twice(tmp_path / "wrong", "endpoint-sensor")
    (folder / OFFERINGS).write_bytes(content)
    response = desk.post(PAGE, {"archive": packed(folder)})

    assert (response.status_code, OFFERINGS in response.content.decode()) == (422, True)
