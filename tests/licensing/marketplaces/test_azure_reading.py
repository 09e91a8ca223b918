"""Reading what Azure Marketplace says: every spelling of the contract, and anything else without falling over."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.marketplaces.azure import read_answers
from licensing.marketplaces.contract import Action, MarketplaceError, OperationStatus, Party, Problem, PurchaseStatus
from tests.licensing.marketplaces.azure_server import OPERATION, PURCHASE, operation, subscription

ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["9999-12-31T23:59:59-23:59", "\ud800\0"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = [*subscription(), *operation(), "subscription", "subscriptionName", "operationRequestSource", "termUnit", "plans"]
LIKELY = st.dictionaries(st.sampled_from(NAMES), ANY_JSON | st.just(PURCHASE) | st.dictionaries(st.sampled_from(NAMES), ANY_JSON))


def test_a_whole_subscription_is_read() -> None:
    found = read_answers.read_purchase(subscription())
    assert (found.channel, found.external_id, found.status) == ("azure", PURCHASE, PurchaseStatus.SUBSCRIBED)
    assert (found.offer_id, found.plan_id, found.units, found.name) == (
        "nw-credits", "credits-12m", 250, "Credits for head office",
    )  # fmt: skip
    assert (found.term_months, found.term_starts_on, found.term_ends_on) == (12, date(2026, 3, 4), date(2027, 3, 3))
    assert (found.renews, found.trial, found.test) == (True, False, False)
    assert found.beneficiary == Party("it@fabrik.example", "o-1", "t-1")
    assert found.purchaser == Party("buy@fabrik.example", "o-2", "t-2")
    assert found.customer_may == {"Read", "Update", "Delete"}
    assert found.bought_at == datetime(2026, 3, 3, 16, 20, 11, 500000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "units"),
    [
        (20, 20), ("20", 20), ("", None), (None, None), (" 20 ", 20), (20.0, 20), ("20.0", 20), (0, 0), (2.5, None),
        (True, None), (-1, None), ("many", None), ("٣", None), (float("inf"), None), (10**30, None), ("9" * 5000, None),
        ([], None),
    ],
)  # fmt: skip
def test_a_quantity_is_read_in_every_form_and_never_made_up(said: Any, units: int | None) -> None:
    assert read_answers.read_purchase(subscription(quantity=said)).units == units


def test_a_missing_quantity_is_none() -> None:
    said = subscription()
    del said["quantity"]
    assert read_answers.read_purchase(said).units is None


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("NotStarted", PurchaseStatus.PENDING), ("PendingFulfillmentStart", PurchaseStatus.PENDING),
        ("Subscribed", PurchaseStatus.SUBSCRIBED), ("  subscribed ", PurchaseStatus.SUBSCRIBED),
        ("SUSPENDED", PurchaseStatus.SUSPENDED), ("Unsubscribed", PurchaseStatus.UNSUBSCRIBED),
        ("Paused", PurchaseStatus.UNKNOWN), ("", PurchaseStatus.UNKNOWN), (None, PurchaseStatus.UNKNOWN),
    ],
)  # fmt: skip
def test_a_status_is_read_padded_and_in_any_case(said: Any, status: PurchaseStatus) -> None:
    found = read_answers.read_purchase(subscription(saasSubscriptionStatus=said))
    assert (found.status, found.status_said) == (status, (said or "").strip())


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2026-05-11T08:15:30Z", datetime(2026, 5, 11, 8, 15, 30, tzinfo=UTC)),
        ("2026-05-11T08:15:30.1234567Z", datetime(2026, 5, 11, 8, 15, 30, 123456, tzinfo=UTC)),
        ("2026-05-11T08:15:30.5", datetime(2026, 5, 11, 8, 15, 30, 500000, tzinfo=UTC)),
        ("2026-05-11T08:15:30.Z", datetime(2026, 5, 11, 8, 15, 30, tzinfo=UTC)),
        ("2026-05-11", datetime(2026, 5, 11, tzinfo=UTC)),
        (" 2026-05-11T08:15:30+02:00 ", datetime(2026, 5, 11, 6, 15, 30, tzinfo=UTC)),
        ("0001-01-01T00:00:00", None), ("0001-01-01T00:00:00Z", None), ("2026-02-30T00:00:00Z", None),
        ("2026-05-11T25:00:00Z", None), ("9999-12-31T23:59:59-10:00", None), ("yesterday", None),
        ("", None), (5, None), (None, None),
    ],
)  # fmt: skip
def test_an_instant_is_read_with_any_fraction_and_is_utc(said: Any, at: datetime | None) -> None:
    assert read_answers.read_operation(operation(timeStamp=said)).at == at


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2026-03-04T00:00:00Z", date(2026, 3, 4)), ("2026-03-04", date(2026, 3, 4)),
        ("2026-03-04T23:30:00-08:00", date(2026, 3, 4)), ("0001-01-01T00:00:00", None), ("soon", None), (None, None),
    ],
)  # fmt: skip
def test_a_day_is_taken_as_written(said: Any, day: date | None) -> None:
    assert read_answers.read_purchase(subscription(term={"startDate": said})).term_starts_on == day


@pytest.mark.parametrize(
    ("said", "months"),
    [
        ("P1M", 1),
        ("P1Y", 12),
        ("P2Y", 24),
        ("P3Y", 36),
        ("P4Y", 48),
        ("P5Y", 60),
        (" p1y ", 12),
        ("P", None),
        ("P30D", None),
        (None, None),
    ],
)
def test_a_term_is_counted_in_months(said: Any, months: int | None) -> None:
    assert read_answers.read_purchase(subscription(term={"termUnit": said})).term_months == months


def test_all_but_the_id_may_be_missing_or_null() -> None:
    bare = read_answers.read_purchase({"id": PURCHASE})
    nulls = read_answers.read_purchase(dict.fromkeys(subscription(), None) | {"id": PURCHASE})
    assert bare == nulls
    assert (bare.units, bare.renews, bare.trial, bare.term_ends_on, bare.customer_may) == (None, None, None, None, frozenset())


def test_members_are_found_in_any_case() -> None:
    assert read_answers.read_purchase({"Id": PURCHASE, "PlanID": "p"}).plan_id == "p"


def test_an_id_is_spelled_one_way_and_cannot_be_a_path() -> None:
    assert read_answers.read_purchase({"id": PURCHASE.upper()}).external_id == PURCHASE
    for bad in ("", "..", "../x", "a/b", "a?b", "x" * 101, "a b", None, {}, True):
        with pytest.raises(MarketplaceError) as caught:
            read_answers.read_purchase({"id": bad})
        assert caught.value.problem is Problem.UNREADABLE


def test_the_answer_must_be_about_the_purchase_that_was_asked_for() -> None:
    assert read_answers.read_purchase({}, asked_for=PURCHASE).external_id == PURCHASE
    with pytest.raises(MarketplaceError, match="another purchase"):
        read_answers.read_purchase({"id": OPERATION}, asked_for=PURCHASE)


def test_texts_are_such_as_postgresql_can_keep_and_cut() -> None:
    found = read_answers.read_purchase(subscription(name="a\0b\ud800\n" + "c" * 500, planId="p" * 500, status="x"))
    assert found.name == "ab " + "c" * 147
    assert found.plan_id == "p" * 100
    found.name.encode()


def test_a_resolved_purchase_is_read_from_within_first_and_from_around_it_second() -> None:
    around = {"id": PURCHASE, "subscriptionName": "outside", "offerId": "o", "planId": "outer", "quantity": "7"}
    within = read_answers.read_resolved(around | {"subscription": subscription()})
    assert (within.name, within.plan_id, within.units) == ("Credits for head office", "credits-12m", 250)
    silent = read_answers.read_resolved(
        around | {"subscription": {"saasSubscriptionStatus": "Subscribed", "quantity": "", "name": None}}
    )
    assert (silent.external_id, silent.name, silent.plan_id, silent.units) == (PURCHASE, "outside", "outer", 7)
    alone = read_answers.read_resolved(around)
    assert (alone.name, alone.status) == ("outside", PurchaseStatus.UNKNOWN)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("NotStarted", OperationStatus.OPEN), (" inprogress ", OperationStatus.OPEN), ("Succeeded", OperationStatus.SUCCEEDED),
        ("Failed", OperationStatus.FAILED), ("Conflict", OperationStatus.FAILED), ("Odd", OperationStatus.UNKNOWN),
        (None, OperationStatus.UNKNOWN),
    ],
)  # fmt: skip
def test_the_status_of_an_operation_is_read(said: Any, status: OperationStatus) -> None:
    assert read_answers.read_operation(operation(status=said)).status is status


@pytest.mark.parametrize(
    ("said", "action"),
    [
        ("ChangePlan", Action.CHANGE_PLAN), ("changequantity", Action.CHANGE_QUANTITY), (" Renew ", Action.RENEW),
        ("Suspend", Action.SUSPEND), ("Reinstate", Action.REINSTATE), ("Unsubscribe", Action.UNSUBSCRIBE),
        ("Subscribe", Action.SUBSCRIBE), ("Transfer", Action.UNKNOWN),
    ],
)  # fmt: skip
def test_an_action_is_read_and_an_unknown_one_kept_in_its_word(said: str, action: Action) -> None:
    found = read_answers.read_notification(json.dumps(operation(action=said)).encode())
    assert (found.action, found.action_said) == (action, said.strip())


def notify(**overrides: Any) -> bytes:
    return json.dumps(operation(operationRequestSource="Azure", subscription=subscription(), **overrides)).encode()


def test_a_whole_notification_is_read() -> None:
    found = read_answers.read_notification(notify())
    assert (found.external_id, found.purchase_id, found.action) == (OPERATION, PURCHASE, Action.CHANGE_QUANTITY)
    assert (found.units, found.units_before, found.plan_id, found.plan_before) == (400, 250, "credits-12m", "credits-12m")
    assert found.started_by_us is False
    assert found.at == datetime(2026, 5, 11, 8, 15, 30, 123456, tzinfo=UTC)


@pytest.mark.parametrize("name", ["operationRequestSource", "operationRequestedSource"])
def test_a_change_of_our_own_is_told_in_both_spellings(name: str) -> None:
    assert read_answers.read_notification(json.dumps(operation(**{name: " partner"})).encode()).started_by_us


def test_an_old_notification_is_read_without_an_id() -> None:
    found = read_answers.read_notification(json.dumps({"subscriptionId": PURCHASE, "operationType": "Suspend"}).encode())
    assert (found.external_id, found.purchase_id, found.action) == ("", PURCHASE, Action.SUSPEND)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not a JSON object"), (b"[]", "not a JSON object"), (b"{", "not JSON"),
        (b"[" * 60000, "not JSON"), (b"\xff\xfe\xff", "not JSON"),
        (notify(subscriptionId=None), "subscriptionId"), (notify(subscriptionId="../x"), "subscriptionId"),
        (notify(action=None), "no action"), (notify(id=None), "usable id"), (notify(id="a/b"), "usable id"),
        (json.dumps({"subscriptionId": PURCHASE, "action": "Renew"}).encode(), "usable id"),
        (b" " * 70000, "larger than 64 KiB"),
    ],
)  # fmt: skip
def test_an_unusable_notification_says_why(body: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_answers.read_notification(body)


def test_a_plan_is_read() -> None:
    terms = [{"termUnit": "P1Y"}, {"termUnit": "P1M"}, {"termUnit": "P1Y"}, None]
    said = {
        "planId": "p",
        "displayName": "Plan",
        "minQuantity": 1,
        "maxQuantity": "9",
        "isPricePerSeat": True,
        "isStopSell": True,
    }
    found = read_answers.read_plan(said | {"planComponents": {"recurrentBillingTerms": terms}})
    assert found == read_answers.Plan("p", "Plan", True, 1, 9, (1, 12), False, False)
    assert read_answers.read_plan({"displayName": "no id"}) is None


@given(ANY_JSON | LIKELY)
def test_reading_never_falls_over(said: Any) -> None:
    with suppress(MarketplaceError):
        read_answers.read_purchase(said)
    with suppress(MarketplaceError):
        found = read_answers.read_resolved(said)
        assert len(found.name) <= 150
        json.dumps([found.name, found.plan_id, found.status_said], ensure_ascii=False).encode()
        assert "\0" not in found.name + found.plan_id + found.offer_id + found.external_id
    with suppress(MarketplaceError):
        read_answers.read_operation(said)
    with suppress(MarketplaceError):
        read_answers.unsettled(read_answers.read_items(said, "operations"), purchase_id=PURCHASE)
    read_answers.read_plan(said)
    with suppress(ValueError):
        read_answers.read_notification(json.dumps(said).encode())


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_in_words(body: bytes) -> None:
    with suppress(ValueError):
        read_answers.read_notification(body)
