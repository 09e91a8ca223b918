"""The whole story in a browser, with a worker of its own: from the practice storefront to credits in the pool."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, expect

from console.models import User
from console.settings.practice import practice_addresses
from credits.models import CreditRequirement
from licensing.acts.companies.set_roles import set_roles
from licensing.marketplaces import marketplace
from licensing.marketplaces.practice.faults import misbehave
from licensing.models import Activation, Company, License, Subscription
from licensing.purchases.activation.carry_through_activation import carry_on
from licensing.purchases.activation.hand_over import hand_over
from tests.browser.conftest import PROVIDER, SERVED, Site, Visit, replaced
from tests.browser.test_allocating import tab_to
from tests.browser.test_pages import look_at
from tests.factories import PASSWORD, SYSTEM, allocate, make_company, make_user, new_key
from tests.processes import database_url
from tests.purchases import activated, buy, found

pytestmark = SERVED
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def practice(site: Site, settings: Any) -> Iterator[str]:
    """The practice marketplace at the address of the live server, selling what the console knows. Returns its address."""
    url = f"{site.url}/practice-marketplace"
    for name, value in practice_addresses(url).items():
        setattr(settings, name, value)
    marketplace.cache_clear()
    call_command("sell_practice_offers", verbosity=0)
    yield url
    marketplace.cache_clear()


@pytest.fixture
def worker(practice: str) -> Iterator[None]:
    """The worker of `make run`, on the test database."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "console.settings.test",
        "TEST_DATABASE_URL": database_url(),
        "PRACTICE_MARKETPLACE_URL": practice,
    }
    command = [sys.executable, "manage.py", "work", "--grace=5"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture
def buyer(practice: str) -> tuple[Company, User]:
    company = make_company(name="Meridian")
    return company, make_user(company=company, roles=["owner"], name="Mira Meridian")


def sign_in(page: Page, email: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_from_the_storefront_to_credits_and_then_more_users(javascript: bool, visit: Visit, buyer: tuple[Company, User]) -> None:
    company, person = buyer
    page = visit("/practice-marketplace/", alone=True, javascript=javascript)
    page.get_by_role("link", name="Get It Now").first.click()
    if "/buy/" not in page.url:
        page.get_by_role("link", name="Get It Now").click()
    page.get_by_label("Name of the resource").fill("Credits for head office")
    page.get_by_label("Number of users").fill("25000")
    page.get_by_role("button", name="Review + subscribe").click()
    page.get_by_role("button", name="Subscribe").click()
    page.get_by_role("button", name="Configure account now").click()

    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/activate/[0-9a-f-]{36}/$"))
    sign_in(page, person.email)
    expect(page.locator("h1")).to_have_text("Activate a purchase")
    expect(page.locator(".equation-note strong")).to_have_text("25,000 users = 25,000 credits")
    expect(page.get_by_label("Meridian")).to_be_checked()
    page.get_by_role("button", name="Activate 25,000 credits for Meridian").click()

    expect(page.locator("h1")).to_have_text("Purchase activated")
    expect(page.locator(".done-card h2")).to_have_text("25,000 credits are active for Meridian")
    expect(page.locator("[data-figure=balance-after]")).to_have_text("25,000")
    done = page.url
    page.get_by_role("link", name="View annual credits").click()
    expect(page.locator("[data-figure=current-balance]").first).to_have_text("25,000")

    page.goto("/practice-marketplace/subscriptions/")
    page.get_by_role("link", name="Credits for head office").first.click()
    page.get_by_label("Number of users").fill("30000")
    page.get_by_role("button", name="Change number of users").click()
    expect(page.locator(".alert[role=status]").first).to_contain_text("Change of the number of users")

    page.goto(f"/companies/{company.slug}/licenses/")
    licenses = License.objects.filter(company=company)
    assert [each.kind for each in licenses.order_by("id")] == ["initial", "top-up"]
    days = {each.statements.get(kind="issued").expires_on for each in licenses}
    assert len(days) == 1
    expect(page.locator("tr[data-license]")).to_have_count(2)
    page.goto(f"/companies/{company.slug}/credits/annual/")
    expect(page.locator("[data-figure=current-balance]").first).to_have_text("30,000")
    expect(page.locator("#history")).to_contain_text("30,000")
    page.goto(done)
    expect(page.locator("h1")).to_have_text("Purchase activated")


# --- Every page by itself

OWNER = "ida@fabrik.example"
NOBODY = "noor@fabrik.example"


@pytest.fixture
def people(practice: str) -> tuple[User, User]:
    """Somebody who may activate for two companies, one of them below zero, and sees a third; and somebody without any."""
    owner = User.objects.filter(email=OWNER).first() or _make_owner()
    return owner, User.objects.filter(email=NOBODY).first() or make_user(email=NOBODY, name="Noor Haddad")


def _make_owner() -> User:
    owner = make_user(email=OWNER, name="Ida Fabrik")
    small = make_company(name="Fabrik Süd")
    large = make_company(name="Kontor und Lagerhaus Gesellschaft für internationale Handelsbeziehungen")
    seen = make_company(name="Werkstatt Nord")
    line = CreditRequirement.objects.filter(rates__credits_per_unit__gt=0).select_related("feature").distinct()[0]
    allocate(small, line, 1_000, today=small.day_of(timezone.now()))
    for company, roles in ((small, ["owner"]), (large, ["license-administrator"]), (seen, ["viewer"])):
        set_roles(company, user=owner, roles=roles, by=SYSTEM, key=new_key())
    return owner


def of(person: User, plan_id: str = "credits-12m", **stated: Any) -> Activation:
    return found(buy(plan_id, quantity=25_000, **stated), person)


def with_state(activation: Activation, **fields: Any) -> Activation:
    """As the worker leaves it."""
    company = Company.objects.get(name="Fabrik Süd")
    Activation.objects.filter(pk=activation.pk).update(company=company, confirmed_at=timezone.now(), **fields)
    return activation


def pages_of(owner: User, nobody: User) -> dict[str, tuple[str, str]]:
    """Person and address by name."""
    done = Activation.objects.get(subscription=activated(owner, Company.objects.get(name="Fabrik Süd"), quantity=25_000))
    taken = of(nobody)
    Subscription.objects.filter(pk=taken.subscription_id).update(claimed_by=Company.objects.get(name="Werkstatt Nord"))
    unmapped = of(owner)
    Subscription.objects.filter(pk=unmapped.subscription_id).update(plan_id="credits-platinum")
    changed = of(owner)
    Activation.objects.filter(pk=changed.pk).update(
        problem="The purchase has changed since you reviewed it. Please check it again."
    )
    running = with_state(of(owner), state="activating", tries=3)
    failed = with_state(of(owner), state="failed", problem="The marketplace refused: no.")
    gone = Activation.objects.create(channel="azure", person=owner, brought_at=timezone.now())
    secret = hand_over(of(nobody))
    company = Company.objects.get(name="Fabrik Süd").slug
    return {
        "start": (OWNER, "/activate/"),
        "start, nothing begun": (PROVIDER, "/activate/"),
        "review": (OWNER, f"/activate/{of(owner).pk}/review/"),
        "review, chosen": (OWNER, f"/activate/{of(owner).pk}/review/?company={company}"),
        "review, seats": (OWNER, f"/activate/{of(owner, 'ep-essentials-12m').pk}/review/?company={company}"),
        "review, cannot": (OWNER, f"/activate/{unmapped.pk}/review/"),
        "review, changed": (OWNER, f"/activate/{changed.pk}/review/"),
        "review, no permission": (NOBODY, f"/activate/{of(nobody).pk}/review/"),
        "taken": (NOBODY, f"/activate/{taken.pk}/review/"),
        "not found": (OWNER, f"/activate/{gone.pk}/"),
        "running": (OWNER, f"/activate/{running.pk}/status/"),
        "done": (OWNER, f"/activate/{done.pk}/status/"),
        "failed": (
            OWNER,
            f"/activate/{failed.pk}/status/",
        ),
        "handed over": (OWNER, f"/activate/handed-over/?link={secret}"),
        "link used": (OWNER, "/activate/handed-over/?link=used"),
        "link not opened here": (OWNER, f"/activate/{gone.pk}/handed-over/"),
        "company": (NOBODY, f"/activate/{of(nobody).pk}/company/"),
        "landing": ("", "/marketplace/azure/landing"),
        "landing, damaged": ("", "/marketplace/azure/landing?token="),
        "sign-up closed": ("", "/accounts/signup/"),
    }


def test_every_page_of_the_wizard_is_in_order(visit: Visit, people: tuple[User, User], settings: Any) -> None:
    settings.COMPANY_SELF_SERVICE = True
    tabs: dict[str, Page] = {}
    for name, (person, path) in pages_of(*people).items():
        if person in tabs:
            tabs[person].goto(path)
        else:
            tabs[person] = visit(path, person, expects=(400, 404, 409))
        page = tabs[person]
        assert page.locator("h1").count() == 1, name
        look_at(page, (320, 390, 1440))


def test_an_account_is_made_for_a_purchase_that_was_brought(visit: Visit, practice: str) -> None:
    bought = buy(name="New here")
    page = visit(f"/practice-marketplace/subscriptions/{bought.pk}/", alone=True, expects=(200,))
    page.get_by_role("button", name="Configure account now").click()
    look_at(page, (390, 1440))
    page.get_by_role("link", name="Create an account for your purchase").click()
    expect(page.locator("h1")).to_have_text("Create an account")
    look_at(page, (320, 390, 1440))
    page.get_by_label("Your name").fill("New Person")
    page.get_by_label("Work email").fill("new@fabrik.example")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_role("button", name="Create the account").click()
    expect(page.locator(".form-error")).to_contain_text("too short")
    look_at(page, (390,))
    page.get_by_label("Password", exact=True).fill("an uncommon sentence")
    page.get_by_role("button", name="Create the account").click()
    expect(page.locator("h1")).to_have_text("Confirm your email address")
    look_at(page, (320, 390, 1440))
    page.get_by_label("Code").fill("AAA-BBB")
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".form-error, .alert-danger").first).to_be_visible()


