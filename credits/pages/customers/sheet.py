"""The table of customers as a sheet: a row each, in the order of the page, all pages of it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.exports.sheet import Sheet, day, number, text
from credits.models import ThresholdStatement
from credits.reading.customers.customers import Customer


def customers_sheet(customers: list[Customer]) -> Sheet:
    """`on` is the day of each: where the page shows today, the customer's own."""
    return Sheet(
        "customers",
        _("Customers"),
        (
            text("company", _("Company")),
            text("address_name", _("Address name")),
            day("on", _("As of")),
            number("valid", _("Valid credits")),
            number("allocated", _("Allocated credits")),
            number("balance", _("Current balance")),
            day("runway_on", _("Below zero from")),
            number("runway_days", _("Runway in days")),
            day("expires_on", _("Next expiration")),
            number("expiring", _("Credits that expire")),
            text("then", _("Then")),
            text("threshold_kind", _("Threshold")),
            number("threshold", _("Threshold in credits")),
            number("over_by", _("Over by")),
            number("unread", _("Unread notices")),
        ),
        [
            (
                each.company.name,
                each.company.slug,
                each.day,
                each.valid,
                each.allocated,
                each.balance,
                each.runway_on,
                each.runway_days,
                each.expiration.on if each.expiration else None,
                each.expiration.credits if each.expiration else None,
                (_("Renewed") if each.expiration.renewed else _("Not renewed")) if each.expiration else None,
                str(ThresholdStatement.Kind(each.threshold.kind).label) if each.threshold else None,
                each.limit,
                None if each.limit is None else each.over_by,
                each.unread,
            )
            for each in customers
        ],
    )
