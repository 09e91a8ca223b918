"""Wrong passwords: guessers are stopped, the person is not kept out, and is told."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.people.attempts import passwords
from console.people.attempts.passwords import Refused, Try, count, forget, site_of, slowed, take_back, wait_in_words
from console.security.arriving.who_and_how import network_of
from tests.factories import PASSWORD, make_user
from tests.jobs import queued, run_jobs

pytestmark = pytest.mark.django_db

LOGIN = "jane.doe@customer.example"
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """A clock that stands until one waits."""
    clock = SimpleNamespace(at=NOON)

    def later(seconds: float) -> None:
        clock.at += timedelta(seconds=seconds)

    monkeypatch.setattr(passwords, "timezone", SimpleNamespace(now=lambda: clock.at))
    return later


def counted(address: str, login: str = LOGIN, times: int = 1) -> list[bool]:
    return [isinstance(count(login, address), Try) for _time in range(times)]


def test_five_for_a_person_from_a_network_then_a_pause_of_five_minutes(wait: Callable[[float], None]) -> None:
    assert counted("192.0.2.1", times=6) == [True] * 5 + [False]
    found = count(LOGIN.upper() + " ", "192.0.2.1")
    assert isinstance(found, Refused)
    assert (found.why, found.wait) == ("Too many failed sign-ins with this address. Try again in 6 minutes.", 301)
    assert counted("192.0.2.2") == [True], "from another network it is another count"
    wait(301)
    assert counted("192.0.2.1") == [True]


def test_ten_from_a_network_for_whomever_in_a_minute(wait: Callable[[float], None]) -> None:
    assert [counted("192.0.2.1", f"person-{number}@x.example")[0] for number in range(11)] == [True] * 10 + [False]
    assert counted("192.0.2.2", "person-10@x.example") == [True]
    wait(61)
    assert counted("192.0.2.1", "person-10@x.example") == [True]


def test_many_networks_slow_each_other_and_never_stop_a_first_try(wait: Callable[[float], None]) -> None:
    """Each network has its first guess; the next has to wait, longer the more there were for the person."""
    for number in range(100):
        assert counted(f"192.0.2.{number}") == [True]
    wait(100)
    found = count(LOGIN, "192.0.2.99")
    assert isinstance(found, Refused)
    assert (
        found.why
        == "Many sign-ins with this address failed today, so there is a pause between two tries. Try again in 14 minutes."
    )
    assert counted("203.0.113.9") == [True], "somebody else's network: that of the person"
    wait(801)
    assert counted("192.0.2.99") == [True]
    wait(24 * 3600)
    assert counted("192.0.2.99", times=5) == [True] * 5, "the day after nothing is left of it"


@pytest.mark.parametrize(
    ("failed", "seconds"), [(0, 0), (9, 0), (10, 15), (14, 15), (15, 30), (25, 120), (40, 900), (10_000, 900)]
)
def test_the_pause_grows_and_has_an_end(failed: int, seconds: int) -> None:
    assert slowed(failed) == seconds


def test_what_was_right_counts_no_more_and_what_was_wrong_before_still_does(wait: Callable[[float], None]) -> None:
    assert counted("192.0.2.1", times=4) == [True] * 4
    right = count(LOGIN, "192.0.2.1")
    assert isinstance(right, Try)
    take_back(right)
    assert counted("192.0.2.1", times=2) == [True, False]


def test_a_new_password_by_mail_lets_the_person_be_slowed_no_more(wait: Callable[[float], None]) -> None:
    for number in range(30):
        counted(f"192.0.2.{number}")
    forget(LOGIN)
    wait(1)
    assert counted("192.0.2.1") == [True]


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_counted_one_by_one() -> None:
    def guess(_number: int) -> bool:
        try:
            return counted("192.0.2.1")[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(guess, range(24))) == 5


@pytest.mark.django_db(transaction=True)
def test_the_networks_that_one_site_is_divided_into_do_not_help_a_guesser() -> None:
    def guess(number: int) -> bool:
        try:
            return counted(f"2001:db8:1:{number:x}::1")[0]
        finally:
            connection.close()

    cache.clear()
    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(guess, range(100))) == 10
    assert counted("2001:db8:2::1") == [True], "nobody at another site is kept out"
    assert counted("192.0.2.1") == [True]
    assert counted("2001:db8:1:ffff::1", "somebody.else@customer.example") == [True], "nor is somebody else at this one"
    cache.clear()


def test_of_a_site_one_waits_as_of_a_network_and_a_right_password_counts_no_more(wait: Callable[[float], None]) -> None:
    assert sum(counted(f"2001:db8:1:{number:x}::1")[0] for number in range(20)) == 10
    found = count(LOGIN, "2001:db8:1:99::1")
    assert isinstance(found, Refused)
    assert found.wait == 16
    wait(16)
    right = count(LOGIN, "2001:db8:1:99::1")
    assert isinstance(right, Try)
    take_back(right)
    assert counted("2001:db8:1:98::1") == [True]
    assert counted("2001:db8:1:97::1") == [False]


def test_no_address_is_kept_where_tries_are() -> None:
    counted("192.0.2.1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM console_cache")
        assert "jane" not in str(cursor.fetchall())
    cache.clear()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_a_network_is_what_one_subscriber_has(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("address", "site"), [("192.0.2.7", ""), ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"), ("unknown", ""), ("", "")]
)
def test_a_site_is_of_ipv6_alone(address: str, site: str) -> None:
    assert site_of(address) == site


@pytest.mark.parametrize(("seconds", "words"), [(1, "1 second"), (40, "40 seconds"), (91, "2 minutes"), (301, "6 minutes")])
def test_a_pause_is_told_in_words(seconds: int, words: str) -> None:
    assert wait_in_words(seconds) == words


# --- By the pages


def sign_in(address: str, login: str, password: str = "wrong") -> Any:
    return Client(REMOTE_ADDR=address).post(reverse("account_login"), {"login": login, "password": password})


@pytest.mark.parametrize("known", [True, False])
def test_the_person_is_told_once_a_day_and_a_stranger_learns_nothing(known: bool) -> None:
    login = make_user().email if known else LOGIN
    said = {sign_in(f"198.51.100.{number}", login).content.decode().count("not correct") for number in range(20)}
    assert said == {1}
    run_jobs()
    assert [(each.to, each.subject) for each in mail.outbox] == (
        [([login], "Many failed sign-ins with your address")] if known else []
    )
    if known:
        assert "wrong password 15 times or more" in mail.outbox[0].body


def test_a_pause_is_told_at_sign_in_and_the_right_password_waits_as_well() -> None:
    login = make_user().email
    for _time in range(5):
        sign_in("198.51.100.1", login)
    refused = sign_in("198.51.100.1", login, PASSWORD)
    assert (refused.status_code, "Too many failed sign-ins with this address." in refused.content.decode()) == (200, True)
    assert sign_in("198.51.100.2", login, PASSWORD).status_code == 302


def test_a_code_is_asked_for_after_the_right_password_alone_and_guesses_of_it_are_told() -> None:
    person = make_user()
    TOTP.activate(person, "JBSWY3DPEHPK3PXP")
    stranger = Client()
    assert stranger.get(reverse("mfa_authenticate")).status_code == 302
    stranger.post(reverse("mfa_authenticate"), {"code": "000000"})
    client = Client()
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    answers = [client.post(reverse("mfa_authenticate"), {"code": f"00000{number}"}).content.decode() for number in range(6)]
    assert ["Too many failed" in each for each in answers] == [False] * 5 + [True]
    anew = Client()
    anew.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    assert "Too many failed" in anew.post(reverse("mfa_authenticate"), {"code": "000000"}).content.decode()
    run_jobs()
    assert [each.subject for each in mail.outbox] == ["Wrong codes after your right password"]


def test_from_the_fifteenth_wrong_password_on_statements_tell_nothing_of_whether_there_is_such_a_person() -> None:
    def asked(login: str) -> list[list[str]]:
        found = []
        for number in range(17):
            with CaptureQueriesContext(connection) as asked:
                sign_in(f"198.51.100.{number}", login)
            found.append([each["sql"].partition("'")[0] for each in asked])
        return found

    asked("warm@customer.example")
    assert [len(each) for each in asked(make_user().email)] == [len(each) for each in asked(LOGIN)]
    [known, unknown, other] = [said for task, said, _due in queued() if task == "console.tell_of_passwords"]
    assert "@" not in str([known, unknown, other])
    cache.clear()
