"""Who may go on with a purchase that a browser brought, and where its token must never stand."""

from __future__ import annotations

import base64
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.signals import got_request_exception
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.log import AdminEmailHandler
from django.views.debug import ExceptionReporter

from console.models import User
from console.security.at_rest.sessions import opened
from licensing.marketplaces.practice.models import PracticePurchaseToken
from licensing.models import Activation
from tests.activations import LANDING, goes_to, land
from tests.factories import PASSWORD, make_company, make_user
from tests.jobs import run_jobs
from tests.pages import browser_of
from tests.purchases import buy, press_activate

pytestmark = pytest.mark.usefixtures("shop")


def test_another_browser_gets_404_for_the_same_address(client: Client) -> None:
    landed = land(client, buy())
    stranger = browser_of(make_user())
    assert stranger.get(landed["Location"]).status_code == 404
    assert Activation.objects.get().person is None
    signed_in = make_user()
    client.force_login(signed_in)
    assert goes_to(client, landed["Location"]).status_code == 200
    assert Activation.objects.get().person == signed_in


def test_the_same_browser_with_another_person_gets_404(client: Client) -> None:
    landed = land(client, buy())
    first, second = make_user(), make_user()
    client.force_login(first)
    assert goes_to(client, landed["Location"]).status_code == 200
    client.logout()
    client.force_login(second)
    assert client.get(landed["Location"]).status_code == 404


def test_the_first_person_keeps_it_though_the_browser_stays_the_same(client: Client) -> None:
    landed = land(client, buy())
    first = make_user()
    activation = Activation.objects.get()
    Activation.objects.filter(pk=activation.pk).update(person=first)
    client.force_login(make_user())  # the session is kept: nobody had signed in before
    assert client.get(landed["Location"]).status_code == 404


def test_signing_in_through_the_form_keeps_the_activation(client: Client) -> None:
    company = make_company()
    person = make_user(company=company, roles=["owner"])
    landed = land(client, buy())
    asked = client.get(landed["Location"])
    assert asked["Location"] == f"/accounts/login/?next={landed['Location']}"
    signed_in = client.post(asked["Location"], {"login": person.email, "password": PASSWORD, "next": landed["Location"]})
    assert (signed_in.status_code, signed_in["Location"]) == (302, landed["Location"])
    page = goes_to(client, landed["Location"])
    assert page.status_code == 200
    assert f"for {company.name}" in page.content.decode()
    assert Activation.objects.get().person == person


def test_a_browser_keeps_the_latest_twenty(client: Client) -> None:
    first = land(client, buy())["Location"]
    for _ in range(20):
        last = land(client, buy())["Location"]
    client.force_login(make_user())
    assert client.get(first).status_code == 404
    assert goes_to(client, last).status_code == 200


def test_an_unknown_address_is_404(client: Client) -> None:
    client.force_login(make_user())
    assert client.get("/activate/00000000-0000-4000-8000-000000000000/").status_code == 404
    assert client.get("/activate/not-a-uuid/").status_code == 404


# --- Where the token must never stand

CORE = "CANARY7f3aZq9LmX2c"
TOKEN = f"q1+{CORE}/9z+{CORE}=="


def spellings() -> list[str]:
    """The token's middle as it would look in clear, in hexadecimal digits, and in base64 at each of three offsets."""
    found = [CORE, CORE[::-1], CORE.encode().hex(), CORE.lower()]
    for offset in range(3):
        coded = base64.b64encode(b"." * offset + CORE.encode()).decode()
        found.append(coded[(0, 2, 3)[offset] :].rstrip("=")[:-2])
    return found


def told(text: str) -> list[str]:
    return [each for each in spellings() if each in text]


