"""Donut and graph: drawn from the page's own figures, in the colors of the theme; donut and legend answer to each other."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ASTER, EVERYWHERE, PROVIDER, SERVED, VIEWER, Visit, settle

pytestmark = SERVED

LARGEST_SLICES = 8

SLICES = """() => [...document.querySelectorAll('#donut g.trace')].map((trace) =>
  [...trace.querySelectorAll('g.slice')].map((slice) => {
    const path = slice.querySelector('path');
    const style = getComputedStyle(path);
    return { d: path.getAttribute('d'), fill: style.fill, opacity: style.fillOpacity, dimmed: slice.style.opacity };
  }))"""
LINES = """() => [...document.querySelectorAll('#history-chart .scatterlayer .trace')].map((trace) => {
  const line = trace.querySelector('path.js-line');
  const style = line && getComputedStyle(line);
  return {
    d: line && line.getAttribute('d'), color: style && style.stroke, width: style && parseFloat(style.strokeWidth),
    dash: style && style.strokeDasharray, points: trace.querySelectorAll('path.point').length,
  };
})"""


def slices(page: Page) -> list[dict[str, Any]]:
    """The slices of the donut itself, without the arc around it."""
    traces: list[list[dict[str, Any]]] = page.evaluate(SLICES)
    return traces[0]


def dimmed(page: Page) -> list[bool]:
    return [bool(each["dimmed"]) for each in slices(page)]


@pytest.mark.parametrize(
    ("slug", "person"), [("aster", VIEWER), ("borealis", PROVIDER), ("cobalt", EVERYWHERE), ("delta", PROVIDER)]
)
def test_charts_are_drawn_from_the_figures_of_the_page(visit: Visit, slug: str, person: str) -> None:
    page = visit(f"/companies/{slug}/credits/annual/", person)
    figures = {
        name: int(page.locator(f"[data-figure={name}] data").get_attribute("value") or 0)
        for name in ("total-valid-credits", "allocated-credits", "current-balance")
    }

    # The donut: a slice for each row of the legend, and around it an arc that tells what is not covered.
    drawn = slices(page)
    assert len(drawn) == min(page.locator("#legend tr[data-offering]").count(), LARGEST_SLICES)
    assert all(each["d"] for each in drawn)
    assert len(page.evaluate(SLICES)) == (2 if figures["current-balance"] < 0 else 1)

    # The graph: steps, valid solid and allocated dotted, marks for what happened.
    traces = page.evaluate(LINES)
    valid, allocated = (trace for trace in traces if trace["d"] and trace["width"] > 2)
    assert valid["dash"] in ("none", "")
    assert allocated["dash"] not in ("none", "")
    for line in (valid, allocated):
        corners = re.findall(r"([A-Z])[-\d.,]+", line["d"])
        assert corners[0] == "M"
        assert set(corners[1:]) <= {"H", "V"}, "each step goes across, then up or down"
        assert len(corners) > 3
    assert sum(trace["points"] for trace in traces if not trace["d"]) >= 1
    history = json.loads(page.locator("#credit-history").text_content() or "")
    assert history["valid"][-1] == figures["total-valid-credits"]
    assert history["allocated"][-1] == figures["allocated-credits"]


def test_stripes_of_a_slice_are_seen(visit: Visit) -> None:
    page = visit(ASTER, VIEWER)
    striped = page.locator("#legend tr[data-offering=mobile-security]").count()
    assert striped == 1
    patterns = page.evaluate(
        """() => [...document.querySelectorAll('#donut pattern')].map((each) => ({
          shapes: [...each.querySelectorAll('path, circle, rect')].map((shape) => {
            const style = getComputedStyle(shape);
            return [style.stroke, style.fill, style.strokeWidth];
          }), width: each.getAttribute('width') }))"""
    )
    assert patterns
    inks = {ink for pattern in patterns for shape in pattern["shapes"] for ink in shape[:2] if ink != "none"}
    assert len(inks) > 1, "two colors, or nobody sees the stripes"


def test_charts_take_the_colors_of_the_theme(visit: Visit) -> None:
    page = visit(ASTER, VIEWER, color_scheme="light")
    before = slices(page)[0]["fill"], page.evaluate(LINES)[2]["color"]
    page.locator("[data-theme-switch]").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.wait_for_function(
        "before => getComputedStyle(document.querySelector('#donut g.slice path')).fill !== before", arg=before[0]
    )
    page.wait_for_function(
        "([i, before]) => getComputedStyle(document.querySelectorAll('#history-chart path.js-line')[i]).stroke !== before",
        arg=[2, before[1]],
    )
    page.reload()
    settle(page)
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.locator("[data-theme-switch]").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.evaluate("localStorage.removeItem('theme')")


def test_donut_and_legend_raise_each_other(visit: Visit) -> None:
    page = visit(ASTER, VIEWER)
    rows = page.locator("#legend tr[data-offering]")
    number = rows.count()
    rows.nth(2).hover()
    assert dimmed(page) == [each != 2 for each in range(number)]
    expect(rows.nth(2)).to_have_class(re.compile("is-raised"))
    page.locator("h1").first.hover()
    assert not any(dimmed(page))

    hover_slice(page, 1)
    expect(rows.nth(1)).to_have_class(re.compile("is-raised"))
    assert dimmed(page) == [each != 1 for each in range(number)]
    page.locator("h1").first.hover()
    expect(rows.nth(1)).not_to_have_class(re.compile("is-raised"))

    rows.nth(3).locator("a").focus()
    assert dimmed(page) == [each != 3 for each in range(number)], "the keyboard raises as the mouse does"


def middle_of_slice(page: Page, number: int) -> tuple[float, float]:
    """A point on the ring, in the middle of a slice."""
    x, y = page.evaluate(
        """(number) => {
          const path = document.querySelectorAll('#donut g.slice path')[number];
          // The outline's first half runs along the outer edge, its second along the inner one.
          const at = path.getPointAtLength.bind(path), length = path.getTotalLength(), box = path.ownerSVGElement;
          const matrix = path.getScreenCTM();
          for (let outer = 0; outer < length; outer += length / 80) for (let inner = 0; inner < length; inner += length / 80) {
            const a = at(outer), b = at(inner), middle = new DOMPoint((a.x + b.x) / 2, (a.y + b.y) / 2);
            if (Math.hypot(a.x - b.x, a.y - b.y) > 8 && path.isPointInFill(middle)) {
              const seen = middle.matrixTransform(matrix);
              if (document.elementFromPoint(seen.x, seen.y) === path) return [seen.x, seen.y];
            }
          }
          throw new Error('no point of the slice is seen');
        }""",
        number,
    )
    return x, y


def hover_slice(page: Page, number: int) -> None:
    page.locator("#donut").scroll_into_view_if_needed()
    x, y = middle_of_slice(page, number)
    page.mouse.move(x - 1, y)
    page.mouse.move(x, y)


def test_a_slice_filters_the_features_and_the_address_says_so(visit: Visit) -> None:
    page = visit(ASTER, VIEWER)
    slug = page.locator("#legend tr[data-offering]").nth(1).get_attribute("data-offering")
    page.locator("#donut").scroll_into_view_if_needed()
    page.mouse.click(*middle_of_slice(page, 1))
    expect(page.locator("#features")).to_have_attribute("data-offering-shown", str(slug))
    expect(page).to_have_url(re.compile(rf"\?offering={slug}"))


def test_a_legend_row_filters_by_mouse_and_keyboard_and_the_way_back_leads_back(visit: Visit) -> None:
    page = visit(ASTER, VIEWER)
    features = page.locator("#features")
    everything = features.locator("tr[data-feature]").count()
    row = page.locator("#legend tr[data-offering]").nth(0)
    row.locator("td").last.click()
    expect(features).to_have_attribute("data-offering-shown", "endpoint-security")
    some = features.locator("tr[data-feature]").count()
    assert 0 < some < everything
    expect(features.locator(".chip")).to_contain_text("Only Endpoint Security")
    expect(page.locator("#announcer")).to_have_text(f"{some} of {everything} features")

    second = page.locator("#legend tr[data-offering]").nth(1)
    second.locator("a").focus()
    page.keyboard.press("Enter")
    slug = str(second.get_attribute("data-offering"))
    expect(features).to_have_attribute("data-offering-shown", slug)
    expect(page).to_have_url(re.compile(rf"\?offering={slug}"))
    expect(second.locator("a")).to_be_focused()

    page.reload()
    settle(page)
    expect(features).to_have_attribute("data-offering-shown", slug)
    page.go_back()
    expect(features).to_have_attribute("data-offering-shown", "endpoint-security")
    settle(page)
    page.go_back()
    expect(features).to_have_attribute("data-offering-shown", "")
    expect(features.locator("tr[data-feature]")).to_have_count(everything)
    settle(page)
