"""What a row is called on the workbench, and whose it is."""

from __future__ import annotations

from typing import Any

from licensing.models import License, NoticeDelivery, Order


def name_of(row: Any) -> str:
    """What it is, and whose: "Aster Foods, Branch office, SO-7001". Reads the order and the company."""
    match row:
        case Order():
            names = [row.company.name if row.company else "", row.name, row.number]
        case License():
            names = [row.company.name, row.order.name, row.order.number]
        case NoticeDelivery():
            names = [row.company.name, str(row.user)]
        case _:
            names = [str(row)]
    return ", ".join(name for name in names if name)
