"""Ring and graph: there before any script, no word on another at any width; plotly in their place; ring and legend answer."""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta
from itertools import combinations

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from console.launch.measure_letters import FONT, LETTERS, MEASURE, WEIGHTS
from credits.charts.letters import WIDTHS
from credits.models import Feature
from licensing.models import Company
from tests.browser.conftest import ASTER, EVERYWHERE, PROVIDER, SERVED_PAGES, VIEWER, Site, Visit, settle
from tests.factories import allocate, make_company, make_feature, make_license, make_offering, make_product, make_user

pytestmark = SERVED_PAGES

PEOPLE = {"aster": VIEWER, "borealis": PROVIDER, "cobalt": EVERYWHERE, "delta": PROVIDER, "seventeen": EVERYWHERE}
WIDTHS_OF_SCREENS = (1440, 1200, 1024, 992, 768, 390, 320)
LARGE = "viewer@large.example"

TEXTS = """() => [...document.querySelectorAll('#donut text, #history-chart text')]
  .map((text) => [text, text.getBoundingClientRect()])
  .filter(([, box]) => box.width)
  .map(([text, box]) => {
    const card = text.closest('.card').getBoundingClientRect(), edges = (each) => [each.left, each.top, each.right, each.bottom];
    return { text: text.textContent, box: edges(box), card: edges(card) };
  })"""


def touched(page: Page, chart: str) -> None:
    """Point at a chart, and wait until plotly has taken over."""
    page.locator(chart).scroll_into_view_if_needed()
    page.locator(chart).hover(position={"x": 60, "y": 100} if chart != "#donut" else {"x": 5, "y": 5})
    expect(page.locator(chart)).to_have_class(re.compile("is-drawn"))


def dimmed(page: Page, slices: str = "#donut path.slice") -> list[bool]:
    return [
        bool(each) for each in page.locator(slices).evaluate_all("all => all.map(each => each.classList.contains('is-dimmed'))")
    ]


@pytest.fixture(scope="module")
def large(site: Site) -> Company:
    """10^12 credits, 40 purchases on one day, names of 150 letters without a space."""
    company = make_company(name="Large", slug="large", time_zone="Europe/Berlin")
    make_user(email=LARGE, company=company, roles=["viewer"])
    seats = make_product(sku="LARGE-SEATS", kind="seats", unit="seat", rate=1_000)
    for number in range(40):
        day = site.today - timedelta(days=200)
        make_license(
            company=company, today=day, product=seats, name="W" * 149 + str(number % 10), external_id=f"L-{number}", units=10**9
        )
    make_license(
        company=company, today=site.today - timedelta(days=100), product=seats, name="M" * 150, external_id="L-M", units=10**9
    )
    line = make_feature(slug="large", offering=make_offering(name="L" * 150), rates=[10_000]).lines.get()
    allocate(company, line, 999_999_999, today=site.today - timedelta(days=190))
    return company


def assert_no_text_meets_another(page: Page) -> None:
    texts = page.evaluate(TEXTS)
    assert len(texts) > 8
    for one, two in combinations(texts, 2):
        (left, top, right, bottom), (other_left, other_top, other_right, other_bottom) = one["box"], two["box"]
        apart = right <= other_left or other_right <= left or bottom - 2 <= other_top or other_bottom - 2 <= top
        assert apart, f"{one['text']} lies on {two['text']}"
    for each in texts:
        (left, top, right, bottom), card = each["box"], each["card"]
        assert card[0] <= left, each
        assert right <= card[2], each
        assert card[1] <= top, each
        assert bottom <= card[3], each
    edges = "document.querySelectorAll('#offerings, #history, #legend')].map((each) => each.getBoundingClientRect().right)"
    assert all(right <= page.viewport_size["width"] for right in page.evaluate(f"[...{edges}")) if page.viewport_size else False


@pytest.mark.parametrize("slug", PEOPLE)
def test_no_text_of_the_charts_lies_on_another_or_is_cut_at_any_width(visit: Visit, slug: str) -> None:
    page = visit(f"/companies/{slug}/credits/annual/", PEOPLE[slug])
    for width in WIDTHS_OF_SCREENS:
        page.set_viewport_size({"width": width, "height": 900})
        assert_no_text_meets_another(page)


@pytest.mark.parametrize("range_shown", ["", "?range=30d", "?range=90d", "?range=all"])
def test_nor_with_a_million_million_credits_forty_events_a_day_and_names_without_end(
    visit: Visit, large: Company, range_shown: str
) -> None:
    page = visit(f"/companies/large/credits/annual/{range_shown}", LARGE)
    for width in WIDTHS_OF_SCREENS:
        page.set_viewport_size({"width": width, "height": 900})
        assert_no_text_meets_another(page)
    expect(page.locator(".ring-number")).to_have_text("10T")
    if not range_shown:
        page.set_viewport_size({"width": 1440, "height": 900})
        for note in page.locator("text.at-wide", has_text="40 changes").all():  # as they began, and as they will end
            expect(note).to_be_visible()
        expect(page.locator("text.at-wide", has_text="+40,000,000,000,000")).to_be_visible()
        expect(page.locator("text.at-wide", has_text=re.compile("^M+…$"))).to_be_visible()


