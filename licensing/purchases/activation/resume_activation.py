"""Acts: set an activation going again that failed or is stuck, for support; have it looked at now, for its person."""

from __future__ import annotations

from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor, Reason, locked_row
from console.models.user import StaffRole
from licensing.access import require_support
from licensing.models import Activation, Subscription
from licensing.purchases.activation.begin_activation import TakenByAnother, begin_activation, require_activatable
from licensing.purchases.activation.carry_through_activation import State
from licensing.purchases.activation.worker_alive import at_it, lock_key
from licensing.purchases.order_in_charge import owner_of
from licensing.queueing import CARRY_ON_ACTIVATION, after_commit


@as_act
def resume_activation(activation: Activation, *, by: Actor, reason: Reason, key: str, note: str = "") -> Activation:
    """Set a failed or stuck activation going again, for the same company and what its review page showed. Support only.

    The caller queues the job. Raises NotAllowed, TakenByAnother, and Refused where there is nothing to try again.
    """
    require_support(by, reason=reason, role=StaffRole.MARKETPLACES)
    activation = locked_row(activation, "company")
    if activation.subscription_id is None or activation.company is None:
        raise Refused(_("This activation names no purchase or no company: the person has to begin it anew."))
    subscription = Subscription.objects.locked().get(pk=activation.subscription_id)
    stated = {"activation": activation.pk}
    act = Act.begin("activation.resume", scope=activation.company, key=key, by=by, reason=reason, note=note, stated=stated)
    if act.done:
        return activation
    if activation.state not in (State.FAILED, State.NOT_KNOWN, State.ACTIVATING):
        raise Refused(_("Only an activation that failed or is stuck is tried again."))
    working = activation.working_until is not None and activation.working_until > act.recorded_at
    if working and lock_key(activation.pk) in at_it():
        raise Refused(_("A worker is handling it right now. Try again in two minutes."))
    if owner_of(subscription) not in (None, activation.company):
        raise TakenByAnother()
    if subscription.order is None:
        require_activatable(subscription)
        subscription.claimed_by = activation.company
        subscription.save(update_fields=["claimed_by"])
    activation.state, activation.problem = State.ACTIVATING, ""
    activation.tries, activation.working_until, activation.due_at = 0, None, timezone.now()
    activation.missed_at = []
    activation.save(update_fields=["state", "problem", "tries", "working_until", "due_at", "missed_at"])
    act.finish(activation=activation.pk)
    return activation


@transaction.atomic
def look_again(activation: Activation, *, by: Actor) -> None:
    """Have the marketplace asked now, for a person who waits; begun anew, for the same company, where it had been given up.

    Raises what `begin_activation` raises.
    """
    row = Activation.objects.select_for_update().get(pk=activation.pk)
    if row.state == State.NOT_KNOWN and activation.company is not None:
        begin_activation(
            activation, company=activation.company, by=by, key=str(uuid4()), shown=row.shown, keeps_use=row.keeps_use
        )
    elif row.state == State.ACTIVATING:
        row.due_at = timezone.now()
        row.save(update_fields=["due_at"])
    else:
        return
    after_commit(CARRY_ON_ACTIVATION, activation=str(row.pk))
