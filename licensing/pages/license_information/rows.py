"""Rows of License Information as people read them, with search, filter, sorting and the words for each state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.allowed_text import as_shown_alike
from console.names import in_order_of_names
from licensing.errors import in_words
from licensing.models import ActivationCode, License, Order
from licensing.reading.licenses_on_day import LicenseOnDay
from licensing.rules.license_status import GRACE_DAYS, LOCK_DAYS, STATUSES
from licensing.rules.units_in_words import in_units

STATUS_LABELS = {
    "not-yet-valid": gettext_lazy("Not yet valid"),
    "valid": gettext_lazy("Valid"),
    "expires-soon": gettext_lazy("Expires soon"),
    "expired": gettext_lazy("Expired"),
    "suspended": gettext_lazy("Suspended"),
    "cancelled": gettext_lazy("Cancelled"),
}
FILTER_ORDER = ("valid", "expires-soon", "not-yet-valid", "suspended", "expired", "cancelled")
assert set(FILTER_ORDER) == set(STATUSES) == set(STATUS_LABELS)


@dataclass(frozen=True)
class LicenseRow:
    """One row of the table; `credits` is None for what never converts."""

    id: int
    url: str
    order_id: int
    order_label: str
    order_external_id: str
    name: str
    product_name: str
    kind_label: str
    is_child: bool
    trial: bool
    type_label: str
    channel: str
    by_code: bool
    units: int
    unit: str
    credits: int | None
    counting_credits: int
    rate: Decimal | None
    starts_on: date
    expires_on: date
    last_valid_day: date
    days_label: str
    status: str
    status_label: str
    stage_label: str
    code: str = ""
    """The code its order was activated by, masked: on the row that leads the order, for those who may reveal it."""
    code_label: str = ""
    by_itself: bool = False
    """The row it belongs under is not shown above it, so it is shown in full."""

    @property
    def dimmed(self) -> bool:
        """Rows that do not count on the day."""
        return self.status in ("not-yet-valid", "expired", "cancelled", "suspended")

    def mentions(self, text: str) -> bool:
        words = as_shown_alike(f"{self.name} {self.product_name} {self.order_external_id} {self.channel} {self.kind_label}")
        return all(word in words for word in as_shown_alike(text).split())


def license_row(found: LicenseOnDay, slug: str) -> LicenseRow:
    license = found.license
    order = license.order
    return LicenseRow(
        id=found.id,
        url=reverse("licensing:license", args=[slug, found.id]),
        order_id=order.pk,
        order_label=_("Order %(order)s") % {"order": order.external_id},
        order_external_id=order.external_id,
        name=order.name or license.product.name,
        product_name=license.product.name,
        kind_label="" if license.kind == License.Kind.INITIAL and found.leads else _kind_label(license),
        is_child=not found.leads,
        trial=license.trial,
        type_label=_("Trial") if license.trial else _("Standard"),
        channel=order.get_channel_display(),
        by_code=order.channel == Order.Channel.CODE,
        units=found.units,
        unit=in_units(found.units, license.product.unit, with_number=False),
        credits=found.credits,
        counting_credits=found.counting_credits,
        rate=found.rate,
        starts_on=found.starts_on,
        expires_on=found.expires_on,
        last_valid_day=found.last_valid_day,
        days_label=days_label(found),
        status=found.status,
        status_label=str(STATUS_LABELS[found.status]),
        stage_label=stage_label(found),
    )


def with_codes(rows: Iterable[LicenseRow]) -> list[LicenseRow]:
    """The rows, those that lead an order with the code it is known by. One statement; none where no order has come by a code."""
    shown = list(rows)
    asked = {row.order_id for row in shown if row.by_code and not row.is_child}
    codes: dict[int, ActivationCode] = {}
    if asked:
        for code in ActivationCode.objects.live().filter(order__in=asked).order_by("order", "-kind", "pk"):
            codes[code.order_id] = code  # last comes the one to show first
    return [
        replace(row, code=codes[row.order_id].masked, code_label=codes[row.order_id].get_kind_display())
        if row.order_id in codes and not row.is_child
        else row
        for row in shown
    ]


def _kind_label(license: License) -> str:
    return _("First term") if license.kind == License.Kind.INITIAL else str(license.get_kind_display())


def days_label(found: LicenseOnDay) -> str:
    """How far the day is from what comes next: "11 days left", "starts in 3 days", "263 days ago"."""
    if found.status == "cancelled":
        return _("cancelled on %(day)s") % {"day": in_words(found.cancelled_on or found.on)}
    if found.status == "not-yet-valid":
        days = (found.starts_on - found.on).days
        return ngettext("starts in %(days)s day", "starts in %(days)s days", days) % {"days": f"{days:,}"}
    days = found.days_left
    if days > 0:
        return ngettext("%(days)s day left", "%(days)s days left", days) % {"days": f"{days:,}"}
    if days == 0:
        return _("expired today") if found.on == found.expires_on else ""
    return ngettext("%(days)s day ago", "%(days)s days ago", -days) % {"days": f"{-days:,}"}


def stage_label(found: LicenseOnDay) -> str:
    """Where an expired license stands, with the day on which that ends; empty for the others."""
    if found.status != "expired":
        return ""
    if found.renewed_on is not None:
        return _("renewed on %(day)s") % {"day": in_words(found.renewed_on)}
    grace_ends = found.expires_on + timedelta(days=0 if found.license.trial else GRACE_DAYS)
    if found.stage == "grace":
        return _("in grace until %(day)s") % {"day": in_words(grace_ends)}
    if found.stage == "locked":
        return _("locked until %(day)s") % {"day": in_words(grace_ends + timedelta(days=LOCK_DAYS))}
    return _("closed")


@dataclass(frozen=True)
class Column:
    """A head of the table that sorts: `value` of the row that leads an order decides where the order stands."""

    key: str
    label: Any
    value: Callable[[LicenseRow], Any]
    numeric: bool = False


COLUMNS = (
    Column("status", gettext_lazy("Status"), lambda row: FILTER_ORDER.index(row.status)),
    Column("name", gettext_lazy("Name"), lambda row: in_order_of_names(row.name)),
    Column("type", gettext_lazy("Type"), lambda row: row.type_label),
    Column("channel", gettext_lazy("Channel"), lambda row: row.channel),
    Column("units", gettext_lazy("Units"), lambda row: row.units, numeric=True),
    Column("credits", gettext_lazy("Credit conversion"), lambda row: -1 if row.credits is None else row.credits, numeric=True),
    Column("starts", gettext_lazy("Start date"), lambda row: row.starts_on),
    Column("expires", gettext_lazy("Expiration date"), lambda row: row.expires_on),
)


def under_their_orders(rows: Iterable[LicenseRow]) -> list[LicenseRow]:
    """The rows as they are shown: one that belongs under a row which a filter or a page has left out stands by itself."""
    shown: list[LicenseRow] = []
    for row in rows:
        alone = row.is_child and (not shown or shown[-1].order_id != row.order_id)
        shown.append(replace(row, is_child=False, by_itself=True) if alone else row)
    return shown


def counted(rows: Iterable[LicenseRow]) -> Counter[str]:
    return Counter(row.status for row in rows)


def narrowed(rows: list[LicenseRow], *, q: str, statuses: Iterable[str]) -> list[LicenseRow]:
    """The rows that mention every word of `q` and have one of the statuses; all statuses when none is named."""
    wanted = set(statuses) & set(STATUSES) or set(STATUSES)
    return [row for row in rows if row.status in wanted and (not q or row.mentions(q))]


def sorted_by(rows: list[LicenseRow], key: str) -> list[LicenseRow]:
    """Orders by a column (`-key`: descending), the licenses of each staying together, first the one that leads it."""
    orders: dict[int, list[LicenseRow]] = {}
    for row in rows:
        orders.setdefault(row.order_id, []).append(row)
    column = next((each for each in COLUMNS if each.key == key.lstrip("-")), None)
    groups = list(orders.values())
    if column is None:
        groups.sort(key=lambda group: (FILTER_ORDER.index(group[0].status) > 1, -(group[0].credits or 0)))
    else:
        groups.sort(key=lambda group: column.value(group[0]), reverse=key.startswith("-"))
    return [row for group in groups for row in group]
