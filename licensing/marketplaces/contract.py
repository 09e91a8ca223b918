"""What every marketplace tells us, in our words: purchases, operations on them, notifications, and what went wrong.

An adapter turns tokens, answers and notifications into these; it touches no model and no page. What is never said stays None:
an unknown quantity is not 0, an unknown day not today.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol


class PurchaseStatus(StrEnum):
    """Where a purchase stands at its marketplace."""

    PENDING = "pending"
    """Bought; nobody has activated it, and it is not billed yet."""
    SUBSCRIBED = "subscribed"
    SUSPENDED = "suspended"
    UNSUBSCRIBED = "unsubscribed"
    """Cancelled, for good."""
    UNKNOWN = "unknown"
    """A word we do not know; `Purchase.status_said` has it. Nothing may be done on the strength of it."""


class OperationStatus(StrEnum):
    """Where a change that a marketplace makes stands."""

    OPEN = "open"
    """We may still refuse it."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """Failed, refused, or pointless: there is nothing to do."""
    UNKNOWN = "unknown"


class Action(StrEnum):
    """What a notification or an operation is about."""

    SUBSCRIBE = "subscribe"
    CHANGE_PLAN = "change-plan"
    CHANGE_QUANTITY = "change-quantity"
    RENEW = "renew"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    UNSUBSCRIBE = "unsubscribe"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Party:
    """Who bought, or for whom. An address is for display only: it changes, and may be missing."""

    email: str = ""
    object_id: str = ""
    tenant_id: str = ""


@dataclass(frozen=True)
class Purchase:
    """One purchase as the marketplace has it now."""

    channel: str
    """One of `Order.Channel`."""
    external_id: str
    """The marketplace's id of the purchase, the same for ever."""
    status: PurchaseStatus
    status_said: str = ""
    offer_id: str = ""
    plan_id: str = ""
    name: str = ""
    """What the buyer called it."""
    units: int | None = None
    """How many units in all: Azure's "number of users", one user being one credit. None where the plan does not count."""
    term_months: int | None = None
    term_starts_on: date | None = None
    term_ends_on: date | None = None
    """The last day of the current term. A calendar date, never converted between zones."""
    renews: bool | None = None
    trial: bool | None = None
    test: bool | None = None
    """A purchase of the vendor's own, for trying."""
    beneficiary: Party = Party()
    purchaser: Party = Party()
    customer_may: frozenset[str] = frozenset()
    """What the beneficiary may change through us, as the marketplace says it: "Read", "Update", "Delete"."""
    bought_at: datetime | None = None


@dataclass(frozen=True)
class Operation:
    """A change of a purchase that runs at the marketplace, or has run. `plan_id` and `units` are the values asked for."""

    external_id: str
    """Of the operation."""
    purchase_id: str
    action: Action
    status: OperationStatus
    plan_id: str = ""
    units: int | None = None
    at: datetime | None = None
    action_said: str = ""
    status_said: str = ""


@dataclass(frozen=True)
class Notification:
    """What a marketplace told us by itself. Nothing is ever done on its word alone: it says where to look."""

    external_id: str
    """Of the operation: the same for every repetition."""
    purchase_id: str
    action: Action
    plan_id: str = ""
    units: int | None = None
    at: datetime | None = None
    started_by_us: bool = False
    """The change was asked for through our own calls."""
    units_before: int | None = None
    plan_before: str = ""
    action_said: str = ""


class Problem(StrEnum):
    """Why a call came to nothing."""

    TOKEN = "token"
    """The purchase token is damaged or too old: the person has to come again from the marketplace."""
    NOT_FOUND = "not-found"
    REFUSED = "refused"
    """The marketplace does not accept what was asked for, in the state the purchase is in."""
    CONFLICT = "conflict"
    """Something newer has happened there already."""
    CONFIGURATION = "configuration"
    """It does not know us: tenant, client id, secret. Only the vendor can mend it; repeating it does not help."""
    UNAVAILABLE = "unavailable"
    """Not reached, too busy, or broken just now. Whether the call had an effect is unknown."""
    UNREADABLE = "unreadable"
    """It answered something nobody can read."""


class MarketplaceError(Exception):
    """A call to a marketplace came to nothing.

    `detail` is what it said, cut to 2 KiB and without secrets; `request_id` and `correlation_id` are what its support asks for.
    """

    def __init__(
        self,
        problem: Problem,
        detail: str = "",
        *,
        status: int | None = None,
        retry_after: float | None = None,
        request_id: str = "",
        correlation_id: str = "",
    ) -> None:
        super().__init__(f"{problem}: {detail}" if detail else str(problem))
        self.problem = problem
        self.detail = detail
        self.status = status
        self.retry_after = retry_after
        self.request_id = request_id
        self.correlation_id = correlation_id

    @property
    def retry(self) -> bool:
        """Whether the same call may come to something later."""
        return self.problem in (Problem.UNAVAILABLE, Problem.UNREADABLE)


class Patience(StrEnum):
    """Who waits for the answer, which decides how long a call may take and whether it is repeated."""

    PERSON = "person"
    JOB = "job"
    WEBHOOK = "webhook"


class Marketplace(Protocol):
    """The calls of a marketplace that we use. Each raises `MarketplaceError`; none holds a transaction open.

    `correlation_id` is a GUID that stays the same for one business action; one is made up where none is given.
    """

    def resolve(self, token: str, *, correlation_id: str = "") -> Purchase:
        """Exchange the token that a landing page was given for what was bought."""

    def purchase(self, external_id: str, *, patience: Patience = Patience.JOB, correlation_id: str = "") -> Purchase:
        """The purchase as it is now."""

    def purchases(self, *, correlation_id: str = "") -> Iterator[Purchase]:
        """Every purchase there ever was, cancelled ones too, page by page."""

    def activate(self, purchase: Purchase, *, patience: Patience = Patience.PERSON, correlation_id: str = "") -> None:
        """Say that we serve the purchase; from then on it is billed.

        Never repeated by itself: after UNAVAILABLE look at the purchase first. A marketplace that has no such call does nothing.
        """

    def operation(
        self, purchase_id: str, external_id: str, *, patience: Patience = Patience.JOB, correlation_id: str = ""
    ) -> Operation:
        """One change as it stands now."""

    def open_operations(self, purchase_id: str, *, correlation_id: str = "") -> list[Operation]:
        """Changes that wait for our answer."""

    def settle(self, purchase_id: str, external_id: str, *, accepted: bool, correlation_id: str = "") -> None:
        """Tell the marketplace what came of a change. NOT_FOUND, REFUSED and CONFLICT mean that it has settled it itself."""

    def read_notification(self, body: bytes) -> Notification:
        """Read a notification's body leniently. Raises ValueError, in words, where it cannot be used."""

    def check_sender(self, authorization: str) -> dict[str, Any]:
        """The claims of a notification's sender. Raises `Forged`, or `MarketplaceError` where the keys cannot be had."""


class Forged(Exception):
    """A notification was not sent by the marketplace. The reason is for our log, never for the sender."""


class NotForUs(Forged):
    """Signed by the marketplace's keys, but for another receiver or time: so it looks where a setting or the clock is wrong."""
