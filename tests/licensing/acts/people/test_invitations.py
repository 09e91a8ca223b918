"""Inviting by mail, joining, asking for a role, leaving: what the acts of people do and refuse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from console.errors import Conflict, DomainError, NotAllowed, Refused
from console.models import Act, Actor, OutgoingMail, User
from console.security.sealing import digest
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.people.ask_for_role import ask_for_role, decide_role_request
from licensing.acts.people.invite import MOST_OPEN, invite, send_again, withdraw_invitation
from licensing.acts.people.join import join, join_as_new_person
from licensing.acts.people.leave import leave
from licensing.acts.providers.set_provider_viewer import set_provider_viewer
from licensing.models import Company, Invitation, Membership, Role, RoleRequest
from tests.factories import SYSTEM, make_company, make_user, new_key
from tests.invitations import invited, link_in_mail, mail_to, owner_of
from tests.providers import make_provided

pytestmark = pytest.mark.django_db

PASSWORD = "seven brown kettles"


def roles_in(company: Company, person: User) -> list[str]:
    held = Membership.objects.filter(company=company, user=person).first()
    return list(held.roles) if held else []


def secret_to(email: str) -> str:
    return link_in_mail(email).removeprefix("/invitations/").rstrip("/")


def joined(company: Company, invitation: Invitation, person: User, secret: str) -> None:
    join(company, invitation=invitation.pk, link=digest(secret), by=Actor.person(person), key=new_key())


def test_an_invitation_mails_a_link_of_which_only_a_digest_is_kept() -> None:
    company = make_company()
    owner = owner_of(company)
    found = invited(company, "New@Aster.example", by=owner, roles=["owner", "viewer"], words="Welcome.\nSee you.")
    secret = secret_to("new@aster.example")
    assert (found.email, found.roles, found.link) == ("new@aster.example", ["viewer", "owner"], digest(secret))
    assert found.expires_at - found.sent_at == timedelta(days=7)
    said = mail_to("new@aster.example")
    assert "Welcome." in said
    assert f"{owner} invites you to {company}" in said
    assert "Owner, Viewer" in said
    assert secret not in str(list(OutgoingMail.objects.values()))
    acts = str(list(Act.objects.values()))
    assert secret not in acts
    assert "new@aster.example" not in acts


def test_the_person_of_the_address_joins_beside_what_they_hold_and_only_once() -> None:
    company = make_company()
    found = invited(company, "mira@aster.example", roles=["credit-manager"])
    secret = secret_to("mira@aster.example")
    person = make_user(email="mira@aster.example", company=company, roles=["viewer"])
    joined(company, found, person, secret)
    assert roles_in(company, person) == ["viewer", "credit-manager"]
    found.refresh_from_db()
    assert (found.accepted_by, found.email, found.words) == (person, "", "")
    with pytest.raises(Conflict, match="used already"):
        joined(company, found, person, secret)
    assert Act.objects.filter(name="people.join").count() == 1


def test_somebody_without_an_account_sets_a_name_and_a_password_and_has_joined() -> None:
    company = make_company()
    found = invited(company, "new@aster.example", roles=["credit-manager"])
    link = digest(secret_to("new@aster.example"))
    for name, password, field in (
        ("New", "short", "password"),
        ("New", "password1234", "password"),
        ("", PASSWORD, "name"),
        ("\u200b", PASSWORD, "name"),
    ):
        with pytest.raises(Refused) as refused:
            join_as_new_person(company, invitation=found.pk, link=link, name=name, password=password)
        assert refused.value.field == field
    person = join_as_new_person(company, invitation=found.pk, link=link, name="Emil Brandt", password=PASSWORD)
    assert person.check_password(PASSWORD)
    assert (person.email, str(person), roles_in(company, person)) == ("new@aster.example", "Emil Brandt", ["credit-manager"])
    assert Act.objects.get(name="people.join").actor == person
    with pytest.raises(Conflict, match="used already"):
        join_as_new_person(company, invitation=found.pk, link=link, name="Again", password=PASSWORD)
    assert User.objects.filter(email="new@aster.example").count() == 1


def expire(found: Invitation) -> None:
    Invitation.objects.filter(pk=found.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def withdrawn(found: Invitation) -> None:
    withdraw_invitation(found.company, invitation=found.pk, by=Actor.person(owner_of(found.company)), key=new_key())


def sent_again(found: Invitation) -> None:
    send_again(found.company, invitation=found.pk, by=Actor.person(owner_of(found.company)), key=new_key())


@pytest.mark.parametrize(
    ("done", "sentence"),
    [(expire, "has expired"), (withdrawn, "was withdrawn"), (sent_again, "newer mail has taken the place")],
)
def test_a_link_that_is_over_opens_nothing(done: Callable[[Invitation], None], sentence: str) -> None:
    company = make_company()
    found, person = invited(company, "mira@aster.example"), make_user(email="mira@aster.example")
    secret = secret_to("mira@aster.example")
    done(found)
    with pytest.raises(Conflict, match=sentence):
        joined(company, found, person, secret)
    with pytest.raises(DomainError):
        join_as_new_person(company, invitation=found.pk, link=digest(secret), name="Mira", password=PASSWORD)
    assert roles_in(company, person) == []


def test_the_new_link_of_an_expired_invitation_is_good_again() -> None:
    company = make_company()
    found, person = invited(company, "mira@aster.example"), make_user(email="mira@aster.example")
    expire(found)
    sent_again(found)
    joined(company, found, person, secret_to("mira@aster.example"))
    assert roles_in(company, person) == ["viewer"]


def test_somebody_of_another_address_or_switched_off_does_not_join() -> None:
    company = make_company()
    found = invited(company, "mira@aster.example")
    secret = secret_to("mira@aster.example")
    for person in (make_user(), make_user(email="mira@aster.example", is_active=False)):
        with pytest.raises(NotAllowed, match="another address"):
            joined(company, found, person, secret)


def test_who_is_a_member_or_invited_already_is_not_invited() -> None:
    company = make_company()
    member = make_user(company=company, roles=["viewer"])
    with pytest.raises(Conflict, match="is a member already"):
        invited(company, member.email.upper())
    invited(company, "new@aster.example")
    with pytest.raises(Conflict, match="is invited already"):
        invited(company, " NEW@aster.example ")
    invited(make_company(), "new@aster.example")  # another company may


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"email": f"{'a' * 64}@{'b' * 190}.example"}, "email"),
        ({"roles": []}, "roles"),
        ({"roles": ["king"]}, "roles"),
        ({"words": "x" * 501}, "words"),
    ],
)
def test_an_invitation_that_is_wrong_is_refused_beside_its_field(wrong: dict[str, Any], field: str) -> None:
    company = make_company()
    with pytest.raises(Refused) as refused:
        invited(company, **{"email": "new@aster.example", **wrong})
    assert refused.value.field == field


def test_so_many_invitations_are_open_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_OPEN == 50
    monkeypatch.setattr("licensing.acts.people.invite.MOST_OPEN", 2)
    company = make_company()
    first = invited(company, "a@aster.example")
    invited(company, "b@aster.example")
    with pytest.raises(Refused, match="2 invitations are open"):
        invited(company, "c@aster.example")
    withdrawn(first)
    invited(company, "c@aster.example")


def test_an_invitation_sent_twice_is_one_mail() -> None:
    company, key = make_company(), new_key()
    first = invited(company, key=key)
    assert invited(company, key=key) == first
    assert OutgoingMail.objects.count() == 1


def test_an_owner_who_was_demoted_invites_nobody() -> None:
    company = make_company()
    owner = owner_of(company)
    make_user(company=company, roles=["owner"])
    set_roles(company, user=owner, roles=["viewer"], by=SYSTEM, key=new_key())
    with pytest.raises(NotAllowed):
        invite(company, email="new@aster.example", roles=["viewer"], by=Actor.person(owner), key=new_key())


# --- Asking for a role


def asked(company: Company, person: User, role: str = "credit-manager", words: str = "For the plants.") -> RoleRequest:
    return ask_for_role(company, role=role, words=words, by=Actor.person(person), key=new_key())


def decided(company: Company, request: RoleRequest, *, grants: bool, words: str = "") -> RoleRequest:
    by = Actor.person(owner_of(company))
    return decide_role_request(company, request=request.pk, grants=grants, words=words, by=by, key=new_key())


def test_each_owner_gets_a_mail_of_what_a_member_asks_for() -> None:
    company = make_company()
    owners = [make_user(company=company, roles=["owner"], is_active=active) for active in (True, True, False)]
    person = make_user(company=company, roles=["viewer"])
    request = asked(company, person)
    assert set(OutgoingMail.objects.values_list("to", flat=True)) == {each.email for each in owners[:2]}
    said = mail_to(owners[0].email)
    assert "“For the plants.”" in said
    assert f"/companies/{company.slug}/people/requests/{request.pk}/" in said


def test_an_approved_role_comes_beside_those_that_are_held_and_is_told_by_mail() -> None:
    company = make_company()
    person = make_user(company=company, roles=["viewer"])
    request = decided(company, asked(company, person), grants=True)
    assert (request.state, roles_in(company, person)) == ("granted", ["viewer", "credit-manager"])
    assert "approved it" in mail_to(person.email)


def test_a_refused_role_needs_words_which_the_person_reads() -> None:
    company = make_company()
    person = make_user(company=company, roles=["viewer"])
    request = asked(company, person)
    with pytest.raises(Refused, match="Say why"):
        decided(company, request, grants=False)
    decided(company, request, grants=False, words="Katrin does that.")
    assert roles_in(company, person) == ["viewer"]
    assert "“Katrin does that.”" in mail_to(person.email)
    with pytest.raises(Conflict, match="decided before: refused"):
        decided(company, request, grants=True)
    asked(company, person)  # anew


def test_a_person_asks_for_one_role_at_a_time_that_they_do_not_have() -> None:
    company = make_company()
    person = make_user(company=company, roles=["credit-manager"])
    for role in ("credit-manager", "viewer", "king"):
        with pytest.raises(Refused, match="do not have yet"):
            asked(company, person, role)
    asked(company, person, "owner")
    with pytest.raises(Conflict, match="asked already"):
        asked(company, person, "license-administrator")
    with pytest.raises(Refused, match="do not have yet"):
        asked(company, owner_of(company), "credit-manager")


def test_a_member_of_a_company_with_customers_asks_to_look_at_them() -> None:
    made = make_provided()
    person = make_user(company=made.provider, roles=["viewer"])
    request = decided(made.provider, asked(made.provider, person, "provider-viewer"), grants=True)
    assert (request.state, roles_in(made.provider, person)) == ("granted", ["viewer", "provider-viewer"])
    other = make_user(company=made.provider, roles=["credit-manager"])
    request = asked(made.provider, other, "provider-viewer")
    by = Actor.person(owner_of(made.provider))
    set_provider_viewer(made.provider, user=other, looks=True, by=by, key=new_key())
    request.refresh_from_db()
    assert request.state == "granted"


def test_nobody_asks_to_look_at_the_customers_of_a_company_that_has_none_or_has_none_any_more() -> None:
    made = make_provided()
    with pytest.raises(Refused, match="do not have yet"):
        asked(made.customer, make_user(company=made.customer, roles=["viewer"]), "provider-viewer")
    person = make_user(company=made.provider, roles=["viewer"])
    request = asked(made.provider, person, "provider-viewer")
    Company.objects.filter(pk=made.customer.pk).update(parent=None)
    with pytest.raises(Refused, match="looks after no other company"):
        decided(made.provider, request, grants=True)
    assert decided(made.provider, request, grants=False, words="There are none any more.").state == "declined"


@pytest.mark.parametrize(("roles", "state"), [(["credit-manager"], "granted"), (["owner"], "open"), ([], "ended")])
def test_setting_roles_answers_what_was_asked_for(roles: list[str], state: str) -> None:
    company = make_company()
    person = make_user(company=company, roles=["viewer"])
    request = asked(company, person)
    set_roles(company, user=person, roles=roles, by=Actor.person(owner_of(company)), key=new_key())
    request.refresh_from_db()
    assert request.state == state


def test_a_role_that_was_asked_for_and_is_given_otherwise_is_told_by_mail() -> None:
    company = make_company()
    person = make_user(company=company, roles=["viewer"])
    asked(company, person)
    set_roles(company, user=person, roles=["credit-manager"], by=Actor.person(owner_of(company)), key=new_key())
    assert "approved it" in mail_to(person.email)


# --- Leaving


def test_an_invitation_that_waits_is_no_way_back_for_who_is_removed() -> None:
    company = make_company()
    owner = Actor.person(owner_of(company))
    person = make_user(email="bob@elsewhere.example")
    invite(company, email="Bob@elsewhere.example", roles=["owner"], by=owner, key=new_key())
    set_roles(company, user=person, roles=["viewer"], by=owner, key=new_key())
    set_roles(company, user=person, roles=[], by=owner, key=new_key())
    waits = Invitation.objects.get(company=company)
    assert (waits.withdrawn_at is not None, waits.email) == (True, "")


def test_somebody_leaves_by_themselves_and_their_request_ends() -> None:
    company = make_company()
    person = make_user(company=company, roles=["viewer"])
    request = asked(company, person)
    leave(company, by=Actor.person(person), key=new_key())
    assert roles_in(company, person) == []
    request.refresh_from_db()
    assert request.state == "ended"
    assert Act.objects.get(name="people.leave").result == {"user": person.pk, "before": ["viewer"], "roles": []}


def test_the_last_owner_can_neither_leave_nor_be_demoted_nor_removed() -> None:
    company = make_company()
    owner = owner_of(company)
    make_user(company=company, roles=["owner"], is_active=False)  # counts nowhere
    by = Actor.person(owner)
    with pytest.raises(Refused, match="at least one owner"):
        leave(company, by=by, key=new_key())
    for roles in (["viewer"], []):
        with pytest.raises(Refused, match="at least one owner"):
            set_roles(company, user=owner, roles=roles, by=by, key=new_key())
    assert roles_in(company, owner) == [Role.OWNER]
    other = make_user(company=company, roles=["owner"])
    leave(company, by=by, key=new_key())
    assert roles_in(company, other) == [Role.OWNER]
