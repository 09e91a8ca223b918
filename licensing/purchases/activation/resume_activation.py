"""Act: set an activation going again that failed or is stuck. Support only."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor, Reason, locked_row
from licensing.access import require_support
from licensing.models import Activation, Subscription
from licensing.purchases.activation.begin_activation import TakenByAnother, require_activatable
from licensing.purchases.activation.carry_through_activation import State
from licensing.purchases.order_in_charge import owner_of


@as_act
def resume_activation(activation: Activation, *, by: Actor, reason: Reason, key: str, note: str = "") -> Activation:
    """Set a failed or stuck activation going again, for the same company and what its review page showed. Support only.

    The caller queues the job. Raises NotAllowed, TakenByAnother, and Refused where there is nothing to try again.
    """
    require_support(by, reason=reason)
    activation = locked_row(activation, "company")
    if activation.subscription_id is None or activation.company is None:
        raise Refused(_("This activation names no purchase or no company: the person has to begin it anew."))
    subscription = Subscription.objects.locked().get(pk=activation.subscription_id)
    stated = {"activation": activation.pk}
    act = Act.begin("activation.resume", scope=activation.company, key=key, by=by, reason=reason, note=note, stated=stated)
    if act.done:
        return activation
    if activation.state not in (State.FAILED, State.ACTIVATING):
        raise Refused(_("Only an activation that failed or is stuck is tried again."))
    if activation.working_until and activation.working_until > act.recorded_at:
        raise Refused(_("A worker is handling it right now. Try again in two minutes."))
    if owner_of(subscription) not in (None, activation.company):
        raise TakenByAnother()
    if subscription.order is None:
        require_activatable(subscription)
        subscription.claimed_by = activation.company
        subscription.save(update_fields=["claimed_by"])
    activation.state, activation.problem = State.ACTIVATING, ""
    activation.tries, activation.working_until, activation.due_at = 0, None, timezone.now()
    activation.save(update_fields=["state", "problem", "tries", "working_until", "due_at"])
    act.finish(activation=activation.pk)
    return activation