def test_the_wizard_is_walked_through_with_the_keyboard(visit: Visit, people: tuple[User, User]) -> None:
    owner, _nobody = people
    activation = of(owner)
    page = visit(f"/activate/{activation.pk}/review/", OWNER)
    first = page.get_by_role("radio").first
    first.focus()
    with replaced(page, "#activate"):
        page.keyboard.press("Space")
    expect(page.locator("#activate")).to_contain_text("for Fabrik Süd")
    expect(page.locator(":focus")).to_have_attribute("name", "company")  # the form was swapped, the focus stays
    with replaced(page, "#activate"):
        page.keyboard.press("ArrowDown")
    expect(page.locator("#activate")).to_contain_text("for Kontor und Lagerhaus")
    expect(page.get_by_role("radio").nth(1)).to_be_focused()
    tab_to(page, "#activate")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Activation in progress")
    carry_on(activation.pk)
    expect(page.locator("h1")).to_have_text("Purchase activated")


def test_forms_are_taken_from_the_page_of_a_link_that_brought_a_secret(visit: Visit, people: tuple[User, User]) -> None:
    page = visit("/activate/handed-over/?link=used", OWNER, alone=True, expects=(404,))
    page.locator(".topbar .menu-end summary").click()
    page.locator(".topbar .menu-end form button").click()
    page.wait_for_url("**/accounts/login/")


