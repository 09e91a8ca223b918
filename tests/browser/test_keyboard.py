"""Keyboard shortcuts: days, search, help, saving; never while somebody types, and not where they are switched off."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import ASTER, MANAGER, PROVIDER, SERVED, SUPPORT, VIEWER, Site, Visit, settle

pytestmark = SERVED


def press(page: Page, key: str, *, leads: bool = True) -> None:
    """A key, with nothing in focus; where it leads to another page, until that is there."""
    page.evaluate("document.activeElement.blur()")
    if leads:
        with page.expect_navigation():
            page.keyboard.press(key)
    else:
        page.keyboard.press(key)


def tab_to(page: Page, control: Locator, at_most: int = 60) -> None:
    """Press Tab until it is in focus, as one who has no mouse."""
    for _ in range(at_most):
        page.keyboard.press("Tab")
        if control.evaluate("each => each === document.activeElement"):
            return
    pytest.fail(f"not reached by Tab: {control}")


def enter(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_support_corrects_a_license_by_keyboard_alone_from_the_search_on(visit: Visit) -> None:
    page = visit("/admin/desk/customers/", SUPPORT)
    press(page, "/", leads=False)
    page.keyboard.type("IMPORTED-1")
    expect(page.locator("#desk-found a.found-row")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    enter(page)
    tab_to(page, page.get_by_role("link", name="Correct", exact=True))
    enter(page)
    tab_to(page, page.locator("[name=units]"))
    page.keyboard.type("600")
    tab_to(page, page.get_by_label("Reason", exact=True))
    page.keyboard.press("ArrowDown")
    tab_to(page, page.locator("[name=reason]"))
    page.keyboard.type("The contract says 600.")
    tab_to(page, page.get_by_role("button", name="Look at what it does"))
    enter(page)
    expect(page.locator("[data-effect=valid] strong, [data-effect] strong").first).to_have_text("600")
    tab_to(page, page.get_by_role("button", name="Correct", exact=True))
    enter(page)
    expect(page.locator("body")).to_contain_text("The correction is recorded.")
    page.goto("/admin/desk/companies/imports/")
    expect(page.locator("[data-figure=total-valid-credits]")).to_have_text("600")


def test_days_weeks_and_months_are_a_key_away(visit: Visit, site: Site) -> None:
    page = visit(f"{ASTER}?on={site.today - timedelta(days=100)}&state=all", PROVIDER)
    day = site.today - timedelta(days=100)
    for key, back, days in (("[", "]", 1), ("{", "}", 7)):
        press(page, key)
        assert f"on={day - timedelta(days=days)}" in page.url
        assert "state=all" in page.url
        press(page, back)
        assert f"on={day}" in page.url
    shown = page.locator(".as-of a[aria-keyshortcuts='(']").get_attribute("href")
    press(page, "(")
    assert shown
    assert page.url.endswith(shown)
    settle(page)


def test_keys_do_nothing_while_somebody_types_or_holds_a_modifier(visit: Visit) -> None:
    page = visit("/companies/aster/licenses/", PROVIDER)
    address = page.url
    search = page.locator("#content input[type=search]").first
    press(page, "/", leads=False)
    expect(search).to_be_focused()
    page.keyboard.type("[?/]")
    expect(search).to_have_value("[?/]")
    search.fill("")
    page.evaluate("document.activeElement.blur()")
    for chord in ("Control+[", "Alt+[", "Meta+["):
        page.evaluate("() => { window.kept = true; }")
        page.locator("body").dispatch_event(
            "keydown", {"key": "[", "ctrlKey": "Control" in chord, "altKey": "Alt" in chord, "metaKey": "Meta" in chord}
        )
        assert page.evaluate("window.kept")
    assert page.url.partition("?")[0] == address
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_help_opens_in_a_dialog_and_gives_focus_back(visit: Visit) -> None:
    page = visit("/companies/aster/licenses/", PROVIDER)
    press(page, "?", leads=False)
    dialog = page.get_by_role("dialog", name="Keyboard")
    expect(dialog.get_by_text("A week earlier, a week later")).to_be_visible()
    page.keyboard.press("[")  # the page behind stands still
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_single_keys_can_be_switched_off_for_good(visit: Visit) -> None:
    page = visit("/help/keyboard/?company=aster", PROVIDER, alone=True)
    switch = page.get_by_role("checkbox", name="Use single-key shortcuts")
    expect(switch).to_be_checked()
    switch.uncheck()
    page.goto("/companies/aster/licenses/")
    address = page.url
    for key in ("?", "[", "/"):
        press(page, key, leads=False)
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert page.url == address
    assert page.evaluate("document.activeElement === document.body")
    page.goto("/help/keyboard/?company=aster")
    expect(switch).not_to_be_checked()
    switch.check()
    page.goto("/companies/aster/licenses/")
    press(page, "[")
    assert "on=" in page.url


def test_control_and_enter_save_the_form_one_is_in(visit: Visit) -> None:
    page = visit(f"{ASTER}features/mobile-sensor/", MANAGER, expects=(422,))
    page.locator("#allocation-form input[name^=units_]").first.fill("")
    with page.expect_response(lambda response: response.request.method == "POST" and response.status == 422) as answer:
        page.keyboard.press("Control+Enter")
    assert "/features/mobile-sensor/" in answer.value.url
    expect(page.locator("#allocation-form [aria-invalid=true]").first).to_be_visible()


def test_a_search_is_kept_when_the_day_changes(visit: Visit) -> None:
    page = visit(ASTER, VIEWER)
    page.locator("#features-q").fill("sensor")
    expect(page).to_have_url(re.compile(r"\?q=sensor$"))
    press(page, "[")
    assert "q=sensor" in page.url
    assert "on=" in page.url


def test_help_is_a_plain_page_without_javascript(visit: Visit) -> None:
    page = visit("/companies/aster/licenses/", PROVIDER, javascript=False)
    page.get_by_role("link", name="Keyboard").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Keyboard")
    expect(page.get_by_text("A week earlier, a week later")).to_be_visible()
    expect(page.locator("[data-single-keys]")).to_be_hidden()
    page.goto("/companies/aster/licenses/")
    page.locator(".as-of summary").click()
    page.get_by_role("link", name="A month earlier").click()
    assert "on=" in page.url
