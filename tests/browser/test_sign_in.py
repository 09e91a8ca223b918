"""Sign-in, sign-out and the user's own pages; pages that refuse."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from console.people.demo_password import DEMO_PASSWORD
from credits.demo.people import SUPPORT
from credits.pages import purchases_in_detail as purchases_view
from tests.browser.conftest import ASTER, MANAGER, OWNER, SERVED_PAGES, VIEWER, Visit
from tests.browser.test_pages import look_at
from tests.factories import make_user

pytestmark = SERVED_PAGES


def sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.keyboard.press("Enter")


def test_somebody_signs_in_where_they_wanted_to_go_and_out(visit: Visit) -> None:
    page = visit("/companies/aster/licenses/?q=azure", alone=True)
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next="))
    sign_in(page, VIEWER, "not the password")
    expect(page.locator("[role=alert]")).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value(VIEWER)
    look_at(page, (390, 1440))
    sign_in(page, VIEWER, DEMO_PASSWORD)
    expect(page).to_have_url(re.compile(r"/companies/aster/licenses/\?q=azure$"))
    page.locator(".topbar details.menu-end summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text("Sign in")
    page.goto(ASTER)
    expect(page.locator("h1")).to_have_text("Sign in")


def test_the_password_is_shown_on_request(visit: Visit) -> None:
    page = visit("/accounts/login/")
    field = page.get_by_label("Password", exact=True)
    field.fill("secret")
    page.get_by_role("button", name="Show password").click()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Show password").click()
    expect(field).to_have_attribute("type", "password")


def test_a_passkey_that_is_not_there_is_told_and_nothing_breaks(visit: Visit) -> None:
    page = visit("/accounts/login/", alone=True)
    protocol = page.context.new_cdp_session(page)
    protocol.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    protocol.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("[role=alert]")).to_contain_text("The passkey or security key was not used.")


def test_the_way_to_a_second_factor(visit: Visit) -> None:
    page = visit("/accounts/2fa/", MANAGER, alone=True)
    page.goto("/accounts/2fa/totp/activate/")
    expect(page.locator("h1, h2").first).to_be_visible()
    password = page.locator("input[type=password]")
    if password.count():  # those who signed in some time ago are asked again
        look_at(page)
        password.fill(DEMO_PASSWORD)
        page.keyboard.press("Enter")
    expect(page.locator("img.qr, .qr").first).to_be_visible()
    look_at(page)
    page.goto("/accounts/2fa/webauthn/add/")
    expect(page.locator("main form").first).to_be_visible()
    look_at(page)


def test_support_of_the_demo_signs_in_with_a_code_that_is_shown(visit: Visit, settings: Any) -> None:
    settings.DEMO, settings.STAFF_FACTOR_FROM = True, date(2020, 1, 1)
    page = visit("/admin/", alone=True)
    page.get_by_role("button", name=SUPPORT).click()
    expect(page.get_by_label("Code")).to_be_visible()
    look_at(page)
    page.get_by_role("button", name="press to sign in").click()
    expect(page).to_have_url(re.compile("/admin/$"))


def test_staff_without_a_factor_are_told_why_they_set_one_up(visit: Visit, settings: Any) -> None:
    settings.STAFF_FACTOR_FROM = date(2020, 1, 1)
    make_user(email="new@allotment.example", is_staff=True)
    page = visit("/admin/", "new@allotment.example", alone=True)
    expect(page).to_have_url(re.compile("/accounts/2fa/$"))
    expect(page.locator("main .alert-warning")).to_contain_text("a password alone does not open it")
    look_at(page)


def test_a_session_elsewhere_is_seen_and_ended_at_once(visit: Visit) -> None:
    elsewhere, page = visit("/accounts/login/", alone=True), visit("/accounts/login/?next=/accounts/sessions/", alone=True)
    for each in (elsewhere, page):
        sign_in(each, VIEWER, DEMO_PASSWORD)
        expect(each.locator("h1")).not_to_have_text("Sign in")
    here = page.locator(".sessions > li").first
    expect(here).to_contain_text("This session")
    expect(here.locator("h2")).to_have_text("Chrome on Linux")
    look_at(page)
    page.locator(".sessions > li", has_text="127.0.0.1").nth(1).get_by_role("button", name="End").click()
    page.locator("input[type=password]").fill(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#status-message")).to_contain_text("1 session is signed out.")
    elsewhere.goto(ASTER)
    expect(elsewhere.locator("h1")).to_have_text("Sign in")
    page.goto(ASTER)
    expect(page.locator("h1")).not_to_have_text("Sign in")


# --- Refusals


def test_who_may_not_write_is_told(visit: Visit) -> None:
    page = visit(f"{ASTER}features/email-sensor/", MANAGER, alone=True, expects=(403,))
    page.context.clear_cookies(name="sessionid")
    page.context.add_cookies(visit(ASTER, VIEWER).context.cookies())
    page.locator("#panel .btn-primary, .panel-page .btn-primary").click()
    expect(page.locator("h1")).to_be_visible()
    look_at(page, (1440,))


def test_a_form_without_its_token_is_refused_with_a_page_of_ours(visit: Visit) -> None:
    page = visit("/accounts/password/change/", OWNER, alone=True, expects=(403,))
    page.context.clear_cookies(name="csrftoken")
    page.locator("input[type=password]").first.fill("x")
    page.evaluate("document.querySelector('main form').noValidate = true")
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main .note").first).to_have_text("403")
    look_at(page, (1440,))


def test_what_cannot_be_understood_is_refused(visit: Visit) -> None:
    page = visit("/accounts/login/", expects=(400,))
    page.evaluate(
        """() => {
          const form = document.querySelector('form');
          for (let i = 0; i < 5001; i += 1) form.insertAdjacentHTML('beforeend', `<input type="hidden" name="f${i}">`);
          form.noValidate = true;
          form.requestSubmit();
        }"""
    )
    expect(page.locator("main .note").first).to_have_text("400")
    look_at(page, (1440,))


def test_a_failure_of_ours_says_so(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*arguments: object, **named: object) -> None:
        raise RuntimeError("a failure for this test")

    monkeypatch.setattr(purchases_view, "licenses_on", fails)
    page = visit(f"{ASTER}purchases/", VIEWER, expects=(500,))
    expect(page.locator("main .note").first).to_have_text("500")
    look_at(page, (1440,))


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (0, "The server was not reached. Check the connection, then try again; what you typed is still here."),
        (400, "The server did not understand this. Reload the page and try again."),
        (403, "You may not do this, or no longer: your roles may have changed. Reload the page to see what you may do."),
        (404, "This is no longer there. Reload the page to see what is."),
        (413, "This is too large to be sent. Shorten it and try again."),
        (429, "That was too often in a short time. Wait a minute, then try again."),
        (503, "The console is not available for a moment. Wait a few seconds, then try again; what you typed is still here."),
    ],
)
def test_an_action_that_fails_is_said_not_swallowed(visit: Visit, status: int, said: str) -> None:
    page = visit(ASTER, VIEWER, alone=True, expects=(status, "htmx:", "Response Status Error", "ERR_FAILED"))
    answer = {"status": status, "body": "?"} if status else None
    page.route("**/?q=*", lambda route: route.fulfill(**answer) if answer else route.abort())
    page.locator("#features-q").fill("email")
    expect(page.locator("#status-message [data-says]")).to_have_text(said)
