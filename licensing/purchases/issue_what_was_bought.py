"""Activating a marketplace purchase, exactly once: what a person confirms, and what the worker then carries through.

Pressing Activate only writes down the wish (`begin_activation`) and queues a job. Each pass of the job (`carry_on`) asks the
marketplace first, so that it may be killed, repeated or doubled at any point: a license is issued once the marketplace says
that the purchase is subscribed, in one transaction, and only then do its credits count.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from math import ceil
from uuid import UUID

from django.db import Error as DatabaseProblem
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from console.company_in_hand import as_act, for_company
from console.errors import Conflict, DomainError, Refused
from console.models import Act, Actor
from licensing import credit_questions
from licensing.access import require
from licensing.acts.activate import activate_order
from licensing.acts.issue_order import issue_order
from licensing.acts.order_in_hand import end_of_term
from licensing.errors import AlreadyActivated
from licensing.marketplaces.contract import MarketplaceError, Patience, Problem, Purchase, PurchaseStatus
from licensing.models import Activation, Company, Order, Permission, Subscription
from licensing.purchases.follow_marketplace import owner_of, successor_of
from licensing.purchases.mirror import DAYS_TO_ACTIVATE, asked, has_lapsed, marketplace_of, why_not
from licensing.queueing import RECONCILE_ONE, TELL_COMPANY, after_commit

logger = logging.getLogger("allotment.marketplace")

LEASE = timedelta(minutes=2)
"""How long a pass may take before it counts as killed."""
BACK_OFF = (2, 5, 15, 60)
"""Seconds until the next pass while the outcome is unknown; then every `LATER`."""
UNTIL_DATES = (2, 5, 15, 30)
LATER = 600
LATEST = 3600
"""A marketplace that asks for more patience than this is asked again all the same."""
EARLY = timedelta(seconds=1)
"""A pass that comes sooner than this before it is due leaves it to the one that was queued for it."""

State = Activation.State


class TakenByAnother(Conflict):
    """Another company holds the purchase, or is about to. Says nothing of that company."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This purchase was activated for another company."
                " A purchase is activated once and is not transferable: ask support."
            )
        )


# --- What the person does


@as_act
def begin_activation(
    activation: Activation, *, company: Company, by: Actor, key: str, shown: dict[str, object], tenant_confirmed: bool = False
) -> Activation:
    """Write down that the purchase is to be activated for `company`. The caller queues the job that does it.

    `shown` is what the review page said of plan and quantity: if the marketplace says otherwise, nothing is activated and
    the page is shown again. Raises NotAllowed, TakenByAnother, and Refused for a purchase that cannot be activated (any more).
    """
    seen = activation
    activation = Activation.objects.select_for_update().get(pk=seen.pk)
    if activation.person_id != seen.person_id:
        raise Refused(_("Somebody else has taken this activation over meanwhile."))
    if activation.subscription_id is None:
        raise Refused(_("The purchase has not been found yet. Open it again from the marketplace."))
    subscription = Subscription.objects.locked().get(pk=activation.subscription_id)
    require(by, company, Permission.LICENSING)
    act = Act.begin(
        "activation.begin",
        scope=company,
        key=key,
        by=by,
        note=f"tenant confirmed: {subscription.beneficiary_tenant_id}" if tenant_confirmed else "",
        stated={"subscription": subscription.pk, "company": company},
    )
    if act.done or activation.state in (State.ACTIVATING, State.ACTIVE):
        if activation.company_id not in (None, company.pk):
            raise TakenByAnother()
        return activation
    if owner_of(subscription) not in (None, company):
        raise TakenByAnother()
    if subscription.order is None:
        require_activatable(subscription)
        subscription.claimed_by = company
    activation.company = company
    activation.state = State.ACTIVATING
    activation.shown = {"plan_id": shown.get("plan_id"), "units": shown.get("units")}
    activation.confirmed_at, activation.due_at = act.recorded_at, timezone.now()
    activation.problem, activation.tries, activation.working_until = "", 0, None
    activation.save()
    subscription.save(update_fields=["claimed_by"])
    act.finish(activation=activation.pk)
    return activation


def require_activatable(subscription: Subscription) -> None:
    """Raises Refused, in words, for a purchase that cannot be activated (any more)."""
    reason = why_not(subscription, subscription.product())
    # What may have been lifted meanwhile is left to the worker, which asks anew.
    if reason and subscription.status not in (PurchaseStatus.SUSPENDED, PurchaseStatus.UNKNOWN):
        raise Refused(reason)


