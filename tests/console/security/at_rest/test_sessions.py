"""Sessions are of no use to whoever reads the database, and those of earlier versions go on."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as FormerStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.models import Actor, SignIn, User
from console.people.sessions.begin_and_end import end_sessions, open_sessions_of
from console.people.sessions.end_for_support import end_sessions_of
from console.people.sessions.forget_old_sessions import end_what_is_over
from console.security.at_rest.former_keys import nothing_hangs_on_former_keys
from console.security.at_rest.sessions import SessionStore, former_sessions, keep_former_sessions_anew, opened, row_of
from tests.factories import PASSWORD, make_user, new_key

pytestmark = pytest.mark.django_db

PAGE = "/accounts/notices/"


def with_key(key: str) -> Client:
    client = Client()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = key
    return client


def signed_in(client: Client) -> bool:
    return bool(client.get(PAGE).status_code == 200)


def former_session(person: User, **more: Any) -> str:
    """As Django's own store keeps it; its key."""
    store = FormerStore()
    store.update(
        {SESSION_KEY: str(person.pk), HASH_SESSION_KEY: person.get_session_auth_hash()}
        | {"_auth_user_backend": django_settings.AUTHENTICATION_BACKENDS[0], **more}
    )
    store.save()
    return str(store.session_key)


def rows() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_json(t)::text FROM django_session AS t")
        return json.dumps(cursor.fetchall())


def test_neither_a_key_nor_what_it_opens_stands_in_the_database() -> None:
    client = Client()
    client.force_login(make_user())
    session = client.session
    session["secret of an app"] = "JBSWY3DPEHPK3PXP"
    session.save()
    key = session.session_key
    assert signed_in(with_key(key))
    assert key not in rows()
    row = Session.objects.get()
    assert row.session_key == row_of(key)
    assert opened(row.session_data)["secret of an app"] == "JBSWY3DPEHPK3PXP"
    assert FormerStore().decode(row.session_data) == {}


def test_what_stands_in_the_database_opens_nothing() -> None:
    client = Client()
    client.force_login(make_user())
    for found in (row_of(client.session.session_key), Session.objects.get().session_data[:32]):
        assert not signed_in(with_key(found))
    assert signed_in(client)


def test_a_session_costs_what_it_cost() -> None:
    client = Client()
    client.force_login(make_user())
    with CaptureQueriesContext(connection) as asked:
        SessionStore(client.session.session_key).get("anything")
    assert len(asked) == 1


def test_signing_out_ends_it_in_the_database() -> None:
    client = Client()
    client.force_login(make_user())
    key = client.session.session_key
    client.post("/accounts/logout/")
    assert not Session.objects.filter(pk=row_of(key)).exists()
    assert not signed_in(with_key(key))


def test_a_session_is_cycled_at_sign_in_and_expires() -> None:
    client = Client()
    session = client.session
    session["a"] = 1
    session.save()
    key = session.session_key
    client.force_login(make_user())
    assert client.session.session_key != key
    assert not SessionStore().exists(key)
    assert SessionStore().exists(client.session.session_key)
    Session.objects.update(expire_date=timezone.now())
    assert not signed_in(client)
    SessionStore.clear_expired()
    assert not Session.objects.exists()


def test_what_cannot_be_opened_is_no_session(settings: Any) -> None:
    client = Client()
    client.force_login(make_user())
    settings.SECRET_KEY = "another key, without the one before"
    assert not signed_in(client)


# --- Of earlier versions


@pytest.mark.parametrize(
    "backend", ["django.contrib.auth.backends.ModelBackend", "allauth.account.auth_backends.AuthenticationBackend"]
)
def test_a_session_of_an_earlier_version_goes_on_for_both_versions(backend: str) -> None:
    person = make_user()
    key = former_session(person, note="kept", _auth_user_backend=backend)
    client = with_key(key)
    assert signed_in(client)
    assert FormerStore(key).get("note") == "kept"  # versions run side by side
    assert SessionStore(key).get("note") == "kept"
    assert Session.objects.count() == 2
    client.post("/accounts/logout/")
    assert not Session.objects.exists()


def test_sessions_of_earlier_versions_are_told_and_taken_over_at_once() -> None:
    keys = [former_session(make_user()) for _each in range(3)]
    client = Client()
    client.force_login(make_user())
    assert [each.id for each in nothing_hangs_on_former_keys(None)] == ["console.W022"]
    assert (former_sessions(), keep_former_sessions_anew(), former_sessions()) == (3, 3, 0)
    assert nothing_hangs_on_former_keys(None) == []
    assert all(signed_in(with_key(key)) for key in keys)
    assert all(key not in rows() for key in keys)
    assert signed_in(client)


def end_all(person: User) -> None:
    end_sessions(open_sessions_of(person), SignIn.Ended.PERSON)


def end_what_was_not_used(person: User) -> None:
    SignIn.objects.update(seen_at=Now() - timedelta(days=8))
    assert end_what_is_over(timezone.now()) == 1


def end_by_support(person: User) -> None:
    end_sessions_of(person, by=Actor.person(make_user(is_staff=True)), key=new_key(), reason="a stolen laptop")


def end_all_others(person: User) -> None:
    other = Client()
    other.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    other.post("/accounts/reauthenticate/", {"password": PASSWORD})
    other.post("/accounts/sessions/", {"end": "others"})


def change_the_password(person: User) -> None:
    person.set_password("an uncommon sentence")
    person.save()


@pytest.mark.parametrize("taken_over_after", [False, True], ids=["", "taken over at once"])
@pytest.mark.parametrize("end", [end_all, end_what_was_not_used, end_by_support, end_all_others, change_the_password])
def test_a_session_of_an_earlier_version_that_was_ended_opens_nothing(end: Any, taken_over_after: bool) -> None:
    person = make_user()
    key, untouched = former_session(person), former_session(make_user())
    assert signed_in(with_key(key))
    end(person)
    assert not SignIn.objects.filter(session=row_of(key), ended_at=None).exists()
    if taken_over_after:
        keep_former_sessions_anew()
    for _time in range(2):
        assert not signed_in(with_key(key))
    assert not Session.objects.filter(pk__in=[key, row_of(key)]).exists()
    assert SignIn.objects.filter(session=row_of(key)).count() == 1
    assert signed_in(with_key(untouched)), "what nobody ended goes on"


def test_what_stood_in_the_database_of_an_earlier_version_opens_nothing_once_it_was_taken_over() -> None:
    key = former_session(make_user())
    keep_former_sessions_anew()
    assert not signed_in(with_key(row_of(key)))
    assert not signed_in(with_key("x" * 32))
