"""Between companies: the list that Ctrl-K opens, by keyboard and by pointer, and the same as a page without JavaScript."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from console.people.demo_password import DEMO_PASSWORD
from tests.browser.conftest import PROVIDER, SERVED_PAGES, VIEWER, Visit, replaced
from tests.browser.test_pages import look_at, sticks_out

pytestmark = SERVED_PAGES
LICENSES = "/companies/aster/licenses/"


def opened(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(page.locator("#switcher")).to_be_visible()
    expect(page.locator("#switcher-q")).to_be_focused()


def test_a_company_is_found_by_keyboard_and_the_kind_of_page_is_kept(visit: Visit) -> None:
    page = visit(LICENSES, PROVIDER)
    opened(page)
    expect(page.locator(".switcher-row")).to_have_count(3)
    expect(page.locator(".switcher-row[aria-current=true]")).to_contain_text("Aster Foods")
    look_at(page, (390, 1440))
    with replaced(page, "#switcher-rows"):
        page.keyboard.type("boreal")
    expect(page.locator(".switcher-row")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/companies/borealis/licenses/$"))


def test_arrows_choose_and_escape_closes_where_one_was(visit: Visit) -> None:
    page = visit(LICENSES, PROVIDER)
    opened(page)
    page.keyboard.press("ArrowUp")
    expect(page.locator("#switcher-q")).to_be_focused()
    for _each in range(3):
        page.keyboard.press("ArrowDown")
    expect(page.locator(".switcher-row").nth(2)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".switcher-row").nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#switcher")).to_be_hidden()
    page.locator("#switch-company").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#switcher-q")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#switch-company")).to_be_focused()
    opened(page)
    page.keyboard.press("Control+k")
    expect(page.locator("#switcher")).to_be_hidden()


def test_enter_before_the_list_has_come_goes_to_what_was_typed(visit: Visit) -> None:
    page = visit(LICENSES, PROVIDER)
    opened(page)
    page.locator("#switcher-q").evaluate("field => { field.value = 'delta'; }")  # the list still shows all
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/companies/delta/licenses/$"))


def test_the_list_leads_to_all_companies_and_is_not_opened_over_the_panel(visit: Visit) -> None:
    page = visit("/companies/aster/credits/annual/", PROVIDER)
    page.locator("[data-feature] [hx-get]").first.click()
    expect(page.locator("#panel")).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.locator("#switcher")).to_be_hidden()
    page.keyboard.press("Escape")
    page.locator("#switch-company").click()
    page.get_by_role("link", name="All companies").click()
    expect(page).to_have_url(re.compile(r"/companies/\?to=annual$"))
    expect(page.locator(".company-row")).to_have_count(3)


def test_without_javascript_it_is_the_chooser(visit: Visit) -> None:
    page = visit(LICENSES, PROVIDER, javascript=False)
    page.locator("#switch-company").click()
    page.get_by_label("Search companies by name").fill("delta")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".company-row")).to_have_count(1)
    page.locator(".company-row").click()
    expect(page).to_have_url(re.compile("/companies/delta/licenses/$"))


def test_the_chooser_is_searched_as_one_types(visit: Visit) -> None:
    page = visit("/companies/", PROVIDER)
    look_at(page, (320, 390, 1024, 1440))
    with replaced(page, "#companies"):
        page.get_by_label("Search companies by name").fill("boreal")
    expect(page.locator(".company-row")).to_have_count(1)
    expect(page.locator(".company-row")).to_contain_text("negative")


@pytest.mark.parametrize("javascript", [True, False])
def test_one_of_the_demos_people_signs_in_with_a_press(visit: Visit, settings: Any, javascript: bool) -> None:
    settings.DEMO = True
    page = visit(f"/accounts/login/?next={LICENSES}", alone=True, javascript=javascript)
    if javascript:
        page.evaluate("document.addEventListener('submit', (event) => event.preventDefault())")
        page.get_by_role("button", name=VIEWER).click()
        expect(page.get_by_label("Email")).to_have_value(VIEWER)
        expect(page.get_by_label("Password", exact=True)).to_have_value(DEMO_PASSWORD)
        look_at(page, (390, 1440))
        page.reload()
    page.get_by_role("button", name=VIEWER).click()
    expect(page).to_have_url(re.compile(f"{LICENSES}$"))
    expect(page.locator("#content")).not_to_contain_text("Successfully")


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1440])
def test_a_long_name_without_a_space_wraps_and_lies_over_nothing(visit: Visit, width: int) -> None:
    long_names = """rows => rows.forEach((row) => { row.querySelector('.row-title').textContent = 'A'.repeat(150); })"""
    over_another = """rows => rows.some((row) => {
      const boxes = [...row.querySelectorAll('.row-title, .company-balance, .company-expiry')].map((each) => {
        const words = document.createRange();
        words.selectNodeContents(each);
        return words.getBoundingClientRect();
      });
      return boxes.some((a, at) => boxes.slice(at + 1).some((b) =>
        a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1));
    })"""
    page = visit("/companies/", PROVIDER, viewport=(width, 900))
    page.locator(".company-row").evaluate_all(long_names)
    assert sticks_out(page) == []
    assert not page.locator(".company-row").evaluate_all(over_another)
    opened(page)
    page.locator(".switcher-row").evaluate_all(long_names)
    assert not page.locator(".switcher-row").evaluate_all(over_another)
    assert page.locator("#switcher").evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
