"""Goodwill: what support gives away, an order of its own, once, for what it is worth; no act makes more of it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.errors import Refused
from licensing.models import License, Order


def first_kind(order: Order) -> str:
    """The kind of the license that activating the order issues."""
    return License.Kind.GOODWILL if order.goodwill else License.Kind.INITIAL


def require_no_goodwill(order: Order) -> None:
    """Goodwill is given once, for what it is worth: nothing of it goes on, grows or moves."""
    if order.goodwill:
        raise Refused(_("Order %(order)s is goodwill. Correct its license, or issue another one.") % {"order": order.number})