@contextmanager
def everything_logged(*names: str) -> Iterator[list[str]]:
    """Each record of every logger, or of those named alone, from DEBUG up, with its arguments and traceback."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))
            lines.append(repr({name: str(value) for name, value in record.__dict__.items()}))

    root, kept = logging.getLogger(), Keep(logging.DEBUG)
    every = ("django", "licensing", "allotment", "procrastinate", "urllib3")
    loggers = [logging.getLogger(name) for name in names] or [root, *map(logging.getLogger, every)]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.DEBUG)
        each.addHandler(kept)
    try:
        yield lines
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
            each.removeHandler(kept)


def in_the_database(told: Callable[[str], list[str]] = told) -> list[str]:
    """Tables, but for those of the practice marketplace, that hold what `told` finds in any column; sessions decoded."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        tables = [name for (name,) in cursor.fetchall() if not name.startswith("practice_")]
        assert len(tables) > 30
        for table in tables:
            cursor.execute(f'SELECT to_jsonb(t)::text, t::text FROM "{table}" AS t')
            found += [table for row in cursor.fetchall() if any(told(text) for text in row)]
    found += ["session" for each in Session.objects.all() if told(repr(opened(each.session_data)))]
    return found


def seen(response: Any) -> str:
    """All that a browser gets."""
    cookies = response.cookies.output() if response.cookies else ""
    return "\n".join([repr(dict(response.headers)), cookies, response.content.decode("utf-8", "replace")])


def test_the_search_finds_what_it_is_there_to_find(client: Client) -> None:
    make_user(name=f"x{base64.b64encode(TOKEN.encode()).decode()}")
    session = client.session
    session["token"] = TOKEN
    session.save()
    with everything_logged() as lines:
        logging.getLogger("licensing.anything").debug("a %s", TOKEN)
    assert set(in_the_database()) == {"console_user", "session"}
    assert any(told(line) for line in lines)
    User.objects.update(name=TOKEN.encode().hex())
    assert "console_user" in in_the_database()


def test_a_canary_is_found_nowhere_once_it_was_brought(client: Client) -> None:
    company = make_company()
    person = make_user(company=company, roles=["owner"])
    bought = buy()
    PracticePurchaseToken.objects.create(text=TOKEN, subscription=bought, expires_at="2099-01-01T00:00:00Z")
    answers = []

    def get(address: str) -> Any:
        answers.append(client.get(address, headers={"referer": "https://portal.azure.com/"}))
        return answers[-1]

    with everything_logged() as lines, CaptureQueriesContext(connection):
        landed = get(f"{LANDING}?token={quote(TOKEN, safe='')}")
        assert landed.status_code == 302
        assert in_the_database() == []  # it is sealed
        assert Activation.objects.get().token_sealed
        step = landed["Location"]
        login = get(step)["Location"]
        get(login)
        answers.append(client.post(login, {"login": person.email, "password": "wrong", "next": step}))
        answers.append(client.post(login, {"login": person.email, "password": PASSWORD, "next": step}))
        assert answers[-1]["Location"] == step
        review = get(step)["Location"]
        activation = Activation.objects.get()
        assert (activation.state, activation.token_sealed) == ("found", "")
        get(review)
        get("/activate/")
        answers.append(press_activate(client, activation, company))
        assert in_the_database() == []  # the job that was queued, too
        get(answers[-1]["Location"])
        run_jobs()
        for address in (f"{step}status/", step, f"/companies/{company.slug}/licenses/", "/"):
            get(address)
    activation.refresh_from_db()
    assert activation.state == "active"
    assert in_the_database() == []
    assert [each for each in answers if told(seen(each))] == []
    # SQL was logged with its parameters: that of the practice marketplace, which gave the token out, holds it.
    assert [line for line in lines if told(line) and "practice_practicepurchasetoken" not in line] == []
    assert [each for each in mail.outbox if told(str(each.message()))] == []


# --- Error reports


