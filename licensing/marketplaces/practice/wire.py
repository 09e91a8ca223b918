"""How subscriptions, operations, plans and webhooks are written in JSON: version 2018-08-31 of the fulfillment API.

On purpose it writes what publishers have to read leniently: seven digits of a second, days not set, fields that come and go.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from licensing.marketplaces.practice.models import PracticeOperation, PracticeSubscription
from licensing.marketplaces.practice.offers import PUBLISHER_ID, Plan

NOT_SET = "0001-01-01T00:00:00"


def subscription_json(subscription: PracticeSubscription, *, dates: bool = True) -> dict[str, Any]:
    ended = subscription.status == PracticeSubscription.Status.UNSUBSCRIBED
    return {
        "id": str(subscription.pk),
        "publisherId": PUBLISHER_ID,
        "offerId": subscription.offer_id,
        "name": subscription.name,
        "saasSubscriptionStatus": subscription.status,
        "planId": subscription.plan_id,
        **({} if ended else {"quantity": subscription.quantity}),
        "beneficiary": _party(
            subscription.beneficiary_email, subscription.beneficiary_object_id, subscription.beneficiary_tenant_id
        ),
        "purchaser": _party(subscription.purchaser_email, subscription.purchaser_object_id, subscription.purchaser_tenant_id),
        "term": {
            "termUnit": subscription.plan.term_unit,
            "startDate": _day(subscription.starts_on) if dates else NOT_SET,
            "endDate": _day(subscription.last_day) if dates else NOT_SET,
            "chargeDuration": None,
        },
        "autoRenew": subscription.renews,
        "isTest": subscription.is_test,
        "isFreeTrial": subscription.is_free,
        "allowedCustomerOperations": subscription.allowed,
        "sandboxType": "None",
        "sessionMode": "None",
        "created": instant(subscription.bought_at),
        "lastModified": instant(subscription.changed_at),
    }


def resolved_json(subscription: PracticeSubscription) -> dict[str, Any]:
    whole = subscription_json(subscription)
    top: dict[str, Any] = {name: whole[name] for name in ("id", "offerId", "planId", "quantity") if name in whole}
    return {**top, "subscriptionName": subscription.name, "subscription": whole}


def operation_json(operation: PracticeOperation) -> dict[str, Any]:
    failed = operation.status == PracticeOperation.Status.FAILED
    return {
        "id": str(operation.pk),
        "activityId": str(operation.activity_id),
        "subscriptionId": str(operation.subscription_id),
        "offerId": operation.subscription.offer_id,
        "publisherId": PUBLISHER_ID,
        "planId": operation.plan_id,
        "quantity": operation.quantity,
        "action": operation.action,
        "timeStamp": instant(operation.started_at),
        "status": operation.status,
        "errorStatusCode": "400" if failed else "",
        "errorMessage": operation.outcome if failed else "",
    }


def notification_json(operation: PracticeOperation, before: dict[str, Any]) -> dict[str, Any]:
    """The body of a webhook; `before` is the subscription as it was when the operation began."""
    said = operation_json(operation)
    del said["errorStatusCode"], said["errorMessage"]
    return {**said, "operationRequestSource": operation.source, "subscription": before, "purchaseToken": None}


def plan_json(plan: Plan) -> dict[str, Any]:
    term = {"currency": "USD", "price": 0.0, "termUnit": plan.term_unit, "termDescription": f"Practice only, {plan.term}"}
    return {
        "planId": plan.plan_id,
        "displayName": plan.title,
        "description": plan.about,
        "isPrivate": False,
        "minQuantity": plan.fewest,
        "maxQuantity": plan.most,
        "hasFreeTrials": plan.first_term_free,
        "isPricePerSeat": True,
        "isStopSell": False,
        "market": "US",
        "planComponents": {"recurrentBillingTerms": [term], "meteringDimensions": []},
        "sourceOffers": [],
    }


def instant(value: datetime) -> str:
    """Seven digits of a second, as .NET writes them."""
    return value.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def _day(value: date | None) -> str:
    return f"{value.isoformat()}T00:00:00Z" if value else NOT_SET


def _party(email: str, object_id: Any, tenant_id: Any) -> dict[str, Any]:
    return {"emailId": email, "objectId": str(object_id), "tenantId": str(tenant_id), "puid": None}