# --- What the worker does


@contextmanager
def _lease(pk: UUID | str) -> Iterator[Activation | None]:
    """The activation, if a pass is due and nobody else is at it. Given back at the end, unless we are killed."""
    now = timezone.now()
    until = now + LEASE
    with transaction.atomic():
        row = Activation.objects.select_for_update(of=("self",)).filter(pk=pk, state=State.ACTIVATING).first()
        if row is not None and ((row.working_until and row.working_until > now) or (row.due_at and row.due_at > now + EARLY)):
            row = None
        if row is not None:
            row.working_until = until
            row.save(update_fields=["working_until"])
    try:
        yield row
    finally:
        if row is not None:
            with suppress(DatabaseProblem):  # the lease ends by itself
                Activation.objects.filter(pk=pk, working_until=until).update(working_until=None)


def carry_on(pk: UUID | str) -> int | None:
    """One pass. Returns in how many seconds the next is due, None when there is nothing left to do, or it is another's."""
    with _lease(pk) as activation:
        if activation is None:
            return None
        try:
            seconds = _pass(activation)
        except MarketplaceError as error:
            seconds = _after(error, activation)
        except DomainError as error:
            seconds = _end(activation, State.FAILED, str(error))
        except Exception:
            with suppress(DatabaseProblem):
                _due_in(activation, _wait(activation, BACK_OFF))
            raise
        return None if seconds is None else _due_in(activation, seconds)


def _due_in(activation: Activation, seconds: float) -> int:
    whole = ceil(seconds)
    Activation.objects.filter(pk=activation.pk).update(due_at=timezone.now() + timedelta(seconds=whole))
    return whole


def _pass(activation: Activation) -> float | None:
    correlation = str(activation.correlation_id)
    assert activation.subscription is not None
    subscription, status = _ask(activation.subscription, correlation)
    if status == PurchaseStatus.PENDING:
        if {"plan_id": subscription.plan_id, "units": subscription.units} != activation.shown:
            return _give_back(activation, _("The purchase has changed since you reviewed it. Please check it again."))
        try:
            source = marketplace_of(subscription.channel)
            source.activate(subscription.purchase, patience=Patience.JOB, correlation_id=correlation)
        except MarketplaceError as error:
            if error.problem not in (Problem.REFUSED, Problem.CONFLICT):
                raise
            # It may have been activated already, by a pass whose answer was lost: what it says now decides.
            subscription, status = _ask(subscription, correlation)
            if status == PurchaseStatus.PENDING:
                return _end(activation, State.FAILED, _refusal(error))
        else:
            _note_accepted(activation)
            subscription, status = _ask(subscription, correlation)
    return _by_status(activation, subscription, status)


def _ask(subscription: Subscription, correlation: str) -> tuple[Subscription, str]:
    """The row, and what the marketplace says of it now: a word nobody knows is not written into the row."""
    row, said = asked(subscription, correlation_id=correlation)
    return row, row.status if row.is_final else said.status


def _note_accepted(activation: Activation) -> None:
    if activation.accepted_at is None:
        activation.accepted_at, activation.tries = timezone.now(), 0
        Activation.objects.filter(pk=activation.pk).update(accepted_at=activation.accepted_at, tries=0)


def _by_status(activation: Activation, subscription: Subscription, status: str) -> float | None:
    match status:
        case PurchaseStatus.SUBSCRIBED:
            _note_accepted(activation)
            dated = subscription.term_starts_on and subscription.term_ends_on
            if not dated and activation.tries < len(UNTIL_DATES):
                return _wait(activation, UNTIL_DATES)
            return None if issue_license(activation) else 0
        case PurchaseStatus.UNSUBSCRIBED:
            return _end(activation, State.CANCELLED, _("The subscription was cancelled at the marketplace."))
        case PurchaseStatus.SUSPENDED:
            return _end(
                activation,
                State.FAILED,
                _(
                    "The marketplace has suspended the subscription, usually because a payment failed."
                    " Settle that there, then try again."
                ),
            )
        case PurchaseStatus.PENDING:  # accepted, and not shown yet
            return _later(activation, subscription)
        case _:
            return _end(
                activation,
                State.FAILED,
                _("The marketplace gives the subscription a status we do not know: %(status)s.")
                % {"status": subscription.status_said},
            )


