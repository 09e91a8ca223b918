"""Every place that asks for people with a role, each asked with somebody who was deactivated: they count nowhere."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from console.company_in_hand import for_company
from console.errors import DomainError
from console.models import Actor, OutgoingMail, User
from console.people.openid_connect.signed_in_from import SignedInFrom
from credits.acts.approvals.second_person import who_may_allocate
from licensing.access import memberships_of, require, require_support
from licensing.acts.companies.leave_companies import last_owner_in
from licensing.acts.companies.register_company import register_own_company
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.company_settings.join import ask_to_join
from licensing.acts.company_settings.second_factor import require_no_second_factor, require_second_factor
from licensing.acts.company_settings.tenants import state_tenant, verify_tenant
from licensing.acts.people.ask_for_role import ask_for_role
from licensing.acts.providers.set_provider_viewer import set_provider_viewer
from licensing.codes.redeem_code import redeem
from licensing.models import Company, Membership, NoticeDelivery, Permission, Role
from licensing.notices.daily_digest import send_digests
from licensing.notices.kinds import REFUSED
from licensing.notices.send_again import resend_notice
from licensing.notices.telling import News
from licensing.providers.who_looks import people_of_provider, viewers_of_provider
from licensing.purchases.activation.begin_activation import begin_activation
from tests.factories import SYSTEM, TODAY, make_code, make_company, make_user, new_key
from tests.jobs import tell
from tests.pages import address_of, browser_of
from tests.purchases import buy, found
from tests.test_architecture import APPS, ROOT, source_files

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

Place = Callable[[Company, User], bool]


def passes(call: Callable[[], object]) -> bool:
    try:
        with transaction.atomic():
            call()
    except DomainError:
        return False
    return True


def told(company: Company) -> None:
    facts = {"name": "Credits", "order": "PO-1", "wanted": "5 credits", "reason": "no."}
    tell([News(company.pk, REFUSED.name, "operation:1", facts, TODAY + timedelta(days=9))], now=NOON)


def told_while_active(company: Company, person: User) -> None:
    active = person.is_active
    User.objects.filter(pk=person.pk).update(is_active=True)
    told(company)
    User.objects.filter(pk=person.pk).update(is_active=active)


# --- Places: whether the person counts there, who has the role that it asks for


def may_act(permission: Permission) -> Place:
    return lambda company, person: passes(lambda: require(Actor.person(person), company, permission))


def sees_pages(company: Company, person: User) -> bool:
    return browser_of(person).get(address_of("licensing:license-information", company)).status_code == 200


def has_memberships(company: Company, person: User) -> bool:
    return [each.company for each in memberships_of(person)] == [company]


def is_told_that_a_factor_is_required(company: Company, person: User) -> bool:
    require_second_factor(company, on=TODAY, today=TODAY, by=SYSTEM, key=new_key())
    return OutgoingMail.objects.filter(to=person.email).exists()


def is_told_that_none_is_required(company: Company, person: User) -> bool:
    require_second_factor(company, on=TODAY, today=TODAY, by=SYSTEM, key=new_key())
    OutgoingMail.objects.all().delete()
    require_no_second_factor(company, today=TODAY, by=SYSTEM, key=new_key())
    return OutgoingMail.objects.filter(to=person.email).exists()


def hears_who_asks_to_join(company: Company, person: User) -> bool:
    came_from = SignedInFrom("entra", "https://login.example/1/v2.0", "11111111-aaaa-4bbb-8ccc-000000000001")
    row = state_tenant(company, provider=came_from.provider, tenant=came_from.tenant, by=SYSTEM, key=new_key())
    verify_tenant(company, pk=row.pk, came_from=came_from, by=SYSTEM, key=new_key())
    ask_to_join(company, came_from=came_from, person=make_user(), key=new_key())
    return OutgoingMail.objects.filter(to=person.email).exists()


def lets_the_other_owner_leave(company: Company, person: User) -> bool:
    """The last owner stays one: is the person the other owner?"""
    other = make_user(company=company, roles=["owner"])
    return passes(lambda: set_roles(company, user=other, roles=["viewer"], by=Actor.person(other), key=new_key()))


def is_asked_for_a_role(company: Company, person: User) -> bool:
    asks = make_user(company=company, roles=["viewer"])
    ask_for_role(company, role="owner", by=Actor.person(asks), key=new_key())
    return OutgoingMail.objects.filter(to=person.email).exists()


def is_told(company: Company, person: User) -> bool:
    told(company)
    return NoticeDelivery.objects.filter(user=person).exists() and OutgoingMail.objects.filter(to=person.email).exists()


def gets_a_digest(company: Company, person: User) -> bool:
    User.objects.filter(pk=person.pk).update(told="digest")
    told_while_active(company, person)
    return person.email in [mail.to for mail in send_digests(NOON + timedelta(days=1))]


def is_told_once_more(company: Company, person: User) -> bool:
    told_while_active(company, person)
    delivery = NoticeDelivery.objects.get(user=person)
    return passes(lambda: resend_notice(delivery, by=SYSTEM, key=new_key(), reason="lost"))


def finds_a_reserved_code(company: Company, person: User) -> bool:
    text = make_code(reserved_for=company)
    try:
        redeem(text, person=person, source="")
    except DomainError:
        return False
    return True


def begins_an_activation(company: Company, person: User) -> bool:
    activation = found(buy(), person)
    shown: dict[str, object] = {"plan_id": "credits-12m", "units": 250}
    return passes(lambda: begin_activation(activation, company=company, by=Actor.person(person), key=new_key(), shown=shown))


def registers_a_company(company: Company, person: User) -> bool:
    Membership.objects.filter(user=person).update(roles=["viewer"])
    return passes(lambda: register_own_company(person, name="New", business_id="B-new", time_zone="UTC", key=new_key()))


def is_support(company: Company, person: User) -> bool:
    User.objects.filter(pk=person.pk).update(is_staff=True, staff_roles=["customers"])
    person.refresh_from_db()
    return passes(lambda: require_support(Actor.person(person)))


def lets_the_other_owner_be_erased(company: Company, person: User) -> bool:
    return not last_owner_in(make_user(company=company, roles=["owner"]))


def is_let_look(company: Company, person: User) -> bool:
    make_company(parent=company)
    return passes(lambda: set_provider_viewer(company, user=person, looks=True, by=SYSTEM, key=new_key()))


def is_named_as_looking(company: Company, person: User) -> bool:
    with for_company(customer := make_company(parent=company)):
        return person.pk in [each.id for each in viewers_of_provider(customer)]


def may_be_let_look(company: Company, person: User) -> bool:
    with for_company(company):
        return person.pk in [each.id for each in people_of_provider(company)]


def confirms(company: Company, person: User) -> bool:
    with for_company(company):
        return who_may_allocate(company) == 1


PLACES: dict[str, dict[str, tuple[Role, Place]]] = {
    "licensing/access.py:require": {
        "may see": (Role.VIEWER, may_act(Permission.SEE)),
        "may allocate": (Role.CREDIT_MANAGER, may_act(Permission.ALLOCATE)),
        "may license": (Role.LICENSE_ADMINISTRATOR, may_act(Permission.LICENSING)),
        "may do all": (Role.OWNER, may_act(Permission.PEOPLE)),
        "begins an activation": (Role.LICENSE_ADMINISTRATOR, begins_an_activation),
        "is support": (Role.VIEWER, is_support),
    },
    "licensing/access.py:_memberships": {
        "sees pages": (Role.VIEWER, sees_pages),
        "has memberships": (Role.VIEWER, has_memberships),
        "finds a reserved code": (Role.LICENSE_ADMINISTRATOR, finds_a_reserved_code),
    },
    "licensing/acts/people/owners.py:owners_of": {
        "lets the other owner leave": (Role.OWNER, lets_the_other_owner_leave),
        "is asked for a role": (Role.OWNER, is_asked_for_a_role),
        "hears who asks to join": (Role.OWNER, hears_who_asks_to_join),
    },
    "licensing/acts/companies/leave_companies.py:last_owner_in": {
        "lets the other owner be erased": (Role.OWNER, lets_the_other_owner_be_erased)
    },
    "licensing/acts/providers/set_provider_viewer.py:set_provider_viewer": {"is let look": (Role.VIEWER, is_let_look)},
    "licensing/providers/who_looks.py:people_of_provider": {"may be let look": (Role.VIEWER, may_be_let_look)},
    "licensing/providers/who_looks.py:viewers_of_provider": {"is named as looking": (Role.PROVIDER_VIEWER, is_named_as_looking)},
    "credits/acts/approvals/second_person.py:who_may_allocate": {"confirms": (Role.CREDIT_MANAGER, confirms)},
    "licensing/acts/company_settings/second_factor.py:_without_factor": {
        "is told that a factor is required": (Role.VIEWER, is_told_that_a_factor_is_required),
        "is told that none is required": (Role.VIEWER, is_told_that_none_is_required),
    },
    "licensing/acts/companies/register_company.py:register_own_company": {
        "registers a company": (Role.VIEWER, registers_a_company)
    },
    "licensing/notices/telling.py:_write": {"is told": (Role.LICENSE_ADMINISTRATOR, is_told)},
    "licensing/notices/daily_digest.py:_send_to": {"gets a digest": (Role.LICENSE_ADMINISTRATOR, gets_a_digest)},
    "licensing/notices/send_again.py:resend_notice": {"is told once more": (Role.LICENSE_ADMINISTRATOR, is_told_once_more)},
}
"""Function that asks -> what depends on it, with a role that counts there."""

ASK_FOR_NO_ROLE = {
    "licensing/acts/companies/set_roles.py:set_roles": "the row that was changed",
    "licensing/acts/people/roles_held.py:roles_of": "what is held before and after an act",
    "licensing/acts/people/roles_held.py:hold_roles": "the row that is changed",
    "licensing/acts/companies/leave_companies.py:leave_companies": "the person who is erased, wherever they are a member",
    "licensing/pages/provider_access/viewers.py:_state": "whom the page named; the act asks who is active",
    "credits/acts/approvals/ask_for_units.py:ask_for_units": "the person who asks, once they may see the company",
    "licensing/acts/people/invite.py:invite": "who is a member is not invited, also while they are switched off",
    "licensing/pages/people/invitation.py:_is_member": "the person who asks, who has signed in",
    "licensing/pages/people/member.py:_member": "owners see all members, and who is switched off",
    "licensing/reading/people.py:members_of": "owners and support see all members, and who is switched off",
    "licensing/acts/company_settings/join.py:ask_to_join": "the person who asks, who has signed in",
    "licensing/acts/company_settings/join.py:join_from_tenant": "the row that was added",
    "licensing/pages/company_settings/view.py:_shown": "who has no second factor yet, of those who are active",
    "licensing/admin/company_forms.py:roles_fingerprint": "what a form was shown with",
    "licensing/admin/company_forms.py:state": "what a form was shown with",
    "licensing/admin/company_forms.py:act": "the row that is changed",
    "licensing/admin/related_tables.py:people_of_company": "support sees all members, and who is deactivated",
    "licensing/admin/companies.py:open_in_console": "the person who asks, who has signed in",
    "credits/desk/companies/overview.py:overview_shown": "support sees all members, and who is deactivated",
    "credits/desk/customers/rows.py:customer_rows": "how many members support sees",
    "credits/desk/search/results.py:__init__": "of which companies a person is a member, for support",
    "licensing/imports/people.py:read": "the rows that a file is held against",
    "licensing/imports/people.py:write": "the rows that are added",
    "licensing/notices/telling.py:people_told": "whom a preview names; the telling itself asks in the same words",
    "credits/management/commands/seed_demo.py:tell": "a list of the demo's people",
}

CASES = [(name, role, place) for places in PLACES.values() for name, (role, place) in places.items()]


@pytest.fixture
def _self_service(settings: Any) -> None:
    settings.COMPANY_SELF_SERVICE = True


@pytest.mark.parametrize("active", [True, False], ids=["active", "deactivated"])
@pytest.mark.parametrize(("name", "role", "place"), CASES, ids=[name for name, _role, _place in CASES])
@pytest.mark.usefixtures("shop", "_self_service")
def test_somebody_deactivated_counts_nowhere(name: str, role: Role, place: Place, active: bool) -> None:
    company = make_company()
    person = make_user(company=company, roles=[role], is_active=active)
    assert place(company, person) is active


def asks() -> Iterator[str]:
    """Functions that query memberships themselves."""
    for file in source_files(*APPS):
        if "/migrations/" in file:
            continue
        for function in ast.walk(ast.parse((ROOT / file).read_text())):
            if isinstance(function, ast.FunctionDef) and "Membership.objects" in ast.unparse(function):
                yield f"{file}:{function.name}"


def test_every_place_that_asks_for_members_is_in_the_table() -> None:
    assert set(asks()) == set(PLACES) | set(ASK_FOR_NO_ROLE)