def reports(client: Client, address: str) -> list[str]:
    """All that would be shown or sent of what goes wrong behind an address."""
    found: list[str] = []

    def report(sender: Any, request: Any, **rest: Any) -> None:
        reporter = ExceptionReporter(request, *sys.exc_info(), is_email=True)
        found.extend([reporter.get_traceback_html(), reporter.get_traceback_text()])

    handler, logger = AdminEmailHandler(include_html=True), logging.getLogger("django.request")
    got_request_exception.connect(report)
    logger.addHandler(handler)
    client.raise_request_exception = False
    try:
        with everything_logged() as lines:
            response = client.get(address)
    finally:
        logger.removeHandler(handler)
        got_request_exception.disconnect(report)
    assert response.status_code == 500
    assert found
    sent = [str(each.message()) for each in mail.outbox]
    assert sent
    bodies = [str(part[0]) for each in mail.outbox for part in each.alternatives]
    return [seen(response), *found, *lines, *sent, *bodies]


IN_THE_VIEW = ["licensing.pages.marketplace.landing.bring", "licensing.pages.marketplace.landing._too_many"]


@pytest.mark.parametrize(
    ("broken", "debug"),
    # The page for developers shows the variables of all functions: only there, sealing itself may not fail.
    [*((each, debug) for each in IN_THE_VIEW for debug in (True, False)), ("console.security.sealing._box", False)],
)
def test_an_error_on_the_landing_page_reports_everything_but_the_token(
    broken: str, debug: bool, client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG, settings.ADMINS = debug, ["admin@example.com"]

    def fails(*arguments: Any, **rest: Any) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(broken, fails)
    found = reports(client, f"{LANDING}?token={quote(TOKEN, safe='')}")
    assert any("broken on purpose" in each for each in found)
    assert [told(each) for each in found if told(each)] == []


@pytest.mark.parametrize("debug", [True, False])
def test_an_error_while_it_is_exchanged_reports_everything_but_the_token(
    debug: bool, client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(make_user())
    landed = client.get(f"{LANDING}?token={quote(TOKEN, safe='')}")
    settings.DEBUG, settings.ADMINS = debug, ["admin@example.com"]

    def fails(*arguments: Any, **rest: Any) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("licensing.purchases.activation.exchange_token.Subscription", fails)
    monkeypatch.setattr("licensing.purchases.activation.exchange_token.marketplace_of", fails)
    found = reports(client, landed["Location"])
    assert [told(each) for each in found if told(each)] == []


def test_a_query_longer_than_any_is_reported_without_the_token(client: Client, settings: Any) -> None:
    settings.ADMINS = ["admin@example.com"]
    many = "&".join(f"a{number}=1" for number in range(django_settings.DATA_UPLOAD_MAX_NUMBER_FIELDS or 0))
    with everything_logged() as lines:
        response = client.get(f"{LANDING}?token={quote(TOKEN, safe='')}&{many}")
    assert response.status_code in (302, 400)
    assert [line for line in lines if told(line)] == []
    assert not told(seen(response))


@pytest.mark.parametrize("debug", [True, False])
def test_an_address_with_a_slash_too_many_is_not_reported_with_the_token(debug: bool, client: Client, settings: Any) -> None:
    settings.DEBUG = debug
    with everything_logged() as lines:
        response = client.get(f"{LANDING}/?token={quote(TOKEN, safe='')}")
    assert response.status_code == 404
    assert [line for line in lines if told(line)] == []
    assert not told(seen(response))


def test_what_the_server_would_write_into_its_log_holds_no_token(client: Client) -> None:
    variables = {"REQUEST_URI": f"{LANDING}?token={TOKEN}", "RAW_URI": f"{LANDING}?token={TOKEN}"}
    response = client.get(f"{LANDING}?token={quote(TOKEN, safe='')}", **variables)
    environ = response.wsgi_request.META
    assert (environ["REQUEST_URI"], environ["RAW_URI"], environ["QUERY_STRING"]) == (LANDING, LANDING, "")
    assert not told(repr(environ) + repr(response.wsgi_request) + response.wsgi_request.get_full_path())
