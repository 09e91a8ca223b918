"""An owner runs the people of a company alone, from the sign-in page on: by keyboard, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.test import override_settings
from playwright.sync_api import Page, expect

from console.mail.sending import send
from console.models import OutgoingMail
from console.people.demo_password import DEMO_PASSWORD
from console.people.second_factor.of_the_demo import code_of
from licensing.models import Company, Invitation
from tests.browser.conftest import PROVIDER, SERVED, Site, Visit

pytestmark = SERVED

PASSWORD = "seven brown kettles"
PEOPLE = "/companies/delta/people/"
SETTINGS = "/companies/delta/settings/"
READ_HERE = {"default": {"BACKEND": "console.mail.read_in_development.Backend"}}


@pytest.fixture
def _mails_are_read_here(tmp_path: Path) -> Iterator[None]:
    with override_settings(MAILERS=READ_HERE, MAILS_KEPT_IN=str(tmp_path), DEMO=True):
        yield


def press(page: Page, name: str, role: str = "button") -> None:
    """By keyboard: reach it, and press Enter."""
    control = page.get_by_role(role, name=name).first  # type: ignore[arg-type]
    control.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def invite(page: Page, email: str) -> None:
    page.goto(PEOPLE)
    press(page, "Invite", "link")
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(email)
    page.get_by_label("Viewer").focus()
    page.keyboard.press("Space")
    press(page, "Send the invitation")
    expect(page.locator(".toast-line")).to_contain_text(f"Invited: {email}")


def link_read(page: Page, email: str) -> str:
    """What the worker sends is read on the page for development, to which the page of people leads."""
    send(OutgoingMail.objects.filter(to=email).latest("pk").pk)
    press(page, "read the mails", "link")
    mail = page.locator("article").filter(has_text=email).first
    expect(mail).to_contain_text("invites you to Delta")
    address = mail.get_by_role("link").get_attribute("href") or ""
    return re.sub(r"^https?://[^/]+", "", address)


@pytest.fixture
def _the_owner_has_no_factor_again(site: Site) -> Iterator[None]:
    """Setting one up ended the owner's other sessions: who looks as them next signs in anew."""
    yield
    Authenticator.objects.filter(user__email=PROVIDER).delete()
    for key in [each for each in site.visitors if each[0] == PROVIDER]:
        site.visitors.pop(key).context.close()


def set_up_a_factor(page: Page) -> None:
    """As the page of settings asks for, before an owner may require one of others."""
    press(page, "Set up a second factor", "link")
    page.goto("/accounts/2fa/totp/activate/")
    if page.locator("input[type=password]").count():  # who signed in some time ago is asked again
        page.locator("input[type=password]").focus()
        page.keyboard.type(DEMO_PASSWORD)
        with page.expect_navigation():
            page.keyboard.press("Enter")
    secret = page.locator("#authenticator_secret").input_value()
    page.locator("#id_code").focus()
    page.keyboard.type(code_of(secret))
    with page.expect_navigation():
        page.keyboard.press("Enter")


def require_a_factor(page: Page, day: date) -> None:
    page.goto(SETTINGS)
    set_up_a_factor(page)
    page.goto(SETTINGS)
    page.get_by_label("Required from").focus()
    page.keyboard.type(f"{day:%m%d%Y}")
    press(page, "Require a second factor")
    expect(page.locator("#settings-factor ~ p .badge")).to_contain_text("Required from")


@pytest.mark.parametrize("javascript", [True, False], ids=["by keyboard", "without scripts"])
@pytest.mark.usefixtures("_mails_are_read_here", "_the_owner_has_no_factor_again")
def test_an_owner_from_the_sign_in_page_runs_the_people_of_a_company(visit: Visit, site: Site, javascript: bool) -> None:
    """Invites, makes a credit manager, requires a second factor, finds both in the audit log, and removes."""
    email = f"colleague-{int(javascript)}@delta.example"
    page = visit("/accounts/login/", "", javascript=javascript, alone=True)
    press(page, PROVIDER)
    invite(page, email)
    link = link_read(page, email)

    theirs = visit(link, "", javascript=javascript, alone=True, expects=(404, 410, 422))
    expect(theirs.locator("h1")).to_have_text("Join Delta Managed Services")
    theirs.get_by_label("Your name").focus()
    theirs.keyboard.type("Mei Chen")
    theirs.get_by_label("Choose a password").focus()
    theirs.keyboard.type("short")
    theirs.keyboard.press("Enter")
    expect(theirs.locator(".form-error").first).to_contain_text("too short")
    expect(theirs.get_by_label("Your name")).to_have_value("Mei Chen")
    theirs.get_by_label("Choose a password").focus()
    theirs.keyboard.type(PASSWORD)
    press(theirs, "Create the account and join")
    expect(theirs.locator(".toast-line")).to_contain_text("Joined: you are a member of Delta Managed Services now: Viewer.")
    expect(theirs.get_by_role("link", name="People")).to_have_count(0)

    used = visit(link, "", javascript=javascript, alone=True, expects=(410,))
    expect(used.locator("[data-sentence]")).to_contain_text("was used already")

    page.goto(PEOPLE)
    press(page, "Change roles Mei Chen", "link")
    page.get_by_label("Credit manager").focus()
    page.keyboard.press("Space")
    press(page, "Change roles")
    expect(page.locator(".toast-line")).to_contain_text("Roles changed: Mei Chen is Credit manager, Viewer")
    theirs.goto("/companies/delta/credits/annual/")  # of the session that is open
    expect(theirs.get_by_role("link", name="Add an allocation")).to_have_count(1)

    require_a_factor(page, site.today + timedelta(days=30))
    press(page, "Audit log", "link")
    log = page.locator("main")
    expect(log).to_contain_text("set the roles of Mei Chen")
    expect(log).to_contain_text("required a second factor")
    page.goto(SETTINGS)
    press(page, "Require none")

    page.goto(PEOPLE)
    press(page, "Remove Mei Chen", "link")
    expect(page.locator("h1")).to_have_text("Remove Mei Chen?")
    press(page, "Remove from the company")
    expect(page.locator(".toast-line")).to_contain_text("Removed: Mei Chen is no longer a member")
    theirs.goto("/companies/delta/credits/annual/")
    expect(theirs.locator("main")).to_contain_text("404")


@pytest.mark.usefixtures("_mails_are_read_here")
def test_a_strangers_and_an_expired_invitation_each_have_a_sentence(visit: Visit, company: Callable[[str], Company]) -> None:
    email = "late@delta.example"
    page = visit(PEOPLE, PROVIDER)
    invite(page, email)
    link = link_read(page, email)
    stranger = visit(link, "nobody@nowhere.example", expects=(403,))
    expect(stranger.locator("[data-sentence]")).to_contain_text("is for another address than yours")
    found = Invitation.objects.get(company=company("delta"), email=email)
    Invitation.objects.filter(pk=found.pk).update(expires_at=found.sent_at)
    late = visit(link, "", alone=True, expects=(410,))
    expect(late.locator("[data-sentence]")).to_contain_text("has expired")
    page.goto(PEOPLE)
    expect(page.locator("tr").filter(has_text=email)).to_contain_text("Expired")
    press(page, f"Withdraw {email}")
    expect(page.locator(".toast-line")).to_contain_text("Withdrawn")
