"""Once a purchase is activated, the other attempts at it end."""

from __future__ import annotations

from licensing.models import Activation

State = Activation.State


def end_other_attempts(activation: Activation) -> None:
    """The purchase was activated by this one: those that still wait for their person are not needed. For an act to call.

    One that is being written just now is left alone; it finds the order by itself.
    """
    same = {"subscription": activation.subscription_id} if activation.subscription_id else {"order": activation.order_id}
    others = Activation.objects.select_for_update(skip_locked=True).filter(**same, state=State.FOUND).exclude(pk=activation.pk)
    Activation.objects.filter(pk__in=[each.pk for each in others]).update(state=State.KNOWN)
