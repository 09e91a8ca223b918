"""One table: every address of a company by every kind of person, with the status that each expects.

What a member sees and changes by role says the table of `tests.test_access`; here stand those who are no members like that:
of the provider, of companies beside, above and below, those who were members, those whose role changed with the page open,
support that looks, and those who are not, or no longer, signed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from console.models import Act, Actor, User
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.providers.close_to_provider import close_to_provider
from licensing.models import Company, Role
from tests.addresses_of_companies import ADDRESSES, ANSWERS_ITSELF, Address, World, make_world
from tests.factories import SYSTEM, TODAY, make_company, make_user, new_key
from tests.pages import browser_of, clock_at

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("access")]  # what they share is written once

NOT_FOUND, SIGN_IN, FORBIDDEN = 404, 302, 403


@dataclass
class Family:
    """A company with something of everything; its provider, the provider's provider, and a company beside it."""

    world: World
    provider: Company
    grandparent: Company
    sibling: Company

    @property
    def company(self) -> Company:
        return self.world.company


@pytest.fixture(autouse=True)
def clock(settings: Any) -> Iterator[None]:
    settings.STAFF_FACTOR_FROM = None
    settings.SUPPORT_CONTACT, settings.SALES_CONTACT = "support@vendor.example", "sales@vendor.example"
    with clock_at(TODAY):
        yield


@pytest.fixture(scope="module")
def family_of_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[Family]:
    with django_db_blocker.unblock(), transaction.atomic():
        grandparent = make_company()
        provider = make_company(parent=grandparent)
        yield Family(make_world(parent=provider), provider, grandparent, make_company(parent=provider))
        transaction.set_rollback(True)


@pytest.fixture
def family(family_of_the_module: Family, db: None) -> Family:
    return family_of_the_module


def member(company: Company, *roles: Role) -> Client:
    return browser_of(make_user(company=company, roles=list(roles)))


def changed(family: Family, *roles: Role) -> Client:
    """An owner with a session, who has other roles by now, or none."""
    person = make_user(company=family.company, roles=["owner"])
    client = browser_of(person)
    assert client.get(reverse("licensing:license-information", args=[family.company.slug])).status_code == 200
    set_roles(family.company, user=person, roles=roles, by=SYSTEM, key=new_key())
    return client


def provider_viewer(family: Family, *, closed: bool = False) -> Client:
    person = make_user(company=family.provider, roles=["viewer", "provider-viewer"])
    if closed:
        close(family)
    return browser_of(person)


def close(family: Family) -> None:
    owner = make_user(company=family.company, roles=["owner"])
    close_to_provider(family.company, provider=family.provider, closed=True, by=Actor.person(owner), key=new_key())


def support_viewing(family: Family) -> Client:
    client = browser_of(make_user(is_staff=True, is_superuser=True))
    form = {"purpose": "asked", "words": "Sees another balance.", "case": "C-17"}
    assert client.post(reverse("desk:view-as", args=[family.company.slug]), form).status_code == 302
    return client


def no_longer_active(family: Family) -> Client:
    person = make_user(company=family.company, roles=["owner"])
    client = browser_of(person)
    User.objects.filter(pk=person.pk).update(is_active=False)
    return client


def as_role(*roles: Role) -> Callable[[str, Address], tuple[int, int]]:
    """What a member with these roles is answered: to GET, to POST."""

    def expected(name: str, row: Address) -> tuple[int, int]:
        sees = (302 if row.forwards else 200) if set(roles) & set(row.see) else FORBIDDEN
        changes = (200 if name in ANSWERS_ITSELF else 302) if set(roles) & set(row.change) else FORBIDDEN
        return sees, changes

    return expected


def always(status: int) -> Callable[[str, Address], tuple[int, int]]:
    return lambda name, row: (status, status)


def looks_as(*roles: Role) -> Callable[[str, Address], tuple[int, int]]:
    """Sees what these roles see, and changes nothing."""
    return lambda name, row: (as_role(*roles)(name, row)[0], FORBIDDEN)


KINDS: dict[str, tuple[Callable[[Family], Client], Callable[[str, Address], tuple[int, int]]]] = {
    "an owner of another company": (lambda it: member(make_company(), Role.OWNER), always(NOT_FOUND)),
    "an owner of a company of the same provider": (lambda it: member(it.sibling, Role.OWNER), always(NOT_FOUND)),
    "an owner of the provider": (lambda it: member(it.provider, Role.OWNER), always(NOT_FOUND)),
    "a viewer of the provider": (lambda it: member(it.provider, Role.VIEWER), always(NOT_FOUND)),
    "a provider viewer": (lambda it: provider_viewer(it), looks_as(Role.VIEWER)),
    "a provider viewer to whom it is closed": (lambda it: provider_viewer(it, closed=True), always(NOT_FOUND)),
    "a provider viewer two levels up": (lambda it: member(it.grandparent, Role.VIEWER, Role.PROVIDER_VIEWER), always(NOT_FOUND)),
    "a provider viewer of a company beside it": (lambda it: member(it.sibling, Role.PROVIDER_VIEWER), always(NOT_FOUND)),
    "who holds no role anywhere": (lambda it: browser_of(make_user()), always(NOT_FOUND)),
    "a former member": (lambda it: changed(it), always(NOT_FOUND)),
    "an owner who became a viewer": (lambda it: changed(it, Role.VIEWER), as_role(Role.VIEWER)),
    "an owner who became a credit manager": (lambda it: changed(it, Role.CREDIT_MANAGER), as_role(Role.CREDIT_MANAGER)),
    "support that does not view": (lambda it: browser_of(make_user(is_staff=True, is_superuser=True)), always(NOT_FOUND)),
    "support that views": (lambda it: support_viewing(it), looks_as(*Role)),
    "somebody not signed in": (lambda it: Client(), always(SIGN_IN)),
    "somebody no longer active": (lambda it: no_longer_active(it), always(SIGN_IN)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_address_answers_each_kind_of_person_as_it_says(family: Family, kind: str) -> None:
    """Where nothing may be written, nothing is."""
    makes, expects = KINDS[kind]
    client = makes(family)
    found, wanted = {}, {}
    for name, row in ADDRESSES.items():
        address = family.world.address(name)
        to_get, to_post = expects(name, row)
        if row.see:
            found[name, "GET"], wanted[name, "GET"] = client.get(address).status_code, to_get
        if row.change:
            with transaction.atomic():
                before = Act.objects.count()
                response = client.post(address, family.world.form[name])
                found[name, "POST"], wanted[name, "POST"] = response.status_code, to_post
                closed = to_post in (NOT_FOUND, FORBIDDEN) or (to_get == to_post == SIGN_IN)
                assert not closed or Act.objects.count() == before, f"{name} wrote"
                if to_get == to_post == SIGN_IN:
                    assert response["Location"].startswith("/accounts/login/")
                transaction.set_rollback(True)
    differs = {key: (found[key], status) for key, status in wanted.items() if found[key] != status}
    assert not differs


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OWNER])
def test_the_owner_of_a_customer_sees_nothing_of_its_provider(family: Family, role: Role) -> None:
    client = member(family.company, role, Role.PROVIDER_VIEWER)
    for name, row in ADDRESSES.items():
        method = client.get if row.see else client.post
        address = family.world.address(name, family.provider)
        assert method(address).status_code == NOT_FOUND, name
