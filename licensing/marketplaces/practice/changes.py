"""What happens to subscriptions: bought, activated, changed, settled, and what time alone brings about.

Each function does its part in one transaction and raises `Refused` with the status that the API answers. Webhooks are only
written here, as calls; `sending` sends them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from licensing.marketplaces.practice.models import (
    GIVES_UP_AFTER,
    LAPSES_AFTER,
    PracticeCall,
    PracticeOperation,
    PracticeSubscription,
)
from licensing.marketplaces.practice.offers import Plan, last_day, plan_of
from licensing.marketplaces.practice.wire import notification_json, subscription_json

Action = PracticeOperation.Action
Status = PracticeSubscription.Status
Stand = PracticeOperation.Status
ASKS = {Action.CHANGE_PLAN, Action.CHANGE_QUANTITY, Action.REINSTATE}
"""Changes that the publisher may refuse; of the others it is only told."""
POSSIBLE_IN = {
    Action.CHANGE_PLAN: {Status.SUBSCRIBED},
    Action.CHANGE_QUANTITY: {Status.SUBSCRIBED},
    Action.RENEW: {Status.SUBSCRIBED},
    Action.SUSPEND: {Status.SUBSCRIBED},
    Action.REINSTATE: {Status.SUSPENDED},
    Action.UNSUBSCRIBE: {Status.PENDING, Status.SUBSCRIBED, Status.SUSPENDED},
}


class Refused(Exception):
    """Cannot be done; `str()` is a sentence."""

    def __init__(self, message: str, *, status: int = 400, code: str = "BadArgument") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


# --- Buying and activating


def buy(
    plan: Plan,
    *,
    name: str,
    quantity: int,
    form_key: UUID,
    email: str,
    tenant_id: UUID,
    renews: bool = True,
    purchaser_email: str = "",
    by_reseller: bool = False,
) -> PracticeSubscription:
    """The same form sent twice buys once."""
    if not plan.fewest <= quantity <= plan.most:
        raise Refused(_("Between %(low)s and %(high)s users can be bought.") % limits_of(plan))
    with transaction.atomic():
        subscription, _new = PracticeSubscription.objects.get_or_create(
            form_key=form_key,
            defaults={
                "offer_id": plan.offer_id,
                "plan_id": plan.plan_id,
                "name": name,
                "quantity": quantity,
                "is_free": plan.first_term_free,
                "renews": renews,
                "beneficiary_email": email,
                "beneficiary_tenant_id": tenant_id,
                "purchaser_email": purchaser_email or email,
                "by_reseller": by_reseller,
                **({} if by_reseller else {"purchaser_tenant_id": tenant_id}),
            },
        )
    return subscription


@transaction.atomic
def activate(subscription_id: UUID, *, plan_id: str, quantity: int | None) -> PracticeSubscription:
    """The publisher says that it serves the purchase; its term begins today."""
    subscription = locked(subscription_id)
    if subscription.status == Status.UNSUBSCRIBED:
        raise Refused(_("The subscription is unsubscribed."), status=404, code="NotFound")
    if subscription.status != Status.PENDING:
        raise Refused(
            _("A subscription in status %(status)s cannot be activated.") % {"status": subscription.status}, code="InvalidStatus"
        )
    if plan_id != subscription.plan_id or quantity != subscription.quantity:
        raise Refused(_("Plan or quantity differ from what was bought."))
    today = timezone.now().date()
    subscription.status = Status.SUBSCRIBED
    subscription.starts_on, subscription.last_day = today, last_day(today, subscription.plan.term_unit)
    save(subscription, "status", "starts_on", "last_day")
    return subscription


@transaction.atomic
def set_recurring(subscription_id: UUID, *, renews: bool) -> PracticeSubscription:
    """The publisher is not told of this; it finds out when it reads the subscription."""
    subscription = locked(subscription_id)
    if subscription.status == Status.UNSUBSCRIBED:
        raise Refused(_("The subscription is cancelled."))
    subscription.renews = renews
    save(subscription, "renews")
    return subscription


# --- Operations


@transaction.atomic
def start(
    subscription_id: UUID,
    action: str,
    *,
    form_key: UUID | None = None,
    plan_id: str = "",
    quantity: int | None = None,
    source: str = PracticeOperation.Source.AZURE,
    revert: bool = False,
) -> PracticeOperation:
    """Begin a change and write its webhook. What asks the publisher stays open, the rest takes effect at once.

    The same `form_key` twice is one change. `revert` permits what a change to the present value needs: taking back one that
    failed later.
    """
    subscription = locked(subscription_id)
    if form_key and (done := PracticeOperation.objects.filter(form_key=form_key).first()):
        return done
    action = Action(action)
    if subscription.status not in POSSIBLE_IN[action]:
        raise Refused(
            _("Not possible while the subscription is %(status)s.") % {"status": subscription.status}, code="InvalidStatus"
        )
    if action == Action.RENEW and not subscription.renews:
        action = Action.UNSUBSCRIBE  # recurring billing is off: the term ends instead
    if action == Action.CHANGE_PLAN:
        check_plan(subscription, plan_id, revert=revert)
    if action == Action.CHANGE_QUANTITY:
        check_quantity(subscription, quantity, revert=revert)
    pending = subscription.operations.open()
    if action in ASKS and pending.exists():
        raise Refused(_("Another change is under way."), status=409, code="OperationPending")
    for each in pending:
        conclude(each, Stand.FAILED, f"Overtaken: {action.label.lower()}")
    operation = PracticeOperation(
        subscription=subscription,
        action=action,
        status=Stand.IN_PROGRESS if action in ASKS else Stand.SUCCEEDED,
        source=source,
        plan_id=plan_id or subscription.plan_id,
        quantity=subscription.quantity if quantity is None else quantity,
        started_at=timezone.now(),
    )
    if form_key:
        operation.form_key = form_key
    if action not in ASKS:
        operation.settled_at = operation.started_at
        operation.outcome = "Took effect at once"
    operation.save(force_insert=True)
    before = subscription_json(subscription)
    if action not in ASKS:
        take_effect(operation, subscription)
    PracticeCall.objects.create(operation=operation, body=notification_json(operation, before))
    return operation


def limits_of(plan: Plan) -> dict[str, str]:
    return {"low": f"{plan.fewest:,}", "high": f"{plan.most:,}"}


def check_plan(subscription: PracticeSubscription, plan_id: str, *, revert: bool = False) -> None:
    if plan_of(subscription.offer_id, plan_id) is None:
        raise Refused(_("The offer has no such plan."))
    if plan_id == subscription.plan_id and not revert:
        raise Refused(_("The subscription has this plan already."))


def check_quantity(subscription: PracticeSubscription, quantity: int | None, *, revert: bool = False) -> None:
    plan = subscription.plan
    if quantity is None or not plan.fewest <= quantity <= plan.most:
        raise Refused(_("The plan takes %(low)s to %(high)s users.") % limits_of(plan))
    if quantity == subscription.quantity and not revert:
        raise Refused(_("The subscription has this number of users already."))


@transaction.atomic
def settle(operation_id: UUID, *, accepted: bool, outcome: str) -> PracticeOperation:
    """Close an open change. Raises `Refused` (409) where it is closed already."""
    found = PracticeOperation.objects.filter(pk=operation_id).values_list("subscription_id", flat=True).first()
    if found is None:
        raise Refused(_("There is no such operation."), status=404, code="NotFound")
    subscription = locked(found)
    operation = PracticeOperation.objects.get(pk=operation_id)
    if operation.status != Stand.IN_PROGRESS:
        raise Refused(_("The operation is %(status)s already.") % {"status": operation.status}, status=409, code="Conflict")
    if accepted:
        take_effect(operation, subscription)
    conclude(operation, Stand.SUCCEEDED if accepted else Stand.FAILED, outcome)
    return operation


def conclude(operation: PracticeOperation, status: str, outcome: str) -> None:
    operation.status, operation.outcome, operation.settled_at = status, outcome, timezone.now()
    operation.save(update_fields=["status", "outcome", "settled_at"])


def take_effect(operation: PracticeOperation, subscription: PracticeSubscription) -> None:
    """Change the locked `subscription` as its operation says."""
    action = operation.action
    if action == Action.CHANGE_PLAN:
        subscription.plan_id = operation.plan_id
    elif action == Action.CHANGE_QUANTITY:
        subscription.quantity = operation.quantity
    elif action == Action.RENEW:
        assert subscription.last_day is not None
        subscription.starts_on = subscription.last_day + timedelta(days=1)
        subscription.last_day = last_day(subscription.starts_on, subscription.plan.term_unit)
        subscription.is_free = False
    elif action == Action.SUSPEND:
        subscription.status, subscription.suspended_at = Status.SUSPENDED, timezone.now()
    elif action == Action.REINSTATE:
        subscription.status, subscription.suspended_at = Status.SUBSCRIBED, None
    elif action == Action.UNSUBSCRIBE:
        subscription.status = Status.UNSUBSCRIBED
    save(subscription, "plan_id", "quantity", "starts_on", "last_day", "is_free", "status", "suspended_at")


# --- What time alone brings about


def settle_due(now: datetime | None = None) -> None:
    """Bring everything to where it stands at `now`; called before every reading, so that nothing has to run in between.

    Silence for 10 seconds accepts a change, 8 hours without an answer fail it; a term that is over is renewed or ends; 30 days
    end a suspension, or a purchase that nobody activated. Webhooks that follow are written, not sent.
    """
    now = now or timezone.now()
    for operation in PracticeOperation.objects.open():
        ends_at = operation.window_ends_at()
        if ends_at is not None and ends_at <= now:
            settle_quietly(operation, accepted=True, outcome="Accepted: not refused within 10 seconds")
        elif ends_at is None and operation.started_at + GIVES_UP_AFTER <= now:
            settle_quietly(operation, accepted=False, outcome="Failed: the webhook was never answered")
    lapsed = PracticeSubscription.objects.filter(status=Status.PENDING, bought_at__lte=now - LAPSES_AFTER)
    lapsed.update(status=Status.UNSUBSCRIBED, changed_at=now)
    suspended = PracticeSubscription.objects.filter(status=Status.SUSPENDED, suspended_at__lte=now - LAPSES_AFTER)
    start_quietly(suspended, Action.UNSUBSCRIBE)
    over = PracticeSubscription.objects.filter(status=Status.SUBSCRIBED, last_day__lt=now.date())
    while found := list(over.all()):
        start_quietly(found, Action.RENEW)


def settle_quietly(operation: PracticeOperation, *, accepted: bool, outcome: str) -> None:
    """Somebody else may have been faster."""
    try:
        settle(operation.pk, accepted=accepted, outcome=outcome)
    except Refused:
        return


def start_quietly(subscriptions: Iterable[PracticeSubscription], action: str) -> None:
    """Once for each term, whoever else does the same at the same time."""
    for subscription in subscriptions:
        try:
            start(subscription.pk, action, form_key=uuid5(subscription.pk, f"{action} {subscription.last_day}"))
        except Refused:
            continue


# --- Rows


def locked(subscription_id: UUID) -> PracticeSubscription:
    """Raises `Refused` (404) for one that there is not."""
    found = PracticeSubscription.objects.select_for_update().filter(pk=subscription_id).first()
    if found is None:
        raise Refused(_("There is no such subscription."), status=404, code="NotFound")
    return found


def save(subscription: PracticeSubscription, *fields: str) -> None:
    subscription.changed_at = timezone.now()
    subscription.save(update_fields=[*fields, "changed_at"])
