"""People of a verified tenant ask to join, or become viewers; a provider of our own plays Microsoft Entra over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from console.company_in_hand import for_company
from console.errors import Conflict, NotAllowed
from console.models import Act, Actor, OutgoingMail, User
from console.people.openid_connect.signed_in_from import SignedInFrom
from console.people.passwords.reset_by_mail import mail_reset_link
from console.security.sealing import seal
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.company_settings.join import answer_to_join, ask_to_join, join_from_tenant
from licensing.acts.company_settings.notices_of_new_members import state_notices_of_new_members
from licensing.acts.company_settings.tenants import remove_tenant, say_what_new_people_become, state_tenant, verify_tenant
from licensing.acts.people.join import join
from licensing.models import Company, JoinRequest, Membership, Role, SignInTenant
from tests.factories import PASSWORD, SYSTEM, TODAY, make_company, make_user, new_key
from tests.invitations import invited, link_in_mail, mail_to
from tests.markup import read
from tests.oidc_provider import OidcProvider, oidc_provider
from tests.pages import address_of, browser_of, page, read_with_status

pytestmark = pytest.mark.django_db

TENANTS = "licensing:company-tenants"
ASTER = "11111111-aaaa-4bbb-8ccc-000000000001"
EVIL = "22222222-aaaa-4bbb-8ccc-000000000002"
BY = {"by": SYSTEM}
PASSWORD_BY_MAIL = "correct horse battery staple"


@pytest.fixture(scope="module")
def listening() -> Iterator[OidcProvider]:
    with oidc_provider() as provider:
        yield provider


@pytest.fixture
def entra(listening: OidcProvider, settings: Any) -> OidcProvider:
    ada = {"sub": "ada", "tid": ASTER, "email": "ada@aster.example", "name": "Ada Aster"}
    fresh = OidcProvider(url=listening.url, claims=ada)
    listening.__dict__.update(fresh.__dict__)
    settings.SOCIALACCOUNT_PROVIDERS = listening.settings
    return listening


@pytest.fixture
def company() -> Company:
    return make_company(name="Aster Marine", slug="aster")


@pytest.fixture
def owner(company: Company) -> User:
    return make_user(company=company, roles=[Role.OWNER], email="owner@aster.example", name="Olga Owner")


def from_tenant(entra: OidcProvider, tenant: str = ASTER) -> SignedInFrom:
    return SignedInFrom("entra", entra.issuer_of(tenant), tenant)


def verified(entra: OidcProvider, company: Company, *, viewer: bool = False) -> SignInTenant:
    row = state_tenant(company, provider="entra", tenant=ASTER, **BY, key=new_key())
    verify_tenant(company, pk=row.pk, came_from=from_tenant(entra), **BY, key=new_key())
    return say_what_new_people_become(company, pk=row.pk, viewer=viewer, **BY, key=new_key())


def send(client: Client, company: Company, part: str, **typed: Any) -> Any:
    return client.post(address_of(TENANTS, company), {"part": part, "key": new_key(), **typed})


def roles_of(person: User, company: Company) -> list[str]:
    with for_company(company):
        return [role for each in Membership.objects.filter(company=company, user=person) for role in each.roles]


def arrives(entra: OidcProvider, **claims: Any) -> Client:
    """A new person signs in, and types the code that reaches their address."""
    entra.claims |= claims
    client = Client()
    entra.comes_back(client)
    types_code(client, entra.claims["email"])
    return client


def types_code(client: Client, email: str) -> None:
    code = re.search(r"^([A-Z0-9]{4}-[A-Z0-9]{4})$", mail_to(email), re.MULTILINE)
    assert code, mail_to(email)
    client.post(reverse("account_email_verification_sent"), {"code": code[1]})


def test_an_owner_states_a_tenant_and_verifies_it_by_signing_in(entra: OidcProvider, company: Company, owner: User) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": owner.email, "password": PASSWORD})
    assert send(client, company, "state", provider="entra", tenant=f" {ASTER.upper()} "[1:-1]).status_code == 302
    row = SignInTenant.objects.get()
    assert "Not verified" in page(client, TENANTS, company).text
    assert "Sign in from this tenant first" in read_with_status(send(client, company, "verify", pk=row.pk), 403).text
    entra.claims["tid"] = EVIL
    entra.comes_back(client, process="connect")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert send(client, company, "verify", pk=row.pk).status_code == 403
    entra.claims |= {"tid": ASTER, "sub": "olga"}
    entra.comes_back(client, process="connect")
    assert "You signed in from this tenant" in page(client, TENANTS, company).text
    assert send(client, company, "verify", pk=row.pk).status_code == 302
    row.refresh_from_db()
    assert (row.issuer, row.gives_viewer) == (entra.issuer_of(ASTER), False)
    names = Act.objects.for_company(company).filter(name__startswith="tenant").values_list("name", flat=True)
    assert sorted(names) == ["tenant.state", "tenant.verify"]


@pytest.mark.parametrize("tenant", ["", "contoso.com", "9188040d-6c67-4c5b-b112-36a304b66dad", ASTER + "0", "../" + ASTER[3:]])
def test_what_is_no_tenant_of_an_organization_is_refused(tenant: str, entra: OidcProvider, company: Company, owner: User) -> None:
    shown = read_with_status(send(browser_of(owner), company, "state", provider="entra", tenant=tenant), 422)
    assert shown.one("input", id="state-tenant")["aria-invalid"] == "true"
    assert not SignInTenant.objects.exists()


def test_a_tenant_is_verified_for_one_company_however_many_state_it(entra: OidcProvider, company: Company) -> None:
    verified(entra, company)
    other = make_company()
    row = state_tenant(other, provider="entra", tenant=ASTER, **BY, key=new_key())
    with pytest.raises(Conflict, match="verified for another company"):
        verify_tenant(other, pk=row.pk, came_from=from_tenant(entra), **BY, key=new_key())
    with pytest.raises(IntegrityError), transaction.atomic():
        SignInTenant.objects.filter(pk=row.pk).update(issuer=entra.issuer_of(ASTER), verified_at="2026-03-02T12:00Z")
    remove_tenant(company, pk=SignInTenant.objects.get(company=company).pk, **BY, key=new_key())
    verify_tenant(other, pk=row.pk, came_from=from_tenant(entra), **BY, key=new_key())


def test_the_same_tenant_of_another_issuer_is_another_tenant(entra: OidcProvider, company: Company) -> None:
    """A provider of the same name that was set up anew, elsewhere, vouches for nobody of the former one."""
    verified(entra, company, viewer=True)
    elsewhere = SignedInFrom("entra", f"https://login.evil.example/{ASTER}/v2.0", ASTER)
    assert not SignInTenant.objects.of(elsewhere).exists()
    assert join_from_tenant(company, came_from=elsewhere, person=make_user()) is None
    with pytest.raises(NotAllowed):
        ask_to_join(company, came_from=elsewhere, person=make_user(), key=new_key())


def test_whoever_signs_in_has_no_role_asks_and_an_owner_answers(entra: OidcProvider, company: Company, owner: User) -> None:
    verified(entra, company)
    client = arrives(entra)
    ada = User.objects.get(email="ada@aster.example")
    assert ada.name == "Ada Aster"
    assert roles_of(ada, company) == []
    assert client.get(address_of("credits:annual-credits", company)).status_code == 404
    assert client.get("/")["Location"] == reverse("join")
    shown = read(client.get(reverse("join")))
    assert "Join Aster Marine" in shown.text
    key = shown.one("input", name="key", value="*")["value"]
    for _twice in range(2):
        assert client.post(reverse("join"), {"key": key}).status_code == 302
    assert client.post(reverse("join"), {"key": new_key()}).status_code == 409
    (asked,) = OutgoingMail.objects.filter(to=owner.email)
    assert "ada@aster.example asks to join Aster Marine" in asked.subject
    assert "You asked to join" in read(client.get(reverse("join"))).text
    assert roles_of(ada, company) == []
    answer = JoinRequest.objects.get(company=company)
    assert "Who asks to join" in page(browser_of(owner), TENANTS, company).text
    assert send(browser_of(owner), company, "approve", pk=answer.pk).status_code == 302
    assert roles_of(ada, company) == [Role.VIEWER]
    assert client.get(address_of("credits:annual-credits", company)).status_code == 200
    assert client.get(address_of(TENANTS, company)).status_code == 403
    assert OutgoingMail.objects.filter(to=ada.email, subject="You are a member of Aster Marine").exists()
    assert send(browser_of(owner), company, "refuse", pk=answer.pk).status_code == 409
    assert roles_of(ada, company) == [Role.VIEWER]


def test_a_refusal_gives_nothing_and_is_told(entra: OidcProvider, company: Company, owner: User) -> None:
    verified(entra, company)
    person = make_user()
    asked = ask_to_join(company, came_from=from_tenant(entra), person=person, key=new_key())
    answer_to_join(company, pk=asked.pk, approve=False, by=Actor.person(owner), key=new_key())
    assert roles_of(person, company) == []
    assert OutgoingMail.objects.filter(to=person.email, subject="Your request to join Aster Marine").exists()


def test_whoever_asked_and_then_accepts_an_invitation_asks_no_longer(entra: OidcProvider, company: Company, owner: User) -> None:
    verified(entra, company)
    person = make_user()
    asked = ask_to_join(company, came_from=from_tenant(entra), person=person, key=new_key())
    invitation = invited(company, person.email, by=owner, roles=["credit-manager"])
    join(company, invitation=invitation.pk, link=invitation.link, by=Actor.person(person), key=new_key())
    asked.refresh_from_db()
    joined = Act.objects.get(name="people.join")
    assert (asked.outcome, asked.decided_at) == (JoinRequest.Outcome.APPROVED, joined.recorded_at)
    with pytest.raises(Conflict, match="answered meanwhile"):
        answer_to_join(company, pk=asked.pk, approve=False, by=Actor.person(owner), key=new_key())


@pytest.mark.parametrize("approve", [True, False])
def test_answering_somebody_who_holds_roles_by_now_states_what_they_hold(
    approve: bool, entra: OidcProvider, company: Company, owner: User
) -> None:
    """As after an import, which answers nobody: whoever is refused has not left."""
    verified(entra, company)
    person = make_user()
    asked = ask_to_join(company, came_from=from_tenant(entra), person=person, key=new_key())
    with for_company(company):
        Membership.objects.create(company=company, user=person, roles=["owner"])
    answer_to_join(company, pk=asked.pk, approve=approve, by=Actor.person(owner), key=new_key())
    held = ["viewer", "owner"] if approve else ["owner"]
    assert roles_of(person, company) == held
    said = {"before": ["owner"], "roles": held} if approve else {}
    assert Act.objects.get(name="company.answer-to-join").result == {"request": asked.pk, "user": person.pk} | said


def test_owners_are_led_to_who_asks_to_join_and_nobody_counts_whoever_may_not_sign_in(
    entra: OidcProvider, company: Company, owner: User
) -> None:
    verified(entra, company)
    waits, gone = make_user(), make_user()
    for person in (waits, gone):
        ask_to_join(company, came_from=from_tenant(entra), person=person, key=new_key())
    User.objects.filter(pk=gone.pk).update(is_active=False)
    client = browser_of(owner)
    people = page(client, "licensing:people", company)
    assert "1 person asks to join." in people.text
    assert people.link("See who asks to join") == address_of(TENANTS, company)
    assert "1 person asks to join" in page(client, "licensing:company-settings", company).text
    tenants = page(client, TENANTS, company)
    assert (waits.email in tenants.text, gone.email in tenants.text) == (True, False)
    User.objects.filter(pk=waits.pk).update(is_active=False)
    assert "to join" not in page(client, "licensing:people", company).text


@pytest.mark.parametrize("name", ["licensing:company-tenants", "licensing:provider-access", "credits:approvals"])
def test_pages_below_the_settings_lead_back_to_them(name: str, company: Company, owner: User) -> None:
    (way,) = page(browser_of(owner), name, company).all("p", class_="breadcrumb-line")
    assert way.link("Company settings") == address_of("licensing:company-settings", company)


def test_where_owners_said_so_the_first_sign_in_makes_a_viewer_and_owners_are_told(
    entra: OidcProvider, company: Company, owner: User
) -> None:
    verified(entra, company, viewer=True)
    state_notices_of_new_members(company, told="digest", today=TODAY, **BY, key=new_key())
    client = arrives(entra)
    ada = User.objects.get(email="ada@aster.example")
    assert roles_of(ada, company) == [Role.VIEWER]
    assert ada.told == User.Told.DIGEST
    assert OutgoingMail.objects.filter(to=owner.email, subject="ada@aster.example is a viewer of Aster Marine now").count() == 1
    assert client.get(address_of("credits:annual-credits", company)).status_code == 200
    set_roles(company, user=ada, roles=[], by=Actor.person(owner), key=new_key())
    again = Client()
    entra.comes_back(again)
    assert again.session["_auth_user_id"] == str(ada.pk)
    assert roles_of(ada, company) == []
    assert again.get("/")["Location"] == reverse("join")
    assert join_from_tenant(company, came_from=from_tenant(entra), person=ada) is None


def test_until_the_address_is_verified_by_its_code_nobody_is_signed_in_or_joined(entra: OidcProvider, company: Company) -> None:
    """Any tenant's administrator writes any address into its accounts."""
    verified(entra, company, viewer=True)
    client = Client()
    entra.claims["email"] = "ceo@victim.example"
    entra.comes_back(client)
    assert "_auth_user_id" not in client.session
    with for_company(company):
        assert not Membership.objects.filter(company=company).exists()


