"""Notifications of a marketplace: who sent it, whether it is true, what comes of it, and what to answer.

200: handled, handled before, or harmless. 400: unusable, or we refuse the change. 401: not the marketplace. 503: try again. A
change of quantity or plan is confirmed with its operation, everything else with the purchase itself; nothing is done on the
notification's word. The whole of it stays under five seconds; acknowledging and looking again are left to jobs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from console.company_in_hand import for_company
from console.models import Actor
from licensing.acts.order_in_hand import activated
from licensing.health.connection_notes import note_refusal
from licensing.marketplaces.contract import (
    Action,
    Forged,
    Marketplace,
    MarketplaceError,
    NotForUs,
    Notification,
    Operation,
    OperationStatus,
    Patience,
    Problem,
)
from licensing.models import MarketplaceEvent, Subscription
from licensing.notices.tell_of_refusal import tell_refused
from licensing.purchases.believed_day import believed_day
from licensing.purchases.follow_marketplace import Cause, follow
from licensing.purchases.mirror import actor_of, marketplace_of
from licensing.purchases.notification_without_token import without_token
from licensing.purchases.order_in_charge import order_in_charge
from licensing.purchases.refuse_or_accept_change import Refusal, refuse_or_accept, takes_back
from licensing.purchases.when_a_purchase_is_read_again import AFTER_DECISION, AGAIN_AFTER, FOR_A_DAY
from licensing.queueing import LOOK_AGAIN, RECONCILE_ONE, SETTLE_EVENT, after_commit

logger = logging.getLogger("allotment.marketplace")

State = MarketplaceEvent.State
MAX_BODY = 64 * 1024
DECIDED_BY_US = (Action.CHANGE_QUANTITY, Action.CHANGE_PLAN)
NO_OPERATION = "none:"
READS_LAG = 1.0
"""Seconds after which an operation that was not found is asked for once more."""
HURRY = 1.5
"""Once so many seconds have passed there is no time left for that."""


wait = time.sleep


def receive(channel: str, *, read: Callable[[], bytes], authorization: str) -> int:
    """Take in one notification, whose body `read` gives. Returns the HTTP status to answer with."""
    try:
        source = marketplace_of(channel)
        source.check_sender(authorization)
    except Forged as error:
        logger.warning("%s: a notification was refused: %s", channel, error)
        note_refusal(channel, str(error), genuine=isinstance(error, NotForUs))
        return 401
    except MarketplaceError as error:
        logger.error("%s: a notification could not be checked: %s", channel, error)
        return 503
    body = read()
    if len(body) > MAX_BODY:
        logger.warning("%s: a notification of %d bytes was refused", channel, len(body))
        note_refusal(channel, "its body is too long")
        return 400
    try:
        said = source.read_notification(body)
    except ValueError as error:
        logger.warning("%s: a notification could not be read: %s", channel, error)
        note_refusal(channel, "its body cannot be read")
        return 400
    if not said.external_id:  # an old form, which names no operation: it is told apart by its text, and only looked at
        said = replace(said, external_id=f"{NO_OPERATION}{sha256(body).hexdigest()}")
    event = _kept(channel, said, body)
    if event.is_done:
        return event.answered or 200
    return _Handling(source, event, said).answer()


def take_up(channel: str, operation: Operation) -> None:
    """Handle a change that waits for an answer though no notification of it has come. Raises `MarketplaceError`."""
    said = Notification(
        external_id=operation.external_id,
        purchase_id=operation.purchase_id,
        action=operation.action,
        plan_id=operation.plan_id,
        units=operation.units,
        at=operation.at,
        action_said=operation.action_said,
    )
    source, event = marketplace_of(channel), _kept(channel, said, b"")
    if not event.is_done and _Handling(source, event, said).answer() == 400:
        source.settle(said.purchase_id, said.external_id, accepted=False)


def handle_again(event: MarketplaceEvent) -> None:
    """Handle an event that could not be confirmed when it was told; nothing where that is done. Raises `MarketplaceError`."""
    if event.is_done:
        return
    source = marketplace_of(event.channel)
    said = Notification(
        external_id=event.external_id,
        purchase_id=event.subscription_id_said,
        action=Action(event.action),
        plan_id=event.plan_id,
        units=event.units,
        at=event.happened_at,
        action_said=event.action_said,
    )
    if event.raw:
        said = replace(said, started_by_us=source.read_notification(event.raw.encode()).started_by_us)
    if _Handling(source, event, said).answer() == 400:
        source.settle(said.purchase_id, said.external_id, accepted=False)


def _kept(channel: str, said: Notification, body: bytes) -> MarketplaceEvent:
    """The inbox row of the operation, made or found.

    That it is there already is expected, so no statement fails for it: a database's log repeats those that do.
    """
    subscription = Subscription.objects.filter(channel=channel, external_id=said.purchase_id).first()
    row = MarketplaceEvent(
        channel=channel,
        external_id=said.external_id,
        subscription_id_said=said.purchase_id,
        subscription=subscription,
        action=said.action,
        action_said=said.action_said[:60],
        plan_id=said.plan_id,
        units=said.units,
        happened_at=said.at,
        received_at=timezone.now(),
        times=0,
        raw=without_token(body),
    )
    with transaction.atomic():
        MarketplaceEvent.objects.bulk_create([row], ignore_conflicts=True)
        event = MarketplaceEvent.objects.select_for_update().get(channel=channel, external_id=said.external_id)
        event.times += 1
        event.subscription = event.subscription or subscription
        event.save(update_fields=["times", "subscription"])
    return event


@dataclass
class _Handling:
    source: Marketplace
    event: MarketplaceEvent
    said: Notification

    def __post_init__(self) -> None:
        self.began = time.monotonic()

    def answer(self) -> int:
        if self.event.subscription is None or self.event.subscription.order_id is None:
            # A purchase that nobody configured yet can change or be cancelled too; the mirror learns of it.
            after_commit(RECONCILE_ONE, channel=self.event.channel, external_id=self.said.purchase_id)
            return self.done(State.UNMATCHED, 200, _("Not activated here; the purchase is looked up."))
        try:
            if self.said.action in DECIDED_BY_US and not self.said.external_id.startswith(NO_OPERATION):
                return self.decide()
            return self.look()
        except Refusal as refusal:
            return self.refuse(str(refusal))
        except MarketplaceError as error:
            logger.error("%s: %s could not be confirmed: %s", self.event.channel, self.event, error)
            return 503

    def done(self, state: str, status: int, detail: str, *, to_settle: bool = False) -> int:
        self.event.state, self.event.answered, self.event.detail = state, status, detail
        self.event.to_settle = to_settle
        self.event.done_at = timezone.now()
        self.event.save(update_fields=["state", "answered", "detail", "done_at", "to_settle"])
        return status

    # --- Changes that wait for our decision

    def decide(self) -> int:
        operation = self.operation()
        if operation is None:
            logger.warning("%s: operation %s is not known there", self.event.channel, self.event.external_id)
            return 503
        if not self.agrees(operation):
            logger.warning("%s: operation %s differs from what was told", self.event.channel, self.event.external_id)
            self.look_again(AFTER_DECISION)
            return self.done(State.SUSPICIOUS, 200, _("The operation at the marketplace differs from what was told."))
        if operation.status == OperationStatus.FAILED:
            self.look_again(AFTER_DECISION)
            return self.done(State.UNCHANGED, 200, _("The marketplace has given the change up."))
        if operation.status == OperationStatus.UNKNOWN or self.is_older():
            self.look_again(AGAIN_AFTER)
            return self.done(State.WAITING, 200, _("The purchase itself is read again."))
        return self.apply(operation)

    def operation(self) -> Operation | None:
        for last in (False, True):
            try:
                return self.source.operation(self.said.purchase_id, self.said.external_id, patience=Patience.WEBHOOK)
            except MarketplaceError as error:
                if error.problem not in (Problem.NOT_FOUND, Problem.REFUSED):
                    raise
            if last or time.monotonic() - self.began > HURRY:
                return None
            wait(READS_LAG)
        return None

    def agrees(self, operation: Operation) -> bool:
        if operation.purchase_id != self.said.purchase_id or operation.action != self.said.action:
            return False
        if self.said.action == Action.CHANGE_PLAN:
            return operation.plan_id == self.said.plan_id
        return operation.units == self.said.units and operation.units is not None

    def is_older(self) -> bool:
        """Whether a later change of the same kind was applied already, so that this one must not be."""
        if self.said.at is None:
            return False
        return MarketplaceEvent.objects.filter(
            subscription=self.event.subscription, action=self.said.action, state=State.APPLIED, happened_at__gt=self.said.at
        ).exists()

    def apply(self, operation: Operation) -> int:
        """Bring the order to the value of the operation. While it is open we may refuse; afterwards we follow."""
        is_open = operation.status == OperationStatus.OPEN
        needs_cover = is_open and not takes_back(self.source, self.said, operation)
        with transaction.atomic():
            assert self.event.subscription_id is not None
            subscription = Subscription.objects.locked().get(pk=self.event.subscription_id)
            event = MarketplaceEvent.objects.select_for_update().get(pk=self.event.pk)
            if event.is_done:
                return event.answered or 200
            if subscription.is_final:
                return self.done(State.UNCHANGED, 200, _("The subscription was cancelled."))
            in_charge = order_in_charge(subscription)
            assert in_charge is not None
            order, company = activated(in_charge)
            today = company.day_of(timezone.now())
            days = {"on": believed_day(self.event, company, today), "today": today}
            with for_company(company):
                state, detail = refuse_or_accept(order, subscription, operation, needs_cover=needs_cover, by=self.actor, **days)
            waits = is_open and not self.said.started_by_us
            status = self.done(state, 200, detail, to_settle=waits)
            if waits:
                after_commit(SETTLE_EVENT, event=self.event.pk)
        self.look_again(AFTER_DECISION if state == State.APPLIED else AGAIN_AFTER)
        return status

    def refuse(self, reason: str) -> int:
        """Answering 400 is the refusal; if the marketplace changes it all the same, the next look follows."""
        with transaction.atomic():
            event = MarketplaceEvent.objects.select_for_update().get(pk=self.event.pk)
            if event.is_done:  # told twice at once: the other one's answer holds
                return event.answered or 200
            self.done(State.REFUSED, 400, reason)
            tell_refused(self.event, reason)
        self.look_again(AFTER_DECISION)
        return 400

    # --- Everything else: the purchase itself says

    def look(self) -> int:
        assert self.event.subscription is not None
        cause = Cause(f"operation:{self.event.external_id}", self.actor, self.said.action, self.event)
        outcome = follow(self.event.subscription, cause, patience=Patience.WEBHOOK)
        waits = self.said.action == Action.REINSTATE
        if outcome.is_mended:
            status = self.done(State.APPLIED, 200, outcome.in_words, to_settle=waits)
        elif self.said.action == Action.UNSUBSCRIBE and outcome.subscription.is_final and not outcome.found:
            status = self.done(State.UNCHANGED, 200, _("Nothing to change: it was cancelled already."))
        else:
            self.look_again(FOR_A_DAY if self.said.action == Action.RENEW else AGAIN_AFTER)
            words = outcome.in_words or _("The purchase does not show a change yet; it is read again.")
            status = self.done(State.WAITING, 200, words, to_settle=waits)
        if waits:
            after_commit(SETTLE_EVENT, event=self.event.pk)
        return status

    def look_again(self, seconds: tuple[int, ...]) -> None:
        for each in seconds:
            after_commit(LOOK_AGAIN, after=each, event=self.event.pk)

    @property
    def actor(self) -> Actor:
        return actor_of(self.event.channel)
