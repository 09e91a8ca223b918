"""Act: write down that a person wants a purchase for a company; the worker carries it through."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Conflict, Refused
from console.models import Act, Actor
from licensing.access import require
from licensing.marketplaces.contract import PurchaseStatus
from licensing.models import Activation, Company, Permission, Subscription
from licensing.purchases.order_in_charge import owner_of
from licensing.purchases.why_a_purchase_cannot_be_activated import why_not

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


@as_act
def begin_activation(
    activation: Activation,
    *,
    company: Company,
    by: Actor,
    key: str,
    shown: dict[str, object],
    keeps_use: bool = True,
    tenant_confirmed: bool = False,
) -> Activation:
    """Write down that the purchase is to be activated for `company`. The caller queues the job that does it.

    `shown` is what the review page said of plan and quantity: if the marketplace says otherwise, nothing is activated and
    the page is shown again. `keeps_use` is what was chosen for seats that are converted. Raises NotAllowed, TakenByAnother, and
    Refused for a purchase that cannot be activated (any more).
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
        reason=f"tenant confirmed: {subscription.beneficiary_tenant_id}" if tenant_confirmed else "",
        stated={"subscription": subscription.pk, "company": company, **({} if keeps_use else {"keeps_use": False})},
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
    activation.keeps_use = keeps_use
    activation.shown = {"plan_id": shown.get("plan_id"), "units": shown.get("units")}
    activation.confirmed_at, activation.due_at = act.recorded_at, timezone.now()
    activation.problem, activation.tries, activation.working_until, activation.missed_at = "", 0, None, []
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
