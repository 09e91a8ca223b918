"""The search of the workbench by keyboard, while one types, and without scripts."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import SERVED, SUPPORT, Site, Visit

pytestmark = SERVED

CUSTOMERS = "/admin/desk/customers/"


def test_results_come_while_one_types_and_are_chosen_and_opened_by_keyboard(visit: Visit, site: Site) -> None:
    page = visit(CUSTOMERS, SUPPORT)
    page.keyboard.press("/")
    expect(page.locator("#desk-q")).to_be_focused()
    page.keyboard.type("aster")
    rows = page.locator("#desk-found a.found-row")
    expect(rows.first).to_contain_text("Aster Foods")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    wanted = rows.nth(1).get_attribute("href")
    with page.context.expect_page() as opened:
        page.keyboard.press("Control+Enter")
    opened.value.close()
    page.bring_to_front()
    page.keyboard.press("ArrowUp")
    expect(rows.first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#desk-q")).to_be_focused()
    expect(rows).to_have_count(0)
    page.fill("#desk-q", "aster ")
    page.fill("#desk-q", "aster")
    page.locator("#desk-q").press_sequentially("x")
    expect(page.locator("#desk-found")).to_contain_text("Nothing was found for “asterx”")
    page.fill("#desk-q", "AZ-48213")
    expect(rows).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}{wanted}")


def test_enter_in_the_field_opens_the_one_that_is_meant_and_the_way_back_shows_all(visit: Visit) -> None:
    page = visit(CUSTOMERS, SUPPORT)
    page.fill("#desk-q", "az-48213")
    page.keyboard.press("Enter")
    page.wait_for_url("**/order**/*")
    page.get_by_role("link", name="Back to the search").click()
    expect(page.locator("#content .found-row")).to_have_count(1)
