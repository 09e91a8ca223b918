"""The support desk: who comes in, and people."""

from __future__ import annotations

import logging

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from console.models import Act, User
from tests.factories import make_company, make_user
from tests.pages import admin_page, browser_of

pytestmark = pytest.mark.django_db

TOTP_SECRET = "ZGVhZGJlZWY-this-is-a-secret"


def staff_with(*roles: str) -> User:
    """Support staff who are not superusers, with these roles of `StaffRole`."""
    return make_user(is_staff=True, staff_roles=list(roles))


def test_staff_sign_in_where_everybody_does(client: Client):
    response = client.get(reverse("admin:index"), follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("account_login"))
    assert "next=%2Fadmin%2F" in response.redirect_chain[-1][0]


def test_whoever_is_not_staff_is_told_so_without_a_loop(client: Client):
    client.force_login(make_user(company=make_company(), roles=["owner"]))
    response = client.get(reverse("admin:index"), follow=True)
    assert response.status_code == 403
    assert len(response.redirect_chain) == 1


def test_a_year_that_no_calendar_has_is_no_failure_of_ours(desk: Client):
    answer = desk.get(reverse("admin:console_act_changelist"), {"recorded_at__year": "99999999999999999999"})
    assert answer["Location"] == reverse("admin:console_act_changelist")


def test_an_inactive_staff_person_is_out_at_once(client: Client, superuser: User):
    client.force_login(superuser)
    assert client.get(reverse("admin:index")).status_code == 200
    superuser.is_active = False
    superuser.save(update_fields=["is_active"])
    response = client.get(reverse("admin:index"), follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("account_login"))


def test_staff_without_roles_look_at_everything_and_change_nothing(client: Client):
    client.force_login(staff_with())
    assert client.get(reverse("admin:index")).status_code == 200
    for model in admin.site._registry:
        assert client.get(admin_page(model, "changelist")).status_code == 200
        assert client.post(admin_page(model, "add")).status_code == 403


def test_staff_change_their_own_password_where_everybody_does(desk: Client):
    response = desk.get(reverse("admin:password_change"))
    assert response.url == reverse("account_change_password")  # type: ignore[attr-defined]


# --- People


def test_a_person_is_added_and_edited_but_never_deleted(desk: Client):
    added = {"email": "new@aster.example", "name": "New", "usable_password": "false"}
    assert desk.post(admin_page(User, "add"), added).status_code == 302
    person = User.objects.get(email="new@aster.example")
    assert not person.has_usable_password()
    edited = {"email": "newer@aster.example", "name": "Newer", "is_active": "on"}
    assert desk.post(admin_page(User, "change", person.pk), edited).status_code == 302
    person.refresh_from_db()
    assert (person.email, person.name) == ("newer@aster.example", "Newer")
    assert desk.post(admin_page(User, "delete", person.pk), {"post": "yes"}).status_code == 403


def test_an_address_that_differs_only_in_case_is_refused_with_a_message(desk: Client):
    make_user(email="taken@aster.example")
    response = desk.post(admin_page(User, "add"), {"email": "Taken@aster.example", "usable_password": "false"})
    assert "A person with this e-mail address exists." in response.content.decode()


def test_a_changed_address_leaves_the_old_one_no_way_in(desk: Client):
    person = make_user(email="old@aster.example")
    EmailAddress.objects.create(user=person, email="old@aster.example", primary=True, verified=True)
    desk.post(admin_page(User, "change", person.pk), {"email": "new@aster.example", "name": "N", "is_active": "on"})
    assert not EmailAddress.objects.filter(user=person).exists()


def test_a_password_is_set_by_djangos_own_form_and_who_set_it_is_noted(
    desk: Client, superuser: User, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "allotment.sign_in")
    person = make_user()
    url = reverse("admin:auth_user_password_change", args=[person.pk])
    typed = {"usable_password": "true", "password1": "another good one 7", "password2": "another good one 7", "set-password": "x"}
    assert desk.post(url, typed).status_code == 302
    person.refresh_from_db()
    assert person.check_password("another good one 7")
    noted = Act.objects.get(name="person.set-password")
    assert (noted.actor, noted.result, noted.scope) == (superuser, {"user": person.pk, "usable": True}, f"user:{person.pk}")
    assert "another good one 7" not in str(vars(noted))
    assert f"password set by support about={person.pk} " in caplog.text
    assert f"by={superuser.pk}" in caplog.text
    assert desk.post(url, {**typed, "password2": "not the same one 7"}).status_code == 200
    assert Act.objects.filter(name="person.set-password").count() == 1


def test_who_does_not_act_on_customers_sets_no_password_and_nothing_is_noted():
    person = make_user()
    typed = {"usable_password": "true", "password1": "another good one 7", "password2": "another good one 7", "set-password": "x"}
    for roles in ([], ["marketplaces"], ["staff"]):
        client = browser_of(make_user(is_staff=True, staff_roles=roles))
        assert client.post(reverse("admin:auth_user_password_change", args=[person.pk]), typed).status_code == 403
    assert not Act.objects.filter(name="person.set-password").exists()
    assert User.objects.get(pk=person.pk).password == person.password


def test_staff_who_are_no_superusers_give_nobody_more_rights(client: Client):
    staff = staff_with("customers")
    client.force_login(staff)
    person = make_user()
    typed = {
        "email": person.email,
        "name": "N",
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
        "staff_roles": "staff",
    }
    assert client.post(admin_page(User, "change", person.pk), typed).status_code == 302
    person.refresh_from_db()
    assert (person.name, person.is_staff, person.is_superuser) == ("N", False, False)
    assert person.staff_roles == []


def test_only_who_manages_staff_edits_staff_or_sets_their_password_and_only_superusers_superusers(
    client: Client, superuser: User
):
    manager = staff_with("customers", "staff")
    client.force_login(manager)
    typed = {"email": "other@vendor.example", "name": "N", "is_active": "on"}
    assert client.post(admin_page(User, "change", staff_with("customers").pk), typed).status_code == 302
    assert client.post(admin_page(User, "change", superuser.pk), typed).status_code == 403
    staff = staff_with("customers", "marketplaces")
    client.force_login(staff)
    for other in (superuser, staff, make_user(is_staff=True)):
        typed = {"email": "mine@evil.example", "name": "N", "is_active": "on"}
        assert client.post(admin_page(User, "change", other.pk), typed).status_code == 403
        assert client.get(reverse("admin:auth_user_password_change", args=[other.pk])).status_code == 403


@pytest.mark.parametrize(
    "trusted", [{"is_staff": True}, {"is_superuser": True}, {"is_staff": True, "is_superuser": True}], ids=" and ".join
)
def test_a_lost_factor_can_be_taken_away_but_not_that_of_staff(trusted: dict[str, bool], client: Client):
    client.force_login(staff_with("customers"))
    lost = Authenticator.objects.create(user=make_user(), type="totp", data={"secret": TOTP_SECRET})
    kept = Authenticator.objects.create(user=make_user(**trusted), type="totp", data={"secret": TOTP_SECRET})
    asked = client.get(admin_page(Authenticator, "delete", lost.pk))
    assert TOTP_SECRET not in asked.content.decode()
    assert client.post(admin_page(Authenticator, "delete", lost.pk), {"post": "yes"}).status_code == 302
    assert client.post(admin_page(Authenticator, "delete", kept.pk), {"post": "yes"}).status_code == 403
    assert list(Authenticator.objects.all()) == [kept]
