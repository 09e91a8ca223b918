"""Act: issue the order and the license of a purchase that the marketplace says is subscribed."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from console.allowed_text import without_refused
from console.company_in_hand import for_company
from console.errors import Refused
from console.models import Actor
from licensing import credit_questions
from licensing.acts.activate import activate_order
from licensing.acts.days.end_of_a_term import end_of_term
from licensing.acts.issue_order import issue_order
from licensing.errors import AlreadyActivated
from licensing.marketplaces.contract import Purchase, PurchaseStatus
from licensing.models import Activation, Order, Subscription
from licensing.purchases.activation.begin_activation import TakenByAnother
from licensing.purchases.activation.other_attempts_end import end_other_attempts
from licensing.purchases.order_in_charge import owner_of, successor_of
from licensing.queueing import RECONCILE_ONE, TELL_COMPANY, after_commit

State = Activation.State

LATER = 600


@transaction.atomic
def issue_license(activation: Activation) -> bool:
    """Order, license and credits of a purchase that is subscribed, and the end of the activation, all at once.

    Lock order: activation, subscription, channel, order, company. Repeating it finds what is there. False where a notification
    of another status was taken in since the marketplace was asked.
    """
    activation = Activation.objects.select_for_update().get(pk=activation.pk)
    assert activation.subscription_id is not None
    subscription = Subscription.objects.locked().get(pk=activation.subscription_id)
    if activation.state != State.ACTIVATING:
        return True
    if subscription.status != PurchaseStatus.SUBSCRIBED:
        return False
    company = activation.company
    assert company is not None
    if owner_of(subscription) != company:
        raise TakenByAnother()
    today = company.day_of(timezone.now())
    with for_company(company):
        # An attempt that came second added nothing, so there is no "before" to show.
        before = None if subscription.order_id else credit_questions.free_balance(company, today)
    by = Actor.for_person(str(Order.Channel(subscription.channel).label), activation.person)
    order = successor_of(subscription.order) if subscription.order else _order_of(subscription, subscription.purchase, by)
    # Somebody who comes second with another choice finds the license, as with the same: the first choice holds.
    key = f"activation:{subscription.channel}:{subscription.external_id}" + ("" if activation.keeps_use else ":left")
    license = activate_order(order, company=company, today=today, by=by, key=key, keeps_use=activation.keeps_use)
    if subscription.order_id is None:
        subscription.order = order
        subscription.save(update_fields=["order"])
    activation.order, activation.license = order, license
    activation.state, activation.problem = State.ACTIVE, ""
    activation.issued_at, activation.balance_before = timezone.now(), before
    activation.save()
    end_other_attempts(activation)
    after_commit(TELL_COMPANY, company=company.pk)
    if subscription.term_ends_on is None:
        after_commit(RECONCILE_ONE, after=LATER, channel=subscription.channel, external_id=subscription.external_id)
    return True


def _order_of(subscription: Subscription, purchase: Purchase, by: Actor) -> Order:
    product = subscription.product()
    if product is None:
        raise Refused(_("The plan “%(plan)s” is not set up here yet.") % {"plan": subscription.plan_id})
    months, ends_on = purchase.term_months or 12, purchase.term_ends_on
    if ends_on is None and purchase.term_starts_on is not None:
        # Provisional: the comparison that is queued then corrects it, or a nightly one.
        ends_on = end_of_term(purchase.term_starts_on, months) - timedelta(days=1)
    existing = (
        Order.objects.filter(channel=subscription.channel, external_id=subscription.external_id).select_related("product").first()
    )
    if existing is not None:
        if existing.company_id not in (None, subscription.claimed_by_id):
            raise AlreadyActivated(existing)
        return existing
    return issue_order(
        channel=subscription.channel,
        external_id=subscription.external_id,
        product=product,
        units=1 if purchase.units is None else purchase.units,
        counts_units=purchase.units is not None,
        name=without_refused(purchase.name),  # as it may have been kept before the rule for names
        term_months=months,
        term_starts_on=purchase.term_starts_on,
        term_ends_on=ends_on,
        renews=purchase.renews is not False,
        trial=purchase.trial is True,
        by=by,
        key=f"order:{subscription.external_id}",
    )
