"""Whether a marketplace stands behind an order: its own, or that of the order it was transferred from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from licensing.models import Order

MARKETPLACES = {Order.Channel.AZURE, Order.Channel.AWS}


@dataclass(frozen=True)
class BoughtAt:
    """`marketplace`: bought at one. `followed`: its subscription is known here, so that a renewal there is issued here."""

    marketplace: bool = False
    followed: bool = False


ELSEWHERE = BoughtAt()
"""Bought from us directly, or by a code: nobody renews it but we."""

BEHIND = """
WITH RECURSIVE behind(asked, id) AS (
        SELECT id, id FROM licensing_order WHERE id = ANY(%s)
        UNION ALL
        SELECT behind.asked, licensing_order.transferred_from_id
          FROM behind JOIN licensing_order ON licensing_order.id = behind.id
         WHERE licensing_order.transferred_from_id IS NOT NULL
     )
SELECT behind.asked, bool_or(licensing_order.channel = ANY(%s)), bool_or(licensing_subscription.id IS NOT NULL)
  FROM behind
  JOIN licensing_order ON licensing_order.id = behind.id
  LEFT JOIN licensing_subscription ON licensing_subscription.order_id = behind.id
 GROUP BY behind.asked
"""


def bought_at(orders: Iterable[Order]) -> dict[int, BoughtAt]:
    """Per order id. One statement, however often orders were transferred; none where nothing but ours can stand behind them."""
    asked = {order.pk: order for order in orders}
    open_ = [pk for pk, order in asked.items() if order.channel in MARKETPLACES or order.transferred_from_id is not None]
    found = dict.fromkeys(asked, ELSEWHERE)
    if open_:
        with connection.cursor() as cursor:
            cursor.execute(BEHIND, [open_, [each.value for each in MARKETPLACES]])
            found.update({pk: BoughtAt(marketplace, followed) for pk, marketplace, followed in cursor.fetchall()})
    return found
