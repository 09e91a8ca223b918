"""Where the link of an invitation leads: accepting with and without an account, and a sentence for whatever opens nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from console.models import Actor, User
from licensing.acts.people.invite import send_again, withdraw_invitation
from licensing.models import Company, Invitation, Membership
from tests.factories import PASSWORD, make_company, make_user, new_key
from tests.invitations import invited, link_in_mail, owner_of
from tests.markup import read
from tests.pages import browser_of, read_with_status

pytestmark = pytest.mark.django_db

EMAIL = "new@aster.example"
GOOD = "seven brown kettles"


@pytest.fixture
def company() -> Company:
    return make_company(name="Aster Foods")


def opened(link: str, client: Client | None = None) -> Any:
    """The page that following the link ends at."""
    return (client or Client()).get(link, follow=True)


def sentence(response: Any, status: int) -> str:
    shown = read_with_status(response, status)
    (said,) = shown.all("p", **{"data-sentence": "*"})
    return " ".join(said.text.split())


def test_somebody_without_an_account_makes_one_and_is_in(company: Company) -> None:
    invited(company, EMAIL, roles=["credit-manager"], words="Welcome!")
    client = Client()
    response = opened(link_in_mail(EMAIL), client)
    assert response.request["PATH_INFO"] == "/invitations/"
    assert response["Cache-Control"] == "no-store"
    shown = " ".join(read(response).text.split())
    for words in ("Join Aster Foods", f"{owner_of(company)} invites {EMAIL}", "Credit manager", "Welcome!"):
        assert words in shown
    for wrong, status in (({"name": "", "password": GOOD}, 422), ({"name": "Emil", "password": "password1234"}, 422)):
        again = client.post("/invitations/", {**wrong, "key": new_key()})
        assert again.status_code == status
        assert wrong["password"] not in again.content.decode()
    response = client.post("/invitations/", {"name": "Emil Brandt", "password": GOOD, "key": new_key()}, follow=True)
    assert "Joined: you are a member of Aster Foods now: Credit manager." in " ".join(read(response).text.split())
    person = User.objects.get(email=EMAIL)
    assert (str(person), person.check_password(GOOD)) == ("Emil Brandt", True)
    other = Client()
    signed_in = other.post("/accounts/login/", {"login": EMAIL, "password": GOOD}, follow=True)
    assert signed_in.context["user"] == person


def test_the_link_leads_who_has_accepted_it_to_the_company_as_long_as_they_are_in_it(company: Company) -> None:
    person = make_user(email=EMAIL)
    invited(company, EMAIL)
    link, browser = link_in_mail(EMAIL), browser_of(person)
    opened(link, browser)
    assert browser.post("/invitations/", {"key": new_key()}).status_code == 302
    assert browser.get(link)["Location"] == f"/companies/{company.slug}/roles/"
    assert "was used already" in sentence(opened(link), 410)
    Membership.objects.filter(user=person).delete()
    assert "was used already" in sentence(opened(link, browser), 410)


def test_somebody_with_an_account_signs_in_and_accepts(company: Company) -> None:
    person = make_user(email=EMAIL)
    invited(company, EMAIL)
    client = Client()
    shown = read(opened(link_in_mail(EMAIL), client))
    (way,) = [each for each in shown.all("a") if each.text.strip() == "Sign in to accept"]
    assert way["href"] == "/accounts/login/?next=/invitations/"
    assert client.post("/invitations/", {"name": "Mallory", "password": GOOD, "key": new_key()})["Location"] == way["href"]
    client.post(way["href"], {"login": EMAIL, "password": PASSWORD, "next": "/invitations/"})
    assert "Accept the invitation" in read(client.get("/invitations/")).text
    key = new_key()
    for _time in range(2):
        response = client.post("/invitations/", {"key": key}, follow=True)
        assert response.status_code in (200, 404)
    assert Membership.objects.get(user=person).company == company


def test_opening_a_link_changes_nothing(company: Company) -> None:
    found = invited(company, EMAIL)
    for _time in range(3):
        opened(link_in_mail(EMAIL))
        Client().head(link_in_mail(EMAIL))
    found.refresh_from_db()
    assert found.state_at(timezone.now()) == "open"
    assert not User.objects.filter(email=EMAIL).exists()


def test_somebody_signed_in_with_another_address_learns_what_to_do_and_nothing_else(company: Company) -> None:
    invited(company, EMAIL)
    mallory = browser_of(make_user())
    for response in (opened(link_in_mail(EMAIL), mallory), mallory.get(link_in_mail(EMAIL))):
        assert sentence(response, 403).startswith("This invitation is for another address than yours. Sign out")
        for secret in (EMAIL, company.name, str(owner_of(company))):
            assert secret not in response.content.decode()
    assert mallory.post("/invitations/", {"key": new_key()}).status_code == 404


def expired(found: Invitation) -> None:
    Invitation.objects.filter(pk=found.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def withdrawn(found: Invitation) -> None:
    withdraw_invitation(found.company, invitation=found.pk, by=Actor.person(owner_of(found.company)), key=new_key())


def replaced(found: Invitation) -> None:
    send_again(found.company, invitation=found.pk, by=Actor.person(owner_of(found.company)), key=new_key())


def used(found: Invitation) -> None:
    client = Client()
    opened(link_in_mail(EMAIL), client)
    client.post("/invitations/", {"name": "Emil Brandt", "password": GOOD, "key": new_key()})


@pytest.mark.parametrize(
    ("done", "status", "said"),
    [
        (expired, 410, "has expired"),
        (withdrawn, 410, "was withdrawn"),
        (used, 410, "was used already"),
        (replaced, 404, "opens no invitation"),
    ],
    ids=["expired", "withdrawn", "used", "replaced"],
)
def test_each_link_that_is_over_has_its_sentence(company: Company, done: Any, status: int, said: str) -> None:
    found = invited(company, EMAIL)
    link = link_in_mail(EMAIL)
    before = Client()
    opened(link, before)  # the page is open while it happens
    done(found)
    assert said in sentence(opened(link), status)
    assert said in sentence(before.post("/invitations/", {"name": "Late", "password": GOOD, "key": new_key()}), status)
    assert not User.objects.filter(name="Late").exists()
    assert company.name not in opened(link).content.decode()


@pytest.mark.parametrize("link", ["/invitations/x/", f"/invitations/{'a' * 5000}/", "/invitations/a/b/c/"])
def test_an_unknown_link_has_a_sentence_and_leaves_no_session(link: str) -> None:
    client = Client()
    assert "opens no invitation" in sentence(client.get(link), 404)
    assert not client.cookies.get("sessionid")


def test_without_a_link_the_page_says_to_open_it() -> None:
    assert "Open the link in the mail once more" in sentence(Client().get("/invitations/"), 404)


def test_an_account_that_is_switched_off_is_not_opened_by_an_invitation(company: Company) -> None:
    make_user(email=EMAIL, is_active=False)
    invited(company, EMAIL)
    assert "switched off" in sentence(opened(link_in_mail(EMAIL)), 403)


def test_passwords_are_tried_so_often_an_hour(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("licensing.pages.people.invitation.TRIES_IN_AN_HOUR", 2)
    invited(company, EMAIL)
    client = Client()
    opened(link_in_mail(EMAIL), client)
    form = {"name": "Emil", "password": "short"}
    assert [client.post("/invitations/", {**form, "key": new_key()}).status_code for _time in range(3)] == [422, 422, 429]


def test_the_secret_of_a_link_is_in_no_line_of_the_log(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    invited(company, EMAIL)
    link = link_in_mail(EMAIL)
    with caplog.at_level("DEBUG"):
        opened(link)
        Client().get(link.replace("/invitations/", "/invitations//"))
    assert link.split("/")[2] not in caplog.text