def test_a_link_is_made_copied_and_taken(visit: Visit, people: tuple[User, User]) -> None:
    _owner, nobody = people
    page = visit(f"/activate/{of(nobody).pk}/review/", NOBODY)
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link").input_value()
    expect(page.get_by_role("button", name="Copy the link")).to_be_visible()
    look_at(page, (320, 390, 1440))
    page = visit(link.removeprefix(str(django_settings.CONSOLE_URL)), OWNER)
    assert "link=" not in page.url
    page.get_by_role("button", name="Take it over").click()
    expect(page.locator("h1")).to_have_text("Activate a purchase")
    expect(page.get_by_role("radio")).to_have_count(2)


def test_an_answer_lost_after_activating_is_seen_through(visit: Visit, people: tuple[User, User]) -> None:
    owner, _nobody = people
    activation = of(owner)
    misbehave(call="activate", how="broken-answer")
    page = visit(f"/activate/{activation.pk}/review/?company={Company.objects.get(name='Fabrik Süd').slug}", OWNER)
    page.get_by_role("button", name="Activate 25,000 credits for Fabrik Süd").click()
    expect(page.locator("h1")).to_have_text("Activation in progress")
    carry_on(activation.pk)
    Activation.objects.filter(pk=activation.pk).update(due_at=timezone.now())
    carry_on(activation.pk)
    expect(page.locator("h1")).to_have_text("Purchase activated")
