"""Donut and graph: drawn from the page's own figures, in the colors of the theme; donut and legend answer to each other."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SERVED, Visit, settle

pytestmark = SERVED

ASTER = "/companies/aster/credits/annual/"
COMPANIES = {
    "aster": "viewer@aster.example",
    "borealis": "viewer@borealis.example",
    "cobalt": "viewer@cobalt.example",
    "delta": "owner@delta.example",
}
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
    return max(traces, key=len) if len(traces) > 1 and len(traces[0]) < 2 else traces[0]


def dimmed(page: Page) -> list[bool]:
    return [bool(each["dimmed"]) for each in slices(page)]


@pytest.mark.parametrize("slug", COMPANIES)
def test_the_donut_has_a_slice_for_each_row_of_the_legend(visit: Visit, slug: str) -> None:
    page = visit(f"/companies/{slug}/credits/annual/", COMPANIES[slug])
    rows = page.locator("#legend tr[data-offering]").count()
    drawn = slices(page)
    assert len(drawn) == min(rows, LARGEST_SLICES)
    assert all(each["d"] for each in drawn)
    negative = int(page.locator("[data-figure=current-balance] data").get_attribute("value") or 0) < 0
    assert len(page.evaluate(SLICES)) == (2 if negative else 1), "the arc around it tells what is not covered"


@pytest.mark.parametrize("slug", COMPANIES)
def test_the_graph_has_a_solid_and_a_dotted_line_of_steps_and_marks(visit: Visit, slug: str) -> None:
    page = visit(f"/companies/{slug}/credits/annual/", COMPANIES[slug])
    traces = page.evaluate(LINES)
    valid, allocated = (trace for trace in traces if trace["d"] and trace["width"] > 2)
    assert valid["dash"] in ("none", "")
    assert allocated["dash"] not in ("none", "")
    for line in (valid, allocated):
        # Each step goes across, then up or down: horizontal and vertical moves alone.
        assert re.fullmatch(r"M[-\d.,]+([HV][-\d.]+|L[-\d.,]+)*", line["d"])
        corners = re.findall(r"([HVL])([-\d.,]+)", line["d"])
        assert corners
        assert {kind for kind, _ in corners} <= {"H", "V"}
    marks = sum(trace["points"] for trace in traces if not trace["d"])
    history = json.loads(page.locator("#credit-history").text_content() or "")
    assert marks >= 1
    assert history["valid"][-1] == int(page.locator("[data-figure=total-valid-credits] data").get_attribute("value") or 0)
    assert history["allocated"][-1] == int(page.locator("[data-figure=allocated-credits] data").get_attribute("value") or 0)


def test_stripes_of_a_slice_are_seen(visit: Visit) -> None:
    page = visit(ASTER, COMPANIES["aster"])
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
    page = visit(ASTER, COMPANIES["aster"], color_scheme="light")
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
    page = visit(ASTER, COMPANIES["aster"])
    rows = page.locator("#legend tr[data-offering]")
    number = rows.count()
    rows.nth(2).hover()
    assert dimmed(page) == [each != 2 for each in range(number)]
    expect(rows.nth(2)).to_have_class(re.compile("is-raised"))
    page.locator("h1").first.hover()
    assert not any(dimmed(page))

    page.locator("#donut g.slice").nth(1).hover(position=None, force=True)
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
    page = visit(ASTER, COMPANIES["aster"])
    slug = page.locator("#legend tr[data-offering]").nth(1).get_attribute("data-offering")
    page.locator("#donut").scroll_into_view_if_needed()
    page.mouse.click(*middle_of_slice(page, 1))
    expect(page.locator("#features")).to_have_attribute("data-offering-shown", str(slug))
    expect(page).to_have_url(re.compile(rf"\?offering={slug}"))


def test_a_legend_row_filters_by_mouse_and_keyboard_and_the_way_back_leads_back(visit: Visit) -> None:
    page = visit(ASTER, COMPANIES["aster"])
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


def test_search_and_filters_narrow_while_typing(visit: Visit) -> None:
    page = visit(ASTER, COMPANIES["aster"])
    features = page.locator("#features")
    everything = features.locator("tr[data-feature]").count()
    page.locator("#features-q").press_sequentially("email")
    expect(page).to_have_url(re.compile(r"\?q=email"))
    expect(features.locator("tr[data-feature]")).not_to_have_count(everything)
    expect(page.locator("#features-q")).to_be_focused()
    expect(page.locator("#features-q")).to_have_value("email")
    page.locator("#features-q").press_sequentially(" s")
    expect(page.locator("#features-q")).to_have_value("email s")
    page.locator("#features-state-not-allocated").click()
    expect(page).to_have_url(re.compile("state=not-allocated"))
    page.locator("#features-q").fill("zebra")
    expect(features).to_contain_text("Nothing was found for “zebra”")
    features.get_by_role("link", name="Show all features").click()
    expect(features.locator("tr[data-feature]")).to_have_count(everything)
