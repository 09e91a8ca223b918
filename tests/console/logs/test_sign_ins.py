"""Signing in and what changes how one does leaves a line, with person or hashed address and source; secrets do not."""

from __future__ import annotations

import copy
import logging
import sys
from logging.config import DictConfigurator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.urls import reverse

from console.logs.lines import LineFormatter
from console.logs.request_answered import answered
from console.logs.sign_ins import hashed
from console.models import SignIn, User
from console.settings.base import LOGGING_TO_TERMINAL
from tests.factories import make_user

pytestmark = pytest.mark.django_db

ADDRESS, PASSWORD, WRONG = "jane.doe@customer.example", "right password 1", "canary of a password"


@pytest.fixture
def person() -> User:
    return make_user(email=ADDRESS, password=PASSWORD)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """What was logged of sign-ins since it was asked for last, written as the terminal shows it, from the name on."""
    caplog.set_level(logging.INFO, "allotment.sign_in")

    def found() -> list[str]:
        said = [LineFormatter().format(each) for each in caplog.records if each.name == "allotment.sign_in"]
        assert not any(secret in line for line in said for secret in (ADDRESS, PASSWORD, WRONG))
        caplog.clear()
        return [line.split(" ", 1)[1] for line in said]

    return found


@pytest.fixture
def browser() -> Client:
    return Client(REMOTE_ADDR="203.0.113.7")


def sign_in(browser: Client, password: str = PASSWORD, address: str = ADDRESS) -> Any:
    return browser.post(reverse("account_login"), {"login": address, "password": password})


def test_signing_in_and_out_are_told_by_person_and_source(lines: Any, browser: Client, person: User) -> None:
    sign_in(browser)
    assert lines() == [f"INFO allotment.sign_in person=- signed in about={person.pk} source=203.0.113.7"]
    browser.post(reverse("account_logout"))
    assert lines() == [f"INFO allotment.sign_in person=- signed out about={person.pk} source=203.0.113.7"]


@pytest.mark.parametrize("address", [ADDRESS, "Nobody@customer.example"])
def test_a_failure_is_told_by_a_hash_of_the_address_and_a_limit_by_its_page(
    lines: Any, browser: Client, person: User, address: str
) -> None:
    for _time in range(6):
        sign_in(browser, WRONG, address)
    failed = f"WARNING allotment.sign_in person=- sign-in failed about=- source=203.0.113.7 address={hashed(address.lower())}"
    limit = "WARNING allotment.sign_in person=- limit reached about=- source=203.0.113.7 page=account_login"
    assert lines() == [failed] * 5 + [limit]


def test_an_answer_of_too_often_is_told(lines: Any, browser: Client) -> None:
    answers = [browser.post(reverse("account_reset_password"), {"email": ADDRESS}).status_code for _time in range(7)]
    limit = "WARNING allotment.sign_in person=- limit reached about=- source=203.0.113.7 page=account_reset_password"
    assert (answers.count(429), lines()) == (2, [limit] * 2)


def test_changes_of_password_and_factors_are_told_also_where_support_makes_them(
    lines: Any, browser: Client, person: User
) -> None:
    sign_in(browser)
    lines()
    change = {"oldpassword": PASSWORD, "password1": "another one 12345", "password2": "another one 12345"}
    assert browser.post(reverse("account_change_password"), change).status_code == 302
    assert any(f"password changed about={person.pk} source=203.0.113.7" in line for line in lines())
    TOTP.activate(person, "JBSWY3DPEHPK3PXP")
    assert lines() == [f"INFO allotment.sign_in person=- factor added about={person.pk} source=- kind=totp"]
    browser.post(reverse("account_logout"))
    sign_in(browser, "another one 12345")
    lines()
    browser.post(reverse("mfa_authenticate"), {"code": "123456"})
    assert lines() == [f"WARNING allotment.sign_in person=- factor failed about={person.pk} source=203.0.113.7 kind=totp"]
    Authenticator.objects.get(user=person).delete()
    assert lines() == [f"INFO allotment.sign_in person=- factor removed about={person.pk} source=- kind=totp"]


def test_a_session_that_ends_is_told_and_a_password_that_support_sets(lines: Any, browser: Client, person: User) -> None:
    sign_in(browser)
    session = SignIn.objects.get()
    lines()
    person.set_password("another one 12345")
    person.save()
    assert sorted(lines()) == [
        f"INFO allotment.sign_in person=- password changed about={person.pk} source=-",
        f"INFO allotment.sign_in person=- session ended about={person.pk} source=- because=password session={session.pk}",
    ]


def test_a_line_has_time_level_and_person_and_none_can_pass_for_another(person: User) -> None:
    record = logging.LogRecord("allotment.x", logging.ERROR, "", 0, "no\r\n2026 INFO %s", ("forged",), None)
    record.created, record.msecs = 1_772_625_600.123, 123.0
    assert LineFormatter().format(record) == r"2026-03-04T12:00:00.123Z ERROR allotment.x person=- no\r\n2026 INFO forged"
    request: Any = type("Request", (), {"_cached_user": person})()
    token = answered.set(request)
    try:
        assert f" person={person.pk} " in LineFormatter().format(record)
    finally:
        answered.reset(token)


def test_a_traceback_follows_its_line() -> None:
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        record = logging.LogRecord("allotment.x", logging.ERROR, "", 0, "broken", (), sys.exc_info())
    first, second, *_rest = LineFormatter().format(record).splitlines()
    assert first.endswith("ERROR allotment.x person=- broken")
    assert second.startswith("Traceback")


def test_the_terminal_gets_such_lines() -> None:
    configured = DictConfigurator(copy.deepcopy(LOGGING_TO_TERMINAL))
    formatter = configured.configure_formatter(LOGGING_TO_TERMINAL["formatters"]["line"])
    assert isinstance(formatter, LineFormatter)
    assert LOGGING_TO_TERMINAL["handlers"]["console"]["formatter"] == "line"
