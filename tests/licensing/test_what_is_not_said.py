"""Members that a marketplace's answer may leave out: each of them missing, null and empty, after it was known and before.

What is not said is not known to have changed: the mirror and the order keep what was known.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from licensing.marketplaces.azure.read_answers import read_purchase
from licensing.marketplaces.practice import fulfillment, wire
from licensing.models import Difference, License, LicenseEntry, LicenseStatement, Order, Subscription
from licensing.purchases.comparison.nightly_comparison import reconcile, reconcile_one
from licensing.purchases.follow_marketplace import Cause, follow
from tests.activations import AS_IT_IS, INSTANT, begin, now_is, passes
from tests.factories import SYSTEM
from tests.purchases import activated, administrator, buy, found
from tests.test_roles_in_acts import undone

pytestmark = pytest.mark.usefixtures("shop")

KNOWN = {"autoRenew": False, "isFreeTrial": True, "isTest": True}
"""The other way round than what stands for them where nothing is said."""

MEMBERS = {
    "offerId": "offer_id",
    "planId": "plan_id",
    "name": "name",
    "quantity": "units",
    "autoRenew": "renews",
    "isFreeTrial": "trial",
    "isTest": "test",
    "created": "bought_at",
    "allowedCustomerOperations": "customer_may",
    "purchaser": "purchaser_email",
    "purchaser.emailId": "purchaser_email",
    "beneficiary": "beneficiary_email",
    "beneficiary.emailId": "beneficiary_email",
    "beneficiary.objectId": "beneficiary_object_id",
    "beneficiary.tenantId": "beneficiary_tenant_id",
    "term.termUnit": "term_months",
}
"""Member -> the field of the mirror that keeps it, from the first answer on."""
ONCE_SUBSCRIBED = {"term": "term_ends_on", "term.startDate": "term_starts_on", "term.endDate": "term_ends_on"}
STATUS = {"saasSubscriptionStatus": "status"}

Leaves = Callable[[dict[str, Any], str], None]


def missing(holder: dict[str, Any], name: str) -> None:
    del holder[name]


def null(holder: dict[str, Any], name: str) -> None:
    holder[name] = None


def empty(holder: dict[str, Any], name: str) -> None:
    holder[name] = {dict: {}, list: []}.get(type(holder[name]), "")


def unreadable(holder: dict[str, Any], name: str) -> None:
    holder[name] = {"of another": "type"} if not isinstance(holder[name], dict) else "of another type"


WAYS: list[Leaves] = [missing, null, empty, unreadable]


def answers(monkeypatch: pytest.MonkeyPatch, member: str = "", leaves: Leaves | None = None, **words: Any) -> None:
    """From now on the marketplace describes each purchase with `words`, and leaves `member` out."""

    def worded(subscription: Any, **rest: Any) -> dict[str, Any]:
        said = {**AS_IT_IS(subscription, **rest), **words}
        if leaves:
            *path, name = member.split(".")
            holder = said
            for each in path:
                holder = holder[each]
            leaves(holder, name)
        return said

    monkeypatch.setattr(wire, "subscription_json", worded)
    monkeypatch.setattr(fulfillment, "subscription_json", worded)


def mirrored(row: Subscription) -> dict[str, Any]:
    passing = ("seen_at", "version", "missing_times", "missing_at", "status_said", "claimed_by_id", "order_id")
    row.refresh_from_db()
    return {each.attname: getattr(row, each.attname) for each in row._meta.concrete_fields if each.attname not in passing}


def facts() -> list[Any]:
    """Orders, licenses, and everything said about them."""
    return [list(model.objects.order_by("pk").values()) for model in (Order, License, LicenseStatement, LicenseEntry)]


def test_the_tables_name_every_field_that_an_answer_fills() -> None:
    filled = set(MEMBERS.values()) | set(ONCE_SUBSCRIBED.values()) | set(STATUS.values())
    ours = {
        "id",
        "channel",
        "external_id",
        "seen_at",
        "version",
        "missing_times",
        "missing_at",
        "status_said",
        "claimed_by",
        "order",
    }
    assert {each.name for each in Subscription._meta.concrete_fields} == filled | ours


def said_of(order: Order) -> dict[str, Any]:
    license = License.objects.get()
    issued = LicenseStatement.objects.get(license=license)
    return {
        "name": order.name,
        "product": order.product.sku,
        "units": (order.units, issued.units),
        "months": order.term_months,
        "term": (order.term_starts_on, order.term_ends_on, issued.starts_on, issued.expires_on),
        "renews": order.renews,
        "trial": (order.trial, license.trial),
    }


@pytest.mark.parametrize("member", [*MEMBERS, *ONCE_SUBSCRIBED, *STATUS])
def test_mirror_and_order_keep_what_was_known(member: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with now_is(INSTANT):
        answers(monkeypatch, **KNOWN)
        company, person = administrator()
        row = activated(person, company)
        before, facts_before = mirrored(row), facts()
        assert before[{**MEMBERS, **ONCE_SUBSCRIBED, **STATUS}[member]] not in (None, "", [])
        assert (before["renews"], before["trial"], before["test"]) == (False, True, True)

        for leaves in WAYS:
            answers(monkeypatch, member, leaves, **KNOWN)
            for look in (
                partial(reconcile, "azure"),
                partial(reconcile_one, "azure", row.external_id),
                partial(follow, row, Cause("a look", SYSTEM)),
            ):
                look()
                assert mirrored(row) == before, leaves
                assert facts() == facts_before, leaves
                differs = {each.kind for each in Difference.objects.filter(mended_at=None)}
                assert differs == ({"status"} if member in STATUS else set()), leaves
        answers(monkeypatch, **KNOWN)
        reconcile("azure")
    assert mirrored(row) == before
    assert not Difference.objects.filter(mended_at=None).exists()


@pytest.mark.parametrize("member", [each for each in MEMBERS if each != "quantity"])  # which is reviewed again
def test_an_order_is_issued_as_its_purchase_was_known_when_it_was_found(member: str, monkeypatch: pytest.MonkeyPatch) -> None:
    issued = []
    for leaves in (None, *WAYS):
        with now_is(INSTANT), undone():
            answers(monkeypatch, **KNOWN)
            company, person = administrator()
            activation = found(buy(name="Head office", quantity=300), person)
            begin(activation, company)
            answers(monkeypatch, member, leaves, **KNOWN)
            assert passes(activation) is None
            assert activation.state == "active", activation.problem
            issued.append(said_of(Order.objects.get()))
    assert issued == [issued[0]] * 5
    assert (issued[0]["name"], issued[0]["units"], issued[0]["renews"]) == ("Head office", (300, 300), False)
    assert issued[0]["trial"] == (True, True)


NEVER_SAID = {
    "name": {},  # the answer to a token names it once more
    "autoRenew": {"renews": True},
    "isFreeTrial": {"trial": (False, False)},
    "isTest": {},
    "created": {},
    "allowedCustomerOperations": {},
    "purchaser": {},
    "beneficiary": {},
    "term.termUnit": {"months": 12},
}
"""Member -> what the order says where the marketplace never did; all else is as it is."""


@pytest.mark.parametrize("member", NEVER_SAID)
def test_what_was_never_said_is_what_a_purchase_usually_is(member: str, monkeypatch: pytest.MonkeyPatch) -> None:
    issued = []
    for leaves in (None, missing, null, empty):
        with now_is(INSTANT), undone():
            answers(monkeypatch, member, leaves, **KNOWN)
            company, person = administrator()
            activated(person, company, name="Head office", quantity=300)
            issued.append(said_of(Order.objects.get()))
    assert issued[1:] == [{**issued[0], **NEVER_SAID[member]}] * 3


def test_a_waiting_purchase_whose_plan_was_changed_to_one_that_does_not_count_has_no_quantity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _company, person = administrator()
    activation = found(buy(quantity=300), person)
    assert activation.subscription is not None
    answers(monkeypatch, "quantity", missing, planId="flat")
    reconcile("azure")
    activation.subscription.refresh_from_db()
    assert (activation.subscription.plan_id, activation.subscription.units) == ("flat", None)


@pytest.mark.parametrize("leaves", WAYS)
@pytest.mark.parametrize("member", ["autoRenew", "isFreeTrial", "isTest", "quantity"])
def test_reading_tells_what_is_not_said_from_no_and_from_nothing(member: str, leaves: Leaves) -> None:
    said: dict[str, Any] = {"id": "one", "autoRenew": False, "isFreeTrial": False, "isTest": False, "quantity": 0}
    field = MEMBERS[member]
    assert getattr(read_purchase(said), field) in (False, 0)
    assert getattr(read_purchase(said), field) is not None
    leaves(said, member)
    assert getattr(read_purchase(said), field) is None
