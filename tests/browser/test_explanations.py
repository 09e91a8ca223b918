"""A figure opens its explanation: a dialog where there is room, else a page, and the foot is added again before one's eyes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ASTER, MANAGER, SERVED_PAGES, Visit
from tests.browser.test_pages import look_at

pytestmark = SERVED_PAGES

FIGURES = {
    "a sum": "#summary [data-figure=allocated-credits] a",
    "a difference": "#summary [data-figure=current-balance] a",
    "a quotient": "#summary [data-figure=allocated-share-of-valid] a",
    "a share of the legend": "#legend [data-figure=offering-share] a",
    "credits of a feature": "#features [data-figure=feature-credits] a",
    "the runway": "#summary a[href*='/explain/runway/']",
}


def sheet_of(page: Page) -> None:
    expect(page.locator("#panel .sheet, .sheet-page .sheet")).to_be_visible()
    expect(page.locator(".ledger-checked")).to_have_text("added again here: equal")


@pytest.mark.parametrize("selector", FIGURES.values(), ids=FIGURES)
def test_a_figure_opens_its_explanation_in_the_dialog_and_its_foot_is_added_again(visit: Visit, selector: str) -> None:
    page = visit(ASTER, MANAGER)
    link = page.locator(selector).first
    shown = link.inner_text()
    link.click()
    sheet_of(page)
    expect(page.locator("#panel .sheet-value")).to_have_text(shown)
    assert page.url.endswith(ASTER)
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(link).to_be_focused()


RUNWAY = {
    "what is short": "[data-figure=runway-short] a",
    "what causes it": "#runway-causes [data-figure=cause-change] a",
    "a renewal": "#runway-suppose [data-figure=renewal-credits] a",
}


@pytest.mark.parametrize("selector", RUNWAY.values(), ids=RUNWAY)
def test_figures_of_the_runway_are_added_again_too(visit: Visit, selector: str) -> None:
    page = visit(f"{ASTER}runway/", MANAGER)
    link = page.locator(selector).first
    shown = link.inner_text()
    link.click()
    sheet_of(page)
    expect(page.locator("#panel .sheet-value")).to_have_text(shown)


def test_the_walk_of_the_runway_is_seen_through_where_a_day_before_is_below_zero(visit: Visit) -> None:
    page = visit(ASTER, MANAGER)
    page.goto(page.locator(FIGURES["the runway"]).evaluate("link => link.href"))
    sheet_of(page)
    first = page.locator(".sheet-page [data-part=step]").first
    first.evaluate("data => { data.value = '-1'; document.querySelector('.ledger-checked').textContent = '' }")
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('htmx:afterSettle', { detail: { target: document.body, elt: document.body } }))"
    )
    expect(page.locator(".ledger-checked")).to_have_text("These do not add up, please tell us")


def test_the_dialog_complains_of_nothing_and_leads_from_a_step_to_its_own_explanation(visit: Visit) -> None:
    page = visit(ASTER, MANAGER)
    page.locator(FIGURES["a difference"]).click()
    sheet_of(page)
    look_at(page, (768, 1440), examined="#panel")
    page.locator("#panel .ledger-steps a").first.click()
    expect(page.locator("#panel-title")).to_contain_text("Total valid credits")
    sheet_of(page)


def test_the_entries_are_shown_by_day_in_the_same_dialog(visit: Visit) -> None:
    page = visit(ASTER, MANAGER)
    page.locator(FIGURES["a sum"]).click()
    sheet_of(page)
    page.locator("#panel .sheet-ways a", has_text="By day").click()
    expect(page.locator("#panel .sheet-ways a[aria-current]")).to_have_text("By day")
    sheet_of(page)


def test_on_a_phone_it_is_a_page_of_its_own(visit: Visit) -> None:
    page = visit(ASTER, MANAGER, viewport=(390, 844))
    page.locator(FIGURES["a difference"]).click()
    page.wait_for_url("**/explain/current-balance/")
    sheet_of(page)


def test_without_javascript_it_is_a_page_of_its_own(visit: Visit) -> None:
    page = visit(ASTER, MANAGER, javascript=False)
    page.locator(FIGURES["a sum"]).click()
    page.wait_for_url("**/explain/allocated-credits/")
    expect(page.locator(".sheet-page .ledger")).to_be_visible()
