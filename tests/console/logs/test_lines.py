"""Every request and every job leaves a line: whose, which, how long, how many statements; nothing that people typed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params

from console.jobs.line_per_job import line_per_job
from console.jobs.worker import WorkerConnector
from console.logs.lines import JsonFormatter, LineFormatter, fields
from console.mail.queueing import queue_mail
from console.models import User
from licensing.models import Company
from tests.factories import make_company, make_user
from tests.processes import elsewhere

ASKED = "/companies/{}/licenses/?q=canary&on=2026-01-01"


@pytest.fixture
def person(db: None) -> User:
    return make_user(company=make_company(), roles=["owner"], email="jane.doe@customer.example")


@pytest.fixture
def company(person: User) -> Company:
    return Company.objects.get(memberships__user=person)


@pytest.fixture
def browser(person: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


class Kept(logging.Handler):
    """Lines as production writes them, at the moment it does."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.said: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(json.loads(self.format(record)))


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[str], list[dict[str, Any]]]]:
    """What the log has of one part since it was asked for last."""
    caplog.set_level(logging.INFO)
    kept = Kept()
    logging.getLogger().addHandler(kept)

    def found(part: str) -> list[dict[str, Any]]:
        said = [each for each in kept.said if each["part"] == part]
        kept.said.clear()
        return said

    yield found
    logging.getLogger().removeHandler(kept)


def test_a_request_leaves_a_line_that_names_person_company_and_route_and_not_the_address(
    browser: Client, person: User, company: Company, lines: Any
) -> None:
    browser.get(ASKED.format(company.slug))
    lines("allotment.requests")
    with CaptureQueriesContext(connection) as asked:
        response = browser.get(ASKED.format(company.slug))
    (line,) = lines("allotment.requests")
    assert line["person"] == person.pk
    assert line["company"] == company.pk
    assert (line["method"], line["route"], line["status"]) == ("GET", "licensing:license-information", 200)
    assert line["statements"] == len(asked)
    assert line["request"] == response["X-Request-ID"]
    assert 0 < line["ms"] < 60_000
    assert not any(word in json.dumps(line) for word in ("canary", company.slug, person.email, "2026-01-01"))


def test_who_is_nobody_and_what_is_nowhere_leave_a_line_too(db: None, lines: Any) -> None:
    Client().get("/no-such-page/canary")
    (line,) = lines("allotment.requests")
    assert (line["route"], line["status"], line["person"], line["company"]) == ("-", 404, None, None)


@pytest.mark.parametrize("sent", ["4bf92f3577b34da6a3ce929d0e0e4736", "proxy-1.2_3:"[:-1]])
def test_an_id_that_a_proxy_gave_is_kept(db: None, sent: str) -> None:
    assert Client().get("/healthz", headers={"X-Request-ID": sent})["X-Request-ID"] == sent


@pytest.mark.parametrize("sent", ["", "short", "a" * 65, "with space 1234", 'quote"12345678', "ünïcode-1234", "-12345678"])
def test_one_that_does_not_look_like_one_is_replaced(db: None, sent: str) -> None:
    found = Client().get("/healthz", headers={"X-Request-ID": sent})["X-Request-ID"]
    assert found != sent
    assert len(found) == 32


def broken(*args: Any, **kwargs: Any) -> Any:
    raise ZeroDivisionError


@pytest.mark.parametrize(("error", "status"), [(ZeroDivisionError(), 500), (OperationalError(), 503)])
def test_an_error_page_says_the_id_that_its_lines_carry(browser: Client, lines: Any, error: Exception, status: int) -> None:
    def fail(*asked: Any) -> Any:
        raise error

    with connection.execute_wrapper(fail):
        response = browser.get("/companies/")
    assert response.status_code == status
    assert f"<code>{response['X-Request-ID']}</code>" in response.content.decode()
    assert {each["request"] for each in lines("django.request")} == {response["X-Request-ID"]}


def test_a_page_that_is_not_there_says_it(browser: Client) -> None:
    response = browser.get("/no-such-page/")
    assert f"<code>{response['X-Request-ID']}</code>" in response.content.decode()


# --- Jobs


def run_all_jobs() -> None:
    with app.replace_connector(WorkerConnector(app.connector, kwargs=connector_params())) as worker:
        kept: Any = app.worker_defaults["task_middleware"]
        options: Any = {"wait": False, "install_signal_handlers": False, "listen_notify": False}
        elsewhere(lambda: worker.run_worker(**options, task_middleware=kept, worker_middleware=[line_per_job]))


def mail(to: str = "ada@example.com") -> int:
    return queue_mail(to=to, subject="Canary", text="Canary", purpose="account").pk