def test_an_address_that_somebody_has_makes_and_connects_no_account(entra: OidcProvider, company: Company) -> None:
    verified(entra, company, viewer=True)
    ada = make_user(email="ada@aster.example")
    client = Client()
    entra.comes_back(client)
    assert "_auth_user_id" not in client.session
    assert User.objects.filter(email=ada.email).count() == 1
    assert not SocialAccount.objects.exists()
    assert roles_of(ada, company) == []


def test_who_came_with_somebody_elses_address_has_no_way_in_once_it_is_proved(entra: OidcProvider, company: Company) -> None:
    """A tenant's administrator names a victim, who is invited, resets the password and proves the address later."""
    verified(entra, company)
    entra.claims |= {"sub": "mallory", "email": "victim@target.example"}
    entra.comes_back(Client())
    victim = User.objects.get(email="victim@target.example")
    assert SocialAccount.objects.filter(user=victim).exists()
    other = make_company()
    invited(other, victim.email, roles=["owner"])
    link = link_in_mail(victim.email)
    mail_reset_link(seal(victim.email))
    client = Client()
    client.get(link)
    reset = re.search(r"/accounts/password/reset/key/\S+", mail_to(victim.email))
    assert reset
    there = client.get(reset[0], follow=True).redirect_chain[-1][0]
    client.post(there, {"password1": PASSWORD_BY_MAIL, "password2": PASSWORD_BY_MAIL})
    assert not SocialAccount.objects.filter(user=victim).exists()
    cache.clear()  # a code is mailed once in some minutes
    client.post("/accounts/login/", {"login": victim.email, "password": PASSWORD_BY_MAIL})
    types_code(client, victim.email)
    client.post("/invitations/", {"key": new_key()})
    assert roles_of(victim, other) == [Role.OWNER]
    cache.clear()
    mallory = Client()
    entra.comes_back(mallory)
    assert "_auth_user_id" not in mallory.session
    assert not SocialAccount.objects.filter(user=victim).exists()


