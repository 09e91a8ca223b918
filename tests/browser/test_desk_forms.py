"""The forms of the workbench: busy at once and sent once; an act from its fields to what it does; a view as the customer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, expect

from licensing.models import License
from tests.browser.conftest import SERVED, SUPPORT, Visit
from tests.browser.test_pages import DESK_WIDTHS, look_at, rows_of_the_desk

pytestmark = SERVED

STRAINED = "/admin/desk/companies/strained/"


@dataclass(frozen=True)
class Form:
    name: str
    path: str
    button: str
    """A selector of what sends it."""
    busy: str
    """What the button says meanwhile."""
    typed: dict[str, str] = field(default_factory=dict)
    """By label; a select takes the number of an option, a field of files its text."""


FORMS = [
    Form("looks at an act", "licensing/order/add/", ".act-fields .btn-primary", "Looking …"),
    Form("views as the customer", "desk/companies/aster/view/", "main .btn-primary", "Opening", {"Reason": "1"}),
    Form("gives a file", "desk/imports/", ".import-form .btn-primary", "Giving the file", {"CSV or XLSX": "a,b"}),
    Form("imports", "desk/imports/{checked}/", ".import-confirm .btn-primary", "Importing"),
    Form(
        "adds to the staff", "desk/staff/", "main .btn-primary", "Adding…", {"E-mail address": "a@b.example", "In words": "New."}
    ),
    Form("changes one of the staff", "desk/staff/{staff}/", "main .btn-primary", "Saving…", {"In words": "Asked for."}),
    Form("marks an item read", "desk/to-do/{item}/", "main form .btn-primary", "Marking …", {"In your words": "Known."}),
    Form("marks health read", "desk/health/", ".desk-health form button", "Opening …"),
    Form("undoes a case", "desk/cases/undo/?number=CS-UNDONE", "main form .btn-danger", "Undoing…"),
    Form("saves the vendor's", "desk/vendor/", ".vendor-parts .btn-primary", "Saving"),
    Form("saves a mail's text", "desk/vendor/mails/notice/", "main .btn-primary", "Saving"),
    Form("narrows the journal", "desk/companies/cobalt/?tab=journal", ".desk-filters .btn", "Show"),
]

PRESS_TWICE = """control => {
  control.click();
  control.click();
  return [control.getAttribute("aria-busy"), control.getAttribute("aria-disabled"), control.textContent.trim()];
}"""


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_form_is_busy_at_once_and_is_sent_once(visit: Visit, form: Form) -> None:
    page = visit("/admin/" + form.path.format(**rows_of_the_desk()), SUPPORT)
    for label, typed in form.typed.items():
        control = page.get_by_label(label, exact=True).or_(page.get_by_label(f"{label} optional", exact=True)).first
        match control.evaluate("each => each.type || each.tagName"):
            case "file":
                control.set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": typed.encode()})
            case "select-one":
                control.select_option(index=int(typed))
            case _:
                control.fill(typed)
    sent: list[str] = []
    address = re.compile("^" + re.escape(page.url.partition("?")[0]))

    def answer(route: object) -> None:
        sent.append(form.name)
        route.fulfill(status=204, body="")  # type: ignore[attr-defined]  # the browser stays where it is

    page.route(address, answer)
    with page.expect_response(address):
        assert page.locator(form.button).first.evaluate(PRESS_TWICE) == ["true", "true", form.busy]
    assert len(sent) == 1
    page.keyboard.press("Escape")  # as one stops a page that does not come
    expect(page.locator("[aria-busy]")).to_have_count(0)


def test_an_act_is_refused_shown_asked_about_and_left_at_every_width(visit: Visit) -> None:
    license = License.objects.get(order__external_id="SAME-DAY-3")
    page = visit(f"/admin/licensing/license/{license.pk}/acts/correct/", SUPPORT, expects=(422,))
    look_at(page, DESK_WIDTHS, "main")
    page.locator("[name=units]").fill("4000000")
    look = page.get_by_role("button", name="Look at what it does")
    look.click()
    expect(page.get_by_role("alert").first).to_contain_text("Nothing was saved")
    look_at(page, (320, 1440), "main")
    page.get_by_label("Reason", exact=True).select_option(index=1)
    page.locator("[name=reason]").fill("x" * 150)
    look.click()
    expect(page.get_by_text("Unusual: please look twice")).to_be_visible()
    page.get_by_text("The history as a table").click()
    look_at(page, DESK_WIDTHS, "main")
    confirm = page.locator(".act-confirm .btn-primary")
    confirm.click()
    expect(page.get_by_role("alert").first).to_contain_text("Nothing was saved")
    expect(confirm).to_have_attribute("data-busy", "Working …")
    assert page.url.endswith("/acts/correct/")
    page.locator(".act-confirm").get_by_role("link", name="Back, save nothing").click()
    assert License.objects.get(pk=license.pk).statements.count() == 1


def test_on_a_phone_the_answer_begins_at_what_the_act_does(visit: Visit) -> None:
    license = License.objects.get(order__external_id="SAME-DAY-3")
    page = visit(f"/admin/licensing/license/{license.pk}/acts/correct/", SUPPORT, viewport=(390, 844))
    page.locator("[name=units]").fill("5")
    page.get_by_label("Reason", exact=True).select_option(index=1)
    page.locator("[name=reason]").fill("A digit was wrong.")
    page.get_by_role("button", name="Look at what it does").click()
    expect(page.locator("#effect h2").first).to_be_in_viewport()


def test_a_customers_page_is_viewed_with_a_banner_and_nothing_is_in_its_way(visit: Visit) -> None:
    page = visit(f"{STRAINED}view/", SUPPORT, alone=True)
    begin(page)
    banner = page.get_by_role("region", name="Viewing as the customer")
    expect(banner).to_contain_text("Nothing can be changed")
    page.goto("/companies/strained/credits/requirements/")
    expect(banner).to_be_visible()
    look_at(page, DESK_WIDTHS, "main > .alert, #content > .alert")
    assert banner.get_by_role("button", name="End now").evaluate(PRESS_TWICE) == ["true", "true", "Ending"]
    expect(page.locator(".toast-line")).to_contain_text("View ended")


def begin(page: Page) -> None:
    page.get_by_label("Reason", exact=True).select_option(index=1)
    page.get_by_role("button", name="Open the page").click()
    page.wait_for_url("**/credits/annual/**")
