"""LibreOffice opens every export and converts it: CSV to a workbook, a workbook to CSV and PDF; sums and texts stay.

Not part of the suite:

make spreadsheets
"""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from openpyxl import load_workbook

from licensing.models import Company, License
from tests.factories import TODAY, make_user
from tests.pages import DEMO_DAY, address_of, browser_of, clock_at, demo_told
from tests.spreadsheets import ReadSheet, body_of, read_json
from tests.test_exports import EXPORTS, Shows, make_world

pytestmark = pytest.mark.django_db

PLAIN_NUMBERS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,false,false"
"""Comma, quotation marks, UTF-8; texts quoted, numbers not as they are shown."""
READS_UTF_8 = "CSV:44,34,76,1"
OF_ONE_THING = ("licensing:license", "licensing:receipt", "credits:allocation", "credits:scenario")
OF_EVERY_COMPANY = ("total-valid-credits", "allocated-credits", "current-balance", "allocated-share-of-valid", "runway")
"""Figures whose explanations every company has."""
MISSING = (
    "LibreOffice is missing: there is no `soffice` in the path. "
    "Install it, on Debian: apt-get install --no-install-recommends libreoffice-calc"
)


@dataclass
class File:
    """An export in the formats that LibreOffice reads, and as JSON, to hold what comes back against."""

    name: str
    json: ReadSheet
    csv: bytes
    xlsx: bytes


@pytest.fixture(scope="module")
def soffice() -> str:
    found = shutil.which("soffice")
    if not found:
        pytest.exit(MISSING, returncode=2)
    return found


def converted(soffice: str, to: str, folder: Path, files: list[Path], *, reads: str = "") -> Path:
    """The folder with what came of the files, all in one run. Fails where LibreOffice says an error, or leaves one out."""
    out, ending = folder / f"to-{to.partition(':')[0]}", to.partition(":")[0]
    command = [soffice, "--headless", f"-env:UserInstallation=file://{folder}/profile"]
    command += [f"--infilter={reads}"] if reads else []
    done = subprocess.run(
        [*command, "--convert-to", to, "--outdir", str(out), *map(str, files)],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert (done.returncode, "rror" in done.stdout + done.stderr) == (0, False), done.stdout + done.stderr
    assert {each.stem for each in files} == {each.stem for each in out.glob(f"*.{ending}")}
    return out


def asked_of(client: Client, company: Company, each: Shows, arguments: dict[str, list[Any]]) -> File | None:
    def body(written: str) -> bytes:
        if each.page == "licensing:companies":
            address = f"/companies/?format={written}"
        else:
            of = each.of or arguments.get(each.page, [])
            address = address_of(each.page, company, *of, **{**each.asked, "format": written})
        response = client.get(address)
        assert response.status_code == 200, (address, response.status_code)
        return body_of(response)

    if each.page in OF_ONE_THING and each.page not in arguments:
        return None
    if each.of and company.slug != "harbor" and each.of[0] not in OF_EVERY_COMPANY:
        return None
    query = "-".join(f"{name}_{value}" for name, value in each.asked.items())
    name = "-".join([company.slug, each.page.replace(":", "-"), *each.of, query]).strip("-")
    return File(name, read_json(body("json")), body("csv"), body("xlsx"))


def files_of_the_demo() -> Iterator[File]:
    with demo_told() as companies, clock_at(DEMO_DAY):
        for company in companies.values():
            client = browser_of(make_user(company=company, roles=["owner", "license-administrator"]))
            licenses = License.objects.for_company(company).order_by("id")
            converted_ones = licenses.filter(product__kind="seats", trial=False)
            arguments = {"licensing:license": [licenses[0].pk]} if licenses else {}
            if converted_ones:
                arguments["licensing:receipt"] = [converted_ones[0].pk]
            for each in EXPORTS:
                if found := asked_of(client, company, each, arguments):
                    yield found


def files_of_names_like_formulas() -> Iterator[File]:
    with transaction.atomic(), clock_at(TODAY):
        world = make_world()
        for each in EXPORTS:
            if found := asked_of(world.client, world.company, each, world.arguments):
                yield found
        transaction.set_rollback(True)


@pytest.mark.parametrize("of", [files_of_names_like_formulas, files_of_the_demo])
def test_libreoffice_converts_every_export_and_sums_stay(of: Any, soffice: str, tmp_path: Path) -> None:
    files = list(of())
    for written in ("csv", "xlsx"):
        (tmp_path / written).mkdir()
        for each in files:
            (tmp_path / written / f"{each.name}.{written}").write_bytes(getattr(each, written))
    csvs, books = sorted((tmp_path / "csv").iterdir()), sorted((tmp_path / "xlsx").iterdir())
    as_csv = converted(soffice, PLAIN_NUMBERS, tmp_path, books)
    as_pdf = converted(soffice, "pdf", tmp_path, books)
    as_xlsx = converted(soffice, "xlsx", tmp_path, csvs, reads=READS_UTF_8)

    sums = 0
    for each in files:
        with (as_csv / f"{each.name}.csv").open(encoding="utf-8", newline="") as file:
            labels, *rows = csv.reader(file)
        from_xlsx = ReadSheet(labels, [dict(zip(labels, row, strict=True)) for row in rows])
        worksheet = load_workbook(as_xlsx / f"{each.name}.xlsx").worksheets[0]
        assert all(cell.data_type != "f" for row in worksheet.iter_rows() for cell in row), f"{each.name}: a formula"
        heads, *values = worksheet.iter_rows(values_only=True)
        plain = [str(head).removeprefix("'") for head in heads]
        from_csv = ReadSheet(plain, [dict(zip(plain, row, strict=True)) for row in values])
        for column in each.json.about["columns"]:
            label = column["label"]
            if column["kind"] in ("number", "decimal"):
                expected = each.json.sum(label)
                for found in (from_xlsx, from_csv):
                    assert abs(found.sum(label) - expected) < Decimal("0.000001"), (each.name, label)
                    sums += 1
            elif column["kind"] == "text":
                texts = [(cell or "").replace("\r\n", "\n") for cell in each.json.column(label)]
                assert from_xlsx.column(label) == texts, (each.name, label)
        assert (as_pdf / f"{each.name}.pdf").read_bytes().startswith(b"%PDF-")
    print(f"\n{len(files)} exports as CSV and XLSX opened and converted by LibreOffice; {sums} sums of columns are equal.")
