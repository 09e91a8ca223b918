"""Which acts there are to tell of: those that the journal has of the last two days; what is older is history and no news.

Acts that another act calls are part of it: a transfer is one to both companies, whatever it takes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from console.models import Act
from licensing.models import Order
from licensing.rules.license_profile import LicenseFacts

RECENTLY = timedelta(days=2)
"""For so long after it was recorded a company is still told of an act."""

CLOCKS_DIFFER = timedelta(minutes=5)
"""By so much the database's clock, which acts are recorded by, may be ahead of the one that asks."""

ORDERS = frozenset(
    {
        "order.activate",
        "order.top-up",
        "order.reduce",
        "order.units",
        "order.change-plan",
        "order.renew",
        "order.switch-renewal",
        "order.suspend",
        "order.reinstate",
        "order.undo-cancellation",
        "order.cancel",
        "order.transfer",
        "license.correct",
        "license.extend",
        "order.undo",
    }
)
"""The names of the acts by which an order becomes another one than it was."""


@dataclass(frozen=True)
class ActToTell:
    """One act as whoever called it sees it: `parts` are the acts that were recorded for it, its own included."""

    act: Act
    parts: frozenset[UUID]
    later: frozenset[UUID]
    """All that was recorded of the order since."""
    is_due: bool
    """False while the clock that is asked for has not come to it."""


@dataclass(frozen=True)
class RecentActs:
    """The acts of some companies since two days ago, by id."""

    now: datetime
    acts: dict[UUID, Act] = field(default_factory=dict)

    def of_order(self, order: Order, facts: Collection[LicenseFacts]) -> Iterator[ActToTell]:
        """Those that said something of an order's licenses, in the order they were recorded. Free."""
        said = {each.act for known in facts for each in known.recorded if each.act in self.acts}
        acts = sorted((self.acts[pk] for pk in said if pk is not None), key=lambda act: act.recorded_at)
        told = 0
        while told < len(acts):
            parts = _with_its_parts(order, acts[told:])
            later = frozenset(act.pk for act in acts[told + len(parts) :])
            yield ActToTell(parts[0], frozenset(act.pk for act in parts), later, parts[0].recorded_at <= self.now + CLOCKS_DIFFER)
            told += len(parts)


def recent_acts(companies: Collection[int], now: datetime) -> RecentActs:
    """One statement."""
    acts = (
        Act.objects.filter(company_id__in=list(companies), recorded_at__gt=now - RECENTLY, name__in=ORDERS)
        .only("id", "company_id", "key", "name", "actor_id", "actor_kind", "actor_label", "note", "recorded_at")
        .order_by("recorded_at")
    )
    return RecentActs(now, {act.pk: act for act in acts})


ACTIVATION = ":activate"
"""How the key ends under which a transfer activates the successor for the company that receives it; see `transfer_order`."""


def _with_its_parts(order: Order, acts: Sequence[Act]) -> Sequence[Act]:
    """The first act with those after it that the same transfer called."""
    first = acts[0]
    if order.transferred_from_id is None or first.name != "order.activate" or not first.key.endswith(ACTIVATION):
        return acts[:1]
    called = f"{first.key.removesuffix(ACTIVATION)}:"
    number = 1
    while number < len(acts) and acts[number].key.startswith(called):
        number += 1
    return acts[:number]
