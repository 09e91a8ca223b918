"""Why a purchase cannot be activated: cancelled, suspended, lapsed after thirty days, or of a plan that sells nothing here."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from licensing.marketplaces.contract import PurchaseStatus
from licensing.models import Product, Subscription
from licensing.rules.units_times_rate import MAX_UNITS

DAYS_TO_ACTIVATE = 30
"""After so many days a purchase that nobody activated lapses at the marketplace."""


def has_usable_quantity(subscription: Subscription) -> bool:
    """Whether a license can have so many units; one of a plan that does not count has none, which stands for one."""
    return subscription.units is None or 1 <= subscription.units <= MAX_UNITS


def has_lapsed(subscription: Subscription) -> bool:
    """Whether the days in which a purchase has to be activated have passed."""
    until = lapses_at(subscription)
    return until is not None and timezone.now() > until


def lapses_at(subscription: Subscription) -> datetime | None:
    """Until when a purchase that waits has to be activated; None for every other."""
    if subscription.status != PurchaseStatus.PENDING or subscription.bought_at is None:
        return None
    return subscription.bought_at + timedelta(days=DAYS_TO_ACTIVATE)


def why_not(subscription: Subscription, product: Product | None) -> str:
    """Why a purchase cannot be activated, in words for the person; empty when it can. `product` is what its plan sells here."""
    match subscription.status:
        case PurchaseStatus.UNSUBSCRIBED:
            return _("This subscription was cancelled at the marketplace. Buy again there to get new credits.")
        case PurchaseStatus.SUSPENDED:
            return _("Suspended at the marketplace, usually because a payment failed. Settle that there first.")
        case PurchaseStatus.UNKNOWN:
            return _("The marketplace gives this subscription a status we do not know. Ask support.")
    if has_lapsed(subscription):
        return _("This purchase was not activated within %(days)d days and has lapsed. Buy it again at the marketplace.") % {
            "days": DAYS_TO_ACTIVATE
        }
    if not has_usable_quantity(subscription):
        return _("The marketplace names a quantity that cannot be activated. Ask support; your purchase is not lost.")
    if product is None:
        return _("The plan “%(plan)s” is not set up here yet. Ask support; your purchase is not lost.") % {
            "plan": subscription.plan_id
        }
    return ""
