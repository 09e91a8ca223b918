"""Sessions end when they should: by limits of the role, by their person, by support, and for good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from console.errors import Refused
from console.logs.request_answered import answered
from console.models import Act, Actor, SignIn, User
from console.people.second_factor.of_the_demo import code_of
from console.people.sessions.begin_and_end import end_sessions, open_sessions_of
from console.people.sessions.device import device_in_words
from console.people.sessions.end_for_support import end_sessions_of
from console.people.sessions.forget_old_sessions import end_what_is_over, forget_ended_sessions
from console.people.sessions.limits import Limits, limits_of
from tests.factories import PASSWORD, SYSTEM, make_company, make_user, new_key
from tests.markup import read
from tests.pages import browser_of

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PAGE = "/accounts/notices/"


@pytest.fixture
def person() -> User:
    return make_user(company=make_company(), roles=["owner"])


def signed_in(person: User, *, keep: bool = False, address: str = "203.0.113.7", agent: str = FIREFOX) -> Client:
    client = Client(REMOTE_ADDR=address, headers={"User-Agent": agent})
    typed = {"login": person.email, "password": PASSWORD, **({"remember": "on"} if keep else {})}
    assert client.post(reverse("account_login"), typed).status_code == 302
    return client


def is_open(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


def aged(*, idle: timedelta = timedelta(0), whole: timedelta = timedelta(0)) -> None:
    """Every session was last seen, and begun, so long ago."""
    SignIn.objects.update(seen_at=Now() - idle, signed_in_at=Now() - max(idle, whole))


def confirmed(client: Client) -> Client:
    """They gave their password a moment ago, as ending asks for."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


HOURS, ALMOST = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("staff", "keep", "idle", "whole"),
    [(False, False, 12, 14 * 24), (False, True, 168, 14 * 24), (True, False, 2, 12), (True, True, 2, 12)],
    ids=["usual", "kept", "staff", "staff who asked to stay"],
)
def test_a_session_ends_by_the_limits_of_its_role(staff: bool, keep: bool, idle: int, whole: int) -> None:
    person = make_user(is_staff=staff)
    for limit, why in (({"idle": idle * HOURS}, "idle"), ({"whole": whole * HOURS}, "age")):
        client = signed_in(person, keep=keep)
        aged(**{name: value - ALMOST for name, value in limit.items()})
        assert is_open(client)
        aged(**limit)
        assert not is_open(client)
        assert SignIn.objects.latest("pk").ended_because == why
        aged()
        assert not is_open(client), "once it has ended it never opens again"


def test_who_becomes_staff_has_their_limits_at_once(person: User) -> None:
    client = signed_in(person, keep=True)
    aged(idle=3 * HOURS)
    User.objects.filter(pk=person.pk).update(is_staff=True)
    assert not is_open(client)


def test_being_there_is_written_down_every_few_minutes_and_costs_no_statement_else(person: User) -> None:
    client = signed_in(person)

    def statements() -> list[str]:
        with CaptureQueriesContext(connection) as asked:
            assert is_open(client)
        said = [each["sql"] for each in asked.captured_queries if "console_signin" in each["sql"]]
        return ["write" if 'UPDATE "console_signin"' in each else "read" for each in said]

    assert statements() == ["read"]
    aged(idle=timedelta(minutes=6))
    assert statements() == ["read", "write"]
    assert statements() == ["read"]


def test_nothing_opens_without_the_row_wherever_the_session_lies(person: User) -> None:
    ended, gone = signed_in(person), signed_in(person)
    first, second = SignIn.objects.order_by("pk")
    SignIn.objects.filter(pk=first.pk).update(ended_at=timezone.now(), ended_because="person")
    second.delete()
    for client in (ended, gone):
        key = client.cookies["sessionid"].value
        assert not is_open(client)
        client.cookies["sessionid"] = key
        assert not is_open(client)


def test_a_session_of_an_earlier_version_gets_its_row_and_one_that_lost_it_does_not(person: User) -> None:
    client = signed_in(person)
    SignIn.objects.all().delete()
    session = client.session
    del session["sign_in"]
    session["_auth_user_backend"] = "allauth.account.auth_backends.AuthenticationBackend"
    session.save()
    assert is_open(client)
    row = SignIn.objects.get()
    assert (row.person, row.device) == (person, "Firefox on Windows")
    assert is_open(client)
    row.delete()
    assert not is_open(client)
    assert not SignIn.objects.exists()


def test_who_signs_in_anew_in_the_same_session_gets_a_new_key(person: User) -> None:
    client = signed_in(person)
    key = client.cookies["sessionid"].value
    client.force_login(person)
    assert client.cookies["sessionid"].value != key
    assert is_open(client)
    assert Session.objects.count() == 1


