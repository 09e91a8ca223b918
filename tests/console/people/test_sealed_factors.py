"""Secrets of second factors lie sealed in the database, those set up before they were included."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.apps import apps
from django.db import connection

from console.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def person() -> User:
    return make_user()


def kept() -> str:
    """All that the table holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        return json.dumps(cursor.fetchall())


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_the_secret_of_an_app_is_sealed_and_its_codes_hold(person: User) -> None:
    factor = TOTP.activate(person, SECRET)
    assert SECRET not in kept()
    assert factor.validate_code(code_of(SECRET))
    assert not factor.validate_code("000000x")


def test_recovery_codes_are_sealed_and_each_holds_once(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecoveryCodes, "generate_seed", classmethod(lambda cls: "5eed" * 20))
    codes = RecoveryCodes.activate(person)
    assert "5eed" not in kept()
    one = codes.get_unused_codes()[0]
    assert codes.validate_code(one)
    assert not codes.validate_code(one)


def test_a_factor_of_a_former_key_still_opens(person: User, settings: Any) -> None:
    factor = TOTP.activate(person, SECRET)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key, as a rotation makes one"
    assert factor.validate_code(code_of(SECRET))


def test_factors_from_before_are_sealed_once_and_keep_working(person: User) -> None:
    migration = import_module("console.migrations.0009_seal_factors")
    totp = Authenticator.objects.create(user=person, type="totp", data={"secret": SECRET})
    codes = Authenticator.objects.create(user=person, type="recovery_codes", data={"seed": "5eed" * 20, "used_mask": 2})
    key = Authenticator.objects.create(user=person, type="webauthn", data={"name": "Key", "credential": {"secret": "no"}})
    for _run in range(2):
        migration.seal_factors(apps, None)
        assert SECRET not in kept()
        assert "5eed" not in kept()
    assert TOTP(Authenticator.objects.get(pk=totp.pk)).validate_code(code_of(SECRET))
    assert len(RecoveryCodes(Authenticator.objects.get(pk=codes.pk)).get_unused_codes()) == 9
    assert Authenticator.objects.get(pk=key.pk).data == key.data
    migration.open_factors(apps, None)
    assert Authenticator.objects.get(pk=totp.pk).data == {"secret": SECRET}
    assert Authenticator.objects.get(pk=codes.pk).data == {"seed": "5eed" * 20, "used_mask": 2}
