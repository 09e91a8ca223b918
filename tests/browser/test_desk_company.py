"""The workbench's pages of one company, one order and one act: at every width, in both themes, also with the longest names."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from console.models import Act
from credits.demo.people import SUPPORT
from licensing.models import Order
from tests.browser.conftest import SERVED_PAGES, Visit
from tests.browser.test_pages import look_at

pytestmark = SERVED_PAGES

PAGES = [
    *(f"/admin/desk/companies/aster/{tab}" for tab in ("", "?tab=licenses", "?tab=allocations", "?tab=people")),
    "/admin/desk/companies/cobalt/?tab=journal",
    *(f"/admin/desk/companies/strained/{tab}" for tab in ("", "?tab=licenses", "?tab=allocations", "?tab=people", "?tab=mail")),
    "/admin/desk/companies/strained/?tab=journal",
    "/admin/desk/companies/empty/",
    "/admin/desk/companies/aster/?on=2026-06-01",
    "/admin/desk/companies/aster/explain/current-balance/",
    "/admin/desk/orders/{order}/",
    "/admin/desk/orders/{strained}/",
    "/admin/desk/acts/{act}/",
]


@pytest.mark.parametrize("path", PAGES)
def test_page_of_the_workbench(visit: Visit, path: str) -> None:
    order = Order.objects.get(external_id="AZ-48213").pk
    strained = Order.objects.filter(company__slug="strained").earliest("pk").pk
    act = Act.objects.filter(name="order.renew").latest("recorded_at").pk
    look_at(visit(path.format(order=order, strained=strained, act=act), SUPPORT))


def test_a_figure_is_explained_in_place_and_the_acts_open_from_the_keyboard(visit: Visit) -> None:
    page = visit("/admin/desk/companies/aster/", SUPPORT)
    page.locator("[data-figure=current-balance] a").click()
    expect(page.locator("#panel .sheet-value")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".desk-acts > summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Set an allocation")).to_be_visible()


def test_the_journal_is_narrowed_without_scripts(visit: Visit) -> None:
    page = visit("/admin/desk/companies/cobalt/?tab=journal", SUPPORT, javascript=False)
    page.get_by_label("Act", exact=True).select_option("order.suspend")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".desk-said")).to_have_count(2)


def test_a_receiving_company_is_listed_with_its_balance_while_somebody_types(visit: Visit) -> None:
    order = Order.objects.get(external_id="AZ-48213").pk
    page = visit(f"/admin/licensing/order/{order}/acts/transfer/", SUPPORT)
    page.get_by_label("To", exact=True).press_sequentially("cobalt he")
    expect(page.get_by_role("radio", name="Cobalt Health")).to_be_checked()
    expect(page.locator("#id_to_found")).to_contain_text("Balance")


def test_enter_in_a_form_looks_at_what_it_does_and_find_lists_companies_without_scripts(visit: Visit) -> None:
    order = Order.objects.get(external_id="AZ-48213").pk
    page = visit(f"/admin/licensing/order/{order}/acts/transfer/", SUPPORT, javascript=False, expects=(422,))
    page.get_by_label("To", exact=True).fill("cobalt he")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("radio", name="Cobalt Health")).to_be_checked()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_label("Case number").press("Enter")
    expect(page.get_by_label("To", exact=True)).to_have_value("cobalt")
    expect(page.get_by_role("alert").first).to_contain_text("Nothing was saved")
