"""The orders of a company as the workbench lists them: the words of License Information, with links to support's own pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from licensing.pages.license_information.orders import OrderOnDay, by_need
from licensing.pages.license_information.rows import OrderRow, order_row
from licensing.reading.licenses_on_day import LicenseOnDay


@dataclass(frozen=True)
class OrderListed:
    """An order with the address of its own page here; `row` has its words."""

    url: str
    row: OrderRow


def orders_of(licenses: Iterable[LicenseOnDay]) -> list[OrderOnDay]:
    """What needs attention first, what has ended last."""
    found: dict[int, list[LicenseOnDay]] = defaultdict(list)
    for each in licenses:
        found[each.license.order_id].append(each)
    return sorted((OrderOnDay(tuple(each)) for each in found.values()), key=by_need)


def listed(orders: Iterable[OrderOnDay]) -> list[OrderListed]:
    return [OrderListed(reverse("desk:order", args=[each.id]), order_row(each, list(each.licenses), "-", {})) for each in orders]


class OrdersShown(Sequence[OrderListed]):
    """All orders, of which only those that are sliced are put into words."""

    def __init__(self, orders: list[OrderOnDay]) -> None:
        self.orders = orders

    def __len__(self) -> int:
        return len(self.orders)

    def __getitem__(self, part: Any) -> Any:
        return listed(self.orders[part]) if isinstance(part, slice) else listed([self.orders[part]])[0]


def orders_shown(licenses: Iterable[LicenseOnDay]) -> OrdersShown:
    return OrdersShown(orders_of(licenses))
