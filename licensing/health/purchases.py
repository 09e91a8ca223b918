"""The part of the health report about what the console does by itself: the worker and its jobs, activations, mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob, ProcrastinateWorker

from console.models import OutgoingMail
from licensing.health.items import Item, State, Target, counted, when
from licensing.marketplaces.contract import Action
from licensing.models import Activation, MarketplaceEvent, MarketplacePlan, Order, Subscription
from licensing.purchases.activation.carry_through_activation import LEASE
from licensing.units_a_marketplace_sells import UNITS_SOLD_BY

WORKER_SILENT = timedelta(seconds=60)
"""The worker says that it lives every ten seconds."""
JOB_LATE = timedelta(minutes=5)
DAY = timedelta(days=1)
MOST_PLANS = 10
QUANTITIES = UNITS_SOLD_BY[Order.Channel.AZURE]
"""The fewest and the most users that can be bought on Azure Marketplace."""


# --- Worker and jobs


def jobs(now: datetime) -> list[Item]:
    """Three statements."""
    workers = ProcrastinateWorker.objects.aggregate(seen=Max("last_heartbeat"), n=Count("pk"))
    queued = ProcrastinateEvent.objects.filter(job=OuterRef("pk")).values("job").annotate(at=Min("at")).values("at")
    due = ProcrastinateJob.objects.filter(Q(scheduled_at=None) | Q(scheduled_at__lte=now), status="todo")
    waiting = due.annotate(since=Coalesce(F("scheduled_at"), Subquery(queued))).aggregate(n=Count("pk"), oldest=Min("since"))
    lately = ProcrastinateEvent.objects.filter(job=OuterRef("pk"), type="failed", at__gt=now - DAY)
    failed = ProcrastinateJob.objects.filter(Exists(lately), status="failed").values("task_name").annotate(n=Count("pk"))
    return [
        _worker(workers["seen"], now),
        _waiting(waiting, now),
        _failures([(row["task_name"], row["n"]) for row in failed.order_by("task_name")]),
    ]


def _worker(seen: datetime | None, now: datetime) -> Item:
    label = _("Worker")
    fix = _(
        "Activations, mails and comparisons wait for it. Start it: manage.py procrastinate worker; make run does so by itself."
    )
    if seen is None:
        return Item(label, _("None runs."), State.WRONG, fix)
    value = _("Last sign of life: %(when)s") % {"when": when(seen, now)}
    return Item(label, value, State.WRONG, fix) if now - seen > WORKER_SILENT else Item(label, value)


def _waiting(found: dict[str, Any], now: datetime) -> Item:
    label = _("Jobs that are due")
    if not found["n"]:
        return Item(label, _("None waits."))
    since = found["oldest"]
    said = {"n": f"{found['n']:,}", "when": when(since, now) if since else "?"}
    value = ngettext("%(n)s waits, since %(when)s", "%(n)s wait, the oldest since %(when)s", found["n"]) % said
    if since and now - since > JOB_LATE:
        return Item(label, value, State.WRONG, _("The worker is down or has too much to do: start one more."))
    return Item(label, value)


def _failures(rows: list[tuple[str, int]]) -> Item:
    label = _("Jobs that failed in the last 24 hours")
    if not rows:
        return Item(label, _("None."))
    words = ", ".join(f"{name}: {number:,}" for name, number in rows)
    return Item(label, words, State.WRONG, _("They were repeated in vain. The worker's log says why; then compare everything."))


# --- Purchases


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


# --- Mail


def mail(now: datetime) -> list[Item]:
    """One statement."""
    failed = OutgoingMail.objects.filter(given_up_at__gt=now - DAY).count()
    fix = _("The mail says what the mail server answered. Check EMAIL_URL; then send the notice again from its delivery.")
    return [counted(_("Given up in the last 24 hours"), failed, fix, (OutgoingMail, {"given_up_at__isempty": 0}), State.LOOK)]
