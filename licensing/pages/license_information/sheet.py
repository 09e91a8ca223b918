"""License Information as a sheet: every license that the page's filters leave, in its sequence, whatever page is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from console.exports.sheet import Cell, Column, Sheet, day, number, text
from licensing.models import ActivationCode
from licensing.pages.license_information.orders import OrderOnDay
from licensing.pages.license_information.rows import license_row
from licensing.reading.licenses_on_day import LicenseOnDay


def licenses_sheet(orders: list[OrderOnDay], slug: str, codes: Mapping[int, ActivationCode] | None) -> Sheet:
    """`codes` are masked, as on the page; None leaves out their column, for those who may not see them."""
    columns = (text("order", _("Order")), text("order_number", _("Order number")), *_columns())
    if codes is not None:
        columns = (*columns, text("code", _("Code")))
    return Sheet(
        "licenses",
        _("License Information"),
        columns,
        _rows(orders, slug, codes),
        sum(len(order.licenses) for order in orders),
    )


def siblings_sheet(licenses: list[LicenseOnDay], slug: str) -> Sheet:
    """The other licenses of an order."""
    rows = (_cells(each, slug) for each in licenses)
    return Sheet("siblings", _("Other licenses of this order"), _columns(), rows, len(licenses))


def _columns() -> tuple[Column, ...]:
    return (
        text("license", _("License")),
        text("product", _("Product")),
        text("channel", _("Channel")),
        text("type", _("Type")),
        text("status", _("Status")),
        number("units", _("Units")),
        text("unit", _("Unit")),
        number("credits", _("Credits")),
        number("counting_credits", _("Credits that count")),
        day("starts_on", _("Start date")),
        day("expires_on", _("Expiration date")),
    )


def _rows(orders: list[OrderOnDay], slug: str, codes: Mapping[int, ActivationCode] | None) -> Iterator[tuple[Cell, ...]]:
    for order in orders:
        code = () if codes is None else (codes[order.id].masked if order.id in codes else None,)
        for each in order.licenses:
            of = each.license.order
            yield (of.name or each.license.product.name, of.external_id, *_cells(each, slug), *code)


def _cells(found: LicenseOnDay, slug: str) -> tuple[Cell, ...]:
    row = license_row(found, slug)
    return (
        row.kind_label,
        row.product_name,
        row.channel,
        row.type_label,
        row.status_label,
        row.units,
        found.license.product.unit,
        row.credits,
        found.counting_credits,
        row.starts_on,
        row.expires_on,
    )
