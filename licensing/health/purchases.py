"""The part of the health report about purchases: activations that are stuck, plans without a product, odd quantities."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from licensing.health.items import Item, State, Target, counted
from licensing.health.worker_and_mail import DAY
from licensing.marketplaces.contract import Action
from licensing.models import Activation, MarketplaceEvent, MarketplacePlan, Order, Subscription
from licensing.purchases.activation.one_pass_at_a_time import LEASE
from licensing.units_a_marketplace_sells import UNITS_SOLD_BY

MOST_PLANS = 10


QUANTITIES = UNITS_SOLD_BY[Order.Channel.AZURE]
"""The fewest and the most users that can be bought on Azure Marketplace."""


def purchases(now: datetime) -> list[Item]:
    """Three statements."""
    state = Activation.State
    counts = Activation.objects.aggregate(
        stuck=Count("pk", filter=Q(state=state.ACTIVATING, due_at__lt=now - 2 * LEASE)),
        slow=Count("pk", filter=Q(state=state.ACTIVATING, confirmed_at__lt=now - timedelta(hours=1))),
        missed=Count("pk", filter=Q(missed_at__len__gt=0) & Q(state__in=[state.BROUGHT, state.ACTIVATING, state.NOT_KNOWN])),
        failed=Count("pk", filter=Q(state=state.FAILED, subscription__order=None)),
    )
    mapped = MarketplacePlan.objects.filter(
        channel=OuterRef("channel"), offer_id=OuterRef("offer_id"), plan_id=OuterRef("plan_id")
    )
    bought = Subscription.objects.not_final()
    plans = bought.exclude(plan_id="").filter(~Exists(mapped)).values_list("offer_id", "plan_id")
    asked_for = (
        MarketplaceEvent.objects.annotate(offer_id=F("subscription__offer_id"))
        .filter(action=Action.CHANGE_PLAN, state=MarketplaceEvent.State.REFUSED, received_at__gt=now - 30 * DAY)
        .filter(~Exists(mapped))
        .values_list("offer_id", "plan_id")
    )
    missing = [" / ".join(each) for each in plans.union(asked_for).order_by("offer_id", "plan_id")[: MOST_PLANS + 1]]
    odd = bought.exclude(units=None).exclude(units__range=QUANTITIES).count()
    under_way = (Activation, {"state__exact": state.ACTIVATING.value})
    return [
        counted(
            _("Activations nobody is at"), counts["stuck"], _("See whether the worker lives, then press “Try again”."), under_way
        ),
        counted(
            _("Activations under way for over an hour"),
            counts["slow"],
            _("The marketplace does not confirm them. The activation's page says what it waits for."),
            under_way,
            State.LOOK,
        ),
        counted(
            _("Activations that need support"),
            counts["failed"],
            _("Each says what is wrong. Once that is mended, press “Try again” on its page."),
            (Activation, {"state__exact": state.FAILED.value}),
            State.LOOK,
        ),
        counted(
            _("Activations whose purchase the marketplace does not find"),
            counts["missed"],
            _("Each is asked for three times, minutes apart; its page says when. Then the customer has to open it again there."),
            (Activation, {"missed": "yes"}),
            State.LOOK,
        ),
        _plans(missing),
        counted(
            _("Quantities that no offer allows"),
            odd,
            _("They were taken as they are. Compare the offer's limits in Partner Center with the subscription."),
            (Subscription, {}),
            State.LOOK,
        ),
    ]


def _plans(missing: list[str]) -> Item:
    label = _("Plans without a product")
    to: Target = (MarketplacePlan, {})
    if not missing:
        return Item(label, _("None."), to=to)
    words = ", ".join(missing[:MOST_PLANS]) + (" …" if len(missing) > MOST_PLANS else "")
    return Item(
        label,
        words,
        State.WRONG,
        _("They were bought, or asked for, and cannot be activated. Add each under Marketplace plans."),
        to,
    )
