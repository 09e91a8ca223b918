"""Who answers for a purchase now: its order, or the one to which that was transferred since."""

from __future__ import annotations

from django.db.models import Q

from licensing.models import Company, Order, Subscription


def successor_of(order: Order) -> Order:
    """Who answers for the purchase now: the order itself, or the one it was transferred to, and so on. A statement for each."""
    while successor := Order.objects.succeeding(order).select_related("company", "product").first():
        order = successor
    return order


def order_in_charge(subscription: Subscription) -> Order | None:
    """Who answers for a purchase now; None while it is not activated. One statement, and one for each transfer."""
    pk = subscription.order_id
    if pk is None or Subscription._meta.get_field("order").is_cached(subscription):
        return successor_of(subscription.order) if subscription.order else None
    both = Order.objects.filter(Q(pk=pk) | Q(transferred_from=pk, transfer_undone_at=None)).select_related("company", "product")
    found = {each.pk: each for each in both}
    subscription.order = found.pop(pk)
    return successor_of(found.popitem()[1]) if found else subscription.order


def owner_of(subscription: Subscription) -> Company | None:
    """Whose purchase it is: the company it was activated for, or the one that its order was transferred to since."""
    order = order_in_charge(subscription)
    return order.company if order else subscription.claimed_by
