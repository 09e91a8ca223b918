"""A code is revealed, hidden and copied where the license stands."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from credits.demo.people import SUPPORT
from licensing.acts.activate import activate_order
from licensing.models import ActivationCode
from tests.browser.conftest import SERVED, Site, Visit
from tests.browser.test_admin import LISTED
from tests.browser.test_pages import AXE, findings
from tests.factories import SYSTEM, make_code, make_company, make_order, make_user, new_key

pytestmark = SERVED

COPY = {"name": "Copy", "exact": True}


def coded(today: date) -> tuple[str, str, ActivationCode, str]:
    """A license with a code, in a company of its own: its page, its owner, the code, and that in clear."""
    company = make_company(name="Codes & Sons", time_zone="Europe/Berlin")
    owner = make_user(company=company, roles=["owner"])
    order = make_order(channel="code")
    text = make_code(order)
    license = activate_order(order, company=company, today=today, by=SYSTEM, key=new_key())
    return f"/companies/{company.slug}/licenses/{license.pk}/", owner.email, order.codes.get(), text


def test_a_code_is_revealed_hidden_and_copied(visit: Visit, site: Site) -> None:
    address, owner, code, text = coded(site.today)
    page = visit(address, owner)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    fact = page.locator("#license-code")
    expect(fact).to_contain_text(code.masked)
    fact.get_by_role("button", name="Reveal").press("Enter")
    expect(fact.locator("output")).to_have_text(text)
    expect(page.locator("#announcer")).to_have_text("Shown in full; this was recorded.")
    expect(fact.get_by_role("link", name="Hide")).to_be_focused()
    fact.get_by_role("link", name="Hide").press("Enter")
    expect(fact.locator("output")).to_have_count(0)
    expect(fact.get_by_role("button", name="Reveal")).to_be_focused()
    fact.get_by_role("button", **COPY).click()
    expect(fact.locator("[data-copy-said]")).to_have_text("Copied.")
    expect(page.locator("#announcer")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == text
    page.evaluate(AXE)
    assert findings(page) == []
    page.goto("about:blank")
    page.go_back()
    expect(page.locator("#license-code")).not_to_contain_text(text)


def test_where_the_browser_does_not_copy_the_code_is_selected(visit: Visit, site: Site) -> None:
    address, owner, _code, text = coded(site.today)
    page = visit(address, owner)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.get_by_role("button", **COPY).click()
    expect(page.locator("[data-copy-said]")).to_have_text(re.compile("it is selected"))
    assert page.evaluate("getSelection().toString()") == text


@pytest.mark.parametrize("button", ["Reveal", "Copy"])
def test_a_code_is_shown_without_javascript(visit: Visit, site: Site, button: str) -> None:
    address, owner, code, text = coded(site.today)
    page = visit(address, owner, javascript=False)
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator("#license-code output")).to_have_text(text)
    expect(page.locator("h1")).to_be_visible()
    page.get_by_role("link", name="Hide").click()
    expect(page.locator("#license-code output")).to_have_count(0)
    expect(page.locator("#license-code")).to_contain_text(code.masked)


def test_support_reveals_and_copies_a_code(visit: Visit, site: Site) -> None:
    _address, _owner, code, text = coded(site.today)
    page = visit(f"/admin/licensing/activationcode/{code.pk}/reveal/", SUPPORT)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(page.locator(".support-code")).to_have_text(code.masked)
    page.get_by_role("button", name="Reveal", exact=True).click()
    expect(page.locator(".support-code")).to_have_text(text)
    page.get_by_role("button", **COPY).click()
    expect(page.locator("[data-copy-said]")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == text
    page.evaluate(AXE)
    assert [each for each in findings(page) if each.split(":")[0] not in LISTED] == []
