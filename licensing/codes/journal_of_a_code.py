"""In whose journal it stands what is done with a code, and whose day it is for one that nobody has used."""

from __future__ import annotations

from datetime import UTC, date, datetime

from licensing.models import Company, Order


def journal_of(order: Order) -> Company | str:
    """In whose journal it stands: the company's that holds the order or has it reserved, else the channel's."""
    return order.company or order.reserved_for or f"channel:{Order.Channel.CODE}"


def day_of(order: Order, instant: datetime) -> date:
    """The day it is for a code nobody has used: of the company its order is reserved for, else in UTC."""
    return order.reserved_for.day_of(instant) if order.reserved_for else instant.astimezone(UTC).date()