def test_the_table_of_letters_is_what_the_browser_draws(browser: Browser) -> None:
    page = browser.new_page()
    measured = page.evaluate(MEASURE, [base64.b64encode(FONT.read_bytes()).decode(), WEIGHTS, LETTERS])
    page.close()
    assert {weight: tuple(row) for weight, row in zip(WEIGHTS, measured, strict=True)} == WIDTHS


def test_charts_are_there_without_plotly_which_comes_at_the_first_touch(visit: Visit) -> None:
    page = visit(ASTER, VIEWER)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    settle(page)
    expect(page.locator("#history-chart path.graph-valid")).to_be_visible()
    expect(page.locator("#donut path.slice").first).to_be_visible()
    assert not [address for address in asked if "plotly" in address and address.endswith(".js")]
    assert not page.evaluate("'Plotly' in window")
    touched(page, "#history-chart")
    assert len([address for address in asked if "plotly" in address and address.endswith(".js")]) == 1


LINES = """() => [...document.querySelectorAll('#history-chart .scatterlayer path.js-line')].map((line) => {
  const style = getComputedStyle(line), box = line.getBoundingClientRect(), edges = [box.left, box.top, box.right, box.bottom];
  return { width: parseFloat(style.strokeWidth), dash: style.strokeDasharray, color: style.stroke, box: edges };
})"""
PICTURE = """() => ['valid', 'allocated'].map((name) => {
  const line = document.querySelector(`#history-chart .graph-${name}`), box = line.getBoundingClientRect();
  return { color: getComputedStyle(line).stroke, box: [box.left, box.top, box.right, box.bottom] };
})"""


@pytest.mark.parametrize("slug", ["aster", "borealis", "cobalt", "delta"])
def test_plotly_takes_over_in_the_same_place_without_a_jump(visit: Visit, slug: str) -> None:
    page = visit(f"/companies/{slug}/credits/annual/", PEOPLE[slug])
    page.locator("#history-chart").scroll_into_view_if_needed()
    words = page.evaluate(TEXTS)
    picture = page.evaluate(PICTURE)
    ring = page.locator("#donut path.slice").evaluate_all("all => all.map((each) => each.getBoundingClientRect().width)")
    touched(page, "#history-chart")
    drawn = [line for line in page.evaluate(LINES) if line["width"] > 2]
    assert [line["color"] for line in drawn] == [line["color"] for line in picture]
    assert [line["dash"] in ("none", "") for line in drawn] == [True, False]
    for line, before in zip(drawn, picture, strict=True):
        assert line["box"] == pytest.approx(before["box"], abs=1.5)
    assert [each["text"] for each in page.evaluate(TEXTS)] == [each["text"] for each in words]
    expect(page.locator("#history-chart path.graph-valid")).to_be_hidden()
    touched(page, "#donut")
    slices = page.locator("#donut g.trace").first.locator("g.slice path")
    assert slices.evaluate_all("all => all.map((each) => each.getBoundingClientRect().width)") == pytest.approx(ring, abs=2.5)


def test_a_day_without_events_tells_its_figures_and_the_step_stays_in_view(visit: Visit) -> None:
    page = visit(ASTER, VIEWER)
    touched(page, "#history-chart")
    plot = page.locator("#history-chart .graph-plot").bounding_box()
    assert plot
    history, ahead = (json.loads(page.locator(f"#credit-{each}").text_content() or "") for each in ("history", "forecast"))
    tip, rule = page.locator("#history-chart .chart-tip"), page.locator("#history-chart .chart-rule")
    for part in (0.03, 0.4, 0.55, 0.97):
        page.mouse.move(1, 1)
        expect(tip).to_be_hidden()
        page.mouse.move(plot["x"] + plot["width"] * part, plot["y"] + 80)
        page.mouse.move(plot["x"] + plot["width"] * part + 1, plot["y"] + 82)
        expect(tip).to_be_visible()
        shown = [int(text.replace(",", "").replace("−", "-")) for text in tip.locator("dd").all_text_contents()]
        assert shown[2] == shown[0] - shown[1]
        series = ahead if part > 0.7 else history
        assert (shown[0], shown[1]) in list(zip(series["valid"], series["allocated"], strict=True))
        if part > 0.9:
            held = zip(ahead["valid"], ahead["allocated"], ahead["valid_if_renewed"], strict=True)
            assert (shown[0], shown[1], shown[3]) in list(held), "what would be valid if renewed, where that differs"
        else:
            assert not shown[3:]
        box, line = tip.bounding_box(), rule.bounding_box()
        assert box
        assert line
        assert box["x"] > line["x"] + 8 or box["x"] + box["width"] < line["x"] - 8, "the day itself stays in view"
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()


