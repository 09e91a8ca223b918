"""What orders are today: of those that are shown, by the rules of their licenses; of all, by one statement that filters.

Each order is told as License Information tells it: by its licenses that count, else the suspended, else the next to begin, else
the last to have ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext_lazy

from licensing.admin.related_tables import give_zones
from licensing.models import Company, License, LicenseStatement, Order
from licensing.models.licenses.statement import facts_of
from licensing.pages.license_information.orders import OrderOnDay
from licensing.pages.license_information.rows import BADGES, STATUS_LABELS
from licensing.reading.licenses_on_day import LicenseOnDay
from licensing.rules.units_in_words import in_units

NOT_ACTIVATED = "not-activated"
STATES = {
    NOT_ACTIVATED: gettext_lazy("Not activated"),
    **{key: STATUS_LABELS[key] for key in ("valid", "expires-soon", "not-yet-valid", "suspended", "expired", "cancelled")},
}

STATE_OF_EACH = """
WITH today AS (
        SELECT DISTINCT ON (company_id) company_id, (%(now)s::timestamptz AT TIME ZONE time_zone)::date AS day
          FROM licensing_companytimezone
         ORDER BY company_id, effective_at <= %(now)s DESC,
                  CASE WHEN effective_at <= %(now)s THEN effective_at END DESC, effective_at),
     dated AS (
        SELECT DISTINCT ON (license_id) license_id, starts_on, expires_on FROM licensing_licensestatement
         WHERE starts_on IS NOT NULL ORDER BY license_id, recorded_at DESC, id DESC),
     said AS (
        SELECT DISTINCT ON (statement.license_id) statement.license_id, statement.state
          FROM licensing_licensestatement AS statement JOIN today ON today.company_id = statement.company_id
         WHERE statement.state <> '' AND statement.effective_on <= today.day
         ORDER BY statement.license_id, statement.effective_on DESC, statement.recorded_at DESC, statement.id DESC),
     told AS (
        SELECT license.order_id, license.id, dated.starts_on, dated.expires_on,
               CASE WHEN said.state = 'cancelled' THEN 'cancelled'
                    WHEN today.day >= dated.expires_on THEN 'expired'
                    WHEN said.state = 'suspended' THEN 'suspended'
                    WHEN today.day < dated.starts_on THEN 'not-yet-valid'
                    WHEN dated.expires_on - today.day <= 30 THEN 'expires-soon'
                    ELSE 'valid' END AS state
          FROM licensing_license AS license
          JOIN today ON today.company_id = license.company_id
          JOIN dated ON dated.license_id = license.id
          LEFT JOIN said ON said.license_id = license.id),
     phased AS (
        SELECT *, array_position(ARRAY['valid', 'suspended', 'not-yet-valid', 'expired', 'cancelled'],
                                 CASE state WHEN 'expires-soon' THEN 'valid' ELSE state END) AS phase FROM told),
     one AS (
        SELECT DISTINCT ON (order_id) order_id, state FROM phased
         ORDER BY order_id, phase, CASE phase WHEN 3 THEN starts_on END,
                  CASE WHEN phase >= 4 THEN expires_on END DESC, expires_on, starts_on, id)
SELECT order_id FROM one WHERE state = %(state)s
"""
"""The orders that are in a state today, each by the day of its company. Reads all of them."""


@dataclass(frozen=True)
class OrderNow:
    """`units` in words, of all that its state is told by; `starts_on` and `expires_on` are None while nobody has activated it."""

    state: str
    units: str
    starts_on: date | None = None
    expires_on: date | None = None

    @property
    def label(self) -> str:
        return str(STATES[self.state])

    @property
    def badge(self) -> tuple[str, str]:
        """Look and icon."""
        return BADGES.get(self.state, ("badge-outline", "hourglass"))


def orders_now(orders: Iterable[Order], now: datetime) -> dict[int, OrderNow]:
    """By their ids. `orders` were read with company and product. Two statements, however many; none for none activated."""
    all_of_them = list(orders)
    held: dict[int, Company] = {each.company.pk: each.company for each in all_of_them if each.company is not None}
    licenses: dict[int, dict[int, License]] = defaultdict(dict)
    said: dict[int, list[LicenseStatement]] = defaultdict(list)
    if held:
        give_zones(held.values())
        rows = LicenseStatement.objects.filter(company__in=list(held), license__order__in=[each.pk for each in all_of_them])
        for row in rows.select_related("license__product").order_by("recorded_at", "id"):
            licenses[row.license.order_id][row.license_id] = row.license
            said[row.license_id].append(row)
    facts = {pk: found for rows in said.values() for pk, found in facts_of(rows).items()}
    days = {pk: company.day_of(now) for pk, company in held.items()}
    found: dict[int, OrderNow] = {}
    for order in all_of_them:
        of_order = licenses.get(order.pk)
        if order.company_id is None or not of_order:
            found[order.pk] = OrderNow(NOT_ACTIVATED, in_units(order.units, order.product.unit))
            continue
        day = days[order.company_id]
        told = OrderOnDay(tuple(LicenseOnDay(license, facts[pk], day) for pk, license in of_order.items()))
        units = ", ".join(in_units(number, unit) for unit, number in told.units.items())
        found[order.pk] = OrderNow(told.status, units, told.starts_on, told.expires_on)
    return found
