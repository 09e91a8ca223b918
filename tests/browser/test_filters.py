"""Search, filters, sorting and pages of both tables: while typing, kept in the address, never losing what was typed."""

from __future__ import annotations

import re

from playwright.sync_api import Route, expect

from credits.catalogue.files_and_rows import REFERENCE_FOLDER
from credits.catalogue.read_catalogue import read_catalogue
from credits.models import Feature
from tests.browser.conftest import ASTER, EVERYWHERE, MANAGER, PROVIDER, SERVED_PAGES, VIEWER, Visit, replaced

DEMO_PRODUCTS = len(read_catalogue(REFERENCE_FOLDER).products)
pytestmark = SERVED_PAGES


def test_features_narrow_while_somebody_types(visit: Visit) -> None:
    page = visit(ASTER, VIEWER)
    features = page.locator("#features")
    everything = features.locator("tr[data-feature]").count()
    page.locator("#features-q").press_sequentially("email")
    expect(page).to_have_url(re.compile(r"\?q=email$"))
    expect(features.locator("tr[data-feature]")).not_to_have_count(everything)
    expect(page.locator("#features-q")).to_be_focused()
    expect(page.locator("#features-q")).to_have_value("email")
    page.locator("#features-q").press_sequentially(" s")
    expect(page).to_have_url(re.compile(r"\?q=email%20s$"))
    expect(page.locator("#features-q")).to_have_value("email s")
    page.locator("#features-state-not-allocated").click()
    expect(page).to_have_url(re.compile("state=not-allocated"))
    expect(page.locator("#features-state-not-allocated")).to_be_focused()
    expect(page.locator("#features-state-not-allocated")).to_have_attribute("aria-current", "true")
    expect(page.locator("#announcer")).to_have_text(
        f"{features.locator('tr[data-feature]').count()} of {Feature.objects.count()} features"
    )
    page.locator("#features-q").fill("zebra")
    expect(features).to_contain_text("Nothing was found for “zebra”")
    features.get_by_role("link", name="Show all features").click()
    expect(features.locator("tr[data-feature]")).to_have_count(Feature.objects.count())


def test_what_is_typed_while_an_answer_is_under_way_is_not_lost(visit: Visit) -> None:
    page = visit(ASTER, VIEWER, alone=True)
    held: list[Route] = []
    page.route("**/?q=em", lambda route: held.append(route))
    field = page.locator("#features-q")
    with page.expect_request("**/?q=em"):
        field.press_sequentially("em")
    field.press_sequentially("ail s")
    held[0].continue_()
    expect(page).to_have_url(re.compile(r"\?q=email%20s$"))
    expect(field).to_have_value("email s")
    expect(field).to_be_focused()
    field.press_sequentially("ensor")
    expect(page).to_have_url(re.compile(r"\?q=email%20sensor$"))


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


def test_groups_fold_by_keyboard_and_stay_as_they_were_left(visit: Visit) -> None:
    page = visit(ASTER, VIEWER, alone=True)
    rows = page.locator("#group-endpoint-security tr[data-feature]")
    fold = page.locator("#group-endpoint-security .fold")
    expect(rows.first).to_be_visible()
    fold.focus()
    page.keyboard.press("Enter")
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(rows.first).to_be_hidden()
    page.locator("#features-state-all").click()
    expect(page.locator("#features-state-all")).to_have_attribute("aria-current", "true")
    expect(rows.first).to_be_hidden()
    page.reload()
    expect(rows.first).to_be_hidden()
    page.locator("#features-q").fill("endpoint")  # what is searched for is never folded away
    expect(page).to_have_url(re.compile("q=endpoint"))
    expect(rows.first).to_be_visible()
    expect(fold).to_have_attribute("aria-expanded", "true")


def test_on_a_phone_small_groups_open_folded_and_no_page_of_credits_is_longer_than_six_screens(visit: Visit) -> None:
    page = visit(ASTER, VIEWER, viewport=(390, 844))
    folds = page.locator("#features .fold")
    assert folds.first.get_attribute("aria-expanded") == "true"
    assert folds.last.get_attribute("aria-expanded") == "false"
    folds.last.click()
    expect(page.locator("#features tbody").last.locator("tr[data-feature]").first).to_be_visible()
    pages = [f"/companies/{slug}/credits/annual/" for slug in ("borealis", "cobalt", "delta")]
    pages += [f"{ASTER}allocations/", "/companies/aster/credits/requirements/", "/companies/aster/credits/conversions/"]
    for path in [ASTER, *pages]:
        person = {"borealis": PROVIDER, "delta": PROVIDER, "cobalt": EVERYWHERE}.get(path.split("/")[2], VIEWER)
        page = visit(path, person, viewport=(390, 844))
        # The tests together have made further products: as many are looked at as the catalogue of the demo has.
        rows = "[...document.querySelectorAll('.conversions-table > tbody > tr')]"
        page.evaluate(f"most => {rows}.slice(most).forEach((row) => row.remove())", DEMO_PRODUCTS)
        assert page.evaluate("document.documentElement.scrollHeight") <= 6 * 844, path


def test_a_feature_is_picked_by_keyboard_from_the_whole_catalogue(visit: Visit) -> None:
    page = visit(ASTER, MANAGER)
    page.locator("#add-allocation").press("Enter")
    field = page.locator("#picker-q")
    expect(field).to_be_focused()
    expect(page.locator("#picker li:visible")).to_have_count(Feature.objects.count())
    page.keyboard.type("forensics")
    shown = page.locator("#picker li:visible")
    expect(page.locator("#picker-count")).to_have_text(f"{shown.count()} of {Feature.objects.count()} features")
    page.keyboard.press("ArrowDown")
    expect(shown.first.locator("a")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(field).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#allocation-panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#add-allocation")).to_be_focused()
    page.locator("#add-allocation").click()
    expect(field).to_be_focused()
    page.mouse.click(5, 5)
    expect(page.locator("#panel")).to_be_hidden()


def test_the_page_is_light_and_the_answer_stands_on_the_first_screen(visit: Visit) -> None:
    owners = {"aster": MANAGER, "borealis": PROVIDER, "cobalt": EVERYWHERE, "delta": PROVIDER}
    for slug, person in owners.items():
        page = visit(f"/companies/{slug}/credits/annual/", person)
        elements = page.evaluate(
            "document.querySelectorAll('#summary, #summary *, #legend, #legend *, #features, #features *').length"
        )
        assert elements <= 450, slug
        charts = page.evaluate("document.querySelectorAll('#donut, #donut *, #history, #history *').length")
        assert charts <= 250, slug
        assert page.evaluate("document.querySelectorAll('*').length") <= 900, slug
        top = page.locator("#history").bounding_box()
        assert top is not None
        assert top["y"] < 830, slug