def test_the_row_of_another_persons_session_opens_nothing(person: User) -> None:
    client = signed_in(person)
    signed_in(make_user())
    session = client.session
    session["sign_in"] = SignIn.objects.latest("pk").pk
    session.save()
    assert not is_open(client)


def test_the_key_of_a_session_stands_in_no_row(person: User) -> None:
    client = signed_in(person)
    key = client.cookies["sessionid"].value
    row = SignIn.objects.get()
    assert key not in (row.session, row.device, row.address)
    assert key not in confirmed(client).get(reverse("account_sessions")).content.decode()


def test_a_new_key_after_a_change_of_password_is_the_same_session_and_the_others_end(person: User) -> None:
    client, other = signed_in(person), signed_in(person)
    before = SignIn.objects.order_by("pk")[0].session
    typed = {"oldpassword": PASSWORD, "password1": "another one 12345", "password2": "another one 12345"}
    assert client.post(reverse("account_change_password"), typed).status_code == 302
    assert is_open(client)
    assert not is_open(other)
    first, second = SignIn.objects.order_by("pk")
    assert first.ended_at is None
    assert first.session != before
    assert second.ended_because == "password"


def test_support_that_sets_a_password_or_switches_somebody_off_ends_their_sessions(person: User) -> None:
    signed_in(person)
    person.set_password("another good one 7")
    person.save()
    assert SignIn.objects.get().ended_because == "password"
    client = browser_of(person)
    person.is_active = False
    person.save()
    assert SignIn.objects.latest("pk").ended_because == "switched-off"
    person.is_active = True
    person.save()
    assert not is_open(client)


def test_signing_out_ends_it_and_signing_in_anew_begins_another(person: User) -> None:
    client = signed_in(person)
    client.post(reverse("account_logout"))
    assert SignIn.objects.get().ended_because == "signed-out"
    client = signed_in(person)
    client.force_login(person)
    assert open_sessions_of(person).count() == 1


def test_a_first_factor_ends_what_was_begun_with_the_password_alone(
    person: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    client, other = confirmed(signed_in(person)), signed_in(person)
    client.get(reverse("mfa_activate_totp"))
    code = code_of(client.session["mfa.totp.secret"])
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("mfa_activate_totp"), {"code": code}).status_code == 302
    assert Authenticator.objects.filter(user=person, type="totp").exists()
    assert is_open(client)
    assert not is_open(other)


# --- The person's own page


def sessions_shown(client: Client) -> list[str]:
    content = read(client.get(reverse("account_sessions"))).by_id("content")
    return [" ".join(each.text.split()) for each in content.all("div", class_="session-head")]


def test_a_person_sees_where_they_are_signed_in_and_which_one_this_is(person: User) -> None:
    signed_in(make_user())
    signed_in(person, agent="curl/8.0", address="198.51.100.4")
    client = signed_in(person)
    assert sessions_shown(client) == ["Firefox on Windows This session", "Unknown browser"]
    text = read(client.get(reverse("account_sessions"))).by_id("content").text
    assert "203.0.113.7" in text
    assert "198.51.100.4" in text
    assert "12 hours without use" in text
    assert "signed in now, in the time of Europe/Berlin." in text


def test_one_is_ended_at_once_and_so_are_all_others_but_this(person: User) -> None:
    first, second, client = signed_in(person), signed_in(person), confirmed(signed_in(person))
    rows = [each.pk for each in SignIn.objects.order_by("pk")]
    assert client.post(reverse("account_sessions"), {"end": rows[0]}).status_code == 302
    assert [is_open(each) for each in (first, second, client)] == [False, True, True]
    client.post(reverse("account_sessions"), {"end": "others"})
    assert [is_open(each) for each in (first, second, client)] == [False, False, True]
    client.post(reverse("account_sessions"), {"end": rows[2]})
    assert is_open(client), "this one ends by signing out"


def test_ending_asks_for_the_password_first_and_then_goes_on(person: User) -> None:
    other, client = signed_in(person), signed_in(person)
    asked = client.post(reverse("account_sessions"), {"end": "others"})
    assert asked.url.startswith(reverse("account_reauthenticate"))  # type: ignore[attr-defined]
    assert is_open(other)
    assert client.post(asked.url, {"password": PASSWORD}).status_code == 302  # type: ignore[attr-defined]
    assert not is_open(other)


@pytest.mark.parametrize("end", ["", "0", "x", "9" * 30, "-1"])
def test_nobody_ends_sessions_of_others(person: User, end: str) -> None:
    stranger = signed_in(make_user())
    theirs = str(SignIn.objects.latest("pk").pk)
    client = confirmed(signed_in(person))
    for wanted in (theirs, end):
        assert client.post(reverse("account_sessions"), {"end": wanted}).status_code == 302
    assert is_open(stranger)


