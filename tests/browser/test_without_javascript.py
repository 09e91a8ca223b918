"""The same, with plain links and forms alone: whoever switches scripts off, or whose network lost them, is not locked out."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from credits.models import Feature
from licensing.tasks import import_rows
from tests.browser.conftest import ASTER, EVERYWHERE, MANAGER, PROVIDER, SERVED, SUPPORT, Site, Visit

pytestmark = SERVED

NARROW = (390, 844)


def plainly(visit: Visit, path: str, person: str = PROVIDER, **options: Any) -> Page:
    return visit(path, person, javascript=False, **options)


def on_the_next_page(page: Page, control: Locator) -> None:
    """Press what leads to another page, and wait until that one is there in full: what is counted on it is counted at once."""
    with page.expect_navigation():
        control.click()


def seen(page: Page, name: str) -> str:
    return page.locator(f"[data-figure={name}]").first.inner_text()


def test_an_allocation_is_reviewed_refused_confirmed_saved_planned_and_withdrawn(visit: Visit, site: Site) -> None:
    page = plainly(visit, "/companies/delta/credits/annual/?state=all", PROVIDER, expects=(422,))
    page.locator("#action-mobile-sensor").click()
    expect(page.locator("h1")).to_have_text("Set up allocation")
    units = page.get_by_label(re.compile("Devices", re.I)).first
    units.fill("many")
    page.get_by_role("button", name="Save allocation").click()
    expect(page.locator(".form-error")).to_have_text("Enter a whole number of units, such as 250.")
    expect(units).to_have_value("many")

    units.fill("1,000")
    page.get_by_role("button", name="Review").click()
    expect(page.locator("[data-figure=credits-after]")).to_have_text("5,000")
    assert seen(page, "balance-after").startswith("−")
    confirm = page.get_by_label(re.compile("Save with a balance of −"))
    expect(confirm).not_to_be_checked()
    page.get_by_role("button", name="Save allocation").click()
    expect(page.locator("#confirm-error")).to_be_visible()
    confirm.check()
    page.get_by_role("button", name="Save allocation").click()
    expect(page.locator(".toast-line")).to_contain_text("Saved: Mobile Sensor,")
    expect(page.locator(".toast-line")).to_be_in_viewport()  # though the address leads to the features
    assert seen(page, "current-balance").startswith("−")
    expect(page.locator("tr[data-feature=mobile-sensor] [data-figure=feature-credits]")).to_have_text("5,000")

    day = site.today + timedelta(days=30)
    page.locator("#action-mobile-sensor").click()
    expect(page.locator("h1")).to_have_text("Manage allocation")
    units.fill("20")
    page.get_by_label("On a later day").check()
    page.locator("#id_on").fill(str(day))
    units.press("Enter")  # what Enter presses is Save
    expect(page.locator(".toast-line")).to_contain_text("Plan saved: Mobile Sensor, ")
    expect(page.locator("tr[data-feature=mobile-sensor] [data-figure=feature-credits]")).to_have_text("5,000")
    page.locator("#action-mobile-sensor").click()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.locator("main")).to_contain_text("Nothing is withdrawn yet")  # the balance of that day would be below zero again
    page.get_by_label(re.compile("Withdraw with a balance of −")).check()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.locator(".toast-line")).to_contain_text("Plan withdrawn: Mobile Sensor, ")
    page.locator("#action-mobile-sensor").click()
    expect(page.locator(".plan-row")).to_have_count(0)
    page.get_by_role("button", name=re.compile("Release all .* credits")).click()
    page.goto("/companies/delta/credits/annual/?state=all")
    expect(page.locator("tr[data-feature=mobile-sensor] [data-figure=feature-credits]")).to_have_text("0")


def test_features_are_searched_and_filtered(visit: Visit) -> None:
    page = plainly(visit, ASTER)
    rows = page.locator("tr[data-feature]")
    allocated = rows.count()
    on_the_next_page(page, page.locator("#features-state-all"))
    everything = rows.count()
    assert allocated < everything
    page.locator("#features-q").fill("email")
    on_the_next_page(page, page.locator("#features").get_by_role("button", name="Apply"))
    some = rows.count()
    assert 0 < some < everything
    expect(page.locator("#features-q")).to_have_value("email")
    on_the_next_page(page, page.locator("#features-state-allocated"))
    assert 0 < rows.count() < some
    page.locator("#legend-endpoint-security").click()
    expect(page).to_have_url(re.compile(r"\?offering=endpoint-security"))
    expect(page.locator("#features")).to_have_attribute("data-offering-shown", "endpoint-security")
    some = rows.count()
    assert 0 < some < allocated
    on_the_next_page(page, page.locator("#features-any-offering"))
    expect(rows).to_have_count(allocated)


def test_a_feature_is_picked_from_the_catalogue_and_a_plan_withdrawn_from_its_row(visit: Visit, site: Site) -> None:
    page = plainly(visit, "/companies/delta/credits/annual/", PROVIDER)
    on_the_next_page(page, page.get_by_role("link", name="Add an allocation"))
    page.get_by_role("searchbox").fill("forensics")
    on_the_next_page(page, page.get_by_role("button", name="Search"))
    expect(page.locator("#picker-count")).to_have_text(re.compile(rf"^\s*[1-9] of {Feature.objects.count()} features"))
    on_the_next_page(page, page.locator("#picker li a").first)
    expect(page.locator("h1")).to_have_text("Set up allocation")
    feature = page.url.rstrip("/").split("/")[-1]
    page.locator("[id^=id_units_]").first.fill("2")
    page.get_by_label("On a later day").check()
    page.locator("#id_on").fill(str(site.today + timedelta(days=30)))
    page.get_by_role("button", name="Save allocation").click()
    page.goto("/companies/delta/credits/annual/?state=planned")
    row = page.locator(f"tr[data-feature={feature}]")
    expect(row).to_contain_text("2 from ")
    on_the_next_page(page, row.get_by_role("button", name="Withdraw"))
    page.goto("/companies/delta/credits/annual/?state=planned")
    expect(page.locator("tr[data-feature]")).to_have_count(0)
    expect(page.locator("#features")).to_contain_text("No feature is in this state")


def test_charts_and_their_tables_are_there(visit: Visit) -> None:
    page = plainly(visit, ASTER)
    expect(page.locator("#legend")).to_be_visible()
    for drawn in ("#donut path.slice", "#history-chart path.graph-valid", "#history-chart path.graph-allocated"):
        expect(page.locator(drawn).first).to_be_visible()
    page.locator("#history-table summary").click()
    page.get_by_text("Show every change").click()
    expect(page.locator("#history-table table")).to_be_visible()
    page.locator(".graph-marks a").first.click()
    expect(page.locator(".is-as-of")).to_have_count(1)


def test_a_long_legend_is_there_in_full(visit: Visit) -> None:
    page = plainly(visit, ASTER)
    for row in page.locator("#legend tr[data-offering]").all():
        expect(row).to_be_visible()


def test_licenses_are_searched_filtered_sorted_and_paged(visit: Visit) -> None:
    page = plainly(visit, "/companies/many/licenses/", EVERYWHERE)
    rows = page.locator("tr[data-license]")
    expect(rows).to_have_count(50)
    on_the_next_page(page, page.get_by_label("Next page"))
    expect(page).to_have_url(re.compile("page=2"))
    assert 0 < rows.count() < 50
    page.locator("#sort-units").click()
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    expect(rows.first.locator("[data-figure=license-units]")).to_contain_text("1")
    page.locator("#licenses-q").fill("SMALL-017")
    page.get_by_role("button", name="Search").click()
    expect(rows).to_have_count(1)
    page.locator("#status-expired").click()
    expect(rows).to_have_count(0)
    page.locator("#status-valid").click()
    expect(rows).to_have_count(1)
    page.locator("#licenses-q").fill("")
    page.get_by_role("button", name="Search").click()
    expect(rows).to_have_count(50)
    page.locator("#licenses-q").fill("no such thing")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Show all licenses").click()
    expect(rows).to_have_count(50)


@pytest.mark.parametrize("width", [390, 1440])
def test_menus_open(visit: Visit, width: int) -> None:
    page = plainly(visit, ASTER, PROVIDER, viewport=(width, 844))
    if width < 992:
        expect(page.get_by_role("link", name="License Information")).to_be_hidden()
        page.get_by_role("button", name="Menu", exact=True).click()
        expect(page.get_by_role("link", name="License Information")).to_be_visible()
        page.get_by_role("button", name="Close the menu").click()
    else:
        expect(page.get_by_role("link", name="License Information")).to_be_visible()
    page.locator("#switch-company").click()
    page.get_by_role("link", name="Borealis Logistics").click()
    expect(page).to_have_url(re.compile("/borealis/credits/annual/$"))
    expect(page.locator("[data-theme-switch]")).to_be_hidden()


def test_the_theme_is_that_of_the_device(visit: Visit) -> None:
    page = plainly(visit, "/accounts/login/", "", color_scheme="dark")
    light = plainly(visit, "/accounts/login/", "", color_scheme="light")
    color = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(color) != light.evaluate(color)


def test_the_day_is_chosen_and_left(visit: Visit, site: Site) -> None:
    page = plainly(visit, ASTER, viewport=NARROW)
    day = site.today - timedelta(days=170)
    page.locator(".as-of summary").click()
    page.get_by_label("Show this page as of").fill(str(day))
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile(rf"\?on={day}"))
    expect(page.locator(".alert-warning")).to_contain_text("This page shows")
    expect(page.locator("a.btn-set-up")).to_have_count(0)
    page.locator(".alert-warning").get_by_role("link", name="Back to today").click()
    expect(page).to_have_url(re.compile("/annual/$"))


def test_sign_in_and_out(visit: Visit) -> None:
    page = visit("/", javascript=False, alone=True)
    page.get_by_label("Email").fill(MANAGER)
    page.get_by_label("Password").fill("allotment-demo")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile(f"{ASTER}$"))
    page.locator(".topbar details.menu-end summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text("Sign in")


def test_support_searches_and_corrects_a_license(visit: Visit) -> None:
    page = plainly(visit, "/admin/desk/", SUPPORT)
    page.get_by_role("searchbox").fill("SAME-DAY-7")
    on_the_next_page(page, page.locator(".desk-find").get_by_role("button", name="Search"))
    on_the_next_page(page, page.get_by_role("link", name="Correct", exact=True))
    page.locator("[name=units]").fill("9")
    page.get_by_label("Reason", exact=True).select_option(index=1)
    page.locator("[name=reason]").fill("The contract says 9.")
    on_the_next_page(page, page.get_by_role("button", name="Look at what it does"))
    expect(page.locator("[data-effect]").first).to_contain_text("+1,000")
    page.get_by_text("The history as a table").click()
    expect(page.locator(".act-history tbody tr").first).to_be_visible()
    on_the_next_page(page, page.get_by_role("button", name="Correct", exact=True))
    expect(page.locator("body")).to_contain_text("The correction is recorded.")


def test_support_views_a_page_as_the_customer_and_ends_the_view(visit: Visit) -> None:
    page = plainly(visit, "/admin/desk/companies/aster/", SUPPORT, alone=True)
    on_the_next_page(page, page.get_by_role("link", name="View as the customer"))
    page.get_by_label("Reason", exact=True).select_option(index=1)
    page.locator("[name=page]").fill("/companies/aster/licenses/")
    on_the_next_page(page, page.get_by_role("button", name="Open the page"))
    expect(page).to_have_url(re.compile("/companies/aster/licenses/$"))
    banner = page.get_by_role("region", name="Viewing as the customer")
    expect(banner).to_contain_text("views Aster Foods as its people see it")
    on_the_next_page(page, page.get_by_role("link", name="Credits & Billing"))
    expect(banner).to_be_visible()
    on_the_next_page(page, banner.get_by_role("button", name="End now"))
    expect(page.locator(".toast-line")).to_contain_text("View ended")
    page.goto("/companies/aster/licenses/")
    expect(banner).to_have_count(0)


def test_support_imports_a_file_after_a_look_at_it(visit: Visit, site: Site) -> None:
    page = plainly(visit, "/admin/desk/imports/", SUPPORT)
    text = f"company,order_reference,product,units,starts_on,last_day\nB-IMPORTS,PLAIN-1,SMALL,30,{site.today},{site.today}\n"
    page.get_by_label("What the file holds").select_option("orders")
    page.get_by_label("CSV or XLSX").set_input_files({"name": "plain.csv", "mimeType": "text/csv", "buffer": text.encode()})
    on_the_next_page(page, page.get_by_role("button", name="Look at it"))
    expect(page.locator(".import-state")).to_contain_text("This page follows by itself")
    run = page.url.rstrip("/").split("/")[-1]
    import_rows(run)
    expect(page.locator(".import-state")).to_have_attribute("data-state", "ready")  # the page asks again by itself
    on_the_next_page(page, page.get_by_role("button", name="Import 1 line"))
    import_rows(run)
    expect(page.locator(".import-state")).to_have_attribute("data-state", "done")
    expect(page.get_by_role("heading", name="What it did")).to_be_visible()
