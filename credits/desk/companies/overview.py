"""The first tab: figures of the day, orders, the latest of the journal, who the company is and who is in it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from console.models import Act
from console.templatetags.formats import zone_name
from credits.desk.companies.orders_shown import orders_shown
from credits.desk.sentences import sentences_of
from credits.reading.annual_credits import credit_summary
from credits.reading.credit_summary import CreditSummary
from licensing.errors import in_words
from licensing.models import Membership
from licensing.pages.license_information.orders import STATUS_ORDER
from licensing.pages.license_information.rows import STATUS_LABELS
from licensing.reading.licenses_on_day import LicenseOnDay, licenses_on

LATEST_ACTS, FIRST_PEOPLE, FIRST_ORDERS = 8, 8, 10
SOON = timedelta(days=30)


def overview_shown(asked: Any) -> dict[str, Any]:
    """Seven statements."""
    company, on, known_at = asked.company, asked.on, asked.as_of.known_at
    summary = credit_summary(company, on=on, known_at=known_at)
    licenses = licenses_on(company, on=on, known_at=known_at)
    acts = Act.objects.for_company(company).select_related("actor").order_by("-recorded_at", "-pk")
    if known_at is not None:
        acts = acts.filter(recorded_at__lte=known_at)
    orders = orders_shown(licenses)
    people = Membership.objects.filter(company=company).select_related("user").order_by("user__name", "user__email")
    now = asked.request.figures_of
    return {
        "summary": summary,
        "explain_base": reverse("desk:explain", args=[company.slug, "-"]).removesuffix("-/"),
        "runway": runway_in_words(summary),
        "next_expiration": next_expiration(licenses),
        "orders": orders[:FIRST_ORDERS],
        "more_orders": max(0, len(orders) - FIRST_ORDERS),
        "statuses": statuses_in_words(licenses),
        "sentences": sentences_of(acts[:LATEST_ACTS], reader=asked.reader),
        "people": people[:FIRST_PEOPLE],
        "zone": zone_name(company.zone_at(now)),
        "clock": date_format(now.astimezone(company.zone_at(now)), "H:i"),
    }


def runway_in_words(summary: CreditSummary) -> str:
    """What stands in the place of days: below zero already, or nothing that comes."""
    if summary.current_balance < 0:
        since = summary.below_zero_since
        return _("Below zero since %(day)s") % {"day": in_words(since)} if since else _("Below zero")
    return "" if summary.runway_on else _("No end is known")


def next_expiration(licenses: list[LicenseOnDay]) -> dict[str, Any] | None:
    """The next day on which something that counts expires, its credits, and whether it is renewed."""
    counting = [each for each in licenses if each.status in ("valid", "expires-soon")]
    if not counting:
        return None
    on = min(each.expires_on for each in counting)
    ending = [each for each in counting if each.expires_on == on]
    return {
        "on": on,
        "days": ending[0].days_left,
        "credits": sum(each.credits or 0 for each in ending),
        "renewed": all(each.renewed_on is not None for each in ending),
        "soon": on <= ending[0].on + SOON,
    }


def statuses_in_words(licenses: list[LicenseOnDay]) -> str:
    """ "5 valid, 1 expired": how many licenses have which status."""
    counted = Counter(each.status for each in licenses)
    return ", ".join(f"{counted[status]:,} {str(STATUS_LABELS[status]).lower()}" for status in STATUS_ORDER if counted[status])
