"""Rows of License Information as people read them: a license, an order that groups several, and the words for each state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.templatetags.formats import rate as rate_in_words
from licensing.errors import in_words
from licensing.models import ActivationCode, License
from licensing.pages.changed_at import ChangedAt, changed_at
from licensing.pages.license_information.orders import OrderOnDay, name_of
from licensing.pages.license_information.term_bar import TermBar, term_bar
from licensing.reading.licenses_on_day import LicenseOnDay
from licensing.reading.receipts import is_converted
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
BADGES = {
    "not-yet-valid": ("", "clock"),
    "valid": ("badge-positive", "circle-check"),
    "expires-soon": ("badge-warning", "hourglass"),
    "expired": ("badge-danger", "circle-x"),
    "suspended": ("badge-warning", "player-pause"),
    "cancelled": ("", "ban"),
}
"""Look and icon of the badge of a status."""
assert set(STATUSES) == set(STATUS_LABELS) == set(BADGES)
DOES_NOT_COUNT = ("not-yet-valid", "expired", "cancelled", "suspended")


@dataclass(frozen=True)
class LicenseRow:
    """One license as pages show it; `credits` is None for what never converts."""

    id: int
    url: str
    order_id: int
    order_label: str
    order_external_id: str
    name: str
    product_name: str
    kind_label: str
    trial: bool
    type_label: str
    channel: str
    units: int
    unit: str
    credits: int | None
    rate: Decimal | None
    rate_label: str
    starts_on: date
    expires_on: date
    last_valid_day: date
    days_label: str
    status: str
    status_label: str
    stage_label: str
    badge: tuple[str, str]
    term: TermBar

    is_converted: bool = False

    @property
    def receipt_url(self) -> str:
        """Where a converted license is worked out; empty for others."""
        return f"{self.url}receipt/" if self.is_converted else ""

    @property
    def dimmed(self) -> bool:
        """Rows that do not count on the day."""
        return self.status in DOES_NOT_COUNT


def license_row(found: LicenseOnDay, slug: str) -> LicenseRow:
    license = found.license
    order = license.order
    return LicenseRow(
        id=found.id,
        url=reverse("licensing:license", args=[slug, found.id]),
        order_id=order.pk,
        order_label=_("Order %(order)s") % {"order": order.number},
        order_external_id=order.number,
        name=name_of(license),
        product_name=license.product.name,
        kind_label=kind_label(found),
        trial=license.trial,
        type_label=_("Trial") if license.trial else _("Standard"),
        channel=order.get_channel_display(),
        units=found.units,
        unit=in_units(found.units, license.product.unit, with_number=False),
        credits=found.credits,
        rate=found.rate,
        rate_label=rate_label(found),
        starts_on=found.starts_on,
        expires_on=found.expires_on,
        last_valid_day=found.last_valid_day,
        days_label=days_label(found),
        status=found.status,
        status_label=str(STATUS_LABELS[found.status]),
        stage_label=stage_label(found),
        badge=BADGES[found.status],
        is_converted=is_converted(found),
        term=term_bar(found.status, found.starts_on, found.expires_on, on=found.on, ended_on=found.cancelled_on),
    )


@dataclass(frozen=True)
class OrderRow:
    """An order with the rows of its licenses on this page: its sum, its next expiration, its code.

    `folds`: it has several licenses, so that it has a row of its own, under which theirs fold. Otherwise it is its one license.
    """

    id: int
    url: str
    name: str
    external_id: str
    channel: str
    changed_at: ChangedAt | None
    trial: bool
    notes: list[str]
    folds: bool
    summed: str
    needs_attention: bool
    status: str
    status_label: str
    badge: tuple[str, str]
    units: list[tuple[int, str]]
    credits: int | None
    expires_on: date
    days_label: str
    term: TermBar
    licenses: tuple[LicenseRow, ...]
    code: CodeInRow | None

    @property
    def dimmed(self) -> bool:
        return self.status in DOES_NOT_COUNT


@dataclass(frozen=True)
class CodeInRow:
    """The code of an order, masked, and where it is copied from: for those who may."""

    order_id: int
    masked: str
    label: str
    url: str


def order_row(order: OrderOnDay, shown: list[LicenseOnDay], slug: str, codes: Mapping[int, ActivationCode]) -> OrderRow:
    """`shown` are those of its licenses that are on this page."""
    lead, nearest = order.lead, order.next_to_expire
    folds = len(order.licenses) > 1
    of, name = lead.license.order, name_of(lead.license)
    product = lead.license.product.name
    return OrderRow(
        id=order.id,
        url=reverse("licensing:license", args=[slug, lead.id]),
        name=name,
        external_id=of.number,
        channel=of.get_channel_display(),
        changed_at=changed_at(of),
        trial=lead.license.trial,
        notes=[each for each in ("" if product == name else product, _note(lead, folds)) if each],
        folds=folds,
        summed=_("Sum of %(number)s licenses") % {"number": len(order.told_by)} if len(order.told_by) > 1 else "",
        needs_attention=order.needs_attention,
        status=order.status,
        status_label=str(STATUS_LABELS[order.status]),
        badge=BADGES[order.status],
        units=[(number, in_units(number, unit, with_number=False)) for unit, number in order.units.items()],
        credits=order.credits,
        expires_on=order.expires_on,
        days_label=days_label(nearest),
        term=term_bar(order.status, order.starts_on, order.expires_on, on=nearest.on, ended_on=nearest.cancelled_on),
        licenses=tuple(_within(license_row(each, slug), lead) if folds else license_row(each, slug) for each in shown),
        code=_code(order, codes, slug, lead),
    )


def _within(row: LicenseRow, lead: LicenseOnDay) -> LicenseRow:
    """What the order's own row says already is not said again."""
    return replace(row, product_name="" if row.product_name == lead.license.product.name else row.product_name)


def _note(lead: LicenseOnDay, folds: bool) -> str:
    said = [] if folds or lead.leads else [kind_label(lead)]
    if lead.renewed_on is not None and lead.status != "expired":
        said.append(_("renewed from %(day)s") % {"day": in_words(lead.renewed_on)})
    elif not folds:
        said.append(stage_label(lead))
    return ", ".join(filter(None, said))


def _code(order: OrderOnDay, codes: Mapping[int, ActivationCode], slug: str, lead: LicenseOnDay) -> CodeInRow | None:
    found = codes.get(order.id)
    if found is None:
        return None
    url = reverse("licensing:code", args=[slug, lead.id])
    return CodeInRow(order_id=order.id, masked=found.masked, label=found.get_kind_display(), url=url)


def what_it_is(found: LicenseOnDay) -> str:
    """Its kind and type in words, as search finds them."""
    return f"{kind_label(found)} {_('Trial') if found.license.trial else _('Standard')}"


def rate_label(found: LicenseOnDay) -> str:
    """ "45 per seat"; empty for what never converts."""
    if found.credits is None or found.rate is None:
        return ""
    return _("%(rate)s per %(unit)s") % {"rate": rate_in_words(found.rate), "unit": found.license.product.unit}


def kind_label(found: LicenseOnDay) -> str:
    """ "Initial purchase", once it is renewed "First term"; "Top-up", "Renewal"."""
    license = found.license
    if license.kind == License.Kind.INITIAL and found.renewed_on is not None:
        return _("First term")
    return str(license.get_kind_display())


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
