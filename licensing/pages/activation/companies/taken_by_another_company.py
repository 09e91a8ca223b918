"""A purchase that is another company's is told to be taken, where the person cannot activate anything."""

from __future__ import annotations

from licensing.models import Activation, Company, Membership
from licensing.pages.activation.who_may_open_an_activation import licenses_for
from licensing.purchases.order_in_charge import owner_of, successor_of


def taken(activation: Activation, held: list[Membership]) -> bool:
    """Whether the purchase is another company's: one where the person cannot activate anything."""
    owner = owner_of_purchase(activation)
    return owner is not None and not any(each.company_id == owner.pk and licenses_for(each) for each in held)


def owner_of_purchase(activation: Activation) -> Company | None:
    """Whose the purchase is; None while it is nobody's."""
    if activation.subscription is not None:
        return owner_of(activation.subscription)
    return successor_of(activation.order).company if activation.order and activation.order.company_id else None
