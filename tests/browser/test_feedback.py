"""What a press shows at once, and what is said afterwards: every control that writes or filters, against every kind of answer.

The answers are played by the browser. What is busy is read in the task of the press, in the page: nothing waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from licensing.models import Product
from tests.browser.conftest import ASTER, MANAGER, PROVIDER, SERVED, Site, Visit
from tests.browser.controls import AS_A_PAGE, BY_HTMX, NAMED, PANEL, UNITS, Control, found_in_templates
from tests.browser.test_allocating import open_panel, statements_of, type_units
from tests.browser.test_codes import coded
from tests.factories import make_code

pytestmark = SERVED

REFUSES = "<!doctype html><p data-sentence>Your role was taken away.</p>"
Answer = tuple[dict[str, Any] | None, str, tuple[str, ...]]
ANSWERS: list[Answer] = [
    ({"status": 500}, "The server failed.", ("Try again",)),
    ({"status": 403, "body": REFUSES}, "Your role was taken away.", ("Reload the page",)),
    ({"status": 404}, "This is no longer there.", ("Reload the page",)),
    ({"status": 409}, "Somebody changed this meanwhile.", ("Reload the page",)),
    ({"status": 413}, "This is too large to be sent.", ()),
    ({"status": 422, "body": "<!doctype html><p>No.</p>"}, "This cannot be taken as it is.", ()),
    ({"status": 429, "headers": {"Retry-After": "7"}}, "Wait 7 seconds, then try again.", ("Try again",)),
    ({"status": 502}, "The console is not available for a moment.", ("Try again",)),
    ({"status": 503, "headers": {"Retry-After": "5"}}, "Wait 5 seconds, then try again.", ("Try again",)),
    ({"status": 405}, "This page is of another version of the console by now.", ("Reload the page",)),
    (None, "The server was not reached.", ("Try again",)),
]
"""What comes (None: no answer), what is said, and the ways on."""
PROVOKED = (
    *(answer["status"] for answer, *_ in ANSWERS if answer),
    "htmx:",
    "Response Status",
    "failed: net::ERR_FAILED",
    "net::",
)

PRESS = """([selector, by, typed, changes]) => {
  const control = document.querySelector(selector);
  if (by === 'input') { control.value = typed; control.dispatchEvent(new InputEvent('input', {bubbles: true})); }
  else if (by === 'change') {
    if (control.options) control.selectedIndex = 1; else control.checked = !control.checked;
    control.dispatchEvent(new Event('change', {bubbles: true}));
  }
  else { if (typed) control.form.querySelector('input:not([type=hidden])').value = typed; control.click(); control.click(); }
  const part = changes && document.querySelector(changes);
  return {
    control: control.getAttribute('aria-busy') === 'true',
    pressable: control.getAttribute('aria-disabled') !== 'true',
    part: !part || part.getAttribute('aria-busy') === 'true',
  };
}"""


def press(page: Page, control: Control, typed: str = "") -> None:
    """Press it, twice where it is clicked; it and the part that will change are busy before the page does anything else."""
    seen = page.evaluate(PRESS, [control.press, control.by, typed or control.typed, control.changes])
    clicked = control.by == "click"
    assert seen == {"control": clicked or control.by == "change", "pressable": not clicked, "part": True}, control.name


def said(page: Page) -> Locator:
    return page.locator("[data-transient]")


SAID = """(verb) => [...document.querySelectorAll('[data-transient]')].map((each) => ({
  role: each.getAttribute('role'),
  verb: each.innerText.includes(verb),
  ways: [...each.querySelectorAll('.btn')].map((way) => way.innerText.trim()),
  beside: !each.closest('#status-message'),
}))"""


def figures(page: Page) -> list[str]:
    found: list[str] = page.locator("main [data-figure] data").evaluate_all(
        "all => all.map((each) => `${each.closest('[data-figure]').dataset.figure} ${each.value}`)"
    )
    return found


@contextmanager
def played(page: Page, address: str, answer: dict[str, Any] | None) -> Iterator[list[str]]:
    """What is asked of this address is answered so. Gives what was asked."""
    asked: list[str] = []

    def play(route: Route) -> None:
        asked.append(route.request.url)
        if answer is None:
            route.abort()
        else:
            route.fulfill(**{"body": "", **answer})

    page.route(address, play)
    yield asked
    page.unroute(address)


@contextmanager
def held(page: Page, address: str) -> Iterator[list[Route]]:
    """What is asked of this address is answered when the test does so."""
    routes: list[Route] = []
    page.route(address, lambda route: routes.append(route))
    yield routes
    page.unroute(address)


def test_each_control_of_the_templates_is_played_through_or_named() -> None:
    named = {name: set(each) for name, each in NAMED.items()}
    assert found_in_templates() == named, "a control was added or taken away: give it a row in tests/browser/controls.py"
    rows = {each.name for each in (*BY_HTMX, *AS_A_PAGE)}
    pointed = {by for each in NAMED.values() for by in each.values() if ":" not in by and "," not in by}
    assert pointed <= rows, pointed - rows


def answers_played(control: Control) -> list[Answer]:
    """All of them for the first control of a kind; else a refusal, a time to wait and no answer.

    One script gives every control its answers. What is said differs by how it was asked and where it is told: that is a kind.
    """
    first = next(each for each in BY_HTMX if kind_of(each) == kind_of(control))
    return ANSWERS if control is first else [each for each in ANSWERS if each[0] is None or each[0]["status"] in (403, 503)]


def kind_of(control: Control) -> tuple[str, bool, bool]:
    return control.by, control.writes, control.beside


@pytest.mark.parametrize("control", BY_HTMX, ids=lambda each: each.name)
def test_a_press_is_answered_at_once_and_every_failure_is_told_in_its_words(visit: Visit, control: Control) -> None:
    page = visit(control.page, control.person, expects=PROVOKED)
    if control.opens:
        page.locator(control.opens).click()
        expect(page.locator("#panel")).to_be_visible()
    before, address = figures(page), page.url
    verb = "Not saved:" if control.writes else "Not shown:"
    for number, (answer, words, ways) in enumerate(answers_played(control)):
        typed = f"{control.typed}{number}" if control.typed else ""  # what was asked for before is not asked for again
        with played(page, control.asks, answer) as asked:
            press(page, control, typed)
            expect(said(page)).to_contain_text(words)
            expect(said(page)).to_be_in_viewport()
            expect(page.locator("[aria-busy], [aria-disabled=true]")).to_have_count(0)
            wanted = {"role": "alert", "verb": True, "ways": list(ways), "beside": control.beside}
            assert page.evaluate(SAID, verb) == [wanted]
            if control.by == "input":
                assert page.locator(control.press).input_value() == typed
        assert len(asked) == 1, "though it was pressed twice"
    assert figures(page) == before
    assert page.url == address


@pytest.mark.parametrize("control", AS_A_PAGE, ids=lambda each: each.name)
def test_a_plain_form_or_link_is_busy_at_once_and_is_sent_once(visit: Visit, control: Control) -> None:
    page = visit(control.page, control.person)
    if control.opens:
        page.locator(control.opens).click()
    with played(page, control.asks, {"status": 204}) as asked:  # the browser stays where it is
        with page.expect_response(control.asks):
            press(page, control)
        page.locator(control.press).first.evaluate("control => control.click()")
        assert len(asked) == 1
        page.keyboard.press("Escape")  # as one stops a page that does not come
        expect(page.locator("[aria-busy]")).to_have_count(0)
        with page.expect_response(control.asks):
            press(page, control)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(page.locator("[aria-busy], [aria-disabled=true]")).to_have_count(0)


def test_while_a_result_is_awaited_no_figure_stands_for_what_was_typed(visit: Visit) -> None:
    page = visit(ASTER, MANAGER, expects=PROVOKED)
    open_panel(page, "email-sensor")
    credits = page.locator("#panel output").first
    with held(page, "**/preview/*") as routes:
        state = """units => {
          const field = document.querySelector('#panel input[id^=id_units_]');
          field.value = units;
          field.dispatchEvent(new InputEvent('input', {bubbles: true}));
          return ['#panel output', '#allocation-preview'].map((each) => {
            const found = document.querySelector(each);
            return [found.getAttribute('aria-busy'), getComputedStyle(found).visibility, +getComputedStyle(found).opacity < 1];
          });
        }"""
        with page.expect_request("**/preview/*"):
            assert page.evaluate(state, "956") == [["true", "hidden", False], ["true", "visible", True]]
        expect(credits).to_be_hidden()
        # Somebody types on while the first answer is under way: it is not for what stands there now.
        page.evaluate(state, "957")
        with page.expect_request("**/preview/*"):
            routes.pop().continue_()
        expect(credits).to_be_hidden()
        routes.pop().continue_()
        expect(credits).to_have_text("4,785")
    expect(credits).to_be_visible()
    # A result that does not come leaves none.
    page.route("**/preview/*", lambda route: route.abort())
    page.evaluate(state, "958")
    expect(said(page)).to_be_visible()
    expect(credits).to_be_hidden()
    page.unroute("**/preview/*")
    said(page).get_by_role("button", name="Try again").click()
    expect(credits).to_have_text("4,790")
    expect(said(page)).to_have_count(0)


@pytest.mark.parametrize(
    ("selector", "address", "part"),
    [("#panel .btn-primary", "**/endpoint-sensor/", "#summary"), ("#features-state-allocated", "**/annual/?*", "#features")],
    ids=["a write", "a filter"],
)
def test_a_slow_answer_on_a_slow_processor_shows_a_line_and_then_says_so(
    visit: Visit, selector: str, address: str, part: str
) -> None:
    page = visit(ASTER, MANAGER, alone=True, expects=PROVOKED)
    if "panel" in selector:
        open_panel(page, "endpoint-sensor")
    page.clock.install()
    with held(page, address) as routes:
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
        at_once = """selector => {
            const pressed = document.querySelector(selector);
            pressed.click();
            return [pressed.getAttribute("aria-busy"), document.querySelectorAll(".progress-line").length];
        }"""
        with page.expect_request(address):
            assert page.evaluate(at_once, selector) == ["true", 0]
        page.clock.run_for(2_500)
        expect(page.locator(".progress-line")).to_have_count(1)
        expect(page.locator(part)).to_have_attribute("aria-busy", "true")
        page.clock.run_for(8_000)
        expect(page.locator(".still-working")).to_have_text("Still working")
        page.clock.run_for(100)
        expect(page.locator("#announcer")).to_have_text("Still working")
        routes.pop().abort()
        expect(said(page)).to_be_visible()
    expect(page.locator(".progress-line, .still-working, [aria-busy]")).to_have_count(0)


def test_a_panel_closed_while_it_saves_applies_the_answer_and_tells_it_once(visit: Visit) -> None:
    page = visit(ASTER, MANAGER)
    feature = "endpoint-sensor"
    statements = statements_of(feature)
    open_panel(page, feature)
    units = page.locator(UNITS).first
    new = int(units.input_value().replace(",", "")) + 3
    units.fill(str(new))
    with held(page, f"**/{feature}/") as routes:
        page.locator("#panel .btn-primary").click()
        expect(page.locator("#panel .btn-primary")).to_have_text("Saving")
        page.keyboard.press("Escape")
        expect(page.locator("#panel")).to_be_hidden()
        expect(page.locator("#summary")).to_have_attribute("aria-busy", "true")
        # Another feature's panel waits for the answer.
        page.locator(PANEL).click()
        expect(page.locator(PANEL)).to_have_attribute("aria-busy", "true")
        routes.pop().continue_()
        expect(page.locator("#status-message .toast-line")).to_contain_text("Saved:")
        expect(page.locator("#panel #panel-title")).to_have_text("Email Sensor")
    row = page.locator(f"tr[data-feature={feature}] [data-figure=feature-credits] data")
    expect(row).to_have_attribute("value", str(new * 20))
    expect(page.locator("#status-message .toast-line")).to_have_count(1)
    expect(page.locator("#announcer")).not_to_contain_text("Saved")
    assert statements_of(feature) == statements + 1


def test_a_save_that_fails_after_the_panel_was_closed_opens_it_again_with_the_typing(visit: Visit) -> None:
    page = visit(ASTER, MANAGER, expects=PROVOKED)
    open_panel(page, "email-sensor")
    statements = statements_of("email-sensor")
    type_units(page, "977")
    for answer in ({"status": 500}, None):
        with held(page, "**/email-sensor/") as routes:
            page.locator("#panel .btn-primary").click()
            expect(page.locator("#panel")).to_have_attribute("aria-busy", "true")
            page.keyboard.press("Escape")
            expect(page.locator("#panel")).to_be_hidden()
            routes.pop().fulfill(**answer) if answer else routes.pop().abort()
            expect(page.locator("#panel")).to_be_visible()
        expect(said(page).get_by_role("button", name="Try again")).to_be_focused()
        expect(page.locator(UNITS).first).to_have_value("977")
    assert statements_of("email-sensor") == statements
    page.keyboard.press("Enter")
    expect(page.locator("#status-message .toast-line")).to_contain_text("Saved:")
    expect(page.locator("#panel")).to_be_hidden()
    assert statements_of("email-sensor") == statements + 1


def test_what_was_typed_is_not_discarded_unasked(visit: Visit) -> None:
    page = visit(ASTER, MANAGER)
    question = page.get_by_role("alertdialog", name="Discard what you typed?")
    open_panel(page, "mobile-sensor")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()  # nothing was typed
    open_panel(page, "mobile-sensor")
    type_units(page, "333")
    for leaves in ("Escape", "the backdrop", "#panel a.btn[data-closes-panel]", "#panel .panel-close"):
        if leaves == "Escape":
            page.keyboard.press("Escape")
        else:
            page.mouse.click(20, 450) if leaves == "the backdrop" else page.locator(leaves).click()
        expect(question).to_be_visible()
        expect(question.get_by_role("button", name="Keep typing")).to_be_focused()
        page.keyboard.press("Escape")
        expect(question).to_have_count(0)
        expect(page.locator(UNITS).first).to_have_value("333")
    page.locator(UNITS).first.focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.locator(UNITS).first).to_be_focused()
    page.keyboard.press("Escape")
    question.get_by_role("button", name="Discard").click()
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator("#action-mobile-sensor")).to_be_focused()


@pytest.mark.parametrize("address", [ASTER, f"{ASTER}features/mobile-sensor/"], ids=["a panel", "a page"])
def test_leaving_the_page_with_something_typed_asks(visit: Visit, address: str) -> None:
    page = visit(address, MANAGER, alone=True)
    asked: list[str] = []
    page.add_init_script("window.asksOnLeaving = true;")
    page.evaluate("window.asksOnLeaving = true;")
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    if address == ASTER:
        page.locator("#features-q").fill("a search is not lost")
        page.reload()
        assert asked == []
        open_panel(page, "mobile-sensor")
    page.locator("input[id^=id_units_]").first.click()
    page.keyboard.type("7")
    page.reload()
    assert asked == ["beforeunload"]


def test_a_status_message_leaves_unless_somebody_is_at_it(visit: Visit) -> None:
    page = visit("/accounts/notices/", "admin@aster.example", alone=True)
    page.clock.install()
    line = page.locator("#status-message .toast-line")

    def save() -> None:
        page.locator("main form .btn-primary").click()
        expect(line).to_have_count(1)
        expect(line).to_contain_text("Saved:")
        page.mouse.move(1, 1)

    save()
    assert line.get_attribute("role") is None, "its place announces it, once"
    expect(page.locator("#status-message")).to_have_attribute("role", "status")
    page.clock.run_for(9_000)
    expect(line).to_be_visible()
    line.hover()
    page.clock.run_for(60_000)
    expect(line).to_be_visible()
    page.mouse.move(1, 1)
    line.get_by_role("button", name="Close this message").focus()
    page.clock.run_for(60_000)
    expect(line).to_be_visible()
    page.locator("h1, h2").first.click()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Shift")  # on the way to its button, which is the last of the page
    page.clock.run_for(9_000)
    expect(line).to_be_visible()
    page.clock.run_for(3_100)
    expect(line).to_have_count(0)
    save()
    line.get_by_role("button", name="Close this message").click()
    expect(line).to_have_count(0)
    expect(page.locator("main")).to_be_focused()


def test_a_plan_is_withdrawn_with_the_button_busy(visit: Visit, site: Site) -> None:
    slug = "data-retention-analytic"
    page = visit(f"{ASTER}features/{slug}/", MANAGER, expects=PROVOKED)
    page.locator("input[id^=id_units_]").first.fill("77")
    page.get_by_label("On a later day").check()
    page.locator("#id_on").fill(str(site.today + timedelta(days=30)))
    page.locator(".panel-page .btn-primary").click()
    expect(page.locator("#status-message .toast-line")).to_contain_text("Plan saved:")
    page.goto(f"{ASTER}?state=all")
    page.locator(f"#action-{slug}").click()
    expect(page.locator("#panel .plan-row")).to_have_count(1)
    control = Control("withdraws", "", "", "#panel .plan-row button", "**/withdraw/", "#summary", writes=True)
    for answer in ({"status": 500}, None):
        with played(page, control.asks, answer):
            press(page, control)
            expect(said(page)).to_have_count(1)
            expect(page.locator("[aria-busy]")).to_have_count(0)
    said(page).get_by_role("button", name="Try again").click()
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator("#status-message .toast-line")).to_have_count(1)


def test_a_company_is_chosen_in_the_wizard_with_the_part_busy(visit: Visit) -> None:
    page = visit("/activate/", PROVIDER, expects=PROVOKED)
    page.locator("#id_code").fill(make_code(product=Product.objects.get(sku="EP-CORE"), units=5, term_months=12))
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#activate-form")).to_be_visible()
    control = Control("chooses", "", "", "#company-borealis", "**/review/?*", "#activate-form", by="change")
    for answer, words, _ways in ANSWERS:
        with played(page, control.asks, answer):
            press(page, control)
            expect(said(page)).to_contain_text(words)
            expect(said(page)).to_have_count(1)
            expect(page.locator("[aria-busy]")).to_have_count(0)
            expect(page.locator("#activate-form")).to_be_visible()


def test_a_code_that_cannot_be_revealed_is_told_where_one_looks(visit: Visit, site: Site) -> None:
    address, owner, code, _text = coded(site.today)
    page = visit(address, owner, expects=PROVOKED)
    asks = page.locator("#license-code-reveal").evaluate("each => new URL(each.form.action).pathname")
    control = Control("reveals", "", "", "#license-code-reveal", f"**{asks}", "#license-code", writes=True)
    for answer, words, _ways in ANSWERS:
        with played(page, control.asks, answer):
            press(page, control)
            expect(said(page)).to_contain_text(words)
            expect(said(page)).to_have_count(1)
            expect(page.locator("[aria-busy]")).to_have_count(0)
    expect(page.locator("#license-code")).to_contain_text(code.masked)
