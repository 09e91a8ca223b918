"""Every text that sends people to an owner leads on: to the asking form for who may ask, to the people for who gives roles.

Who is no member yet is led to what help says of invitations.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from licensing.models import Role
from tests.factories import make_company, make_user
from tests.markup import read
from tests.pages import address_of, browser_of
from tests.test_architecture import APPS, ROOT, source_files

SENDS_TO_AN_OWNER = re.compile(
    r"(?:[Aa]sk (?:an|one of its) owner|[Aa]n owner of (?:the|your) company|owner can (?:give|keep|invite|add|now|make|verify)|"
    r"[Oo]wners invite|of its owners invites|role of credit manager or owner|go to owners)"
)

LEADS_ON = {
    "templates/403.html": "beside it, the way to ask",
    "templates/refused.html": "the way itself",
    "templates/includes/ask_for_role.html": "the way itself",
    "templates/licensing/notices.html": "beside it, the way to ask",
    "templates/licensing/activation/review.html": "a link for each company",
    "templates/credits/keep_using.html": "beside it, the way to ask",
    "licensing/access.py": "shown by 403.html, or by refused.html",
    "templates/credits/requests/request.html": "beside it, the way to ask",
    "templates/licensing/activation/start.html": "the way itself",
    "templates/licensing/activation/taken.html": "a link to the company",
    "templates/account/signup_closed.html": "of no company: to help, and to support",
    "templates/licensing/activation/company.html": "of no company: to help, and to support",
    "templates/licensing/no_company.html": "of no company: to help, and to support",
    "templates/licensing/company_settings/join.html": "of no company: to help, and to support",
    "licensing/pages/company_settings/join.py": "shown by join.html, with support beside it",
    "licensing/acts/company_settings/join.py": "shown by join.html, with support beside it",
    "credits/pages/annual_credits/first_run.py": "each step with its link",
    "licensing/pages/activation/what_came_of_it.py": "shown by status.html, with the way beside it",
}
"""File -> how its text leads on."""

LEADS_NOWHERE = {
    "templates/licensing/activation/link.html": "says whom to send a link to",
    "templates/licensing/activation/review.html": "says whom to make a link for",
    "templates/licensing/activation/handed.html": "says whom to pass a link on to",
    "templates/licensing/people/leave.html": "what leaving means, beforehand",
    "licensing/models/roles_and_what_they_may.py": "what the code says of itself",
    "licensing/notices/changes/kinds_of_changes.py": "what the code says of itself",
    "licensing/admin/companies.py": "tells staff of tables that owners fill",
    "templates/help/buying.html": "help, which knows no company",
    "templates/help/approvals.html": "help: with the way for a member of the company it is read for",
    "templates/help/company.html": "help: with the way for a member of the company it is read for",
}
"""File -> why its text has no way on."""


def test_every_text_that_names_owners_leads_on_or_says_why_not() -> None:
    files = [f"templates/{each.relative_to(ROOT / 'templates')}" for each in (ROOT / "templates").rglob("*.html")]
    found = {
        file
        for file in [*files, *source_files(*APPS)]
        if "/migrations/" not in file and SENDS_TO_AN_OWNER.search(" ".join((ROOT / file).read_text().split()))
    }
    assert found <= set(LEADS_ON) | set(LEADS_NOWHERE)


HELP = "/help/company/"


@pytest.mark.django_db
def test_who_is_no_member_yet_is_led_to_what_help_says_of_invitations(settings: Any) -> None:
    settings.SUPPORT_CONTACT = "support@vendor.example"
    for client, address in ((Client(), "/accounts/signup/"), *((browser_of(make_user()), each) for each in ("/", "/join/"))):
        shown = read(client.get(address, follow=True))
        assert shown.link("How people are invited") == HELP
        assert shown.link("Contact support") == "mailto:support@vendor.example"
    assert "Under People an owner invites an address" in read(Client().get(HELP)).text


@pytest.mark.django_db
def test_an_account_that_is_switched_off_is_for_support(settings: Any) -> None:
    settings.SUPPORT_CONTACT = "support@vendor.example"
    shown = read(Client().get("/accounts/inactive/"))
    assert "Ask support to switch it on again." in shown.text
    assert shown.link("Contact support") == "mailto:support@vendor.example"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["licensing:people", "credits:add-allocation"])
def test_a_page_that_needs_another_role_offers_to_ask_for_one(name: str) -> None:
    company = make_company()
    refused = browser_of(make_user(company=company, roles=["viewer"])).get(address_of(name, company))
    assert refused.status_code == 403
    assert address_of("licensing:roles", company) in [each["href"] for each in read(refused).all("a", href="*")]


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_the_way_on_from_notices_is_to_ask_or_to_give(role: Role) -> None:
    company = make_company()
    shown = read(browser_of(make_user(company=company, roles=[role])).get(address_of("licensing:notices", company)))
    ways = [each["href"] for each in shown.all("a", class_="ask-for-role")]
    assert ways == ([address_of("licensing:roles", company)] if role == Role.VIEWER else [])
    assert ("You are told here what becomes of what you ask for." in shown.text) == (role == Role.VIEWER)


@pytest.mark.django_db
def test_a_company_without_anything_leads_each_to_what_they_may() -> None:
    company = make_company()

    def steps(role: str) -> str:
        person = make_user(company=company, roles=[role])
        return browser_of(person).get(address_of("credits:annual-credits", company)).content.decode()

    assert address_of("licensing:invite", company) in steps("owner")
    assert f"{address_of('licensing:roles', company)}?role=credit-manager" in steps("viewer")
    assert address_of("licensing:invite", company) not in steps("viewer")
    assert f"{address_of('licensing:roles', company)}?role=owner" in steps("viewer")
