"""A provider signs in people of its own domains, never staff unless that is stated; what it answers is played."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from console.models import User
from console.people.who_may_sign_in import MAY_SIGN_UP
from tests.console.people.played_provider import Provider, comes_from, signed_in, with_settings
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def test_a_verified_address_of_its_domain_signs_in_and_is_connected(contoso: Provider, client: Client) -> None:
    ada = make_user(email="ada@contoso.example")
    assert comes_from(contoso, client, email="Ada@Contoso.example").status_code == 302
    assert signed_in(client) == str(ada.pk)
    assert SocialAccount.objects.get().user == ada
    again = Client()
    comes_from(contoso, again, email="ada@contoso.example")
    assert signed_in(again) == str(ada.pk)


@pytest.mark.parametrize(
    ("address", "verified"),
    [
        ("ada@fabrik.example", True),
        ("ada@evil.contoso.example", True),
        ("ada@contoso.example.evil.example", True),
        ("ada@contoso.example", False),
        ("ada@contoso.example", "false"),
        ("ada@contoso.example", None),
        ("ada@contoso.example", 0),
    ],
)
def test_no_other_address_does(address: str, verified: object, contoso: Provider, client: Client) -> None:
    make_user(email=address)
    answer = comes_from(contoso, client, email=address, email_verified=verified)
    assert "Sign Up Closed" in answer.content.decode() or "account" in answer.content.decode()
    assert signed_in(client) == ""
    assert not SocialAccount.objects.exists()


def test_without_domains_it_connects_no_account_that_is_there(contoso: Provider, client: Client, settings: Any) -> None:
    with_settings(settings, DOMAINS="")
    make_user(email="ada@contoso.example")
    comes_from(contoso, client, email="ada@contoso.example")
    assert signed_in(client) == ""
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("fields", [{"is_staff": True}, {"is_superuser": True}, {"is_staff": True, "is_superuser": True}])
def test_staff_sign_in_by_it_only_where_that_is_stated(
    fields: Any, contoso: Provider, client: Client, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    staff = make_user(email="support@contoso.example", **fields)
    with caplog.at_level(logging.WARNING, "allotment.sign_in"):
        answer = comes_from(contoso, client, email="support@contoso.example")
    assert answer.status_code == 403
    assert "Support staff do not sign in this way" in answer.content.decode()
    assert any(f"provider refused about={staff.pk}" in each.getMessage() for each in caplog.records)
    assert signed_in(client) == ""
    assert not SocialAccount.objects.exists()
    with_settings(settings, STAFF="1")
    comes_from(contoso, client, email="support@contoso.example")
    assert signed_in(client) == str(staff.pk)


def test_who_became_staff_is_refused_though_the_account_was_connected(contoso: Provider, client: Client) -> None:
    ada = make_user(email="ada@contoso.example")
    comes_from(contoso, client, email="ada@contoso.example")
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    again = Client()
    assert comes_from(contoso, again, email="ada@contoso.example").status_code == 403
    assert signed_in(again) == ""


def test_an_account_connected_before_is_refused_outside_of_the_domains(contoso: Provider, client: Client) -> None:
    bob = make_user(email="bob@fabrik.example")
    SocialAccount.objects.create(user=bob, provider="contoso", uid="1")
    answer = comes_from(contoso, client, email="bob@contoso.example")
    assert answer.status_code == 403
    assert "not for the domain of your address" in answer.content.decode()
    assert signed_in(client) == ""


@pytest.mark.parametrize(
    ("address", "staff", "connected"),
    [
        ("ada@contoso.example", False, True),
        ("ada@fabrik.example", False, False),
        ("ada@contoso.example", True, False),
    ],
)
def test_somebody_signed_in_connects_it_within_the_same_bounds(
    address: str, staff: bool, connected: bool, contoso: Provider, client: Client
) -> None:
    ada = make_user(email=address, is_staff=staff)
    EmailAddress.objects.create(user=ada, email=address, verified=True, primary=True)
    client.post("/accounts/login/", {"login": address, "password": PASSWORD})
    assert signed_in(client) == str(ada.pk)
    answer = comes_from(contoso, client, process="connect", email="ada@contoso.example")
    assert answer.status_code == (302 if connected else 403)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})  # carries on what was asked for, if anything
    assert SocialAccount.objects.exists() == connected


def test_who_brought_a_purchase_makes_an_account_with_an_address_of_its_domains_alone(contoso: Provider) -> None:
    for address, made in (("new@fabrik.example", False), ("new@contoso.example", True)):
        client = Client()
        session = client.session
        session[MAY_SIGN_UP] = "1"
        session.save()
        comes_from(contoso, client, sub=address, email=address)
        assert User.objects.filter(email=address).exists() == made


def test_nobody_signs_in_by_what_a_provider_says_of_another_ones_person(contoso: Provider, client: Client) -> None:
    ada = make_user(email="ada@contoso.example")
    SocialAccount.objects.create(user=ada, provider="fabrik", uid="1", last_login=timezone.now())
    comes_from(contoso, client, email="eve@contoso.example")
    assert signed_in(client) == ""
    assert django_settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["OAUTH_PKCE_ENABLED"]
