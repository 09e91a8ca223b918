"""License Information and Purchases at every width: nothing is lost or overlaps; orders fold; codes are copied from rows."""

from __future__ import annotations

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from licensing.acts.activate import activate_order
from licensing.acts.state.suspend_and_reinstate import suspend_order
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License, LicenseEntry, Product
from tests.browser.conftest import ASTER, EVERYWHERE, MANAGER, PROVIDER, SERVED_PAGES, Site, Visit, replaced
from tests.browser.test_pages import AXE, findings, sticks_out
from tests.factories import SYSTEM, make_code, make_company, make_license, make_order, make_product, make_user, new_key
from tests.test_queries import copies

pytestmark = SERVED_PAGES

WIDTHS = (1440, 1366, 1280, 1200, 1199, 1024, 992, 768, 720, 390, 320)
"""720 is a window of 1,440 px at 200 %."""
SIX_SCREENS = 6 * 844


@pytest.fixture(scope="module")
def hard(site: Site) -> tuple[Company, str]:
    """A company of long names without a space, of 10^12 credits, of orders by code; and its owner."""
    company = make_company(name="Hard to show", time_zone="Europe/Berlin")
    owner = make_user(company=company, roles=["owner"])
    product = Product.objects.get(sku="SMALL")
    huge = make_product(sku="HUGE", name="H" * 150, rate=1_000, kind="seats", unit="protected mailbox")
    make_license(company=company, today=site.today, product=huge, name="A" * 150, external_id="B" * 100, units=10**9)
    make_license(company=company, today=site.today, product=huge, name="C" * 150, trial=True, units=10**9)
    for number, kind in enumerate(["activation-code", "registration-key", "activation-code"]):
        order = make_order(channel="code", product=product, name=f"By code {number}", units=50 + number)
        make_code(order, kind=kind)
        activate_order(order, company=company, today=site.today, by=SYSTEM, key=new_key())
        if number == 2:
            top_up_order(order, units=7, today=site.today, by=SYSTEM, key=new_key())
            suspend_order(order, today=site.today, by=SYSTEM, key=new_key())
    return company, owner.email


@pytest.fixture(scope="module")
def thousand(site: Site) -> tuple[Company, str]:
    """A company of 1,000 licenses, and its owner."""
    company = make_company(name="A thousand", time_zone="Europe/Berlin")
    owner = make_user(company=company, roles=["owner"])
    license = make_license(company=company, today=site.today, product=Product.objects.get(sku="SMALL"))
    orders = copies(license.order, [{"external_id": f"THOUSAND-{each:05}"} for each in range(999)])
    licenses = copies(license, [{"order": order} for order in orders])
    copies(license.statements.get(), [{"license": each} for each in licenses])
    for entry in LicenseEntry.objects.filter(license=license):
        copies(entry, [{"license": each} for each in licenses])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return company, owner.email


LOST = """() => {
  const cards = [...document.querySelectorAll('.licenses-table, .purchases-table')];
  const wrong = [];
  for (const card of cards) {
    const frame = card.closest('.card').getBoundingClientRect();
    for (const row of card.querySelectorAll('tr')) {
      const seen = [];
      for (const cell of row.children) {
        const style = getComputedStyle(cell);
        const box = cell.getBoundingClientRect();
        if (style.display === 'none' || !box.height) continue;
        const range = document.createRange();
        for (const text of [...textsOf(cell)]) {
          range.selectNodeContents(text);
          for (const each of range.getClientRects()) {
            if (each.left < frame.left || each.right > frame.right + 0.5) wrong.push(`outside: ${text.data.trim()}`);
            for (const [other, words] of seen) {
              const beside = each.left >= other.right - 1 || other.left >= each.right - 1;
              const below = each.top >= other.bottom - 3 || other.top >= each.bottom - 3;
              if (words.cell !== cell && !beside && !below) wrong.push(`over ${words.text}: ${text.data.trim()}`);
            }
            seen.push([each, { cell, text: text.data.trim() }]);
          }
        }
      }
    }
    for (const each of [card, ...card.querySelectorAll('*')]) {
      const scrolls = ['auto', 'scroll'].includes(getComputedStyle(each).overflowX);
      if (scrolls && each.scrollWidth > each.clientWidth + 1) wrong.push('scrolls');
    }
  }
  return wrong;
  function* textsOf(cell) {
    const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      const seen = !text.parentElement.closest('.visually-hidden, button') && text.parentElement.checkVisibility();
      if (seen && text.data.trim()) yield text;
    }
  }
}"""
SHOWN = """(names) => names.filter((name) => {
  const cell = document.querySelector(`tbody tr.order-row .cell-${name}, .purchases-table tbody .cell-${name}`);
  return !cell || !cell.checkVisibility() || !cell.getBoundingClientRect().width;
})"""


def look_for_what_is_lost(page: Page, columns: list[str]) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("width => innerWidth === width", arg=width)
        assert page.evaluate(LOST) == [], f"at {width} px"
        assert page.evaluate(SHOWN, columns) == [], f"at {width} px"
        assert sticks_out(page) == [], f"at {width} px"


LICENSE_COLUMNS = ["name", "status", "units", "credits", "starts", "expires"]
PURCHASE_COLUMNS = ["starts", "name", "source", "units", "credits", "expires", "recorded", "status"]


@pytest.mark.parametrize(("slug", "person"), [("aster", MANAGER), ("cobalt", EVERYWHERE), ("seventeen", EVERYWHERE)])
def test_no_column_is_lost_at_any_width(visit: Visit, slug: str, person: str) -> None:
    look_for_what_is_lost(visit(f"/companies/{slug}/licenses/", person), LICENSE_COLUMNS)
    look_for_what_is_lost(visit(f"/companies/{slug}/credits/annual/purchases/", person), PURCHASE_COLUMNS)