def test_an_account_attached_before_the_address_was_proved_goes_with_the_code(entra: OidcProvider, company: Company) -> None:
    verified(entra, company)
    entra.claims |= {"sub": "mallory"}
    entra.comes_back(Client())
    ada = User.objects.get(email="ada@aster.example")
    SocialAccount.objects.create(user=ada, provider="entra", uid=f"{ASTER}/another")
    cache.clear()
    arrives(entra)
    (left,) = SocialAccount.objects.filter(user=ada)
    assert left.uid == f"{ASTER}/mallory"


def test_without_an_address_one_is_told_what_to_do(entra: OidcProvider, company: Company) -> None:
    verified(entra, company)
    del entra.claims["email"]
    answer = entra.comes_back(Client())
    assert answer.status_code == 403
    assert "does not say where to write to you" in answer.content.decode()


def test_a_tenant_that_is_only_stated_opens_nothing(entra: OidcProvider, company: Company) -> None:
    row = state_tenant(company, provider="entra", tenant=ASTER, **BY, key=new_key())
    entra.comes_back(Client())
    assert not User.objects.exists()
    with pytest.raises(NotAllowed):
        ask_to_join(company, came_from=from_tenant(entra), person=make_user(), key=new_key())
    with pytest.raises(IntegrityError), transaction.atomic():
        SignInTenant.objects.filter(pk=row.pk).update(gives_viewer=True)


