"""The menu Export in a browser: its links follow the filters, a file comes by keyboard and without scripts, the page stays."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ASTER, MANAGER, PROVIDER, SERVED, Visit, replaced

pytestmark = SERVED

SEARCHED = [
    (ASTER, "#features", "#features-q"),
    ("/companies/aster/credits/requirements/", "#export-requirements", "#requirements-q"),
    ("/companies/aster/credits/conversions/", "#export-conversions", "#conversions-q"),
    ("/companies/aster/credits/solutions/", "#export-solutions", "#solutions-q"),
    ("/companies/aster/licenses/", "#export-licenses", "#licenses-q"),
    (f"{ASTER}purchases/", "#purchases", "#purchases-q"),
]
"""Address, what an answer puts in place of the menu or of a part with it, the field that one types into."""


def asked(page: Page, menu: str) -> dict[str, list[str]]:
    link = page.locator(f"{menu} a[download]").first if menu.startswith("#export") else page.locator(f"{menu} .export a").first
    return parse_qs(urlsplit(link.get_attribute("href") or "").query)


@pytest.mark.parametrize(("address", "part", "field"), SEARCHED, ids=[each[0] for each in SEARCHED])
def test_what_is_exported_follows_what_is_typed(visit: Visit, address: str, part: str, field: str) -> None:
    page = visit(f"{address}?on=2026-11-01", PROVIDER)
    assert asked(page, part) == {"on": ["2026-11-01"], "format": ["csv"]}
    with replaced(page, part):
        page.locator(field).press_sequentially("end")
    assert asked(page, part) == {"q": ["end"], "on": ["2026-11-01"], "format": ["csv"]}
    expect(page.locator(".export[id]" if part.startswith("#export") else f"{part} .export")).to_have_count(1)


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_a_file_comes_by_keyboard_and_the_page_stays(visit: Visit, tmp_path: Path, javascript: bool) -> None:
    page = visit(f"{ASTER}?q=mail&state=all", MANAGER, javascript=javascript)
    menu = page.locator("#features .export")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu.locator("a").first).to_be_visible()
    for _format in range(3):
        page.keyboard.press("Tab")
    with page.expect_download() as coming:
        page.keyboard.press("Enter")
    file = tmp_path / coming.value.suggested_filename
    coming.value.save_as(file)
    assert file.name.startswith("aster-features-")
    assert file.name.endswith("-filtered.json")
    rows = json.loads(file.read_bytes())["rows"]
    assert len(rows) == page.locator("#features [data-feature]").count() > 0
    assert page.url.endswith("?q=mail&state=all")
    assert menu.get_attribute("open") == (None if javascript else "")
