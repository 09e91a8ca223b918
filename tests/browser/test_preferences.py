"""What the device asks for: paper, less motion, its own colors, a touch screen."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import ASTER, EVERYWHERE, MANAGER, PROVIDER, SERVED_PAGES, VIEWER, Visit, settle

pytestmark = SERVED_PAGES


def test_on_paper_there_are_figures_and_tables_but_nothing_to_press(visit: Visit) -> None:
    # What is printed is the picture from the server, also where plotly has drawn in its place for a wide window.
    page = visit(ASTER, MANAGER, color_scheme="dark")
    page.locator("#history-chart").hover()
    expect(page.locator("#history-chart .main-svg").first).to_be_visible()
    page.set_viewport_size({"width": 718, "height": 1047})
    page.emulate_media(media="print")
    for away in (".sidebar", ".topbar", ".tabs", ".features-bar", ".cell-action", ".figures .more-link"):
        expect(page.locator(away).first).to_be_hidden()
    for there in ("#summary .figures-value", "#legend", "#history-chart path.graph-valid", "#features table"):
        expect(page.locator(there).first).to_be_visible()
    expect(page.locator(".print-only")).to_contain_text("Aster Foods")
    for row in page.locator("#legend tr[data-offering]").all():
        expect(row).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).getPropertyValue('--page')") == "#fff", "light, whatever the theme"
    ink = page.evaluate("getComputedStyle(document.querySelector('.figures-value')).color")
    assert sum(int(part) for part in ink[4:-1].split(",")) < 200, "dark ink on white paper"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("getComputedStyle(document.querySelector('#features td')).display") == "table-cell"

    expect(page.locator("#history-chart .main-svg").first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('#history')).breakInside") == "avoid"
    turned = "[...document.querySelectorAll('#history-chart text')].some((each) => each.hasAttribute('transform'))"
    assert not page.evaluate(turned), "names of months lie level"


def test_who_wants_less_motion_sees_none(visit: Visit) -> None:
    moves = "getComputedStyle(document.querySelector('#panel')).animationName"
    for wish, seen in (("no-preference", "panel-in"), ("reduce", "none")):
        page = visit(ASTER, MANAGER, reduced_motion=wish)
        page.locator("#action-email-sensor").click()
        expect(page.locator("#panel")).to_be_visible()
        assert page.evaluate(moves) == seen


def test_with_colors_of_the_device_what_is_chosen_can_still_be_told(visit: Visit) -> None:
    page = visit(ASTER, VIEWER, forced_colors="active")
    settle(page)
    outline = "getComputedStyle(document.querySelector('.sidebar-link[aria-current]')).outlineStyle"
    assert page.evaluate(outline) == "solid"
    assert page.evaluate(outline.replace(".sidebar-link", ".pick ")) == "solid"
    swatch = "getComputedStyle(document.querySelector('#legend .slot')).forcedColorAdjust"
    assert page.evaluate(swatch) == "none", "the color is the identity of an offering"
    page = visit("/companies/aster/licenses/", VIEWER, forced_colors="active")
    border = "getComputedStyle(document.querySelector('.badge')).borderTopStyle"
    assert page.evaluate(border) == "solid"


def test_what_is_touched_is_large_enough(visit: Visit) -> None:
    page = visit(ASTER, MANAGER, viewport=(390, 844), touch=True)
    small = page.evaluate(
        """() => [...document.querySelectorAll('main :is(a.btn, button, input, select), .topbar :is(a, summary, button)')]
          .filter((each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && each.type !== 'hidden')
          .map((each) => [each.getBoundingClientRect().height, each])
          .filter(([height]) => height && height < 44)
          .map(([height, each]) => `${each.tagName} ${each.className} ${each.textContent.trim().slice(0, 30)} ${height}`)"""
    )
    assert small == []


def test_the_menu_is_a_drawer_that_lets_go_of_the_page(visit: Visit) -> None:
    page = visit(ASTER, VIEWER, viewport=(390, 844))
    menu = page.get_by_role("button", name="Menu", exact=True)
    menu.focus()
    page.keyboard.press("Enter")
    link = page.locator(".sidebar").get_by_role("link", name="License Information")
    expect(link).to_be_visible()
    box = page.locator(".sidebar").bounding_box()
    assert box
    assert box["x"] == 0
    assert box["height"] >= 844
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(menu).to_be_focused()
    menu.click()
    link.click()
    expect(page.locator("h1")).to_have_text("License Information")


def test_menus_close_by_escape_and_by_a_click_elsewhere(visit: Visit) -> None:
    page = visit(ASTER, PROVIDER)
    menu, link = page.locator(".topbar details.menu-end"), page.get_by_role("link", name="Sign-in security")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(link).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()
    menu.locator("summary").click()
    page.locator(".sidebar-foot").click()
    expect(link).to_be_hidden()


def test_the_first_stop_of_the_keyboard_leads_past_the_menu(visit: Visit) -> None:
    page = visit(ASTER, VIEWER)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_a_long_name_of_a_company_leaves_room_for_the_rest(visit: Visit) -> None:
    page = visit("/companies/many/licenses/", EVERYWHERE, viewport=(320, 800))
    bar = page.locator(".topbar").bounding_box()
    assert bar
    assert bar["height"] < 200


def test_a_legend_of_more_than_eight_offerings_folds_its_tail(visit: Visit) -> None:
    page = visit("/companies/seventeen/credits/annual/", EVERYWHERE)
    rows = page.locator("#legend tr[data-offering]")
    shown = [row.is_visible() for row in rows.all()]
    assert shown == [True] * 7 + [False] * (len(shown) - 7)
    fold = page.locator("#legend [data-expands]")
    expect(fold).to_have_text(f"Other ({len(shown) - 7})")
    credits = page.locator("#legend thead th").nth(2)
    fold.focus()
    before = credits.bounding_box()
    page.keyboard.press("Enter")
    assert credits.bounding_box() == before, "columns stay where they are"
    expect(fold).to_have_attribute("aria-expanded", "true")
    for row in rows.all():
        expect(row).to_be_visible()
    assert page.locator("#donut path.slice").count() == 8
    page.keyboard.press("Enter")
    expect(rows.last).to_be_hidden()
    values = page.locator("#legend [data-figure=offering-credits] data").evaluate_all("all => all.map((each) => +each.value)")
    allocated = page.locator("[data-figure=allocated-credits] data").get_attribute("value")
    assert sum(values) == int(allocated or 0)
