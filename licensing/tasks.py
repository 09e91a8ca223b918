"""Jobs: what the worker does, and when. Each may be run twice, or be killed and run again."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from console.company_in_hand import for_all
from console.jobs import order
from console.models import Actor
from licensing.forget_old_rows import forget_old_rows
from licensing.imports.file_of_a_run import file_of
from licensing.imports.import_rows import carry_out
from licensing.marketplaces.contract import Action, MarketplaceError, Problem
from licensing.models import Activation, Company, ImportRun, MarketplaceEvent
from licensing.notices.sources import tell_companies
from licensing.notices.to_vendor.mails import tell_vendors_people
from licensing.purchases import receive_notification
from licensing.purchases.activation.carry_through_activation import carry_on
from licensing.purchases.activation.one_pass_at_a_time import LEASE, interrupted
from licensing.purchases.comparison import nightly_comparison
from licensing.purchases.comparison.nightly_comparison import reconcile
from licensing.purchases.follow_marketplace import Cause, follow
from licensing.purchases.mirror import actor_of, marketplace_of
from licensing.queueing import (
    CARRY_ON_ACTIVATION,
    HANDLE_AGAIN,
    IMPORT_ROWS,
    LOOK_AGAIN,
    RECONCILE_ALL,
    RECONCILE_ONE,
    SETTLE_EVENT,
    TELL_COMPANY,
    TELL_VENDOR,
    after_commit,
)

logger = logging.getLogger("allotment.jobs")

AGAIN = RetryStrategy(max_attempts=8, exponential_wait=2)
"""For what nobody foresaw, such as a database that restarts."""


@app.task(**order.of(CARRY_ON_ACTIVATION), retry=AGAIN)
@for_all("a job names an activation")
def carry_on_activation(activation: str) -> None:
    """A pass of an activation, and the next one when it is due."""
    seconds = carry_on(UUID(activation))
    if seconds is not None:
        after_commit(CARRY_ON_ACTIVATION, after=seconds, activation=activation)
        return
    row = Activation.objects.select_related("subscription").get(pk=activation)
    if row.state == Activation.State.ACTIVE and row.subscription is not None:
        # What happened at the marketplace while we were at it told us nothing: the order did not exist yet.
        after_commit(RECONCILE_ONE, after=60, channel=row.channel, external_id=row.subscription.external_id)


@app.periodic(cron="* * * * *")
@app.task(**order.once("licensing.take_up_interrupted"))
@for_all("what a killed worker left")
def take_up_interrupted(timestamp: int) -> None:
    """What a killed worker left behind: activations nobody is at, changes not acknowledged."""
    take_up()


def take_up() -> None:
    for pk in interrupted():
        after_commit(CARRY_ON_ACTIVATION, activation=str(pk))
    since = timezone.now() - LEASE
    unsettled = MarketplaceEvent.objects.filter(
        to_settle=True, settled_at=None, done_at__lt=since, done_at__gt=since - timedelta(hours=1)
    )
    for event in unsettled.values_list("pk", flat=True):
        after_commit(SETTLE_EVENT, event=event)


UNTIL_BELIEVED = timedelta(minutes=6)
"""So long a marketplace that does not find a change may have just started."""


@app.task(**order.of(SETTLE_EVENT), retry=RetryStrategy(max_attempts=4, wait=2))
@for_all("a job names an event")
def settle_event(event: int) -> None:
    """Tell the marketplace that we agree to a change. What it says to that decides nothing: the change is applied."""
    row = MarketplaceEvent.objects.get(pk=event)
    if row.settled_at is not None:
        return
    try:
        marketplace_of(row.channel).settle(row.subscription_id_said, row.external_id, accepted=True)
    except MarketplaceError as error:
        if error.problem not in (Problem.NOT_FOUND, Problem.REFUSED, Problem.CONFLICT):
            raise
        if error.problem == Problem.NOT_FOUND and row.done_at and timezone.now() - row.done_at < UNTIL_BELIEVED:
            return  # told again every minute until then
        # It has settled the change itself.
        logger.warning("%s: %s was not acknowledged: %s", row.channel, row, error)
    MarketplaceEvent.objects.filter(pk=event).update(settled_at=timezone.now())


@app.task(**order.of(LOOK_AGAIN), retry=RetryStrategy(max_attempts=6, exponential_wait=4))
@for_all("a job names an event")
def look_again(event: int) -> None:
    """Read the purchase again of which an event told, and follow it."""
    row = MarketplaceEvent.objects.select_related("subscription").get(pk=event)
    if row.subscription is None:
        return
    cause = Cause(f"operation:{row.external_id}:again", actor_of(row.channel), Action(row.action), row)
    outcome = follow(row.subscription, cause)
    if outcome.found:
        with transaction.atomic():
            row = MarketplaceEvent.objects.select_for_update().get(pk=event)
            if outcome.in_words not in row.detail:
                row.detail = _("%(before)s Read again: %(words)s") % {"before": row.detail, "words": outcome.in_words}
            if row.state == MarketplaceEvent.State.WAITING and outcome.is_mended:
                row.state = MarketplaceEvent.State.APPLIED
            row.save(update_fields=["detail", "state"])


@app.task(**order.of(HANDLE_AGAIN), retry=AGAIN)
@for_all("a job names an event")
def handle_again(event: int) -> None:
    """Take up a notification that could not be confirmed when it came."""
    receive_notification.handle_again(MarketplaceEvent.objects.select_related("subscription").get(pk=event))


@app.task(**order.of(TELL_COMPANY), retry=AGAIN)
@for_all("a job names a company")
def tell_company(company: int) -> None:
    """What a company has to be told, without waiting for the hour: queued with each act that may change an order."""
    tell_companies([Company.objects.get(pk=company)], timezone.now())


@app.task(**order.of(TELL_VENDOR), retry=AGAIN)
@for_all("the vendor's people are told of every purchase")
def tell_vendor(happened: str, about: str) -> None:
    """Mails to the vendor's own addresses, of one thing that happened. Told once, however often it is queued."""
    tell_vendors_people(happened, about, timezone.now())


@app.periodic(cron="17 2 * * *")
@app.task(**order.once("licensing.reconcile_nightly"))
@for_all("all purchases are compared")
def reconcile_nightly(timestamp: int) -> None:
    for channel in settings.MARKETPLACES:
        reconcile(channel)


@app.task(**order.once(RECONCILE_ALL))
@for_all("all purchases are compared")
def reconcile_all(channel: str) -> None:
    reconcile(channel)


@app.task(**order.of(RECONCILE_ONE), retry=AGAIN)
@for_all("a job names a purchase")
def reconcile_one(channel: str, external_id: str) -> None:
    nightly_comparison.reconcile_one(channel, external_id)


@app.periodic(cron="41 3 * * *")
@app.task(**order.once("licensing.forget"))
@for_all("what is kept for a while only")
def forget(timestamp: int) -> None:
    """What is kept for a while only goes."""
    forget_old_rows(timezone.now())


@app.task(**order.of(IMPORT_ROWS), retry=AGAIN)
@for_all("an import concerns many companies")
def import_rows(run: str) -> None:
    """Look at a file, or import it, as its run says. Killed, it has written nothing, and begins anew."""
    found = ImportRun.objects.select_related("by").get(pk=run)
    if found.by is not None and found.is_under_way:
        with file_of(found) as file:
            carry_out(found, file, by=Actor.person(found.by))
