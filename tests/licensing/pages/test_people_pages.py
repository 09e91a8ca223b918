"""The pages of people: what owners see and do there, what members ask for, and that a change holds from the next request."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.errors import DomainError
from console.models import Actor, User
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.people.ask_for_role import ask_for_role
from licensing.acts.people.leave import leave
from licensing.models import Company, Invitation, Membership, RoleRequest
from tests.factories import SYSTEM, make_company, make_user, new_key
from tests.invitations import invited, owner_of
from tests.markup import read
from tests.pages import address_of, browser_of, page, read_with_status
from tests.providers import make_provided

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def owner(company: Company) -> User:
    return make_user(company=company, roles=["owner"], name="Jonas Weber", email="jonas@aster.example")


@pytest.fixture
def client(owner: User) -> Client:
    return browser_of(owner)


def test_owners_see_who_is_there_with_roles_factor_and_last_sight(company: Company, client: Client) -> None:
    mira = make_user(company=company, roles=["credit-manager"], name="Mira Okafor")
    browser_of(mira)  # a session of hers
    Authenticator.objects.create(user=mira, type=Authenticator.Type.TOTP, data={})
    make_user(company=company, roles=["viewer"], name="Emil Brandt")
    stranger = make_user(company=make_company(), roles=["owner"])
    shown = page(client, "licensing:people", company)
    rows = {row.all("th")[0].text.split(" ")[1]: row.text for row in shown.all("tr") if row.all("td")}
    assert "Credit manager Authenticator" in " ".join(rows["Mira"].split())
    assert "None Never" in " ".join(rows["Emil"].split())
    assert "Now" in rows["Jonas"]
    assert "Only owner" in rows["Jonas"]
    assert str(stranger) not in shown.text
    assert "3 people" in shown.text


def test_the_table_is_narrowed_and_searched(company: Company, client: Client) -> None:
    make_user(company=company, roles=["viewer"], name="Emil Brandt")
    invited(company, "purchasing@aster.example", by=owner_of(company))
    assert "Emil Brandt" not in page(client, "licensing:people", company, show="owners").text
    only = page(client, "licensing:people", company, show="invited").text
    assert "purchasing@aster.example" in only
    assert "Emil Brandt" not in only
    found = page(client, "licensing:people", company, q="brandt").text
    assert "Emil Brandt" in found
    assert "purchasing@aster.example" not in found
    assert "Nobody like that" in page(client, "licensing:people", company, q="zebra").text


def test_the_page_costs_the_same_for_3_and_for_30_people(company: Company, client: Client) -> None:
    def costs() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(client, "licensing:people", company)
        return len(queries)

    costs()
    few = costs()
    for number in range(12):
        make_user(company=company, roles=["viewer"])
        invited(company, f"{number}@aster.example", by=owner_of(company))
        asks = make_user(company=company, roles=["viewer"])
        ask_for_role(company, role="owner", by=Actor.person(asks), key=new_key())
    assert costs() == few <= 10


def test_an_owner_invites_sends_again_and_withdraws(company: Company, client: Client) -> None:
    form = {"email": "new@aster.example", "roles": ["viewer", "credit-manager"], "words": "Welcome", "key": new_key()}
    address = address_of("licensing:invite", company)
    assert "Invited: new@aster.example" in " ".join(read(client.post(address, form, follow=True)).text.split())
    client.post(address, form)  # sent twice
    found = Invitation.objects.get()
    before = found.link
    for press, said in (("invite-again", "Sent again"), ("withdraw-invitation", "Withdrawn"), ("invite-again", "Not sent")):
        response = client.post(address_of(f"licensing:{press}", company, found.pk), {"key": new_key()}, follow=True)
        assert said in read(response).text
    found.refresh_from_db()
    assert found.link != before
    assert found.withdrawn_at is not None


def test_what_is_wrong_with_an_invitation_stands_beside_its_field_and_loses_nothing(company: Company, client: Client) -> None:
    form = {"email": "nobody", "words": "Welcome", "key": new_key()}
    shown = read_with_status(client.post(address_of("licensing:invite", company), form), 422)
    assert "Enter an e-mail address, such as name@company.example." in shown.text
    assert "Choose at least one role." in shown.text
    assert "Welcome" in shown.text
    member = make_user(company=company, roles=["viewer"])
    form = {"email": member.email, "roles": "viewer", "key": new_key()}
    assert "is a member already" in read_with_status(client.post(address_of("licensing:invite", company), form), 409).text


def test_whoever_is_known_already_is_one_link_away_from_the_form(company: Company, client: Client) -> None:
    invited(company, "new@aster.example", by=owner_of(company))
    for email in ("new@aster.example", "jonas@aster.example"):
        form = {"email": email, "roles": ["viewer"], "key": new_key()}
        shown = read_with_status(client.post(address_of("licensing:invite", company), form), 409)
        (way,) = [each for each in shown.all("a") if each.text.strip() == "Show them among people"]
        assert email in read(client.get(way["href"])).text


def test_an_invitation_for_seven_days_has_seven_left_when_it_is_sent(company: Company, client: Client) -> None:
    invited(company, by=owner_of(company))
    assert "7 days left" in " ".join(page(client, "licensing:people", company).text.split())


def test_so_many_invitations_are_sent_a_day(company: Company, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("licensing.pages.people.invite.MAILS_A_DAY", 1)
    invited(company, by=owner_of(company))
    again = address_of("licensing:invite-again", company, Invitation.objects.get().pk)
    assert "Sent again" in read(client.post(again, {"key": new_key()}, follow=True)).text
    assert "Not sent" in read(client.post(again, {"key": new_key()}, follow=True)).text
    form = {"email": "other@aster.example", "roles": "viewer", "key": new_key()}
    assert client.post(address_of("licensing:invite", company), form).status_code == 429


def test_a_change_of_roles_holds_from_the_next_request_of_an_open_session(company: Company, client: Client) -> None:
    person = make_user(company=company, roles=["viewer"])
    theirs = browser_of(person)
    people = address_of("licensing:people", company)
    assert theirs.get(people).status_code == 403
    member = address_of("licensing:member", company, person.pk)
    client.post(member, {"roles": ["owner"], "key": new_key()})
    assert theirs.get(people).status_code == 200
    client.post(member, {"roles": ["viewer"], "key": new_key()})
    assert theirs.get(people).status_code == 403
    client.post(address_of("licensing:remove-member", company, person.pk), {"key": new_key()})
    assert theirs.get(address_of("licensing:license-information", company)).status_code == 404


def test_the_last_owner_is_told_and_stays(company: Company, client: Client, owner: User) -> None:
    form = {"roles": ["viewer"], "key": new_key()}
    for name in ("member", "remove-member"):
        response = client.post(address_of(f"licensing:{name}", company, owner.pk), form)
        assert "Make somebody else an owner first." in read_with_status(response, 422).text
    response = client.post(address_of("licensing:leave", company), {"key": new_key()}, follow=True)
    assert "Not left: A company keeps at least one owner." in " ".join(read(response).text.split())
    assert Membership.objects.get(user=owner).roles == ["owner"]


def test_an_owner_who_removes_themselves_is_led_to_where_they_may_be(company: Company, client: Client, owner: User) -> None:
    make_user(company=company, roles=["owner"])
    member = address_of("licensing:member", company, owner.pk)
    assert client.post(member, {"roles": ["viewer"], "key": new_key()})["Location"] == address_of("licensing:roles", company)
    set_roles(company, user=owner, roles=["owner"], by=SYSTEM, key=new_key())
    removed = client.post(address_of("licensing:remove-member", company, owner.pk), {"key": new_key()})
    assert removed["Location"] == reverse("licensing:companies")
    assert client.get(member).status_code == 404


def test_people_invitations_and_requests_of_another_company_are_not_found(company: Company, client: Client) -> None:
    other = make_company()
    person = make_user(company=other, roles=["viewer"])
    asked = ask_for_role(other, role="owner", by=Actor.person(person), key=new_key())
    foreign = invited(other)
    for name, pk in (
        ("member", person.pk),
        ("remove-member", person.pk),
        ("role-request", asked.pk),
        ("invite-again", foreign.pk),
        ("withdraw-invitation", foreign.pk),
    ):
        for number in (pk, 10**15, 10**40):
            address = address_of(f"licensing:{name}", company, number)
            response = client.post(address, {"roles": "owner", "decision": "approve", "key": new_key()})
            assert response.status_code == 404, (name, number)
    assert Membership.objects.filter(company=company).count() == 1
    foreign.refresh_from_db()
    assert foreign.state_at(foreign.sent_at) == "open"


def test_who_asks_to_look_at_customers_is_answered_on_a_page_that_can_give_it() -> None:
    made = make_provided()
    person = make_user(company=made.provider, roles=["credit-manager"])
    asked = ask_for_role(made.provider, role="provider-viewer", by=Actor.person(person), key=new_key())
    shown = page(browser_of(made.owner), "licensing:member", made.provider, person.pk)
    assert "asks for the role Provider viewer, which is not given here." in " ".join(shown.text.split())
    decide = shown.link("Answer the request")
    assert decide == address_of("licensing:role-request", made.provider, asked.pk)
    assert browser_of(made.owner).post(decide, {"decision": "approve", "key": new_key()}).status_code == 302
    assert browser_of(person).get(address_of("credits:customers", made.provider)).status_code == 200


def test_a_member_asks_and_an_owner_approves_or_refuses(company: Company, client: Client) -> None:
    person = make_user(company=company, roles=["viewer"], name="Emil Brandt")
    theirs = browser_of(person)
    roles = address_of("licensing:roles", company)
    assert "Choose the role that you need." in read_with_status(theirs.post(roles, {"key": new_key()}), 422).text
    form = {"role": "credit-manager", "words": "For the plants.", "key": new_key()}
    assert "Asked" in read(theirs.post(roles, form, follow=True)).text
    assert "An owner decides" in read(theirs.get(roles)).text
    shown = page(client, "licensing:people", company).text
    assert "Emil Brandt asks for the role Credit manager." in " ".join(shown.split())
    assert "For the plants." in shown
    decide = address_of("licensing:role-request", company, RoleRequest.objects.get().pk)
    refused = client.post(decide, {"decision": "refuse", "key": new_key()})
    assert "Say why" in read_with_status(refused, 422).text
    client.post(decide, {"decision": "refuse", "words": "Katrin does that.", "key": new_key()})
    assert "Katrin does that." in read(theirs.get(roles)).text
    assert "Refused by Jonas Weber" in " ".join(read(client.get(decide)).text.split())
    theirs.post(roles, {**form, "key": new_key()})
    decide = address_of("licensing:role-request", company, RoleRequest.objects.latest("pk").pk)
    client.post(decide, {"decision": "approve", "key": new_key()})
    assert theirs.get(address_of("credits:add-allocation", company)).status_code == 200


def test_somebody_leaves_after_being_asked_once_more(company: Company, owner: User) -> None:
    person = make_user(company=company, roles=["viewer"])
    theirs = browser_of(person)
    address = address_of("licensing:leave", company)
    assert "Leave " in read(theirs.get(address)).text
    assert theirs.post(address, {"key": new_key()})["Location"] == reverse("licensing:companies")
    assert theirs.get(address).status_code == 404


def test_the_last_owner_is_led_to_people_and_offered_no_way_out(company: Company, owner: User, client: Client) -> None:
    people = address_of("licensing:people", company)
    for address in (address_of("licensing:leave", company), address_of("licensing:remove-member", company, owner.pk)):
        shown = read(client.get(address))
        assert "the only owner" in " ".join(shown.text.split())
        assert not [each for each in shown.all("form") if each["action"] == address]
        assert [each for each in shown.all("a", class_="btn") if each["href"] == people]
    make_user(company=company, roles=["owner"])
    assert [each for each in read(client.get(address)).all("form") if each["action"] == address]


def test_only_owners_find_people_in_the_sidebar(company: Company, client: Client) -> None:
    licenses = address_of("licensing:license-information", company)
    people = address_of("licensing:people", company)

    def sidebar(browser: Client, address: str) -> list[tuple[str, str]]:
        (nav,) = read(browser.get(address)).all("nav", id="sidebar")
        return [(each.text, each.get("aria-current")) for each in nav.all("a", class_="sidebar-link")]

    assert ("People", "page") in sidebar(client, people)
    assert ("License Information", "") in sidebar(client, people)
    viewer = browser_of(make_user(company=company, roles=["viewer"]))
    assert "People" not in dict(sidebar(viewer, licenses))


# --- Two at once


def at_once(*calls: Any) -> list[str]:
    """What each call, in a thread of its own, was refused with; empty for those that were done."""
    together, said = Barrier(len(calls)), []

    def run(call: Any) -> None:
        try:
            together.wait(10)
            call()
            said.append("")
        except DomainError as error:
            said.append(str(error))
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=[call]) for call in calls]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    return sorted(said)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["leave", "demote the other", "remove the other"])
def test_of_two_owners_who_go_at_once_one_stays(how: str) -> None:
    company = make_company()
    owners = [make_user(company=company, roles=["owner"]) for _ in range(2)]

    def go(one: User, other: User) -> Any:
        by = Actor.person(one)
        if how == "leave":
            return lambda: leave(company, by=by, key=new_key())
        roles = ["viewer"] if how == "demote the other" else []
        return lambda: set_roles(company, user=other, roles=roles, by=by, key=new_key())

    done, refused = at_once(go(*owners), go(*reversed(owners)))
    assert done == ""
    assert "at least one owner" in refused or "needs one of these roles" in refused
    assert Membership.objects.filter(company=company, roles__contains=["owner"]).count() == 1