def _after(error: MarketplaceError, activation: Activation) -> float | None:
    if error.problem == Problem.NOT_FOUND:
        return _end(activation, State.CANCELLED, _("The marketplace does not know this subscription any more."))
    if error.problem == Problem.CONFIGURATION:
        logger.error("%s: an activation was given back, our configuration is refused: %s", activation.channel, error.detail)
        return _give_back(activation, _("The marketplace could not be reached. We have been told; try again later."))
    if error.problem in (Problem.REFUSED, Problem.CONFLICT, Problem.TOKEN):
        return _end(activation, State.FAILED, _refusal(error))
    assert activation.subscription_id is not None
    subscription = Subscription.objects.get(pk=activation.subscription_id)
    return _later(activation, subscription, at_least=error.retry_after or 0)


def _refusal(error: MarketplaceError) -> str:
    return _("The marketplace refused: %(detail)s") % {"detail": error.detail[:300] or _("it gave no reason.")}


def _later(activation: Activation, subscription: Subscription, *, at_least: float = 0) -> float | None:
    """Once more in a while, as long as the marketplace keeps a purchase that nobody has activated."""
    begun = activation.confirmed_at or activation.brought_at
    over = has_lapsed(subscription) or (
        subscription.bought_at is None and timezone.now() > begun + timedelta(days=DAYS_TO_ACTIVATE)
    )
    if over and subscription.status == PurchaseStatus.PENDING and activation.accepted_at is None:
        return _end(activation, State.ABANDONED, _("The purchase was not activated in time and has lapsed."))
    return max(_wait(activation, BACK_OFF), min(at_least, LATEST))


def _wait(activation: Activation, seconds: tuple[int, ...]) -> float:
    tries = activation.tries
    Activation.objects.filter(pk=activation.pk).update(tries=tries + 1)
    return seconds[tries] if tries < len(seconds) else LATER


@transaction.atomic
def _give_back(activation: Activation, problem: str) -> None:
    """Back to the review page; the purchase may be activated for another company again, unless it is billed already."""
    _leave(activation, State.FOUND, problem)


@transaction.atomic
def _end(activation: Activation, state: str, problem: str) -> None:
    """The attempt has ended without a license. The purchase is given back unless the marketplace already bills it."""
    if _leave(activation, state, problem) and state == State.FAILED:
        logger.error("%s: activation %s needs a person: %s", activation.channel, activation.pk, problem)


def _leave(activation: Activation, state: str, problem: str) -> bool:
    """False where another pass has taken over meanwhile: one that hung for longer than its lease changes nothing any more."""
    row = Activation.objects.select_for_update().get(pk=activation.pk)
    assert row.subscription_id is not None
    subscription = Subscription.objects.locked().get(pk=row.subscription_id)
    if row.state != State.ACTIVATING or row.working_until != activation.working_until:
        return False
    row.state, row.problem = state, problem
    row.save(update_fields=["state", "problem"])
    final = subscription.is_final
    billed = row.accepted_at is not None or subscription.status in (PurchaseStatus.SUBSCRIBED, PurchaseStatus.SUSPENDED)
    others = Activation.objects.filter(subscription=subscription, state=State.ACTIVATING)
    if subscription.order_id is None and (final or not billed) and not others.exists():
        subscription.claimed_by = None
        subscription.save(update_fields=["claimed_by"])
    return True


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
    by = Actor.system(str(Order.Channel(subscription.channel).label), on_behalf_of=str(activation.person or ""))
    order = successor_of(subscription.order) if subscription.order else _order_of(subscription, subscription.purchase, by)
    key = f"activation:{subscription.channel}:{subscription.external_id}"
    license = activate_order(order, company=company, today=today, by=by, key=key)
    if subscription.order_id is None:
        subscription.order = order
        subscription.save(update_fields=["order"])
    activation.order, activation.license = order, license
    activation.state, activation.problem = State.ACTIVE, ""
    activation.issued_at, activation.balance_before = timezone.now(), before
    activation.save()
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
        name=purchase.name,
        term_months=months,
        term_starts_on=purchase.term_starts_on,
        term_ends_on=ends_on,
        renews=purchase.renews is not False,
        trial=purchase.trial is True,
        by=by,
        key=f"order:{subscription.external_id}",
    )


def interrupted() -> list[UUID]:
    """Activations under way that nobody is at, though a pass has been due for longer than a lease."""
    now = timezone.now()
    left = Activation.objects.filter(state=State.ACTIVATING, due_at__lt=now - LEASE).exclude(working_until__gt=now)
    return list(left.values_list("pk", flat=True))
