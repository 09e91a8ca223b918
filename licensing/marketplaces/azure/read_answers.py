"""Reading what Azure Marketplace says, leniently: JSON into purchases, operations and notifications. Pure.

Fields may be missing, null, of another type or new; words may be padded or in another case. What cannot be read counts as
not said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from console.allowed_text import without_refused
from licensing.marketplaces.contract import (
    Action,
    MarketplaceError,
    Notification,
    Operation,
    OperationStatus,
    Party,
    Problem,
    Purchase,
    PurchaseStatus,
)

CHANNEL = "azure"
LARGEST_NOTIFICATION = 64 * 1024
LONGEST_WORD = 100
LONGEST_NAME = 150
LONGEST_ADDRESS = 254
LARGEST_QUANTITY = 2**63 - 1
YEARS = range(2, 9999)
"""Years 1 and 9999 mean "not set", and no calendar has a day before or after them."""

PURCHASE_STATUSES = {
    "notstarted": PurchaseStatus.PENDING,
    "pendingfulfillmentstart": PurchaseStatus.PENDING,
    "subscribed": PurchaseStatus.SUBSCRIBED,
    "suspended": PurchaseStatus.SUSPENDED,
    "unsubscribed": PurchaseStatus.UNSUBSCRIBED,
}
OPERATION_STATUSES = {
    "notstarted": OperationStatus.OPEN,
    "inprogress": OperationStatus.OPEN,
    "succeeded": OperationStatus.SUCCEEDED,
    "failed": OperationStatus.FAILED,
    "conflict": OperationStatus.FAILED,
}
ACTIONS = {
    "subscribe": Action.SUBSCRIBE,
    "changeplan": Action.CHANGE_PLAN,
    "changequantity": Action.CHANGE_QUANTITY,
    "renew": Action.RENEW,
    "suspend": Action.SUSPEND,
    "reinstate": Action.REINSTATE,
    "unsubscribe": Action.UNSUBSCRIBE,
}
RIGHTS = {"read": "Read", "update": "Update", "delete": "Delete"}

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")
_GUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_WHOLE = re.compile(r"\+?([0-9]{1,19})(?:\.0*)?")
_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]*))?)?\s*([Zz]|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_TERM = re.compile(r"P(?:([0-9]{1,2})Y)?(?:([0-9]{1,3})M)?", re.IGNORECASE)


@dataclass(frozen=True)
class Plan:
    """A plan that a purchase may be changed to, or has. Prices are left out: list prices are not what a customer pays."""

    plan_id: str
    name: str = ""
    per_unit: bool | None = None
    least_units: int | None = None
    most_units: int | None = None
    term_months: tuple[int, ...] = ()
    private: bool = False
    on_sale: bool = True


# --- Bytes into JSON


def parse(body: bytes) -> Any:
    """The JSON of a body, None where it is empty. Raises ValueError in words."""
    if not body.strip():
        return None
    try:
        return json.loads(body, parse_constant=lambda constant: None)
    except (ValueError, RecursionError) as error:
        reason = f"it is not JSON ({type(error).__name__})"
    raise ValueError(reason)


# --- Single values


def field(thing: Any, *names: str) -> Any:
    """The first of the named members that says something (neither missing, null nor empty), in whatever case it is spelled."""
    if not isinstance(thing, Mapping):
        return None
    folded: dict[str, Any] | None = None
    for name in names:
        value = thing.get(name)
        if value is None:
            if folded is None:
                folded = {str(key).casefold(): each for key, each in thing.items()}
            value = folded.get(name.casefold())
        if value is not None and not (isinstance(value, str) and not value.strip()):
            return value
    return None


def text(value: Any, most: int = LONGEST_WORD) -> str:
    """A text as it can be kept and seen: with a space for what no name may hold, at most `most` long."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**most else ""
    return without_refused(value.replace("\0", ""), most=most)


def identifier(value: Any) -> str:
    """An id that may stand in an address; empty where it may not. GUIDs in small letters, so that each is spelled one way."""
    said = text(value, LONGEST_WORD + 1)
    if not _ID.fullmatch(said):
        return ""
    return said.lower() if is_guid(said) else said


def is_guid(said: str) -> bool:
    return bool(_GUID.fullmatch(said))


