"""A database that is away for a moment is answered 503 with a sentence, and the next request heals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.test import Client

from tests.factories import make_company, make_user
from tests.markup import read
from tests.pages import address_of


@pytest.fixture
def browser_that_is_answered(client: Client) -> Iterator[Client]:
    """As a person sees it: what a view raises becomes an answer."""
    client.raise_request_exception = False
    yield client
    connection.close()


def failing_with(error: Exception) -> Any:
    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raise error

    return connection.execute_wrapper(fail)


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_killed_is_answered_503_once_and_then_heals(browser_that_is_answered: Client) -> None:
    browser = browser_that_is_answered
    company = make_company()
    browser.force_login(make_user(company=company, roles=["viewer"]))
    page = address_of("credits:annual-credits", company)
    assert browser.get(page).status_code == 200
    with connection.cursor() as cursor, pytest.raises(OperationalError):
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    answer = browser.get(page)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "could not be reached" in read(answer).text
    assert "terminating connection" not in answer.content.decode()
    close_old_connections()  # as every request ends
    assert browser.get(page).status_code == 200


@pytest.mark.django_db
def test_a_limit_of_the_pages_of_sign_in_is_told_on_a_page_of_ours(client: Client) -> None:
    for _time in range(7):
        answer = client.post("/accounts/password/reset/", {"email": "somebody@example.com"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert "Wait a minute, then try again" in read(answer).one("p", class_="lede").text


@pytest.mark.django_db
@pytest.mark.parametrize("error", [OperationalError("No space left on device"), InterfaceError("the connection is closed")])
@pytest.mark.parametrize("ask", ["get", "post"])
def test_whatever_the_database_fails_with_a_sentence_and_a_time_are_answered(
    browser_that_is_answered: Client, error: Exception, ask: str
) -> None:
    browser = browser_that_is_answered
    browser.force_login(make_user())
    with failing_with(error):
        answer = getattr(browser, ask)("/companies/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert read(answer).all("p", class_="lede")[0]["data-ways"] == "try-again"
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db
def test_a_fault_of_ours_stays_a_fault_of_ours(browser_that_is_answered: Client) -> None:
    browser = browser_that_is_answered
    browser.force_login(make_user())
    with failing_with(ZeroDivisionError("ours")):
        answer = browser.get("/companies/")
    assert answer.status_code == 500
    assert "Retry-After" not in answer.headers
