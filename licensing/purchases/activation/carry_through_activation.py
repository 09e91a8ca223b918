"""Activating a marketplace purchase, exactly once: what a person confirms, and what the worker then carries through.

Pressing Activate only writes down the wish (`begin_activation`) and queues a job. Each pass of the job (`carry_on`) asks the
marketplace first, so that it may be killed, repeated or doubled at any point: a license is issued once the marketplace says
that the purchase is subscribed, in one transaction, and only then do its credits count.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from math import ceil
from uuid import UUID

from django.db import Error as DatabaseProblem
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from console.errors import DomainError
from licensing.errors import PurchaseIsOver, TermIsOver
from licensing.marketplaces.contract import MarketplaceError, Patience, Problem, Purchase, PurchaseStatus
from licensing.models import Activation, Subscription
from licensing.purchases.activation.issue_what_was_bought import LATER, issue_license
from licensing.purchases.activation.not_found import found_again, missed
from licensing.purchases.activation.one_pass_at_a_time import lease
from licensing.purchases.mirror import asked, marketplace_of
from licensing.purchases.why_a_purchase_cannot_be_activated import DAYS_TO_ACTIVATE, has_lapsed

logger = logging.getLogger("allotment.marketplace")


BACK_OFF = (2, 5, 15, 60)
"""Seconds until the next pass while the outcome is unknown; then every `LATER`."""


UNTIL_DATES = (2, 5, 15, 30)


UNTIL_BELIEVED = (130, 300)
"""Seconds until a purchase that was not found is asked for again."""


LATEST = 3600
"""A marketplace that asks for more patience than this is asked again all the same."""


State = Activation.State


def carry_on(pk: UUID | str) -> int | None:
    """One pass. Returns in how many seconds the next is due, None when there is nothing left to do, or it is another's."""
    with lease(pk) as activation:
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
    subscription, said = _ask(activation.subscription, correlation)
    status = said.status
    if status == PurchaseStatus.PENDING:
        _require_running(activation, said)
        if {"plan_id": subscription.plan_id, "units": subscription.units} != activation.shown:
            return _give_back(activation, _("The purchase has changed since you reviewed it. Please check it again."))
        try:
            source = marketplace_of(subscription.channel)
            source.activate(subscription.purchase, patience=Patience.JOB, correlation_id=correlation)
        except MarketplaceError as error:
            if error.problem == Problem.NOT_FOUND:
                error.problem = Problem.REFUSED  # it was found a moment ago
                raise
            if error.problem not in (Problem.REFUSED, Problem.CONFLICT):
                raise
            # It may have been activated already, by a pass whose answer was lost: what it says now decides.
            subscription, said = _ask(subscription, correlation)
            if said.status == PurchaseStatus.PENDING:
                raise  # it may have been sent by a pass whose answer was lost, and not be shown yet: see `_doubt`
        else:
            _note_accepted(activation)
            subscription, said = _ask(subscription, correlation)
    found_again(activation)
    return _by_status(activation, subscription, said.status)


def _require_running(activation: Activation, said: Purchase) -> None:
    """Raises PurchaseIsOver for one whose dates are known and past: activating it there would only have it billed."""
    assert activation.company is not None
    if said.term_ends_on is not None and said.term_ends_on < activation.company.day_of(timezone.now()):
        raise PurchaseIsOver(said.term_ends_on, charged=False)


def _ask(subscription: Subscription, correlation: str) -> tuple[Subscription, Purchase]:
    """The row, and what the marketplace says of it now: a word nobody knows is not written into the row."""
    row, said = asked(subscription, correlation_id=correlation)
    return row, replace(said, status=PurchaseStatus(row.status)) if row.is_final else said


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
            try:
                return None if issue_license(activation) else 0
            except TermIsOver:
                assert subscription.term_ends_on is not None
                raise PurchaseIsOver(subscription.term_ends_on, charged=True) from None
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
    if error.problem == Problem.CONFIGURATION:
        logger.error("%s: an activation was given back, our configuration is refused: %s", activation.channel, error.detail)
        return _give_back(activation, _("The marketplace could not be reached. We have been told; try again later."))
    if error.problem in (Problem.NOT_FOUND, Problem.REFUSED, Problem.CONFLICT, Problem.TOKEN):
        return _doubt(error, activation)
    assert activation.subscription_id is not None
    subscription = Subscription.objects.get(pk=activation.subscription_id)
    return _later(activation, subscription, at_least=error.retry_after or 0)


def _doubt(error: MarketplaceError, activation: Activation) -> float | None:
    """A marketplace that has just started may know nothing: what it says is believed after the third time, minutes apart."""
    if not Activation.objects.filter(pk=activation.pk, state=State.ACTIVATING, working_until=activation.working_until).exists():
        return None  # another pass has taken over
    if not missed(activation):
        _wait(activation, UNTIL_BELIEVED)
        return UNTIL_BELIEVED[len(activation.missed_at) - 1]
    if error.problem != Problem.NOT_FOUND:
        return _end(activation, State.FAILED, _refusal(error))
    if activation.accepted_at is not None:
        problem = _(
            "The marketplace accepted the activation, and does not know the subscription any more. You may be charged for it:"
            " ask support."
        )
        return _end(activation, State.FAILED, problem)
    problem = _("The marketplace was asked several times and does not know this subscription. Open it again from there.")
    return _end(activation, State.NOT_KNOWN, problem)


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