def quantity(value: Any) -> int | None:
    """Units from a number or a numeric text; None, never 0, where nothing readable is said."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None
    elif isinstance(value, str):
        found = _WHOLE.fullmatch(value.strip())
        value = int(found[1]) if found else None
    return value if isinstance(value, int) and 0 <= value <= LARGEST_QUANTITY else None


def claim(value: Any) -> bool | None:
    """True or false, also in words."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().casefold())
    return value if isinstance(value, bool) else None


def day(value: Any) -> date | None:
    """The calendar date as written, whatever the zone. Years 1 and 9999 mean "not set"."""
    found = _INSTANT.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        return None
    try:
        written = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    return written if written.year in YEARS else None


def instant(value: Any) -> datetime | None:
    """The instant in UTC, cut to microseconds; without a zone it is UTC already. Years 1 and 9999 mean "not set"."""
    found = _INSTANT.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        return None
    year, month, of_month, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        written = datetime(
            year, month, of_month, hour, minute, second, int((found[7] or "0")[:6].ljust(6, "0")), tzinfo=_zone(found[8])
        )
        return written.astimezone(UTC) if year in YEARS else None
    except (ValueError, OverflowError):
        return None


def _zone(said: str | None) -> timezone:
    if not said or said in "Zz":
        return UTC
    away = timedelta(hours=int(said[1:3]), minutes=int(said[-2:]))
    return timezone(-away if said[0] == "-" else away)


def months(value: Any) -> int | None:
    """ "P1M" to "P5Y" as months."""
    found = _TERM.fullmatch(value.strip()) if isinstance(value, str) else None
    return (int(found[1] or 0) * 12 + int(found[2] or 0) or None) if found else None


def _folded(said: str) -> str:
    return re.sub(r"[\s_-]+", "", said).casefold()


def _party(value: Any) -> Party:
    return Party(
        email=text(field(value, "emailId"), LONGEST_ADDRESS),
        object_id=text(field(value, "objectId")),
        tenant_id=text(field(value, "tenantId")),
    )


def _rights(value: Any) -> frozenset[str]:
    said = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return frozenset(RIGHTS.get(word.casefold(), word) for each in said if (word := text(each)))


# --- What it tells us


def read_purchase(said: Any, *, asked_for: str = "") -> Purchase:
    """A subscription object. `asked_for` is the id it was asked by, and stands in for a missing one.

    Raises UNREADABLE where it has no id, or that of another purchase.
    """
    if not isinstance(said, Mapping):
        raise MarketplaceError(Problem.UNREADABLE, "The answer holds no purchase.")
    external_id = identifier(field(said, "id", "subscriptionId")) or identifier(asked_for)
    if not external_id:
        raise MarketplaceError(Problem.UNREADABLE, "The answer holds a purchase without a usable id.")
    if asked_for and external_id != identifier(asked_for):
        raise MarketplaceError(Problem.UNREADABLE, "The answer holds another purchase than was asked for.")
    status = text(field(said, "saasSubscriptionStatus"))
    term = field(said, "term")
    return Purchase(
        channel=CHANNEL,
        external_id=external_id,
        status=PURCHASE_STATUSES.get(_folded(status), PurchaseStatus.UNKNOWN),
        status_said=status,
        offer_id=text(field(said, "offerId")),
        plan_id=text(field(said, "planId")),
        name=text(field(said, "name", "subscriptionName"), LONGEST_NAME),
        units=quantity(field(said, "quantity")),
        term_months=months(field(term, "termUnit")),
        term_starts_on=day(field(term, "startDate")),
        term_ends_on=day(field(term, "endDate")),
        renews=claim(field(said, "autoRenew")),
        trial=claim(field(said, "isFreeTrial")),
        test=claim(field(said, "isTest")),
        beneficiary=_party(field(said, "beneficiary")),
        purchaser=_party(field(said, "purchaser")),
        customer_may=_rights(field(said, "allowedCustomerOperations")),
        bought_at=instant(field(said, "created")),
    )


def read_resolved(said: Any) -> Purchase:
    """The answer to a purchase token: the subscription within it, and what stands around that where it is silent."""
    inner = field(said, "subscription")
    if not isinstance(inner, Mapping):
        return read_purchase(said)
    merged = dict(inner)
    for name in ("id", "offerId", "planId", "quantity"):
        if field(inner, name) is None:
            merged[name] = field(said, name)
    if field(inner, "name") is None:
        merged["name"] = field(said, "subscriptionName", "name")
    return read_purchase(merged)


