"""Who gets in where: every address of a company by every kind of person, and by every wrong method.

A new address below /companies/<slug>/ fails here until it has its row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.http import urlencode

from console.models import Act
from licensing.acts.companies.set_roles import set_roles
from licensing.models import Role
from tests.addresses_of_companies import (
    ADDRESSES,
    ANSWERS_ITSELF,
    World,
    company_addresses,
    make_world,
)
from tests.factories import (
    SYSTEM,
    TODAY,
    make_company,
    make_license,
    make_user,
    new_key,
)
from tests.markup import read
from tests.pages import HTMX, browser_of, clock_at

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("access")]  # what they share is written once


@pytest.fixture(autouse=True)
def clock(settings: Any) -> Iterator[None]:
    settings.SUPPORT_CONTACT, settings.SALES_CONTACT = "support@vendor.example", "sales@vendor.example"
    with clock_at(TODAY):
        yield


@pytest.fixture(scope="module")
def world_of_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Written once; what a test changes is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture
def world(world_of_the_module: World, db: None) -> World:
    return world_of_the_module


@contextmanager
def nothing_written() -> Iterator[None]:
    before = Act.objects.count()
    yield
    assert Act.objects.count() == before


def test_the_table_has_a_row_for_every_address_of_a_company() -> None:
    assert set(ADDRESSES) == company_addresses()


def test_nothing_but_sign_in_and_health_is_open_to_somebody_not_signed_in() -> None:
    open_to_all: set[str] = set()

    def walk(patterns: list[URLPattern | URLResolver], route: str) -> None:
        for each in patterns:
            whole = route + str(each.pattern)
            if isinstance(each, URLResolver):
                walk(each.url_patterns, whole)
            elif getattr(each.callback, "login_required", True) is False:
                open_to_all.add(whole)

    walk(get_resolver().url_patterns, "")
    elsewhere = ("accounts/", "practice-marketplace/")  # the latter plays another site, and tests of its own say who may there
    assert {each for each in open_to_all if not each.startswith(elsewhere)} <= {
        "healthz",
        "readyz",
        "metrics",
        "robots.txt",
        "as-seen",
        "admin/login/",
        "marketplace/<str:channel>/landing",
        "marketplace/<str:channel>/webhook",
        "activate/<uuid:pk>/sign-up/",
        "activate/handed-over/",  # takes the secret out of the address, so that sign-in does not get it
        "invitations/",  # whoever has the link of one; the secret is taken out of the address
        "development/mails/",  # not there but in development
        "help/",
        "help/credits/",
        "help/conversions/",
        "help/trials/",
        "help/company/",
        "help/approvals/",
        "help/keyboard/",
        "help/buying/<slug:seller>/",
        "brand/<slug:digest>.css",  # the vendor's colors and logo, which the sign-in page shows
        "brand/<slug:digest>.png",
    }


METHODS = ["GET", "POST"]


@pytest.mark.parametrize("name", ADDRESSES)
def test_somebody_not_signed_in_is_sent_to_the_sign_in_page(world: World, name: str) -> None:
    address = world.address(name)
    for company in (address, address.replace(world.company.slug, "no-such-company")):
        for method in METHODS:
            with nothing_written():
                response = Client().generic(method, company)
            assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={company}")
    response = Client().get(address, headers={**HTMX, "HX-Current-URL": f"http://testserver{address}"})
    assert response["HX-Redirect"] == "/accounts/login/?" + urlencode({"next": address})  # the whole page goes there


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_stranger_a_former_member_and_support_staff_learn_nothing(world: World, name: str) -> None:
    other = make_company()
    people = [
        make_user(),
        make_user(company=other, roles=["owner"]),
        make_user(is_staff=True),
        make_user(is_staff=True, is_superuser=True),
    ]
    row = ADDRESSES[name]
    for person in people:
        client = browser_of(person)
        for headers in ({}, HTMX):
            if row.see:
                assert client.get(world.address(name), headers=headers).status_code == 404
            if row.change:
                with nothing_written():
                    response = client.post(world.address(name), world.form[name], headers=headers)
                assert response.status_code == 404
                assert world.company.name not in response.content.decode()


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_company_that_is_not_there_looks_like_one_that_is_not_yours(world: World, name: str) -> None:
    client = browser_of(make_user())
    method = "GET" if ADDRESSES[name].see else "POST"
    same = {"headers": {"X-Request-ID": "the-same-for-both"}}  # which the page says
    there = client.generic(method, world.address(name), **same)
    not_there = client.generic(method, world.address(name).replace(world.company.slug, "no-such-company"), **same)
    assert there.status_code == not_there.status_code == 404
    assert there.content == not_there.content


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", ADDRESSES)
def test_a_member_sees_and_changes_what_the_role_allows(world: World, name: str, role: Role) -> None:
    row = ADDRESSES[name]
    client = browser_of(make_user(company=world.company, roles=[role]))
    if row.see:
        response = client.get(world.address(name))
        assert response.status_code == ((302 if row.forwards else 200) if role in row.see else 403)
        assert client.head(world.address(name)).status_code == response.status_code
    if row.change and role not in row.change:
        for headers in ({}, HTMX):
            with nothing_written():
                response = client.post(world.address(name), world.form[name], headers=headers)
            assert response.status_code == 403
            roles = " / ".join(str(each.label) for each in Role if each in row.change)
            assert row.refusal.format(roles=roles) in read(response).text
    elif row.change:
        response = client.post(world.address(name), world.form[name])
        assert response.status_code == (200 if name in ANSWERS_ITSELF else 302)


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_wrong_method_is_not_allowed(world: World, name: str) -> None:
    row = ADDRESSES[name]
    client = browser_of(make_user(company=world.company, roles=["owner"]))
    allowed = ({"GET", "HEAD"} if row.see else set()) | ({"POST"} if row.change else set())
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - allowed:
        with nothing_written():
            response = client.generic(method, world.address(name))
        assert (method, response.status_code) == (method, 405)
        assert {each.strip() for each in response["Allow"].split(",")} == allowed


@pytest.mark.parametrize("name", [name for name, row in ADDRESSES.items() if not row.see])
def test_an_address_of_a_form_that_is_opened_says_that_nothing_was_sent_and_leads_to_a_page(world: World, name: str) -> None:
    client = browser_of(make_user(company=world.company, roles=["owner"]))
    response = client.get(world.address(name))
    assert response.status_code == 405
    page = read(response)
    assert "Nothing was sent or saved" in page.text
    assert client.get(page.by_id("page-above")["href"]).status_code in {200, 302}


@pytest.mark.parametrize("name", ADDRESSES)
def test_somebody_who_became_inactive_is_signed_out_at_once(world: World, name: str) -> None:
    person = make_user(company=world.company, roles=["owner"])
    client = browser_of(person)
    person.is_active = False
    person.save(update_fields=["is_active"])
    for method in METHODS:
        response = client.generic(method, world.address(name))
        assert (response.status_code, response["Location"].partition("?")[0]) == (302, "/accounts/login/")


@pytest.mark.parametrize("name", ADDRESSES)
def test_somebody_who_lost_their_roles_is_a_stranger_at_once(world: World, name: str) -> None:
    person = make_user(company=world.company, roles=["owner"])
    client = browser_of(person)
    person.memberships.all().delete()
    method = "GET" if ADDRESSES[name].see else "POST"
    assert client.generic(method, world.address(name)).status_code == 404


def test_a_license_of_another_company_is_not_found_under_ones_own() -> None:
    mine, theirs = make_company(), make_company()
    client = browser_of(make_user(company=mine, roles=["owner"]))
    foreign = make_license(company=theirs)
    for name in ("licensing:license", "credits:keep-using"):
        for pk in (foreign.pk, 0, 10**15, 10**40):
            assert client.get(f"/companies/{mine.slug}/licenses/{pk}/").status_code == 404
            assert client.get(reverse(name, args=[mine.slug, pk])).status_code == 404


def test_a_role_in_one_company_is_none_in_another(world: World) -> None:
    other = make_company()
    person = make_user(company=other, roles=["owner"])
    set_roles(world.company, user=person, roles=["viewer"], by=SYSTEM, key=new_key())
    client = browser_of(person)
    address = world.address("credits:allocation")
    with nothing_written():
        assert client.post(address, world.form["credits:allocation"]).status_code == 403


def test_roles_are_a_set(world: World) -> None:
    person = make_user(company=world.company, roles=["viewer", "license-administrator", "credit-manager"])
    response = browser_of(person).post(world.address("credits:allocation"), world.form["credits:allocation"])
    assert response.status_code == 302


def test_a_form_from_elsewhere_is_refused(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(company=world.company, roles=["owner"]))
    for name, form in world.form.items():
        with nothing_written():
            assert client.post(world.address(name), form).status_code == 403
            assert (
                client.post(world.address(name), form, headers={**HTMX, "Origin": "https://elsewhere.example"}).status_code == 403
            )


def test_a_page_of_a_stranger_reads_nothing_of_the_company(world: World) -> None:
    client = browser_of(make_user())
    with CaptureQueriesContext(connection) as queries:
        client.get(world.address("credits:annual-credits"))
    assert len(queries) == 3  # session, user, memberships


CLAIMED = {
    **dict.fromkeys(("id", "pk", "company", "company_id", "user", "user_id", "by", "act", "is_staff", "is_superuser"), "1"),
    **dict.fromkeys(("role", "roles", "staff_roles", "permissions"), "owner"),
    **dict.fromkeys(("recorded_at", "effective_on", "activated_at"), "2020-01-01T00:00:00Z"),
    **dict.fromkeys(("credits", "rate", "change", "total_valid_credits", "current_balance"), "999999999"),
}
"""What no form of a customer's pages has, however much it is wanted."""


@pytest.mark.parametrize("name", [name for name, row in ADDRESSES.items() if row.change])
def test_what_a_form_does_not_have_is_taken_from_nobody(world: World, name: str) -> None:
    role = ADDRESSES[name].change[0]
    person = make_user(company=world.company, roles=[role])
    before = set(Act.objects.values_list("pk", flat=True))
    response = browser_of(person).post(world.address(name), {**CLAIMED, **world.form[name]})
    assert response.status_code == (200 if name in ANSWERS_ITSELF else 302)
    person.refresh_from_db()
    assert (person.is_staff, person.is_superuser, person.staff_roles) == (False, False, [])
    held = [] if name == "licensing:leave" else [(world.company, [role])]
    assert [(each.company, each.roles) for each in person.memberships.all()] == held
    for written in Act.objects.exclude(pk__in=before):
        assert (written.company_id, written.actor) == (world.company.pk, person)
        assert written.recorded_at.year != 2020