def test_a_finger_is_told_the_day_it_touches_on_a_phone(visit: Visit) -> None:
    page = visit(ASTER, VIEWER, touch=True, viewport=(390, 844))
    page.locator("#history-chart").scroll_into_view_if_needed()
    plot = page.locator("#history-chart .graph-plot").bounding_box()
    assert plot
    tip, rule = page.locator("#history-chart .chart-tip"), page.locator("#history-chart .chart-rule")
    for part, numbers in ((0.25, 3), (0.9, 4)):
        page.touchscreen.tap(plot["x"] + plot["width"] * part, plot["y"] + 60)
        expect(tip.locator("dd")).to_have_count(numbers)
        box, line = tip.bounding_box(), rule.bounding_box()
        assert box
        assert line
        assert line["x"] == pytest.approx(plot["x"] + plot["width"] * part, abs=2)
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        beside = box["x"] > line["x"] or box["x"] + box["width"] < line["x"]
        assert beside or box["y"] + box["height"] <= plot["y"], "the step stays in view"
    expect(page.locator("#history-chart")).to_have_class(re.compile("is-drawn"))


def test_a_mark_tells_its_day_by_keyboard_and_enter_opens_it(visit: Visit) -> None:
    page = visit(ASTER + "?q=sensor", VIEWER)
    mark = page.locator(".graph-marks a").nth(2)
    name = mark.get_attribute("aria-label") or ""
    mark.focus()
    tip = page.locator("#history-chart .chart-tip")
    expect(tip.locator("strong")).to_have_text(name.partition(": ")[0])
    expect(tip).to_contain_text(name.partition(": ")[2].partition(";")[0])
    expect(page.locator("#history-chart")).to_have_class(re.compile("is-drawn"))
    expect(mark).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"\?q=sensor&on=\d{4}-\d\d-\d\d"))
    settle(page)


def test_the_rows_of_the_table_come_when_it_is_unfolded(visit: Visit) -> None:
    page = visit(ASTER, VIEWER)
    expect(page.locator("#history-table table")).to_have_count(0)
    page.locator("#history-table summary").click()
    expect(page.locator("#history-table tbody tr").first).to_be_visible()
    rows = page.locator("#history-table summary .note").text_content() or ""
    assert page.locator("#history-table tbody tr").count() == int(rows.split()[0])


def test_a_range_keeps_what_the_features_are_filtered_by_meanwhile(visit: Visit) -> None:
    page = visit(ASTER, VIEWER)
    page.locator("#legend tr[data-offering] a.offering").first.click()
    page.wait_for_url(re.compile("offering="))
    page.locator(".history-ranges").get_by_text("90 days").click()
    page.wait_for_url(re.compile("offering=endpoint-security.*range=90d"))
    settle(page)
    expect(page.locator(".history-ranges a[aria-current]")).to_have_text("90 days")


def test_stripes_of_a_slice_are_seen(visit: Visit) -> None:
    page = visit(ASTER, VIEWER)
    assert page.locator("#legend tr[data-offering=mobile-security]").count() == 1
    expect(page.locator("#donut .slice-pattern")).to_have_attribute("fill", "url(#ring-stripes)")
    inks = page.evaluate(
        """() => ['.ring-ink', '[data-slice=mobile-security]'].map((each) =>
          getComputedStyle(document.querySelector(`#donut ${each}`)).fill)"""
    )
    assert len(set(inks)) == 2, "two colors, or nobody sees the stripes"


def test_charts_take_the_colors_of_the_theme(visit: Visit) -> None:
    page = visit(ASTER, VIEWER, color_scheme="light")
    touched(page, "#history-chart")
    picture, drawn = page.evaluate(PICTURE)[0]["color"], page.evaluate(LINES)[2]["color"]
    assert picture == drawn
    page.locator("[data-theme-switch]").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.wait_for_function(
        "before => getComputedStyle(document.querySelectorAll('#history-chart path.js-line')[2]).stroke !== before", arg=drawn
    )
    assert page.evaluate(PICTURE)[0]["color"] == page.evaluate(LINES)[2]["color"] != picture
    page.locator("[data-theme-switch]").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.evaluate("localStorage.removeItem('theme')")