def read_operation(said: Any, *, purchase_id: str = "", external_id: str = "") -> Operation:
    """An operation object; the ids it was asked by stand in for missing ones. Raises UNREADABLE without ids."""
    if not isinstance(said, Mapping):
        raise MarketplaceError(Problem.UNREADABLE, "The answer holds no operation.")
    of_operation = identifier(field(said, "id", "operationId")) or identifier(external_id)
    of_purchase = identifier(field(said, "subscriptionId")) or identifier(purchase_id)
    if not of_operation or not of_purchase:
        raise MarketplaceError(Problem.UNREADABLE, "The answer holds an operation without usable ids.")
    action = text(field(said, "action", "operationType"))
    status = text(field(said, "status"))
    return Operation(
        external_id=of_operation,
        purchase_id=of_purchase,
        action=ACTIONS.get(_folded(action), Action.UNKNOWN),
        status=OPERATION_STATUSES.get(_folded(status), OperationStatus.UNKNOWN),
        plan_id=text(field(said, "planId")),
        units=quantity(field(said, "quantity")),
        at=instant(field(said, "timeStamp")),
        action_said=action,
        status_said=status,
    )


def unsettled(said: list[Any], *, purchase_id: str) -> list[Operation]:
    """The operations of a list that have not ended; entries without ids are passed over."""
    ended = (OperationStatus.SUCCEEDED, OperationStatus.FAILED)
    usable = (each for each in said if identifier(field(each, "id", "operationId")))
    return [found for each in usable if (found := read_operation(each, purchase_id=purchase_id)).status not in ended]


def read_plan(said: Any) -> Plan | None:
    """A plan; None where it has no id."""
    if not (plan_id := text(field(said, "planId"))):
        return None
    terms = field(field(said, "planComponents"), "recurrentBillingTerms")
    found = {months(field(term, "termUnit")) for term in terms} if isinstance(terms, list) else set()
    return Plan(
        plan_id=plan_id,
        name=text(field(said, "displayName"), LONGEST_NAME),
        per_unit=claim(field(said, "isPricePerSeat")),
        least_units=quantity(field(said, "minQuantity")),
        most_units=quantity(field(said, "maxQuantity")),
        term_months=tuple(sorted(each for each in found if each)),
        private=claim(field(said, "isPrivate")) or False,
        on_sale=not claim(field(said, "isStopSell")),
    )


def read_items(said: Any, name: str) -> list[Any]:
    """The list under `name`, a bare list, or nothing at all. Raises UNREADABLE for anything else."""
    if said is None:
        return []
    items = said if isinstance(said, list) else field(said, name)
    if items is None and isinstance(said, Mapping):
        return []
    if not isinstance(items, list):
        raise MarketplaceError(Problem.UNREADABLE, f"The answer holds no list of {name}.")
    return items


def read_notification(body: bytes) -> Notification:
    """A notification's body. Raises ValueError, in words, without an object or the ids to look it up by.

    Old payloads carry `subscriptionId` and `operationType` only: their `external_id` is empty.
    """
    if len(body) > LARGEST_NOTIFICATION:
        raise ValueError(f"the notification is larger than {LARGEST_NOTIFICATION // 1024} KiB")
    said = parse(body)
    if not isinstance(said, Mapping):
        raise ValueError("the notification is not a JSON object")
    purchase_id = identifier(field(said, "subscriptionId"))
    if not purchase_id:
        raise ValueError("the notification names no usable subscriptionId")
    action = text(field(said, "action", "operationType"))
    if not action:
        raise ValueError("the notification names no action")
    id_said = field(said, "id", "operationId")
    external_id = identifier(id_said)
    if not external_id and (id_said is not None or field(said, "action") is not None):
        raise ValueError("the notification names no usable id")
    before = field(said, "subscription")
    source = text(field(said, "operationRequestSource", "operationRequestedSource"))
    return Notification(
        external_id=external_id,
        purchase_id=purchase_id,
        action=ACTIONS.get(_folded(action), Action.UNKNOWN),
        plan_id=text(field(said, "planId")),
        units=quantity(field(said, "quantity")),
        at=instant(field(said, "timeStamp")),
        started_by_us=source.casefold() == "partner",
        units_before=quantity(field(before, "quantity")),
        plan_before=text(field(before, "planId")),
        action_said=action,
    )
