"""Staff are added, and what they may do is changed, by acts of those who manage staff."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from console.errors import DomainError, NotAllowed, Refused
from console.models import Act, Actor, SignIn, User
from console.models.user import GIVEN, StaffRole
from console.people.staff.roles import may_by_model, roles_in_words
from console.people.staff.set_staff_roles import add_staff, set_staff_roles
from tests.factories import make_user, new_key
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db

MAY = {
    "licensing.view_order": StaffRole.LOOKS,
    "console.view_user": StaffRole.LOOKS,
    "licensing.change_order": StaffRole.CUSTOMERS,
    "licensing.add_order": StaffRole.CUSTOMERS,
    "console.add_user": StaffRole.CUSTOMERS,
    "licensing.change_subscription": StaffRole.MARKETPLACES,
    "licensing.add_reconciliation": StaffRole.MARKETPLACES,
    "licensing.change_marketplaceplan": StaffRole.MARKETPLACES,
}


def manager() -> User:
    return make_user(is_staff=True, staff_roles=["staff"])


def refusal(function: object, *args: object, **more: object) -> DomainError:
    with pytest.raises(DomainError) as caught:
        function(*args, key=new_key(), reason="Asked for", **more)  # type: ignore[operator]
    return caught.value


@pytest.mark.parametrize("permission", MAY)
@pytest.mark.parametrize("roles", [[], ["customers"], ["marketplaces"], ["staff"], ["customers", "marketplaces", "staff"]])
def test_a_role_opens_what_it_says_and_nothing_else(permission: str, roles: list[str]) -> None:
    needs = MAY[permission]
    person = User(is_staff=True, staff_roles=roles)
    assert may_by_model(person, permission) is (needs == StaffRole.LOOKS or needs in roles)
    for nobody in (User(is_staff=False, staff_roles=roles), User(is_staff=True, is_active=False, staff_roles=roles)):
        assert not may_by_model(nobody, permission)


def test_whoever_manages_staff_adds_somebody_who_sets_a_password_by_mail(client: Client) -> None:
    client.force_login(manager())
    typed = {"key": new_key(), "address": "new@vendor.org", "name": "New", "roles": ["customers"], "reason": "Joined support"}
    for _sent_twice in range(2):
        assert client.post(reverse("desk:staff"), typed).status_code == 302
    person = User.objects.get(email="new@vendor.org")
    assert (person.is_staff, person.is_superuser, person.staff_roles) == (True, False, ["customers"])
    assert Act.objects.filter(name="staff.add").count() == 1
    assert "new@vendor.org" not in str(list(Act.objects.filter(name="staff.add").values()))
    run_jobs()
    assert [message.to for message in mail.outbox] == [["new@vendor.org"]]


def test_roles_hold_from_the_next_request_and_the_end_signs_out() -> None:
    looking = Client()
    person = make_user(is_staff=True, staff_roles=["staff"])
    looking.force_login(person)
    page = reverse("desk:one-of-staff", args=[make_user(is_staff=True, staff_roles=[]).pk])
    assert looking.get(page).status_code == 200
    by = Actor.person(manager())
    set_staff_roles(person, [StaffRole.CUSTOMERS], by=by, key=new_key(), reason="Moved")
    assert looking.get(page).status_code == 403
    assert looking.get(reverse("desk:staff")).status_code == 200
    set_staff_roles(person, [], staff=False, by=by, key=new_key(), reason="Left")
    assert looking.get(reverse("desk:staff")).status_code == 302
    assert not SignIn.objects.filter(person=person, ended_at=None).exists()
    told = Act.objects.filter(name="staff.set-roles").order_by("recorded_at").values_list("result", flat=True)
    assert [(each["before"], each["staff"], each["roles"]) for each in told] == [
        ({"staff": True, "roles": ["staff"]}, True, ["customers"]),
        ({"staff": True, "roles": ["customers"]}, False, []),
    ]


def test_nobody_changes_their_own_roles_nor_those_of_a_superuser_nor_of_customers() -> None:
    one, other = manager(), make_user(is_staff=True, staff_roles=["customers", "marketplaces"])
    everything = [StaffRole(role) for role in GIVEN]
    assert isinstance(refusal(set_staff_roles, one, everything, by=Actor.person(one)), NotAllowed)
    assert isinstance(refusal(set_staff_roles, one, everything, by=Actor.person(other)), NotAllowed)
    assert isinstance(refusal(add_staff, "x@vendor.org", "", [], by=Actor.person(other)), NotAllowed)
    superuser = make_user(is_staff=True, is_superuser=True)
    assert isinstance(refusal(set_staff_roles, superuser, [], by=Actor.person(one)), Refused)
    assert isinstance(refusal(set_staff_roles, make_user(), everything, by=Actor.person(one)), Refused)
    assert isinstance(refusal(set_staff_roles, other, [StaffRole.LOOKS], by=Actor.person(one)), Refused)


def test_somebody_who_signs_in_for_a_customer_does_not_become_staff(client: Client) -> None:
    customer = make_user()
    customer.set_password("theirs")
    User.objects.filter(pk=customer.pk).update(last_login="2026-01-01T00:00Z")
    client.force_login(manager())
    typed = {"key": new_key(), "address": customer.email, "reason": "Joined support"}
    answer = client.post(reverse("desk:staff"), typed)
    assert answer.status_code == 422
    assert "has signed in before" in answer.content.decode()
    assert not User.objects.get(pk=customer.pk).is_staff


@pytest.mark.parametrize(
    ("of_them", "words"),
    [
        ({"is_staff": False}, "Not staff"),
        ({"is_staff": True, "is_superuser": True}, "Superuser: may do everything"),
        ({"is_staff": True}, "Looks only"),
        ({"is_staff": True, "staff_roles": ["staff", "customers"]}, "Acts on customers, Manages staff"),
    ],
)
def test_roles_are_said_in_words(of_them: dict[str, bool], words: str) -> None:
    assert roles_in_words(User(**of_them)) == words
