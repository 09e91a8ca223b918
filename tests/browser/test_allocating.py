"""Setting an allocation in the panel: by keyboard alone, twice at once, against somebody else, after the session has ended."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from console.people.demo_password import DEMO_PASSWORD
from credits.models import AllocationStatement
from licensing.models import License, Product
from tests.browser.conftest import ASTER, EVERYWHERE, MANAGER, OWNER, PROVIDER, SERVED, VIEWER, Site, Visit, replaced, settle
from tests.browser.test_pages import look_at
from tests.factories import make_code

pytestmark = SERVED

FORM = ASTER + "features/{}/"


def figure(page: Page, name: str) -> int:
    return int(page.locator(f"[data-figure={name}] data").first.get_attribute("value") or 0)


def open_panel(page: Page, feature: str) -> None:
    page.locator(f"#action-{feature}").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_visible()
    expect(page.locator("#panel input[id^=id_units_]").first).to_be_focused()


def tab_to(page: Page, selector: str, most: int = 25) -> None:
    for _ in range(most):
        if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{most} times Tab do not lead to {selector}")


def type_units(page: Page, units: str) -> None:
    page.keyboard.press("Control+A")
    page.keyboard.type(units)


def statements_of(feature: str) -> int:
    return AllocationStatement.objects.filter(company__slug="aster", line__feature__slug=feature).count()


def test_everything_agrees_at_once_after_saving_by_keyboard_alone(visit: Visit) -> None:
    page = visit(ASTER, MANAGER)
    page.evaluate("window.stays = true")
    before = {name: figure(page, name) for name in ("total-valid-credits", "allocated-credits", "current-balance")}
    row = page.locator("tr[data-feature=email-sensor]")
    credits = figure(page, "current-balance") and int(
        row.locator("[data-figure=feature-credits] data").get_attribute("value") or 0
    )
    donut = page.evaluate("document.querySelector('#donut').innerHTML.length")
    graph = page.locator("#credit-history").text_content()

    open_panel(page, "email-sensor")
    type_units(page, "1,000")
    expect(page.locator("#panel [data-figure=credits-after]")).to_have_text("5,000")
    change = 5_000 - credits
    assert figure(page, "balance-after") == before["current-balance"] - change
    expect(page.locator("#panel output").first).to_have_text("5,000")
    expect(page.locator("#panel input[id^=id_units_]").first).to_be_focused()  # the preview leaves the typing alone
    tab_to(page, "#panel .btn-primary")
    page.keyboard.press("Enter")

    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator("#status-message")).to_contain_text("Saved: Email Sensor,")
    expect(page.locator("#action-email-sensor")).to_be_focused()
    assert page.evaluate("window.stays"), "the page was not loaded anew"
    assert figure(page, "total-valid-credits") == before["total-valid-credits"]
    assert figure(page, "allocated-credits") == before["allocated-credits"] + change
    assert figure(page, "current-balance") == before["current-balance"] - change
    assert row.locator("[data-figure=feature-credits] data").get_attribute("value") == "5000"
    settle(page)
    expect(page.locator("#donut")).to_contain_text(f"{before['allocated-credits'] + change:,}")
    assert donut
    assert page.locator("#credit-history").count() == 1
    assert page.locator("#credit-history").text_content() != graph
    ends = re.compile(rf"ending at [0-9,]+ valid and {before['allocated-credits'] + change:,} allocated")
    expect(page.locator("#history-chart .graph-picture")).to_have_attribute("aria-label", ends)
    shares = page.locator("#legend [data-figure=offering-credits] data").evaluate_all("all => all.map((each) => +each.value)")
    assert sum(shares) == before["allocated-credits"] + change
    rows = page.locator("#features [data-figure=feature-credits] data").evaluate_all("all => all.map((each) => +each.value)")
    assert sum(rows) == before["allocated-credits"] + change


def test_the_panel_keeps_the_focus_and_gives_it_back(visit: Visit) -> None:
    page = visit(ASTER, MANAGER)
    open_panel(page, "cloud-email-collaboration-protection")
    seen = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.closest('#panel') ? 'panel' : document.activeElement.tagName"))
    assert seen <= {"panel", "BODY"}, "the browser's own controls, and nothing of the page behind"
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator("#action-cloud-email-collaboration-protection")).to_be_focused()
    open_panel(page, "cloud-email-collaboration-protection")
    tab_to(page, "#panel a.btn[data-closes-panel]")
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator("#action-cloud-email-collaboration-protection")).to_be_focused()
    assert page.url.endswith(ASTER)


def test_a_panel_that_is_opened_anew_at_once_gives_the_focus_to_what_opened_it_last(visit: Visit) -> None:
    page = visit(ASTER, MANAGER)
    open_panel(page, "endpoint-sensor")
    page.evaluate("""() => {
        document.getElementById("panel").close();
        document.getElementById("action-email-sensor").click();
    }""")
    expect(page.locator("#panel h2")).to_contain_text("Email Sensor")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator("#action-email-sensor")).to_be_focused()


@pytest.mark.parametrize("width", [390, 1440])
def test_the_panel_holds_nothing_in_the_way(visit: Visit, width: int) -> None:
    page = visit(ASTER, MANAGER, viewport=(width, 900))
    open_panel(page, "cloud-email-collaboration-protection")
    type_units(page, "2,400")
    expect(page.locator("#panel .confirm-box")).to_be_visible()
    look_at(page, (width,), "#panel")
    foot, save = page.locator("#panel .panel-foot").bounding_box(), page.locator("#panel .btn-primary").bounding_box()
    assert foot
    assert save
    assert foot["y"] + foot["height"] <= 900
    assert save["x"] + save["width"] <= width


def test_a_result_below_zero_asks_for_the_tick_and_is_never_blocked(visit: Visit) -> None:
    page = visit("/companies/borealis/credits/annual/", "manager@borealis.example", expects=(422,))
    open_panel(page, "email-sensor")
    type_units(page, "900")
    tick = page.locator("#panel #id_confirm")
    expect(tick).to_be_visible()
    expect(page.locator("#panel .confirm-box")).to_contain_text(
        f"Save with a balance of −{-figure(page, 'balance-after'):,} credits"
    )
    tab_to(page, "#panel .btn-primary")
    page.keyboard.press("Enter")
    expect(tick).to_have_attribute("aria-invalid", "true")
    expect(tick).to_be_focused()
    expect(page.locator("#panel input[id^=id_units_]").first).to_have_value("900")
    page.keyboard.press("Space")
    expect(tick).to_be_checked()
    tab_to(page, "#panel .btn-primary")
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_hidden()
    assert figure(page, "current-balance") < 0
    expect(page.locator("tr[data-feature=email-sensor] [data-figure=feature-credits]")).to_have_text("4,500")


def test_nonsense_is_named_beside_the_field(visit: Visit) -> None:
    page = visit(ASTER, MANAGER, expects=(422,))
    statements = statements_of("mobile-sensor")
    open_panel(page, "mobile-sensor")
    for typed in ("-5", "1.5", "ten", "", "1000000000000000000"):
        page.keyboard.press("Control+A")
        page.keyboard.press("Delete")
        page.keyboard.type(typed)
        with replaced(page, "#allocation-panel"):
            page.keyboard.press("Enter")
        field = page.locator("#panel input[id^=id_units_]").first
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_be_focused()
        expect(field).to_have_value(typed)
        expect(page.locator(f"#{(field.get_attribute('aria-describedby') or '').split()[-1]}")).to_be_visible()
    assert statements_of("mobile-sensor") == statements


def test_a_plan_is_made_and_withdrawn_by_keyboard_alone(visit: Visit, site: Site) -> None:
    page = visit(ASTER, MANAGER)
    allocated = figure(page, "allocated-credits")
    day = site.today + timedelta(days=40)
    open_panel(page, "mobile-sensor")
    type_units(page, "260")
    tab_to(page, "#panel input[name=starting]")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#panel #id_on")).to_be_visible()
    tab_to(page, "#panel #id_on")
    page.keyboard.type(f"{day:%m%d%Y}")
    expect(page.locator("#panel #id_on")).to_have_value(str(day))
    expect(page.locator("#panel h3").filter(has_text="Effect on the balance")).to_contain_text(
        f"on {day:%b} {day.day}, {day.year}"
    )
    tab_to(page, "#panel .btn-primary", 20)
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator("#status-message")).to_contain_text(f"from {day:%b} {day.day}, {day.year}. Balance then")
    assert figure(page, "allocated-credits") == allocated, "planned, not yet allocated"

    open_panel(page, "mobile-sensor")
    expect(page.locator("#panel .plan-row")).to_have_count(1)
    expect(page.locator("#panel .plan-row")).to_contain_text("260")
    tab_to(page, "#panel .plan-row button", 20)
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator("#action-mobile-sensor")).to_be_focused()
    expect(page.locator("#status-message")).not_to_be_empty()
    open_panel(page, "mobile-sensor")
    expect(page.locator("#panel .plan-row")).to_have_count(0)


def test_a_double_click_writes_once(visit: Visit) -> None:
    page = visit(ASTER, MANAGER)
    statements = statements_of("endpoint-sensor")
    open_panel(page, "endpoint-sensor")
    units = page.locator("#panel input[id^=id_units_]").first
    units.fill(str(int(units.input_value().replace(",", "")) + 1))
    page.locator("#panel .btn-primary").dblclick()
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator("#status-message")).to_contain_text("Saved")
    assert statements_of("endpoint-sensor") == statements + 1


def test_an_undo_is_done_in_place_by_keyboard_and_the_row_that_changed_is_tinted(visit: Visit) -> None:
    page = visit(ASTER, MANAGER, expects=(500, "htmx:", "Response Status", "failed: "))
    page.evaluate("window.stays = true")
    row = page.locator("tr[data-feature=endpoint-sensor]")
    credits = row.locator("[data-figure=feature-credits] data")
    before = credits.get_attribute("value") or ""
    balance = figure(page, "current-balance")
    open_panel(page, "endpoint-sensor")
    type_units(page, str(int(before) // 20 + 7))
    page.keyboard.press("Enter")
    said = page.locator("#status-message .toast-line")
    expect(said).to_contain_text("Saved: Endpoint Sensor")
    expect(row).to_have_attribute("data-just-saved", "")
    assert row.locator("th").first.evaluate("cell => getComputedStyle(cell).animationName") == "just-saved"
    undo = said.get_by_role("button", name="Undo")
    undo.focus()
    page.route("**/undo/**", lambda route: route.fulfill(status=500), times=1)
    page.keyboard.press("Enter")
    expect(page.locator("#status-message [data-says]")).to_contain_text("The server failed.")
    page.get_by_role("button", name="Try again").click()
    expect(said).to_contain_text("Undone: Endpoint Sensor")
    expect(said).to_have_count(1)
    expect(said.get_by_role("button", name="Redo")).to_be_focused()
    expect(credits).to_have_attribute("value", before)
    assert figure(page, "current-balance") == balance
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Undone: Endpoint Sensor")
    expect(credits).to_have_attribute("value", str(int(before) + 7 * 20))
    page.keyboard.press("Enter")
    expect(credits).to_have_attribute("value", before)
    assert page.evaluate("window.stays"), "the page was not loaded anew"


def test_a_message_takes_no_press_as_it_comes_and_is_undone_by_a_key(visit: Visit) -> None:
    page = visit(ASTER, MANAGER)
    credits = page.locator("tr[data-feature=endpoint-sensor] [data-figure=feature-credits] data")
    before = credits.get_attribute("value") or ""
    open_panel(page, "endpoint-sensor")
    page.evaluate("""() => {
        window.atFirst = [];
        const place = document.getElementById("status-message");
        const look = () => {
            const button = place.querySelector(".toast-action");
            if (button) window.atFirst.push(getComputedStyle(button).pointerEvents);
        };
        new MutationObserver(look).observe(place, { childList: true });
    }""")
    type_units(page, str(int(before) // 20 + 3))
    page.keyboard.press("Enter")
    undo = page.locator("#status-message").get_by_role("button", name="Undo")
    expect(undo).to_have_css("pointer-events", "auto")
    assert page.evaluate("window.atFirst") == ["none"], "it may lie where Save was pressed"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("u")
    expect(credits).to_have_attribute("value", before)


def test_of_two_windows_the_second_sees_what_the_first_has_saved(visit: Visit) -> None:
    first, second = visit(ASTER, MANAGER), visit(ASTER, OWNER, expects=(409,))
    feature = "advanced-server-workload-protection"
    for page in (first, second):
        open_panel(page, feature)
    units = [page.locator("#panel input[id^=id_units_]").first for page in (first, second)]
    was = int(units[0].input_value().replace(",", ""))
    units[0].fill(str(was + 1))
    first.locator("#panel .btn-primary").click()
    expect(first.locator("#panel")).to_be_hidden()
    units[1].fill(str(was + 2))
    second.locator("#panel .btn-primary").click()
    conflict = second.locator("#allocation-conflict")
    expect(conflict).to_be_visible()
    expect(conflict).to_be_focused()
    assert conflict.locator("tbody td").all_inner_texts() == [str(was), str(was + 1), str(was + 2)]
    expect(units[1]).to_have_value(str(was + 2))
    second.locator("#panel .btn-primary").click()
    expect(second.locator("#panel")).to_be_hidden()
    row = second.locator(f"tr[data-feature={feature}] [data-figure=feature-credits] data")
    expect(row).to_have_attribute("value", str((was + 2) * 235))


def test_a_session_that_has_ended_leads_to_sign_in_as_a_whole_page(visit: Visit) -> None:
    page = visit(f"{ASTER}?state=allocated", MANAGER, alone=True)
    page.context.clear_cookies(name="sessionid")
    page.locator("#action-email-sensor").click()
    expect(page.locator("h1")).to_have_text("Sign in")
    expect(page.locator("#panel")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=.*state%3Dallocated"))


def sign_in_anew(page: Page) -> None:
    """In another tab of the same browser, as the same person."""
    other = page.context.new_page()
    other.goto("/accounts/logout/")
    other.locator("main button[type=submit], main .btn-primary").first.click()
    other.goto("/accounts/login/")
    other.locator("input[name=login]").fill(MANAGER)
    other.locator("input[name=password]").fill(DEMO_PASSWORD)
    other.locator("input[name=password]").press("Enter")
    expect(other.locator("h1")).to_have_text("Annual credits")
    other.close()


def test_a_panel_left_open_is_saved_after_signing_in_again_in_another_tab(visit: Visit) -> None:
    page = visit(ASTER, MANAGER, alone=True, expects=(403, "htmx:", "Response Status Error"))
    open_panel(page, "email-sensor")
    type_units(page, "901")
    page.context.clear_cookies(name="sessionid")
    page.locator("#panel .btn-primary").click()
    expect(page.locator("#panel .went-wrong")).to_contain_text("Sign in again in another tab, then try again")
    before = statements_of("email-sensor")
    sign_in_anew(page)
    expect(page.locator("#panel input[id^=id_units_]").first).to_have_value("901")
    page.locator("#panel .btn-primary").click()
    expect(page.locator("#status-message")).to_contain_text("Saved: Email Sensor,")
    expect(page.locator("#panel")).to_be_hidden()
    assert statements_of("email-sensor") == before + 1


def test_a_form_left_open_comes_back_with_its_typing_and_is_sent_again(visit: Visit) -> None:
    page = visit(FORM.format("email-sensor"), MANAGER, alone=True, expects=(403,))
    page.locator("input[id^=id_units_]").first.fill("902")
    page.locator("input[name=note]").fill("For the new site")
    before = statements_of("email-sensor")
    sign_in_anew(page)
    page.locator(".panel-page .btn-primary").click()
    expect(page.locator("h1")).to_have_text("You have signed in anew")
    expect(page.locator("main dl")).to_contain_text("902")
    expect(page.locator("main dl")).to_contain_text("For the new site")
    look_at(page, (1440,))
    assert statements_of("email-sensor") == before
    page.get_by_role("button", name="Send it again").click()
    expect(page.locator("#status-message")).to_contain_text("Saved: Email Sensor,")
    assert statements_of("email-sensor") == before + 1


def test_who_may_only_look_asks_for_units_in_place_of_allocating(visit: Visit) -> None:
    page = visit(ASTER, VIEWER)
    page.locator("#action-email-sensor").click()
    expect(page.locator("#panel")).to_be_visible()
    expect(page.locator("#panel")).to_contain_text("A credit manager or owner decides")
    expect(page.locator("#panel").get_by_role("button", name="Save allocation")).to_have_count(0)
    before = statements_of("email-sensor")
    page.locator("#panel .units-of-lines input").fill("1,300")
    expect(page.locator("#panel [data-figure=credits-after]")).to_contain_text("6,500")
    page.locator("#id_note").fill("Mailboxes of the harbor")
    page.locator("#panel").get_by_role("button", name="Ask for units").click()
    expect(page.locator("#status-message")).to_contain_text("Asked for: Credit managers and owners decide")
    assert statements_of("email-sensor") == before
    assert page.locator("tr[data-feature]").count()
    expect(page.locator("#features").get_by_role("link", name=re.compile("allocation:"))).to_have_count(0)


def test_a_second_license_of_a_product_in_use_keeps_what_was_in_use_and_its_own_units(visit: Visit, site: Site) -> None:
    code = make_code(product=Product.objects.get(sku="EP-CORE"), units=20, term_months=12)
    held = "tr[data-feature=advanced-endpoint-security] [data-figure=feature-credits] data"
    before = int(visit("/companies/aster/credits/annual/?state=all", PROVIDER).locator(held).get_attribute("value") or 0)
    page = visit("/activate/", PROVIDER, expects=("htmx:",))  # what it says of a question that is given up
    page.locator("#id_code").fill(code)
    page.get_by_role("button", name="Continue").click()
    page.locator("#company-aster").check()
    choice = page.locator("section:has(#use-title)")
    expect(choice).to_contain_text("Keeps 20 deployments of Advanced Endpoint Security in use: 860 now + 20 = 880.")
    expect(page.locator("#keeps-use")).to_be_checked()
    look_at(page)
    # Somebody who changes their mind at once: the answer to the choice before must not choose for them.
    unanswered: list[Route] = []
    page.route("**/review/?*keeps_use=0*", lambda route: unanswered.append(route))
    with page.expect_request("**/review/?*keeps_use=0*"):
        page.locator("#leaves-use").check()
    with page.expect_event("requestfailed", lambda request: "keeps_use=0" in request.url):
        page.locator("#keeps-use").check()
    page.locator("#activate").click()
    expect(page.locator("h1")).to_have_text("Purchase activated")
    expect(page.locator("#progress")).to_contain_text("20 deployments of Advanced Endpoint Security stay in use")
    look_at(page)
    page = visit("/companies/aster/credits/annual/?state=all", PROVIDER)
    expect(page.locator(held)).to_have_attribute("value", str(before // 860 * 880))


@pytest.mark.parametrize("javascript", [True, False])
def test_what_an_order_keeps_in_use_is_left_available_and_kept_again(visit: Visit, javascript: bool) -> None:
    license = License.objects.get(company__slug="many", product__kind="seats")
    page = visit(f"/companies/many/licenses/{license.pk}/", EVERYWHERE, javascript=javascript)

    def at_the_choice() -> Locator:
        if not javascript:
            page.get_by_role("link", name="Use of what this license pays for").click()
        return page.locator("main")

    choice = at_the_choice()
    choice.get_by_text("Leave its credits available instead").click()
    expect(choice).to_contain_text("100 now − 100 = 0, 4,500 credits.")
    if javascript:
        look_at(page)
    choice.get_by_role("button", name="Leave them available").click()
    expect(page.get_by_text("Left available:").first).to_be_visible()
    choice = at_the_choice()
    expect(choice).to_contain_text("0 now + 100 = 100, 4,500 credits.")
    if javascript:
        look_at(page)
    choice.get_by_role("button", name="Keep 100 deployments in use").click()
    expect(page.get_by_text("Kept in use:").first).to_be_visible()
