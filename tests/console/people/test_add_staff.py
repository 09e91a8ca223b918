"""`manage.py add_staff`: the first person of support gets in, and nobody becomes staff who was not meant to."""

from __future__ import annotations

import io
import logging
import re
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from console.management.commands import add_staff
from console.models import OutgoingMail, User
from console.security.sealing import unseal
from tests.factories import make_company, make_user

pytestmark = pytest.mark.django_db

ADDRESS = "ada@vendor.test"
STRONG = "correct horse battery staple"


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.CONSOLE_URL, settings.ALLOWED_HOSTS = "https://console.vendor.test", ["console.vendor.test", "testserver"]
    monkeypatch.setattr(add_staff, "at_a_terminal", lambda stream: True)


def add(address: str = ADDRESS, **options: Any) -> str:
    said = io.StringIO()
    call_command("add_staff", address, stdout=said, **options)
    return said.getvalue()


def a_superuser() -> User:
    return make_user(email="first@vendor.test", is_staff=True, is_superuser=True)


def link_in(text: str) -> str:
    found = re.search(r"https://console\.vendor\.test(/accounts/password/reset/key/\S+)", text)
    assert found, text
    return found[1]


def set_password(client: Client, link: str) -> Any:
    page = client.get(link, follow=True)
    address = page.redirect_chain[-1][0] if page.redirect_chain else link
    return client.post(address, {"password1": STRONG, "password2": STRONG}, follow=True)


def test_the_first_person_opens_the_link_sets_a_password_and_works_at_the_support_desk(client: Client) -> None:
    link = link_in(add(superuser=True, name="Ada"))
    person = User.objects.get(email=ADDRESS)
    assert (person.is_staff, person.is_superuser, person.name) == (True, True, "Ada")
    assert not person.has_usable_password()
    set_password(client, link)
    client.logout()
    client.post("/accounts/login/", {"login": ADDRESS, "password": STRONG})
    assert client.get("/admin/").status_code == 200


def test_the_link_works_once(client: Client) -> None:
    link = link_in(add(superuser=True))
    set_password(client, link)
    assert "token_fail" in client.get(link, follow=True).context


def test_whoever_lost_the_link_gets_another_which_ends_nothing_else() -> None:
    add(superuser=True)
    assert link_in(add(superuser=True))
    assert User.objects.filter(email=ADDRESS).count() == 1


def test_the_link_goes_by_mail_where_that_is_asked_for_and_lies_sealed() -> None:
    said = add(superuser=True, mail=True)
    mail = OutgoingMail.objects.get()
    assert "/accounts/" not in said
    assert mail.to == ADDRESS
    assert link_in(unseal(mail.text))
    assert "/accounts/" not in mail.text


def test_a_password_is_asked_for_at_the_terminal(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda prompt: STRONG)
    said = add(superuser=True, ask_password=True)
    assert STRONG not in said
    assert User.objects.get(email=ADDRESS).check_password(STRONG)


@pytest.mark.parametrize(("first", "second", "why"), [("short", "short", "short"), (STRONG, "another", "not the same")])
def test_a_weak_or_mistyped_password_adds_nobody(first: str, second: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter([first, second])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    with pytest.raises(CommandError, match=why):
        add(superuser=True, ask_password=True)
    assert not User.objects.exists()


@pytest.mark.parametrize("options", [{}, {"ask_password": True}], ids=["link", "password"])
def test_without_a_terminal_no_secret_is_told_or_taken(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(add_staff, "at_a_terminal", lambda stream: False)
    with pytest.raises(CommandError, match="--mail"):
        add(superuser=True, **options)
    assert not User.objects.exists()


def test_the_first_one_has_to_be_a_superuser_and_others_need_not() -> None:
    with pytest.raises(CommandError, match="--superuser"):
        add()
    a_superuser()
    add()
    person = User.objects.get(email=ADDRESS)
    assert (person.is_staff, person.is_superuser) == (True, False)


def of_a_customer() -> None:
    make_user(email=ADDRESS, company=make_company(), roles=["viewer"])


def of_a_provider() -> None:
    SocialAccount.objects.create(user=make_user(email=ADDRESS), provider="entra", uid="7")


DANGEROUS = {
    "signs in for a customer": of_a_customer,
    "identity provider": of_a_provider,
    "was deactivated": lambda: make_user(email=ADDRESS, is_active=False),
    "has signed in before": lambda: make_user(email=ADDRESS, last_login=timezone.now()),
    "with a way to sign in": lambda: make_user(email=ADDRESS, is_staff=True, is_superuser=True),
    "without all rights": lambda: make_user(email=ADDRESS, is_staff=True),
}


@pytest.mark.parametrize("why", DANGEROUS)
def test_what_is_dangerous_is_refused_and_nothing_written(why: str) -> None:
    a_superuser()
    DANGEROUS[why]()
    before = list(User.objects.order_by("pk").values())
    with pytest.raises(CommandError, match=why):
        add(superuser=True)
    assert list(User.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(("address", "why"), [("ada", "no e-mail address"), ("ada@vendor.example", "cannot get mail")])
def test_an_address_that_gets_no_mail_is_refused(address: str, why: str) -> None:
    with pytest.raises(CommandError, match=why):
        add(address, superuser=True)


def test_a_password_from_before_opens_nothing_of_staff() -> None:
    make_user(email=ADDRESS)
    link_in(add(superuser=True))
    person = User.objects.get(email=ADDRESS)
    assert person.is_staff
    assert not person.has_usable_password()


def test_capitals_make_no_second_person() -> None:
    add(superuser=True)
    add(ADDRESS.upper(), superuser=True)
    assert User.objects.count() == 1


def test_it_leaves_a_line_in_the_trail(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "allotment.sign_in"):
        add(superuser=True)
    person = User.objects.get(email=ADDRESS)
    assert f"staff made about={person.pk} source=- superuser=yes" in caplog.text
    assert ADDRESS not in caplog.text
