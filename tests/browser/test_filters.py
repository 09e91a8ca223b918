"""Search, filters, sorting and pages of both tables: while typing, kept in the address, never losing what was typed."""

from __future__ import annotations

import re

from playwright.sync_api import Route, expect

from tests.browser.conftest import ASTER, EVERYWHERE, SERVED, VIEWER, Visit, replaced

pytestmark = SERVED


def test_features_narrow_while_somebody_types(visit: Visit) -> None:
    page = visit(ASTER, VIEWER)
    features = page.locator("#features")
    everything = features.locator("tr[data-feature]").count()
    page.locator("#features-q").press_sequentially("email")
    expect(page).to_have_url(re.compile(r"\?q=email"))
    expect(features.locator("tr[data-feature]")).not_to_have_count(everything)
    expect(page.locator("#features-q")).to_be_focused()
    expect(page.locator("#features-q")).to_have_value("email")
    page.locator("#features-q").press_sequentially(" s")
    expect(page).to_have_url(re.compile(r"\?q=email%20s&"))
    expect(page.locator("#features-q")).to_have_value("email s")
    page.locator("#features-state-not-allocated").click()
    expect(page).to_have_url(re.compile("state=not-allocated"))
    page.locator("#features-q").fill("zebra")
    expect(features).to_contain_text("Nothing was found for “zebra”")
    features.get_by_role("link", name="Show all features").click()
    expect(features.locator("tr[data-feature]")).to_have_count(everything)


def test_what_is_typed_while_an_answer_is_under_way_is_not_lost(visit: Visit) -> None:
    page = visit(ASTER, VIEWER, alone=True)
    held: list[Route] = []
    page.route("**/?q=em&*", lambda route: held.append(route))
    field = page.locator("#features-q")
    with page.expect_request("**/?q=em&*"):
        field.press_sequentially("em")
    field.press_sequentially("ail s")
    held[0].continue_()
    expect(page).to_have_url(re.compile(r"\?q=email%20s&"))
    expect(field).to_have_value("email s")
    expect(field).to_be_focused()
    field.press_sequentially("ensor")
    expect(page).to_have_url(re.compile(r"\?q=email%20sensor&"))


def test_licenses_are_narrowed_by_a_status_and_sorted(visit: Visit) -> None:
    page = visit("/companies/cobalt/licenses/", EVERYWHERE)
    rows = page.locator("tr[data-license]")
    everything = rows.count()
    page.locator("#status-expired").focus()
    with replaced(page, "#status-expired"):
        page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?status=expired$"))
    expect(page.locator("#status-expired")).to_be_focused()
    expect(page.locator("#licenses-states [aria-current]")).to_have_id("status-expired")
    assert set(rows.evaluate_all("all => all.map((each) => each.dataset.status)")) == {"expired"}
    some = rows.count()
    assert 0 < some < everything
    expect(page.locator("#announcer")).to_contain_text(f"{some} license")

    page.locator("#sort-units").focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Units")
    expect(page.locator("#sort-units")).to_be_focused()
    expect(page).to_have_url(re.compile("sort=units"))
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Units")
    page.go_back()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Units")
    page.reload()
    assert set(rows.evaluate_all("all => all.map((each) => each.dataset.status)")) == {"expired"}

    page.locator("#licenses-q").fill("zebra")
    page.get_by_role("link", name="Show all licenses").click()
    expect(rows).to_have_count(everything)
