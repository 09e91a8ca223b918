"""The calls of Azure Marketplace: what is sent, what an answer means, and when a call is repeated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from licensing.marketplaces.azure.client import AzureMarketplace
from licensing.marketplaces.contract import Action, OperationStatus, Patience, Problem
from tests.licensing.marketplaces.azure_calls import ACTIVATE, BOUGHT, CALLS, CHANGING, RESOLVE, SAFE, problem_of
from tests.licensing.marketplaces.azure_server import (
    ACCESS_TOKEN,
    CORRELATION,
    ONE,
    ONE_OPERATION,
    OPERATION,
    PURCHASE,
    PURCHASE_TOKEN,
    SUBSCRIPTIONS,
    TOKEN_PATH,
    AzureServer,
    Clock,
    Reply,
    marketplace_at,
    operation,
    reply,
    subscription,
    token_reply,
)

# --- What is sent, and what comes of it


def test_resolving_sends_the_token_in_its_header_and_reads_the_purchase(market: AzureMarketplace, azure: AzureServer) -> None:
    azure.on("POST", RESOLVE, reply({"id": PURCHASE, "subscriptionName": "outside", "subscription": subscription()}))
    assert market.resolve(PURCHASE_TOKEN, correlation_id=CORRELATION) == BOUGHT
    [seen] = azure.to(RESOLVE)
    assert seen.headers["x-ms-marketplace-token"] == PURCHASE_TOKEN
    assert seen.headers["Authorization"] == f"Bearer {ACCESS_TOKEN}"
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["x-ms-correlationid"] == CORRELATION
    assert seen.query == {"api-version": ["2018-08-31"]}
    assert UUID(seen.headers["x-ms-requestid"])


@pytest.mark.parametrize("token", ["", "with space", "line\nbreak", "naïve", "x" * 9000])
def test_a_purchase_token_that_no_header_can_carry_is_not_sent(token: str, market: AzureMarketplace, azure: AzureServer) -> None:
    error = problem_of(lambda market: market.resolve(token), market)
    assert error.problem is Problem.TOKEN
    assert not token or token not in repr(error) + error.detail
    assert azure.seen == []


@pytest.mark.parametrize(
    ("units", "body"), [(250, {"planId": "credits-12m", "quantity": 250}), (0, {"planId": "credits-12m", "quantity": 0}),
    (None, {"planId": "credits-12m"})]
)  # fmt: skip
def test_activating_says_plan_and_quantity_as_bought(
    units: int | None, body: dict[str, Any], market: AzureMarketplace, azure: AzureServer
) -> None:
    azure.on("POST", ACTIVATE, reply())
    market.activate(replace(BOUGHT, units=units), correlation_id=CORRELATION)
    assert [seen.json for seen in azure.to(ACTIVATE)] == [body]


@pytest.mark.parametrize(("accepted", "word"), [(True, "Success"), (False, "Failure")])
def test_settling_says_success_or_failure(accepted: bool, word: str, market: AzureMarketplace, azure: AzureServer) -> None:
    azure.on("PATCH", ONE_OPERATION, reply())
    market.settle(PURCHASE, OPERATION, accepted=accepted)
    assert [seen.json for seen in azure.to(ONE_OPERATION)] == [{"status": word}]


def test_a_purchase_an_operation_and_plans_are_read(market: AzureMarketplace, azure: AzureServer) -> None:
    azure.on("GET", ONE, reply(subscription()))
    azure.on("GET", ONE_OPERATION, reply(operation()))
    azure.on("GET", f"{ONE}/listAvailablePlans", reply({"plans": [{"planId": "p"}, None, {}]}))
    assert market.purchase(PURCHASE.upper()) == BOUGHT
    found = market.operation(PURCHASE, OPERATION)
    assert (found.action, found.status, found.units) == (Action.CHANGE_QUANTITY, OperationStatus.OPEN, 400)
    assert [plan.plan_id for plan in market.plans(PURCHASE)] == ["p"]


@pytest.mark.parametrize("wrap", [lambda each: {"operations": each}, lambda each: each], ids=["object", "bare list"])
def test_open_operations_are_those_not_ended(wrap: Callable[[Any], Any], market: AzureMarketplace, azure: AzureServer) -> None:
    said = [operation(), operation(id="other", status="Succeeded"), operation(id="odd", status="Odd"), None]
    azure.on("GET", f"{ONE}/operations", reply(wrap(said)))
    assert [each.external_id for each in market.open_operations(PURCHASE)] == [OPERATION, "odd"]


@pytest.mark.parametrize("path", ["..", ".", "a/b", "a?b=c", "", "a%2fb", "a\r\nb"])
def test_an_id_that_could_lead_elsewhere_is_not_asked_for(path: str, market: AzureMarketplace, azure: AzureServer) -> None:
    assert problem_of(lambda market: market.purchase(path), market).problem is Problem.NOT_FOUND
    assert problem_of(lambda market: market.operation(PURCHASE, path), market).problem is Problem.NOT_FOUND
    assert azure.seen == []


def test_an_attempt_has_its_own_request_id_and_the_correlation_id_stays(market: AzureMarketplace, azure: AzureServer) -> None:
    azure.on("GET", ONE, reply(status=500), reply(status=500), reply(subscription()))
    market.purchase(PURCHASE)
    seen = azure.to(ONE)
    assert len({each.headers["x-ms-requestid"] for each in seen}) == 3
    assert len({each.headers["x-ms-correlationid"] for each in seen}) == 1


def test_an_error_carries_the_ids_that_support_asks_for(market: AzureMarketplace, azure: AzureServer) -> None:
    azure.on("POST", ACTIVATE, reply(status=400, headers={"x-ms-requestid": "theirs", "x-ms-correlationid": "their-action"}))
    error = problem_of(CALLS["activate"][2], market)
    assert (error.status, error.request_id, error.correlation_id) == (400, "theirs", "their-action")
    azure.on("POST", ACTIVATE, Reply(dropped=True))
    error = problem_of(lambda market: market.activate(BOUGHT, correlation_id=CORRELATION), market)
    assert (error.correlation_id, error.request_id) == (CORRELATION, azure.to(ACTIVATE)[-1].headers["x-ms-requestid"])


@pytest.mark.parametrize("body", [b"<html>", b"{", b"[" * 100000, b"null", b"5", b'{"id": 5.5}', b""])
def test_an_answer_nobody_can_read_is_unreadable(body: bytes, market: AzureMarketplace, azure: AzureServer) -> None:
    azure.on("POST", RESOLVE, reply(body))
    error = problem_of(CALLS["resolve"][2], market)
    assert (error.problem, len(azure.to(RESOLVE))) == (Problem.UNREADABLE, 1)


# --- The table of section 13, row by row


MEANINGS = [
    ("resolve", 400, Problem.TOKEN), ("resolve", 404, Problem.TOKEN), ("resolve", 422, Problem.TOKEN),
    ("resolve", 409, Problem.CONFLICT),
    ("activate", 400, Problem.REFUSED), ("activate", 404, Problem.NOT_FOUND), ("activate", 409, Problem.CONFLICT),
    ("activate", 422, Problem.REFUSED),
    ("purchase", 400, Problem.REFUSED), ("purchase", 404, Problem.NOT_FOUND), ("purchase", 422, Problem.REFUSED),
    ("operation", 400, Problem.REFUSED), ("operation", 404, Problem.NOT_FOUND),
    ("open", 400, Problem.REFUSED), ("open", 404, Problem.NOT_FOUND), ("plans", 400, Problem.REFUSED),
    ("list", 400, Problem.REFUSED), ("list", 404, Problem.NOT_FOUND),
    ("settle", 400, Problem.REFUSED), ("settle", 404, Problem.NOT_FOUND), ("settle", 409, Problem.CONFLICT),
    ("settle", 422, Problem.REFUSED),
    ("purchase", 405, Problem.REFUSED), ("purchase", 418, Problem.REFUSED),
]  # fmt: skip


@pytest.mark.parametrize(("name", "status", "problem"), MEANINGS)
def test_a_refusal_means_what_the_table_says_and_is_not_repeated(
    name: str, status: int, problem: Problem, market: AzureMarketplace, azure: AzureServer, clock: Clock
) -> None:
    method, path, call = CALLS[name]
    azure.on(method, path, reply({"code": "X"}, status=status))
    error = problem_of(call, market)
    assert (error.problem, error.status, len(azure.to(path)), clock.slept) == (problem, status, 1, [])
    assert not error.retry


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_access_token_is_renewed_once_and_then_a_configuration_fault(
    name: str, status: int, market: AzureMarketplace, azure: AzureServer, clock: Clock
) -> None:
    method, path, call = CALLS[name]
    azure.on("POST", TOKEN_PATH, token_reply("first"), token_reply("second"))
    azure.on(method, path, reply("You are not known here.", status=status))
    error = problem_of(call, market)
    assert (error.problem, error.detail) == (Problem.CONFIGURATION, "You are not known here.")
    assert [seen.headers["Authorization"] for seen in azure.to(path)] == ["Bearer first", "Bearer second"]
    assert market.configuration_fault == "You are not known here."


@pytest.mark.parametrize("name", CHANGING)
def test_a_renewed_access_token_may_do(name: str, market: AzureMarketplace, azure: AzureServer) -> None:
    method, path, call = CALLS[name]
    azure.on(method, path, reply(status=401), reply())
    call(market)
    assert (len(azure.to(path)), len(azure.to(TOKEN_PATH))) == (2, 2)
    assert market.configuration_fault == ""


FAILURES = [
    reply(status=500),
    reply(b"<html>busy", status=503),
    reply(status=429),
    reply(status=408),
    Reply(dropped=True),
    reply({"id": "x"}, halved=True),
]


@pytest.mark.parametrize("failure", FAILURES, ids=["500", "503", "429", "408", "dropped", "halved"])
@pytest.mark.parametrize("name", SAFE)
def test_a_call_that_changes_nothing_is_tried_three_times(
    name: str, failure: Reply, market: AzureMarketplace, azure: AzureServer, clock: Clock
) -> None:
    method, path, call = CALLS[name]
    azure.on(method, path, failure)
    error = problem_of(call, market)
    assert (error.problem, error.retry) == (Problem.UNAVAILABLE, True)
    assert (len(azure.to(path)), clock.slept) == (3, [1.0, 2.0])


@pytest.mark.parametrize("failure", FAILURES, ids=["500", "503", "429", "408", "dropped", "halved"])
@pytest.mark.parametrize("name", CHANGING)
def test_a_call_that_changes_something_is_never_repeated(
    name: str, failure: Reply, market: AzureMarketplace, azure: AzureServer, clock: Clock
) -> None:
    method, path, call = CALLS[name]
    azure.on(method, path, failure)
    assert problem_of(call, market).problem is Problem.UNAVAILABLE
    assert (len(azure.to(path)), clock.slept) == (1, [])


def test_a_repeated_call_may_come_to_something(market: AzureMarketplace, azure: AzureServer) -> None:
    azure.on("GET", ONE, Reply(dropped=True), reply(status=503), reply(subscription()))
    assert market.purchase(PURCHASE) == BOUGHT


def test_within_a_notification_nothing_is_repeated(market: AzureMarketplace, azure: AzureServer, clock: Clock) -> None:
    azure.on("GET", ONE, reply(status=503), reply(subscription()))
    assert problem_of(lambda market: market.purchase(PURCHASE, patience=Patience.WEBHOOK), market).problem is Problem.UNAVAILABLE
    assert (len(azure.to(ONE)), clock.slept) == (1, [])


def test_a_person_waits_no_longer_for_all_tries_than_for_one(azure: AzureServer, clock: Clock) -> None:
    azure.on("GET", ONE, reply(status=503))
    with marketplace_at(azure, clock, timeouts={"connect": 3.0, "person": 2.5, "job": 30.0, "webhook": 2.0}) as market:
        problem_of(lambda market: market.purchase(PURCHASE, patience=Patience.PERSON), market)
    assert clock.slept == [1.0]


@pytest.mark.parametrize("said", ["7", "7.0", "Wed, 11 Nov 2026 10:00:07 GMT"])
def test_retry_after_is_honored(said: str, market: AzureMarketplace, azure: AzureServer, clock: Clock) -> None:
    azure.on("GET", ONE, reply(status=429, headers={"Retry-After": said}), reply(subscription()))
    market.purchase(PURCHASE)
    assert clock.slept == [7.0]


@pytest.mark.parametrize(("said", "wait"), [("31", 31.0), ("999999", 3600.0)])
def test_being_asked_to_wait_too_long_ends_the_call(
    said: str, wait: float, market: AzureMarketplace, azure: AzureServer, clock: Clock
) -> None:
    azure.on("GET", ONE, reply(status=429, headers={"Retry-After": said}))
    assert problem_of(CALLS["purchase"][2], market).retry_after == wait
    assert (len(azure.to(ONE)), clock.slept) == (1, [])


@pytest.mark.parametrize("said", ["soon", "", "nan", "inf", "-5", "Wed, 99 Nov 2026"])
def test_an_odd_retry_after_does_no_harm(said: str, market: AzureMarketplace, azure: AzureServer, clock: Clock) -> None:
    azure.on("GET", ONE, reply(status=503, headers={"Retry-After": said}), reply(subscription()))
    market.purchase(PURCHASE)
    assert clock.slept in ([1.0], [0.0])


def test_redirects_are_not_followed(market: AzureMarketplace, azure: AzureServer) -> None:
    azure.on("GET", ONE, reply(status=302, headers={"Location": f"{azure.url}/elsewhere"}))
    error = problem_of(CALLS["purchase"][2], market)
    assert (error.problem, error.status) == (Problem.UNREADABLE, 302)
    assert azure.to("/elsewhere") == []


# --- What an error says


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"message": "Plan differs", "target": "planId", "code": "BadArgument",'
         b' "details": [{"code": "Inner", "message": "why"}]}',
         "BadArgument: Plan differs (planId); Inner: why"),
        (b'{"error": {"code": "Unauthorized", "message": "No"}}', "Unauthorized: No"),
        (b'{"Error": {"Code": "UnsupportedApiVersionValue", "Message": "No"}}', "UnsupportedApiVersionValue: No"),
        (b'"bare text"', "bare text"),
        (b"plain text", "plain text"),
        (b"", "The marketplace answered 418."),
        (b'{"other": 1}', '{"other": 1}'),
        (b"[1, 2]", "[1, 2]"),
        (b'{"error": null, "code": null, "message": "m", "details": [null, 5, {}]}', "m; 5"),
        (b"\xff\xfe\x00", "\ufffd\ufffd"),
        (b'{"error":' * 5000 + b"1" + b"}" * 5000, None),
    ],
)  # fmt: skip
def test_errors_of_every_shape_are_told_in_words(
    body: bytes, detail: str | None, market: AzureMarketplace, azure: AzureServer
) -> None:
    azure.on("POST", ACTIVATE, reply(body, status=418))
    error = problem_of(CALLS["activate"][2], market)
    assert error.detail
    assert detail in (None, error.detail)


@pytest.mark.parametrize("body", ["ä" * 9000, {"message": "ä" * 9000}, {"x": "ä" * 9000}])
def test_what_an_error_says_is_cut_to_two_kibibytes(body: Any, market: AzureMarketplace, azure: AzureServer) -> None:
    azure.on("POST", ACTIVATE, reply(body, status=400))
    assert 2000 < len(problem_of(CALLS["activate"][2], market).detail.encode()) <= 2048


# --- Paging


def pages(market: AzureMarketplace) -> list[str]:
    return [each.external_id for each in market.purchases(correlation_id=CORRELATION)]


def test_every_page_is_read(market: AzureMarketplace, azure: AzureServer) -> None:
    following = f"{azure.url}{SUBSCRIPTIONS}?continuationToken=%7B%22a%22%3A%22%2B1%22%7D&api-version=2018-08-31"
    azure.on(
        "GET",
        SUBSCRIPTIONS,
        reply({"subscriptions": [{"id": "a"}, {"id": None}, 5, {"id": "b"}], "@nextLink": following}),
        reply({"subscriptions": [{"id": "c"}], "@nextLink": ""}),
    )
    assert pages(market) == ["a", "b", "c"]
    first, second = azure.to(SUBSCRIPTIONS)
    assert (first.query, second.query["continuationToken"]) == ({"api-version": ["2018-08-31"]}, ['{"a":"+1"}'])
    assert second.headers["x-ms-correlationid"] == CORRELATION


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/api/saas/subscriptions?continuationToken=%7Bt%2B%3D%7D",
        "http://127.0.0.1:1/api?ContinuationToken=%7Bt%2B%3D%7D&x=y",
        "https://evil.example\\@127.0.0.1/?continuationToken=%7Bt%2B%3D%7D",
        "/api/saas/subscriptions?continuationToken=%7Bt%2B%3D%7D",
    ],
)
def test_a_link_to_another_host_gives_its_continuation_only(link: str, market: AzureMarketplace, azure: AzureServer) -> None:
    azure.on("GET", SUBSCRIPTIONS, reply({"subscriptions": [], "@nextLink": link}), reply({"subscriptions": [{"id": "z"}]}))
    assert pages(market) == ["z"]
    assert azure.to(SUBSCRIPTIONS)[1].query == {"continuationToken": ["{t+=}"], "api-version": ["2018-08-31"]}


@pytest.mark.parametrize("link", ["https://evil.example/x", "http://[", 5, ["x"]])
def test_a_link_without_a_continuation_elsewhere_ends_in_an_error(
    link: Any, market: AzureMarketplace, azure: AzureServer
) -> None:
    azure.on("GET", SUBSCRIPTIONS, reply({"subscriptions": [], "@nextLink": link}))
    assert problem_of(pages, market).problem is Problem.UNREADABLE


def test_a_list_that_goes_in_circles_ends(market: AzureMarketplace, azure: AzureServer) -> None:
    azure.on("GET", SUBSCRIPTIONS, reply({"subscriptions": [], "@nextLink": f"{azure.url}{SUBSCRIPTIONS}?continuationToken=1"}))
    assert problem_of(pages, market).problem is Problem.UNREADABLE
    assert len(azure.to(SUBSCRIPTIONS)) == 2


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"subscriptions": null}', b'{"subscriptions": []}'])
def test_no_purchases_are_an_empty_list(body: bytes, market: AzureMarketplace, azure: AzureServer) -> None:
    azure.on("GET", SUBSCRIPTIONS, reply(body))
    assert pages(market) == []
