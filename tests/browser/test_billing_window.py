"""The window that switches billing models: opened over the tab, chosen in, reviewed, and gone back from."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import EVERYWHERE, SERVED_PAGES, Visit

pytestmark = SERVED_PAGES


def test_what_is_chosen_is_reviewed_in_the_window_and_kept_on_the_way_back(visit: Visit) -> None:
    page = visit("/companies/cobalt/credits/pay-as-you-go/", EVERYWHERE)
    page.click("#manage-billing")
    metered = page.locator("[name=to_advanced-server-workload-protection][type=radio][value=pay-as-you-go]")
    metered.check(force=True)
    page.click("#switch-review")
    expect(page.locator("#switch-window")).to_contain_text("Advanced Server & Workload Protection: to pay-as-you-go")
    page.click("#switch-back")
    expect(metered).to_be_checked()