def test_when_a_tenant_is_removed_members_stay_and_nobody_comes_in(entra: OidcProvider, company: Company, owner: User) -> None:
    row = verified(entra, company, viewer=True)
    client = arrives(entra)
    ada, waits = User.objects.get(email="ada@aster.example"), make_user()
    asked = ask_to_join(company, came_from=from_tenant(entra), person=waits, key=new_key())
    assert send(browser_of(owner), company, "remove", pk=row.pk).status_code == 302
    assert roles_of(ada, company) == [Role.VIEWER]
    assert client.get(address_of("credits:annual-credits", company)).status_code == 200
    assert send(browser_of(owner), company, "approve", pk=asked.pk).status_code == 409
    assert "no company to join" in read(client.get(reverse("join"))).text
    entra.claims |= {"sub": "bob", "email": "bob@aster.example"}
    entra.comes_back(Client())
    assert not User.objects.filter(email="bob@aster.example").exists()


def test_what_another_company_stated_is_out_of_reach(entra: OidcProvider, company: Company, owner: User) -> None:
    row = verified(entra, company)
    asked = ask_to_join(company, came_from=from_tenant(entra), person=make_user(), key=new_key())
    eve = make_user(company=(other := make_company()), roles=[Role.OWNER])
    for part, pk in (("remove", row.pk), ("viewers", row.pk), ("verify", row.pk), ("approve", asked.pk), ("refuse", asked.pk)):
        assert send(browser_of(eve), other, part, pk=pk).status_code == 409
        assert send(browser_of(eve), company, part, pk=pk).status_code == 404
    row.refresh_from_db()
    asked.refresh_from_db()
    assert (row.removed_at, row.gives_viewer, asked.outcome) == (None, False, "")
    assert ASTER not in page(browser_of(eve), TENANTS, other).text


@pytest.mark.parametrize("typed", [{}, {"pk": "x"}, {"pk": 0}, {"pk": 2**70}])
def test_a_press_on_nothing_is_not_found(typed: dict[str, Any], entra: OidcProvider, company: Company, owner: User) -> None:
    assert send(browser_of(owner), company, "remove", **typed).status_code == 404


def test_without_a_provider_of_organizations_the_page_says_whom_to_ask(company: Company, owner: User) -> None:
    assert "No provider of organizations is set up" in page(browser_of(owner), TENANTS, company).text


def test_who_comes_from_no_tenant_has_nobody_to_ask(company: Company) -> None:
    client = browser_of(make_user())
    assert "no company to join" in read(client.get(reverse("join"))).text
    assert client.post(reverse("join"), {"key": new_key()}).status_code == 404