# --- Support


def test_support_ends_one_or_all_sessions_of_a_person_with_a_reason(person: User) -> None:
    first, second = signed_in(person), signed_in(person)
    desk = browser_of(make_user(is_staff=True, is_superuser=True))
    row = SignIn.objects.filter(person=person).order_by("pk")[0]
    page = reverse("admin:console_signin_change", args=[row.pk])
    assert desk.get(reverse("admin:console_signin_changelist")).status_code == 200
    assert "End this session" in desk.get(page).content.decode()
    acts = {name: reverse("admin:console_signin_act", args=[row.pk, name]) for name in ("end", "end-all")}
    assert desk.post(acts["end"], {"key": new_key()}).status_code == 422, "a reason is needed"
    typed = {"reason_kind": "abuse", "reason": "a stolen laptop"}
    assert desk.post(acts["end"], {"key": new_key(), **typed}).status_code == 302
    assert [is_open(first), is_open(second)] == [False, True]
    assert desk.post(acts["end-all"], {"key": new_key(), **typed}).status_code == 302
    assert not is_open(second)
    assert [each.name for each in Act.objects.filter(scope=f"user:{person.pk}")] == ["person.end-sessions"] * 2
    assert set(SignIn.objects.filter(person=person).values_list("ended_because", flat=True)) == {"support"}
    assert "203.0.113.7" in desk.get(page).content.decode()


def test_the_same_press_twice_ends_what_was_open_then(person: User) -> None:
    support, key = make_user(is_staff=True), new_key()
    signed_in(person)
    said = {"by": Actor.person(support), "key": key, "reason": "asked by phone"}
    assert end_sessions_of(person, **said) == 1
    client = signed_in(person)
    assert end_sessions_of(person, **said) == 1
    assert is_open(client)


def test_only_support_ends_the_sessions_of_others(person: User) -> None:
    signed_in(person)
    for by in (Actor.person(person), SYSTEM):
        with pytest.raises(Refused):
            end_sessions_of(person, by=by, key=new_key(), reason="")


# --- What is kept


def test_what_nobody_came_back_to_is_ended_and_forgotten_in_time(person: User, settings: Any) -> None:
    signed_in(person)
    staff = signed_in(make_user(is_staff=True))
    aged(idle=3 * HOURS)
    now = timezone.now()
    assert end_what_is_over(now) == 1
    assert not is_open(staff)
    assert forget_ended_sessions(now) == 0
    assert forget_ended_sessions(now + timedelta(days=settings.RETENTION_DAYS + 1)) == 1
    assert SignIn.objects.count() == 1


def test_a_row_is_not_forgotten_while_its_session_may_still_be_kept(person: User, settings: Any) -> None:
    settings.RETENTION_DAYS = 7
    signed_in(person)
    end_sessions(open_sessions_of(person), SignIn.Ended.PERSON)
    now = timezone.now()
    assert forget_ended_sessions(now + timedelta(days=13)) == 0
    assert forget_ended_sessions(now + timedelta(days=15)) == 1


def test_a_request_whose_session_ends_under_way_is_refused_and_no_error(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(person)
    client.raise_request_exception = False

    def ended_meanwhile(**limits: Any) -> Limits:
        request: Any = answered.get()
        end_sessions(open_sessions_of(person), SignIn.Ended.SUPPORT)
        request.session["kept"] = "from this request on"
        return limits_of(**limits)

    monkeypatch.setattr("console.people.sessions.page.limits_of", ended_meanwhile)
    answer = client.get(reverse("account_sessions"))
    assert answer.status_code == 400
    assert "Your session ended while this was under way" in answer.content.decode()
    assert not Session.objects.exists()
    assert not is_open(client)


def test_signing_in_switches_nobody_off_anew(person: User) -> None:
    """What notes a sign-in saves the person without saying anything of the account."""
    signed_in(person)
    person.is_active = False
    person.save(update_fields=["last_login"])
    assert open_sessions_of(person).exists()
    person.save(update_fields=["is_active"])
    assert not open_sessions_of(person).exists()


def test_with_its_row_the_session_itself_goes_where_the_engine_keeps_it_so(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "row_of", lambda key: key, raising=False)
    signed_in(person)
    assert Session.objects.count() == 1
    assert end_sessions(open_sessions_of(person), SignIn.Ended.PERSON) == 1
    assert Session.objects.count() == 0


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("<script>alert(1)</script>", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_device_is_told_in_words(agent: str, words: str) -> None:
    assert device_in_words(agent) == words
