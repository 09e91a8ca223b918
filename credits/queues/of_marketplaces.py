"""What purchases have for support: activations that are stuck, differences, and what needs a person's attention."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q

from console.models import LedgerVerification
from credits.models import DeskItem
from credits.queues.found import Found
from licensing.models import Activation, Difference, MarketplaceEvent, MarketplacePlan, Subscription
from licensing.purchases.activation.one_pass_at_a_time import LEASE

Kind = DeskItem.Kind
State = Activation.State
TOO_LONG = timedelta(hours=1)
"""For the marketplace to confirm an activation."""
HANDLED_WITHIN = timedelta(minutes=10)
REPEATED_FOR = timedelta(days=7)
"""So long a marketplace may send again what could not be confirmed."""


def of_marketplaces(now: datetime) -> list[Found]:
    """Five statements."""
    return [*_stuck(now), *_differences(), *_events(now), *_plans(), *_ledger()]


def _stuck(now: datetime) -> list[Found]:
    late = Q(state=State.ACTIVATING) & (Q(due_at__lt=now - 2 * LEASE) | Q(confirmed_at__lt=now - TOO_LONG))
    missed = Q(missed_at__len__gt=0, state__in=[State.BROUGHT, State.ACTIVATING, State.NOT_KNOWN], person__isnull=False)
    failed = Q(state=State.FAILED, subscription__order=None)
    given_back = Q(state=State.FOUND, subscription__order=None) & ~Q(problem="")
    rows = Activation.objects.filter(late | missed | failed | given_back).select_related("subscription", "order")
    return [_of_activation(each, now) for each in rows]


def _of_activation(row: Activation, now: datetime) -> Found:
    bought = row.subscription
    what = row.order.number if row.order else (bought.name or bought.external_id) if bought else ""
    if row.state == State.FAILED:
        why = "failed"
    elif row.state == State.FOUND:
        why = "given-back"
    elif row.missed_at:
        why = "missed"
    elif row.due_at and row.due_at < now - 2 * LEASE:
        why = "nobody"
    else:
        why = "slow"
    facts = {"activation": str(row.pk), "order": what, "why": why, "tries": row.tries, "problem": row.problem}
    since = row.missed_at[0] if why == "missed" else row.confirmed_at or row.found_at or row.brought_at
    rank = {"nobody": 5, "slow": 10}.get(why, 15)
    return Found(Kind.STUCK, f"activation:{row.pk}", rank, since, row.company_id, facts)


def _company_of(row: Difference | MarketplaceEvent) -> int | None:
    return row.subscription.claimed_by_id if row.subscription else None


def _name_of(row: Difference | MarketplaceEvent, external_id: str) -> str:
    return (row.subscription.name if row.subscription else "") or external_id


def _differences() -> list[Found]:
    """Support's list, without what was marked read there."""
    rows = Difference.objects.filter(mended_at=None, read_at=None).exclude(kind=Difference.Kind.NOT_CONFIGURED)
    found = []
    for each in rows.select_related("subscription"):
        facts = {
            "difference": each.pk,
            "order": _name_of(each, each.external_id),
            "what": each.kind,
            "theirs": each.theirs,
            "ours": each.ours,
            "problem": each.problem,
        }
        found.append(Found(Kind.DIFFERENCE, f"difference:{each.pk}", 40, each.found_at, _company_of(each), facts))
    return found


def _events(now: datetime) -> list[Found]:
    """Suspicious ones, and those that nobody could handle."""
    late = now - HANDLED_WITHIN
    undone = Q(done_at=None, received_at__lt=late, received_at__gt=now - REPEATED_FOR)
    unsettled = Q(to_settle=True, settled_at=None, done_at__lt=late)
    suspicious = Q(state=MarketplaceEvent.State.SUSPICIOUS)
    rows = MarketplaceEvent.objects.filter(suspicious | undone | unsettled, read_at=None).select_related("subscription")
    found = []
    for each in rows.defer("raw"):
        state = MarketplaceEvent.State.SUSPICIOUS
        why = "suspicious" if each.state == state else "unhandled" if each.done_at is None else "unsettled"
        facts = {
            "event": each.pk,
            "order": _name_of(each, each.subscription_id_said),
            "why": why,
            "action": each.action,
            "detail": each.detail[:300],
        }
        rank = 8 if why == "suspicious" else 30
        found.append(Found(Kind.ATTENTION, f"event:{each.pk}", rank, each.received_at, _company_of(each), facts))
    return found


def _plans() -> list[Found]:
    """Plans that were bought and that nobody has said what they sell."""
    mapped = MarketplacePlan.objects.filter(
        channel=OuterRef("channel"), offer_id=OuterRef("offer_id"), plan_id=OuterRef("plan_id")
    )
    bought = Subscription.objects.not_final().exclude(plan_id="").filter(~Exists(mapped))
    rows: Any = bought.values("channel", "offer_id", "plan_id").annotate(seen=Max("seen_at")).order_by("channel")
    return [
        Found(
            Kind.ATTENTION,
            f"plan:{each['channel']}:{each['offer_id']}:{each['plan_id']}"[:200],
            9,
            each["seen"],
            None,
            {"why": "plan", "plan": f"{each['offer_id']} / {each['plan_id']}"},
        )
        for each in rows
    ]


def _ledger() -> list[Found]:
    last = LedgerVerification.objects.order_by("-ended_at").first()
    if last is None or not last.differences:
        return []
    facts = {"why": "ledger", "differences": last.differences, "first": last.first[:300]}
    return [Found(Kind.ATTENTION, "ledger", 1, last.ended_at, None, facts)]
