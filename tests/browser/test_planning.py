"""Planning mode as people use it: by keyboard, by + and −, without a script; nothing typed is lost, nothing unseen is saved."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, Route, expect

from credits.acts.set_allocation import set_allocation
from credits.models import CreditRequirement
from licensing.models import Company
from tests.browser.conftest import SERVED, Site, Visit
from tests.factories import SYSTEM, make_company, make_license, make_user, new_key
from tests.ledger import line_units

pytestmark = SERVED


def a_company(slug: str, site: Site) -> tuple[Company, str]:
    """A company of its own, of the catalogue's features, with somebody who may plan."""
    company = make_company(name=f"Planning {slug}", slug=f"planning-{slug}")
    make_license(company=company, units=10_000, today=site.today)
    person = make_user(company=company, roles=["credit-manager"], email=f"manager@{slug}.example")
    for name, units in {"email-sensor": 100, "mobile-sensor": 50}.items():
        line = line_of(name)
        set_allocation(company, feature=line.feature, units={line.pk: units}, today=site.today, by=SYSTEM, key=new_key())
    return company, person.email


def line_of(feature: str) -> CreditRequirement:
    return CreditRequirement.objects.select_related("feature").get(feature__slug=feature)


def units(page: Page, feature: str) -> Locator:
    return page.locator(f"#units-{line_of(feature).pk}")


def address(company: Company) -> str:
    return f"/companies/{company.slug}/credits/annual/plan/"


def test_a_plan_is_made_by_keyboard_saved_and_undone(visit: Visit, site: Site) -> None:
    company, person = a_company("keyboard", site)
    page = visit(address(company), person)
    first = units(page, "email-sensor")
    first.focus()
    first.press("ArrowUp")
    first.press("Shift+ArrowUp")
    expect(first).to_have_value("111")
    expect(page.locator("#plan-save .count")).to_have_text("1")
    expect(units(page, "email-sensor")).to_be_focused()
    units(page, "email-sensor").press("ArrowDown")
    expect(page.locator("[data-figure=balance-after]")).to_have_text("9,200")
    units(page, "mobile-sensor").fill("60")
    page.keyboard.press("Control+Enter")  # saved once its figures are there, and only then
    expect(page.locator(".toast-line")).to_contain_text("Balance 9,150.")
    assert line_units(company, line_of("email-sensor"), site.today) == 110
    assert line_units(company, line_of("mobile-sensor"), site.today) == 60
    page.locator(".toast-line .toast-action").click()
    expect(page.locator(".toast-line")).to_contain_text("2 features are as before")
    assert line_units(company, line_of("email-sensor"), site.today) == 100


def test_what_is_typed_while_figures_are_under_way_is_not_lost(visit: Visit, site: Site) -> None:
    company, person = a_company("typing", site)
    page = visit(address(company), person)
    held: list[Route] = []
    page.route("**/plan/preview/", lambda route: held.append(route))
    field = units(page, "email-sensor")
    with page.expect_request("**/plan/preview/"):
        field.fill("12")
    page.unroute("**/plan/preview/")
    field.press("End")
    field.press("3")
    for route in held:
        route.continue_()
    expect(page.locator("[data-figure=balance-after]")).to_have_text("9,135")
    expect(field).to_have_value("123")


def test_plus_and_minus_and_a_feature_that_is_added(visit: Visit, site: Site) -> None:
    company, person = a_company("adding", site)
    page = visit(address(company), person)
    row = page.locator(f"tr[data-line='{line_of('mobile-sensor').pk}']")
    row.get_by_role("button", name=re.compile("^More")).click()
    expect(row).to_have_class(re.compile("is-changed"))
    page.locator("#plan-q").fill("advanced endpoint")
    added = units(page, "advanced-endpoint-security")
    expect(added).to_have_value("0")
    added.fill("2")
    expect(page.locator("#plan-save .count")).to_have_text("2")
    page.locator("#plan-show-changed").click()
    expect(page.locator(".planned-row")).to_have_count(2)


def test_without_a_script_it_is_reviewed_and_saved(visit: Visit, site: Site) -> None:
    company, person = a_company("plain", site)
    page = visit(address(company), person, javascript=False, expects=(422,))
    row = page.locator(f"tr[data-line='{line_of('mobile-sensor').pk}']")
    row.get_by_role("button", name=re.compile("^More")).click()
    expect(units(page, "mobile-sensor")).to_have_value("51")
    units(page, "email-sensor").fill("130")
    page.locator("#plan-save").click()
    expect(page.locator("#plan-refused")).to_contain_text("look at them, then save")
    expect(page.locator("[data-figure=balance-after]")).to_have_text("9,095")
    page.locator("#plan-save").click()
    expect(page.locator(".toast-line")).to_contain_text("Balance 9,095.")
