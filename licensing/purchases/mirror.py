"""Taking in what a marketplace answers: the mirror row of each purchase, and the guard against older answers."""

from __future__ import annotations

from typing import cast

from django.db import transaction
from django.utils import timezone

from console.models import Actor
from console.models.user import ERASED_AT
from licensing.health.connection_notes import Watched
from licensing.marketplaces import marketplace
from licensing.marketplaces.contract import Marketplace, MarketplaceError, Patience, Problem, Purchase, PurchaseStatus
from licensing.models import Order, Subscription
from licensing.notices.to_vendor.queued import tell_vendor

ASKED_AGAIN_AT_MOST = 5


def marketplace_of(channel: str) -> Marketplace:
    """The adapter of a channel, its failures noted. Raises `MarketplaceError` where this installation has none."""
    found = marketplace(channel)
    if found is None:
        raise MarketplaceError(Problem.CONFIGURATION, f"No {Order.Channel(channel).label} is configured here.")
    return cast(Marketplace, Watched(channel, found))


def actor_of(channel: str) -> Actor:
    """Who acts where a marketplace is followed."""
    return Actor.system(str(Order.Channel(channel).label))


def mirror(subscription: Subscription, purchase: Purchase) -> None:
    """Write what was answered into the locked row: what is not said stays as it was known.

    But of a purchase that waits the quantity is taken as it is said now: whoever activates it has to see that again.
    Unsubscribed is final; a status nobody knows changes nothing else.
    """
    subscription.seen_at = timezone.now()
    subscription.version += 1
    subscription.missing_times = 0
    subscription.missing_at = None
    subscription.status_said = purchase.status_said[:60]
    if not subscription.is_final and purchase.status != PurchaseStatus.UNKNOWN:
        subscription.status = purchase.status
        subscription.offer_id = purchase.offer_id or subscription.offer_id
        subscription.plan_id = purchase.plan_id or subscription.plan_id
        subscription.name = purchase.name[:150] or subscription.name
        subscription.term_months = purchase.term_months or subscription.term_months
        if purchase.status == PurchaseStatus.PENDING:
            # A plan that does not count has no quantity, and a term that has not begun no dates.
            subscription.units, subscription.term_starts_on, subscription.term_ends_on = purchase.units, None, None
        else:
            subscription.units = purchase.units if purchase.units is not None else subscription.units
            subscription.term_starts_on = purchase.term_starts_on or subscription.term_starts_on
            subscription.term_ends_on = purchase.term_ends_on or subscription.term_ends_on
        subscription.renews = purchase.renews if purchase.renews is not None else subscription.renews
        subscription.trial = purchase.trial if purchase.trial is not None else subscription.trial
        subscription.test = purchase.test if purchase.test is not None else subscription.test
        beneficiary = purchase.beneficiary
        if not subscription.beneficiary_email.endswith(ERASED_AT):  # who was erased stays so, whatever the marketplace says
            subscription.beneficiary_email = beneficiary.email[:254] or subscription.beneficiary_email
            subscription.beneficiary_object_id = beneficiary.object_id[:60] or subscription.beneficiary_object_id
        subscription.beneficiary_tenant_id = beneficiary.tenant_id[:60] or subscription.beneficiary_tenant_id
        if not subscription.purchaser_email.endswith(ERASED_AT):
            subscription.purchaser_email = purchase.purchaser.email[:254] or subscription.purchaser_email
        subscription.customer_may = sorted(each[:30] for each in purchase.customer_may) or subscription.customer_may
        subscription.bought_at = purchase.bought_at or subscription.bought_at
    subscription.save()


@transaction.atomic
def take_in(purchase: Purchase, *, version: int | None = None) -> Subscription | None:
    """The purchase's row, with the answer written into it; None where something newer was written since `version`.

    Without `version` the answer is written only into a row that was not there yet.
    """
    new = Subscription(
        channel=purchase.channel,
        external_id=purchase.external_id,
        status=PurchaseStatus.UNKNOWN,
        seen_at=timezone.now(),
        version=0,
    )
    Subscription.objects.bulk_create([new], ignore_conflicts=True)
    row = Subscription.objects.locked().get(channel=purchase.channel, external_id=purchase.external_id)
    if row.version != (version or 0):
        return row if version is None else None
    mirror(row, purchase)
    if row.version == 1:
        tell_vendor("bought", str(row.pk))
    return row


def refreshed(subscription: Subscription, *, patience: Patience = Patience.JOB, correlation_id: str = "") -> Subscription:
    """Ask the marketplace how the purchase stands and take it in. Raises `MarketplaceError`; never inside a transaction."""
    return asked(subscription, patience=patience, correlation_id=correlation_id)[0]


def asked(
    subscription: Subscription, *, patience: Patience = Patience.JOB, correlation_id: str = ""
) -> tuple[Subscription, Purchase]:
    """As `refreshed`, with the answer itself."""
    source = marketplace_of(subscription.channel)
    for _try in range(ASKED_AGAIN_AT_MOST):
        version = version_of(subscription)
        answer = source.purchase(subscription.external_id, patience=patience, correlation_id=correlation_id)
        if row := take_in(answer, version=version):
            return row, answer
    raise MarketplaceError(Problem.UNAVAILABLE, "The purchase kept changing while it was read.")


def version_of(subscription: Subscription) -> int:
    """What to remember before asking, so that an answer is not written over a newer one. One statement."""
    return Subscription.objects.values_list("version", flat=True).get(pk=subscription.pk)