@pytest.mark.parametrize("with_plotly", [False, True])
def test_ring_and_legend_raise_each_other(visit: Visit, with_plotly: bool) -> None:
    page = visit(ASTER, VIEWER)
    slices = "#donut path.slice"
    if with_plotly:
        touched(page, "#donut")
        slices = "#donut g.trace:first-child g.slice"
    rows = page.locator("#legend tr[data-offering]")
    number = rows.count()
    rows.nth(2).hover()
    assert dimmed(page, slices) == [each != 2 for each in range(number)]
    expect(rows.nth(2)).to_have_class(re.compile("is-raised"))
    page.locator("h1").first.hover()
    assert not any(dimmed(page, slices))

    hover_slice(page, 1)
    expect(rows.nth(1)).to_have_class(re.compile("is-raised"))
    tip = page.locator("#donut .chart-tip")
    expect(tip).to_contain_text(rows.nth(1).locator("a.offering").text_content() or "")
    box, number_box = tip.bounding_box(), page.locator(".ring-number").bounding_box()
    assert box
    assert number_box
    assert box["y"] > number_box["y"] + 60 or box["y"] + box["height"] < number_box["y"], "the center stays in view"
    page.locator("h1").first.hover()
    expect(rows.nth(1)).not_to_have_class(re.compile("is-raised"))
    expect(tip).to_be_hidden()

    rows.nth(3).locator("a.offering").focus()
    assert dimmed(page, slices) == [each != 3 for each in range(number)], "the keyboard raises as the mouse does"


def middle_of_slice(page: Page, number: int) -> tuple[float, float]:
    """A point on the ring, in the middle of a slice, from the figures: halfway between hole and edge."""
    x, y = page.evaluate(
        """(number) => {
          const values = JSON.parse(document.getElementById('donut-figure').textContent).data[0].values;
          const sum = (all) => all.reduce((one, two) => one + two, 0);
          const turn = 2 * Math.PI * ((sum(values.slice(0, number)) + values[number] / 2) / sum(values));
          const box = document.querySelector('#donut .ring').getBoundingClientRect();
          return [box.left + box.width / 2 + 88 * Math.sin(turn), box.top + box.height / 2 - 88 * Math.cos(turn)];
        }""",
        number,
    )
    return x, y


def hover_slice(page: Page, number: int) -> None:
    page.locator("#donut").scroll_into_view_if_needed()
    x, y = middle_of_slice(page, number)
    page.mouse.move(x - 1, y)
    page.mouse.move(x, y)


@pytest.mark.parametrize("with_plotly", [False, True])
def test_a_slice_filters_the_features_and_stays_marked(visit: Visit, with_plotly: bool) -> None:
    page = visit(ASTER, VIEWER)
    if with_plotly:
        touched(page, "#donut")
    rows = page.locator("#legend tr[data-offering]")
    slug = str(rows.nth(1).get_attribute("data-offering"))
    page.locator("#donut").scroll_into_view_if_needed()
    page.mouse.click(*middle_of_slice(page, 1))
    expect(page).to_have_url(re.compile(rf"\?offering={slug}"))
    expect(rows.nth(1).locator("a.offering")).to_have_attribute("aria-current", "true")
    page.mouse.move(5, 5)
    slices = "#donut path.slice"
    assert dimmed(page, slices) == [each != 1 for each in range(rows.count())]
    page.reload()
    settle(page)
    assert dimmed(page, slices) == [each != 1 for each in range(rows.count())]


def test_a_press_on_a_slice_counts_though_plotly_comes_while_it_lasts(visit: Visit) -> None:
    page = visit(ASTER, VIEWER)
    coming: list[Route] = []
    page.route("**/plotly-basic*.js", lambda route: coming.append(route))
    slug = str(page.locator("#legend tr[data-offering]").nth(1).get_attribute("data-offering"))
    page.locator("#donut").scroll_into_view_if_needed()
    with page.expect_request("**/plotly-basic*.js"):
        page.mouse.move(*middle_of_slice(page, 1))
    page.mouse.down()
    coming.pop().continue_()
    page.evaluate("""() => new Promise((done) => {
        const look = () => requestAnimationFrame(() => (window.Plotly ? requestAnimationFrame(done) : look()));
        look();
    })""")
    page.mouse.up()
    expect(page).to_have_url(re.compile(rf"\?offering={slug}"))
    expect(page.locator("#donut")).to_have_class(re.compile("is-drawn"))


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
    expect(page.locator("#announcer")).to_have_text(f"{some} of {Feature.objects.count()} features")

    second = page.locator("#legend tr[data-offering]").nth(1)
    second.locator("a.offering").focus()
    page.keyboard.press("Enter")
    slug = str(second.get_attribute("data-offering"))
    expect(features).to_have_attribute("data-offering-shown", slug)
    expect(page).to_have_url(re.compile(rf"\?offering={slug}"))
    expect(second.locator("a.offering")).to_be_focused()

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