@pytest.mark.django_db(transaction=True)
def test_a_job_leaves_a_line_with_its_attempt_its_waiting_and_what_came_of_it(lines: Any) -> None:
    mail()
    run_all_jobs()
    (line,) = (each for each in lines("allotment.jobs") if each["job"] == "console.send_mail")
    assert (line["result"], line["attempt"], line["lane"]) == ("done", 1, "post")
    assert line["request"] == f"job-{line['id']}"
    assert line["statements"] >= 2
    assert 0 <= line["waited_ms"] < 60_000
    assert line["ms"] > 0
    assert "ada" not in json.dumps(line)
    assert "error" not in line


@pytest.mark.django_db(transaction=True)
def test_a_job_that_did_not_succeed_says_what_it_met_and_whether_it_is_tried_again(
    lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail()
    app.configure_task("console.forget_mail", allow_unknown=False).defer(timestamp=0)
    monkeypatch.setattr("console.tasks.send", broken)
    monkeypatch.setattr("console.tasks.forget_old_mail", broken)
    run_all_jobs()
    found = {each["job"]: each for each in lines("allotment.jobs") if each["job"].startswith("console.") and "error" in each}
    assert {name: (each["result"], each["error"], each["level"]) for name, each in found.items()} == {
        "console.send_mail": ("again", "ZeroDivisionError", "WARNING"),
        "console.forget_mail": ("failed", "ZeroDivisionError", "WARNING"),
    }


# --- How a line is written


def record(message: str, **more: Any) -> logging.LogRecord:
    return logging.makeLogRecord({"name": "part", "levelname": "INFO", "msg": message, "created": 0.25, "msecs": 250, **more})


def test_a_line_is_one_line_whatever_it_repeats() -> None:
    for formatter in (LineFormatter(), JsonFormatter()):
        said = formatter.format(record('a\nb\r"c"', **fields(route="x", company=None)))
        assert len(said.splitlines()) == 1
        assert said.isprintable()


def test_the_same_is_said_as_text_and_as_an_object() -> None:
    words = record("answered", **fields(route="home", ms=1.5, company=None))
    assert LineFormatter().format(words) == "1970-01-01T00:00:00.250Z INFO part person=- answered route=home ms=1.5 company=-"
    assert json.loads(JsonFormatter().format(words)) == {
        "at": "1970-01-01T00:00:00.250Z",
        "level": "INFO",
        "part": "part",
        "message": "answered",
        "route": "home",
        "ms": 1.5,
        "company": None,
    }


def test_a_traceback_stands_in_its_object() -> None:
    try:
        broken()
    except ZeroDivisionError as error:
        said = JsonFormatter().format(record("went wrong", exc_info=(type(error), error, error.__traceback__)))
    assert "ZeroDivisionError" in json.loads(said)["traceback"]
    assert len(said.splitlines()) == 1


def test_no_traceback_holds_values_of_a_row_or_an_address(db: None, lines: Any) -> None:
    person = make_user(email="jane.doe@customer.example")
    try:
        with transaction.atomic():
            User.objects.create(email=person.email, name="two\nlines of\n\na name", password="never-hashed")
    except IntegrityError as error:
        found = (type(error), error, error.__traceback__)
    assert "jane.doe@customer.example" in str(found[1])
    for formatter in (LineFormatter(), JsonFormatter()):
        said = formatter.format(record("went wrong", exc_info=found))
        assert "duplicate key value violates unique constraint" in said
        assert "The above exception was the direct cause" in said
        assert not [word for word in ("@", "DETAIL", "jane.doe", "customer.example") if word in said]


@pytest.mark.parametrize("end", ["", "\n\nThe above exception was the direct cause", "\nHINT:  Wait."])
def test_values_go_on_as_many_lines_as_they_have(end: str) -> None:
    said = ValueError(f"refused\nLINE 1: SELECT 'x'\n ^\nDETAIL:  Failing row contains (1, a\n\nsecret).\nCONTEXT:  in 'x'{end}")
    written = LineFormatter().formatException((ValueError, said, None))
    assert written == f"ValueError: refused\n{end.lstrip('\n') if 'HINT' in end else end}".rstrip("\n")


@pytest.mark.parametrize(
    "address",
    ["ada@example.com", "ada+x@localhost", "'ada@example.com'", "<ada@mx>", '"ada b"@example.com', "{'a@b.c': (550, b'')}"],
)
def test_no_line_holds_an_address_wherever_it_came_from(address: str) -> None:
    for formatter in (LineFormatter(), JsonFormatter()):
        assert "@" not in formatter.format(record(f"Not Found: /x/{address}/y"))
        error = OSError(f"refused {address}")
        assert "@" not in formatter.format(record("went wrong", exc_info=(OSError, error, None)))


def test_every_answer_has_an_id_also_one_that_no_view_gave(db: None) -> None:
    for address, host in (("/healthz", "testserver"), ("/", "elsewhere.example"), ("/static/none.css", "testserver")):
        assert Client(raise_request_exception=False).get(address, headers={"host": host})["X-Request-ID"]
