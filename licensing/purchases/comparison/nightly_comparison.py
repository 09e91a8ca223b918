"""Comparing all subscriptions of a marketplace with ours: every night, and on demand. Differences are mended by the same acts.

What only a person can mend stays on support's list until it is gone.
"""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from licensing.marketplaces.contract import MarketplaceError, Problem, Purchase, PurchaseStatus
from licensing.models import Activation, Reconciliation, Subscription
from licensing.purchases.comparison.lost_notifications import take_up_open_operations
from licensing.purchases.comparison.not_found_three_times import note_missing
from licensing.purchases.follow_marketplace import Cause, Outcome, follow, take_in_and_converge
from licensing.purchases.for_support.list_for_support import Found, Kind, keep_list, note_mended
from licensing.purchases.mirror import actor_of, marketplace_of, take_in, version_of
from licensing.purchases.why_a_purchase_cannot_be_activated import has_lapsed

logger = logging.getLogger("allotment.marketplace")


def reconcile(channel: str) -> Reconciliation:
    """Compare everything once. What the marketplace refuses to answer is written into the run, which is never lost."""
    run = Reconciliation.objects.create(channel=channel, started_at=timezone.now())
    seen: set[str] = set()
    failed: list[str] = []
    try:
        source = marketplace_of(channel)
        # Versions are read first: a notification that comes while we list knows better than our list.
        versions = dict(Subscription.objects.filter(channel=channel).values_list("external_id", "version"))
        for purchase in source.purchases():
            seen.add(purchase.external_id)
            try:
                _compare(run, purchase, versions.get(purchase.external_id, 0))
            except Exception as error:  # one purchase that cannot be compared must not keep the others from it
                logger.exception("%s: %s could not be compared", channel, purchase.external_id)
                failed.append(f"{purchase.external_id} ({type(error).__name__})")
        for row in Subscription.objects.filter(channel=channel).not_final().exclude(external_id__in=seen):
            try:
                _look_up(run, row)
            except MarketplaceError as error:
                if error.problem != Problem.REFUSED:
                    raise
                failed.append(f"{row.external_id} ({error.problem})")
        take_up_open_operations(channel)
    except MarketplaceError as error:
        run.problem = str(error)
        logger.error("%s: the comparison broke off: %s", channel, error)
    if failed:
        said = _("Could not be compared: %(purchases)s.") % {"purchases": ", ".join(failed)}
        run.problem = f"{run.problem} {said}".strip()
    run.finished_at = timezone.now()
    run.save()
    return run


def reconcile_one(channel: str, external_id: str) -> Reconciliation:
    """The same for a single subscription, whether we know it or not."""
    run = Reconciliation.objects.create(channel=channel, external_id=external_id[:100], started_at=timezone.now())
    try:
        row = Subscription.objects.filter(channel=channel, external_id=external_id).first()
        purchase = marketplace_of(channel).purchase(external_id)
        _compare(run, purchase, row.version if row else 0)
    except MarketplaceError as error:
        run.problem = str(error)
    run.finished_at = timezone.now()
    run.save()
    return run


def _compare(run: Reconciliation, purchase: Purchase, version: int) -> None:
    cause = _cause(run)
    row = Subscription.objects.filter(channel=run.channel, external_id=purchase.external_id).first()
    if row is None:
        row = take_in(purchase)
        assert row is not None
        outcome = Outcome(row)
    else:
        with transaction.atomic():
            row = Subscription.objects.locked().get(pk=row.pk)
            fresh = row.version == version
            outcome = take_in_and_converge(row, purchase, cause) if fresh else Outcome(row)
        if not fresh:
            outcome = follow(row, cause)
    run.compared += 1
    row = outcome.subscription
    if row.order_id is None:
        keep_list(row, _not_activated(row))
    run.mended += note_mended(row, outcome.found)


def _cause(run: Reconciliation) -> Cause:
    return Cause(f"reconciliation:{run.pk}", actor_of(run.channel))


def _not_activated(row: Subscription) -> list[Found]:
    if row.is_final:
        return []
    if Activation.objects.filter(subscription=row, state=Activation.State.ACTIVATING).exists():
        return []
    if row.status == PurchaseStatus.PENDING:
        problem = _("Lapsed: it was not activated in time.") if has_lapsed(row) else _("The buyer has to configure it.")
        return [Found(Kind.NOT_CONFIGURED, _("waiting for activation"), "", problem)]
    problem = _("Ask the customer to press Manage account at the marketplace and to activate it here.")
    return [Found(Kind.NOT_HERE, row.status, "", problem)]


def _look_up(run: Reconciliation, row: Subscription) -> None:
    """A purchase of ours that the list does not have: asked for by itself."""
    try:
        purchase = marketplace_of(run.channel).purchase(row.external_id)
    except MarketplaceError as error:
        if error.problem != Problem.NOT_FOUND:
            raise
        note_missing(row)
        return
    _compare(run, purchase, version_of(row))
