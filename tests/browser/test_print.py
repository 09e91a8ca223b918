"""Pages on paper: nothing cut, no number broken, few sheets, the company and the instant of the figures on them."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import ASTER, PROVIDER, SERVED_PAGES, Visit
from tests.browser.text_in_the_way import text_in_the_way

pytestmark = SERVED_PAGES

A4_WITHIN_MARGINS = 688
"""Pixels: 210 mm less twice 14."""

PAGES = {
    "annual credits": (ASTER, 4),
    "purchases": (f"{ASTER}purchases/", 2),
    "allocations": (f"{ASTER}allocations/", 4),
    "licenses": ("/companies/aster/licenses/", 2),
}
"""Page -> its address and the most sheets that it may take for the company of the demo."""

BROKEN_FIGURES = """() => [...document.querySelectorAll('data, .table td.end')].filter((each) => {
  const words = document.createTreeWalker(each, NodeFilter.SHOW_TEXT);
  for (let node; (node = words.nextNode());) {
    if (!/^[\\s\\d,.%\\u2212+]+$/.test(node.data) || !node.data.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const tops = [...range.getClientRects()].filter((box) => box.width > 1).map((box) => Math.round(box.top));
    if (new Set(tops).size > 1) return true;
  }
  return false;
}).map((each) => each.textContent)"""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_prints_whole_on_few_sheets(visit: Visit, name: str) -> None:
    address, most = PAGES[name]
    page = visit(address, PROVIDER, viewport=(A4_WITHIN_MARGINS, 1000))
    page.emulate_media(media="print")
    assert text_in_the_way(page) == []
    assert page.evaluate(BROKEN_FIGURES) == []
    for part in (".topbar", ".sidebar", "#content .btn", ".page-footer a"):
        assert all(not each.is_visible() for each in page.locator(part).all()), part
    assert "Aster Foods" in page.locator("#figures-of").inner_text()
    assert "Figures of " in page.locator("#figures-of").inner_text()
    sheets = re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True, format="A4"))
    assert 1 <= len(sheets) <= most
