"""Nobody makes an account; limits on attempts are kept in the database."""

from typing import Any

import pytest
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.socialaccount.adapter import get_adapter as get_social_adapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import Permission
from django.core.cache import caches
from django.test import Client, RequestFactory
from django.urls import reverse


def test_sign_up_is_closed_by_form_and_by_provider() -> None:
    request = RequestFactory().get("/")
    request.session = {}  # type: ignore[assignment]
    assert not get_account_adapter(request).is_open_for_signup(request)
    assert not get_social_adapter(request).is_open_for_signup(request, SocialLogin(account=SocialAccount()))


@pytest.mark.django_db
def test_attempts_are_counted_in_the_database_and_limited(client: Client) -> None:
    get_user_model().objects.create_user("someone@example.com", "right password")
    for password in ["wrong"] * 5 + ["right password"]:
        response = client.post(reverse("account_login"), {"login": "someone@example.com", "password": password})
    assert response.status_code != 302
    assert "_auth_user_id" not in client.session
    assert caches["default"].__class__.__name__ == "KeepingCache"


def test_the_policy_and_the_headers_stand_on_every_page(client: Client, db: None) -> None:
    response = client.get(reverse("account_login"))
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert settings.SESSION_COOKIE_HTTPONLY


class CountedHasher(MD5PasswordHasher):
    hashed = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).hashed += 1
        return super().encode(password, salt)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["someone@example.com", "nobody@example.com"])
def test_a_failed_sign_in_costs_one_hash_whether_the_address_is_known_or_not(client: Client, settings: Any, address: str) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.{CountedHasher.__name__}"]
    get_user_model().objects.create_user("someone@example.com", "right password")
    CountedHasher.hashed = 0
    client.post(reverse("account_login"), {"login": address, "password": "wrong"})
    assert CountedHasher.hashed == 1


@pytest.mark.django_db
def test_permissions_are_those_that_staff_were_given() -> None:
    person = get_user_model().objects.create_user("staff@example.com", "right password")
    person.user_permissions.add(Permission.objects.get(codename="view_user"))
    assert person.get_all_permissions() == {"console.view_user"}
