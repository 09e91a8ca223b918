"""Jobs: what the worker does, and when. Each may be run twice, or be killed and run again."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

logger = logging.getLogger("allotment.jobs")

AGAIN = RetryStrategy(max_attempts=8, exponential_wait=2)
"""For what nobody foresaw, such as a database that restarts."""


def after_commit(task: Any, after: float = 0, **arguments: Any) -> None:
    """Queue a job with what is being written: both are there after the commit, or neither."""
    configured = task.configure(schedule_in={"seconds": int(after)}) if after else task
    configured.defer(**arguments)


@app.task(name="licensing.carry_on_activation", retry=AGAIN)
def carry_on_activation(activation: str) -> None:
    """A pass of an activation, and the next one when it is due."""
    from licensing.models import Activation
    from licensing.purchases.carry_through_activation import carry_on

    seconds = carry_on(UUID(activation))
    if seconds is not None:
        after_commit(carry_on_activation, after=seconds, activation=activation)
        return
    row = Activation.objects.select_related("subscription").get(pk=activation)
    if row.state == Activation.State.ACTIVE and row.subscription is not None:
        # What happened at the marketplace while we were at it told us nothing: the order did not exist yet.
        after_commit(reconcile_one, after=60, channel=row.channel, external_id=row.subscription.external_id)


@app.periodic(cron="* * * * *")
@app.task(name="licensing.take_up_interrupted", queueing_lock="licensing.take_up_interrupted")
def take_up_interrupted(timestamp: int) -> None:
    """What a killed worker left behind: activations nobody is at, changes not acknowledged."""
    take_up()


def take_up() -> None:
    from licensing.models import MarketplaceEvent
    from licensing.purchases.carry_through_activation import LEASE, interrupted

    for pk in interrupted():
        after_commit(carry_on_activation, activation=str(pk))
    since = timezone.now() - LEASE
    unsettled = MarketplaceEvent.objects.filter(
        to_settle=True, settled_at=None, done_at__lt=since, done_at__gt=since - timedelta(hours=1)
    )
    for event in unsettled.values_list("pk", flat=True):
        after_commit(settle_event, event=event)


@app.task(name="licensing.settle_event", retry=RetryStrategy(max_attempts=4, wait=2))
def settle_event(event: int) -> None:
    """Tell the marketplace that we agree to a change. What it says to that decides nothing: the change is applied."""
    from licensing.marketplaces.contract import MarketplaceError, Problem
    from licensing.models import MarketplaceEvent
    from licensing.purchases.mirror import marketplace_of

    row = MarketplaceEvent.objects.get(pk=event)
    if row.settled_at is not None:
        return
    try:
        marketplace_of(row.channel).settle(row.subscription_id_said, row.external_id, accepted=True)
    except MarketplaceError as error:
        if error.problem not in (Problem.NOT_FOUND, Problem.REFUSED, Problem.CONFLICT):
            raise
        # It has settled the change itself.
        logger.warning("%s: %s was not acknowledged: %s", row.channel, row, error)
    MarketplaceEvent.objects.filter(pk=event).update(settled_at=timezone.now())


@app.task(name="licensing.look_again", retry=RetryStrategy(max_attempts=6, exponential_wait=4))
def look_again(event: int) -> None:
    """Read the purchase again of which an event told, and follow it."""
    from licensing.marketplaces.contract import Action
    from licensing.models import MarketplaceEvent
    from licensing.purchases.follow_marketplace import Cause, follow
    from licensing.purchases.mirror import actor_of

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


@app.task(name="licensing.tell_company", retry=AGAIN)
def tell_company(company: int) -> None:
    """What a company has to be told of its licenses, without waiting for the hour."""
    from licensing.models import Company
    from licensing.notices.due_of_licenses import tell_of_licenses

    tell_of_licenses([Company.objects.get(pk=company)], timezone.now())


@app.periodic(cron="17 2 * * *")
@app.task(name="licensing.reconcile_nightly", queueing_lock="licensing.reconcile_nightly")
def reconcile_nightly(timestamp: int) -> None:
    from django.conf import settings

    from licensing.purchases.nightly_comparison import reconcile

    for channel in settings.MARKETPLACES:
        reconcile(channel)


@app.task(name="licensing.reconcile_all", queueing_lock="licensing.reconcile_all")
def reconcile_all(channel: str) -> None:
    from licensing.purchases.nightly_comparison import reconcile

    reconcile(channel)


@app.task(name="licensing.reconcile_one", retry=AGAIN)
def reconcile_one(channel: str, external_id: str) -> None:
    from licensing.purchases import nightly_comparison

    nightly_comparison.reconcile_one(channel, external_id)


@app.periodic(cron="41 3 * * *")
@app.task(name="licensing.forget", queueing_lock="licensing.forget")
def forget(timestamp: int) -> None:
    """What is kept for a while only: tokens that were not used, notifications as received."""
    from django.conf import settings

    from licensing.models import Activation, ConnectionNote, MarketplaceEvent

    now, kept = timezone.now(), timedelta(days=settings.RETENTION_DAYS)
    ConnectionNote.objects.filter(last_at__lt=now - kept).delete()
    Activation.objects.exclude(token_sealed="").filter(token_until__lt=now).update(token_sealed="", token_until=None)
    # Landing pages that nobody signed in from; nothing was found, so nothing is lost.
    Activation.objects.filter(state=Activation.State.BROUGHT, subscription=None, brought_at__lt=now - kept).delete()
    MarketplaceEvent.objects.exclude(raw="").filter(received_at__lt=now - kept).update(raw="")
