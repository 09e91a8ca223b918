"""Every license of a company by order: status and current units, credits, term; and the orders that nobody activated yet."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator

from credits.desk.companies.orders_shown import orders_shown
from licensing.models import Order
from licensing.reading.licenses_on_day import licenses_on

ON_ONE_PAGE = 25
MOST_WAITING = 25


def licenses_shown(asked: Any) -> dict[str, Any]:
    """Three statements, however many licenses there are."""
    found = licenses_on(asked.company, on=asked.on, known_at=asked.as_of.known_at)
    waiting = Order.objects.filter(reserved_for=asked.company.pk, company=None).select_related("product").order_by("-pk")
    return {
        "orders": Paginator(orders_shown(found), ON_ONE_PAGE).get_page(asked.request.GET.get("page")),
        "waiting": waiting[:MOST_WAITING],
        "base": asked.as_of.with_(asked.request.path, tab="licenses"),
    }