def test_long_names_and_large_numbers_push_no_column_out(visit: Visit, hard: tuple[Company, str]) -> None:
    company, owner = hard
    page = visit(f"/companies/{company.slug}/licenses/", owner)
    look_for_what_is_lost(page, LICENSE_COLUMNS)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.locator(".order-code").first).to_be_visible()
    page.evaluate(AXE)
    assert findings(page) == []
    look_for_what_is_lost(visit(f"/companies/{company.slug}/credits/annual/purchases/", owner), PURCHASE_COLUMNS)


def test_a_thousand_licenses_are_pages_of_fifty(visit: Visit, thousand: tuple[Company, str]) -> None:
    company, owner = thousand
    lists = (
        ("licenses/", "#licenses", "tr[data-license]"),
        ("credits/annual/purchases/", "#purchases", ".purchases-table tbody tr"),
    )
    for path, part, row in lists:
        page = visit(f"/companies/{company.slug}/{path}", owner)
        expect(page.locator(row)).to_have_count(50)
        assert page.evaluate("document.querySelectorAll('*').length") < 2_000
        assert sticks_out(page) == []
        with replaced(page, part):
            page.locator("a[rel=next]").click()
        expect(page.locator(row)).to_have_count(50)
        expect(page.locator(".pages [aria-current]")).to_have_text("2")


@pytest.mark.parametrize(
    ("slug", "person"),
    [("aster", MANAGER), ("borealis", PROVIDER), ("cobalt", EVERYWHERE), ("delta", PROVIDER), ("empty", EVERYWHERE)],
)
def test_on_a_phone_no_page_is_longer_than_six_screens(visit: Visit, slug: str, person: str) -> None:
    for path in ("licenses/", "credits/annual/purchases/"):
        page = visit(f"/companies/{slug}/{path}", person, viewport=(390, 844))
        assert page.evaluate("document.documentElement.scrollHeight") <= SIX_SCREENS, path


def test_orders_fold_and_stay_as_somebody_left_them(visit: Visit) -> None:
    page = visit("/companies/aster/licenses/", MANAGER, alone=True)
    order = page.locator("tbody.order[data-folds]").first
    children = order.locator("tr[data-license]")
    fold = order.get_by_role("button")
    expect(fold).to_have_attribute("aria-expanded", "true")
    expect(children.first).to_be_visible()
    fold.press("Enter")
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(children.first).to_be_hidden()
    with replaced(page, "#status-all"):
        page.locator("#sort-name").click()
    page.reload()
    again = page.locator(f"#{order.evaluate('each => each.id')}").get_by_role("button")
    folded = page.locator("button.order-fold[aria-expanded=false]")
    expect(folded).to_have_count(1)
    folded.click()
    expect(again).to_have_attribute("aria-expanded", "true")
    # On a phone orders are folded until somebody opens one.
    page.evaluate("sessionStorage.clear()")
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    expect(page.locator("button.order-fold[aria-expanded=true]")).to_have_count(0)
    expect(page.locator("tr.is-child:visible")).to_have_count(0)
    page.locator("button.order-fold").first.click()
    expect(page.locator("button.order-fold[aria-expanded=true]")).to_have_count(1)


def test_without_scripts_every_license_is_there(visit: Visit) -> None:
    for viewport in ((1440, 900), (390, 844)):
        page = visit("/companies/aster/licenses/", MANAGER, javascript=False, viewport=viewport)
        rows = page.locator("tr[data-license]")
        number_of_them = License.objects.filter(company__slug="aster").count()
        expect(rows).to_have_count(number_of_them)
        for number in range(number_of_them):
            expect(rows.nth(number)).to_be_visible()
        expect(page.locator("button.order-fold:visible")).to_have_count(0)
    page.locator("#licenses-q").fill("group")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("tr[data-license]")).to_have_count(4)
    page.locator("#status-expired").click()
    expect(page.locator("tr[data-license]")).to_have_count(1)


def test_a_code_is_copied_from_its_row_and_stays_masked(visit: Visit, hard: tuple[Company, str]) -> None:
    company, owner = hard
    page = visit(f"/companies/{company.slug}/licenses/", owner)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    forms = page.locator(".order-code")
    for number in range(2):  # the second says so in its own row
        form = forms.nth(number)
        last_four = form.locator(".code").inner_text()[-4:]
        form.get_by_role("button").press("Enter")
        expect(form.locator("[data-copy-said]")).to_have_text("Copied; this was recorded.")
        expect(form.get_by_role("button")).to_be_focused()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert len(copied) >= 29
        assert copied.endswith(last_four)
        expect(form.locator("output")).to_have_class("visually-hidden")
        expect(form.locator(".code")).to_contain_text("•••••-…-")
    page.goto("about:blank")
    page.go_back()
    expect(page.locator(".order-code output")).to_have_count(0)


def test_purchases_are_searched_narrowed_and_sorted(visit: Visit) -> None:
    page = visit(f"{ASTER}purchases/", MANAGER)
    with replaced(page, "#purchases"):
        page.locator("#purchases-q").press_sequentially("core")
    expect(page.locator("#purchases-q")).to_be_focused()
    of_aster = License.objects.filter(company__slug="aster")
    expect(page.locator(".purchases-table tbody tr")).to_have_count(of_aster.filter(product__sku="EP-CORE").count())
    page.locator("#sort-converted-credits").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Credits")
    page.locator("#kind-trials").click()
    expect(page.locator("#purchases")).to_contain_text("No purchase matches")
    page.get_by_role("link", name="Show all purchases").click()
    expect(page.locator(".purchases-table tbody tr")).to_have_count(of_aster.count())
