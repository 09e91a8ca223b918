"""The history in words: what changed on each day of its window, newest first, beside both totals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credits.reading.annual_credits import AnnualCredits
from credits.reading.features_on_day import FeatureRow, LineRow
from credits.reading.supply_and_demand import DemandStep, SupplyStep
from credits.rules.balance_over_days import Point, total_on
from licensing.models import Order
from licensing.rules.a_year_before import a_year_before
from licensing.rules.units_in_words import in_units

BEGINNINGS = {
    "initial": gettext_lazy("purchase"),
    "goodwill": gettext_lazy("goodwill"),
    "top-up": gettext_lazy("top-up"),
    "renewal": gettext_lazy("renewal"),
    "plan-change": gettext_lazy("change of plan"),
}
REPLACING = ("renewal", "plan-change")
"""Licenses that begin where others of their order end."""
CHANGES = {
    "order.suspend": gettext_lazy("suspended"),
    "order.reinstate": gettext_lazy("reinstated"),
    "order.undo-cancellation": gettext_lazy("reinstated"),
    "order.cancel": gettext_lazy("cancelled"),
    "order.transfer": gettext_lazy("cancelled"),
    "order.reduce": gettext_lazy("reduced"),
    "order.units": gettext_lazy("reduced"),
    "license.correct": gettext_lazy("corrected"),
    "license.extend": gettext_lazy("extended"),
}
MARKERS = {"order.suspend": "suspended", "order.reinstate": "reinstated", "order.undo-cancellation": "reinstated"}
"""Acts whose changes have a mark of their own; other changes have that of their direction."""
CHANNELS: dict[str, str] = {Order.Channel.AZURE: "Azure", Order.Channel.AWS: "AWS"}


@dataclass(frozen=True)
class Event:
    """One thing that happened on a day; `change` in signed credits.

    `marker` is added, renewal, issued (a renewal ahead), expiry, suspended, reinstated or changed (an allocation).
    """

    text: str
    marker: str
    change: int
    named: str = ""
    """For a note in the graph, of changes of supply: whose name it is, which may be cut, …"""
    what: str = ""
    """… and what happened to it, which may not."""

    @property
    def note(self) -> str:
        return f"{self.named} {self.what}".strip()


@dataclass(frozen=True)
class HistoryRow:
    day: date
    events: tuple[Event, ...]
    valid: int
    allocated: int
    renewed: int | None = None
    """Of days ahead: valid if what is to be renewed is renewed, where that differs."""

    @property
    def balance(self) -> int:
        return self.valid - self.allocated


def history_rows(tab: AnnualCredits, first: date | None = None) -> list[HistoryRow]:
    """A row per day of the window on which something happened, and its two ends; newest first.

    `first` is a later beginning than that of what was read.
    """
    ledger = tab.ledger
    start = first or ledger.first
    events = events_by_day(tab)
    days = sorted({start, ledger.on, *(day for day in events if day > start)}, reverse=True)
    rows = []
    for each in days:
        happened = events.get(each, [])
        if each == start:
            is_year = start == a_year_before(ledger.on)
            happened = [Event(_("Start of the year shown") if is_year else _("Start of the days shown"), "", 0)]
        elif each == ledger.on and not happened:
            happened = [Event(_("The day shown"), "", 0)]
        rows.append(
            HistoryRow(
                each,
                tuple(happened),
                total_on(ledger.supply_by_day, each),
                total_on(ledger.demand_by_day, each),
            )
        )
    return rows


def events_by_day(tab: AnnualCredits, *, until: date | None = None) -> dict[date, list[Event]]:
    """What happened on each day of the window: changes of licenses, order by order, then changes of allocations.

    With `until` also what is known of the days after the one shown, up to that one.
    """
    ledger = tab.ledger
    last = until or ledger.on
    events: dict[date, list[Event]] = defaultdict(list)
    orders: dict[tuple[date, int], list[SupplyStep]] = defaultdict(list)
    for step in ledger.supply:
        # Steps of one license that cancel out, as of a term prolonged before its end, are nothing that happened.
        if step.day is not None and step.day <= last and step.change:
            orders[step.day, step.order_id].append(step)
    for (day, _order), steps in sorted(orders.items()):
        events[day] += _supply_events(steps, is_ahead=day > ledger.on)
    lines: dict[int, tuple[FeatureRow, LineRow]] = {
        line.id: (feature, line) for feature in tab.features for line in feature.lines
    }
    units: dict[int, int] = defaultdict(int)
    for demand in ledger.demand:
        happened = demand.units_change or demand.change  # a plan that was withdrawn left nothing
        if demand.day is not None and demand.day <= last and demand.line_id in lines and happened:
            events[demand.day].append(_demand_event(demand, units[demand.line_id], *lines[demand.line_id]))
        units[demand.line_id] += demand.units_change
    return dict(events)


def _supply_events(steps: list[SupplyStep], *, is_ahead: bool = False) -> list[Event]:
    """What one order did on one day: an event for each license that begins, for each act that changed others, and for expiry.

    A renewal replaces what expires on its day, its top-ups the top-ups, and a change of plan what it cancels: one event each.
    """
    begun, left = _divided(steps, lambda step: step.change > 0 and step.begins)
    events = []
    if replacing := [step for step in begun if step.kind in REPLACING]:
        begun = [step for step in begun if step not in replacing]
        replaced, left = _divided(left, lambda step: step.act == "order.change-plan" or (step.ends and step.change < 0))
        continued = sum(step.kind == "top-up" for step in replaced)
        again = [step for step in begun if step.kind == "top-up"][:continued]
        begun = [step for step in begun if step not in again]
        kind = "renewal" if any(step.kind == "renewal" for step in replacing) else replacing[0].kind
        events.append(_beginning(replacing[0], kind, sum(step.change for step in [*replacing, *replaced, *again])))
    events += [_beginning(step, step.kind, step.change) for step in begun]
    expired, changed = _divided(left, lambda step: step.ends and step.change < 0)
    for act in dict.fromkeys(step.act for step in changed):
        by_act = [step for step in changed if step.act == act]
        events.append(_end_or_change(by_act, str(CHANGES.get(act, _("changed"))), MARKERS.get(act, "")))
    if expired:
        events.append(_end_or_change(expired, _("expires") if is_ahead else _("expired")))
    if is_ahead:  # a renewal that begins later was issued already
        return [replace(each, marker="issued") if each.marker == "renewal" else each for each in events]
    return events


def _divided(steps: list[SupplyStep], holds: Callable[[SupplyStep], bool]) -> tuple[list[SupplyStep], list[SupplyStep]]:
    return [step for step in steps if holds(step)], [step for step in steps if not holds(step)]


def _beginning(step: SupplyStep, kind: str, change: int) -> Event:
    what = _("license converted") if kind == "initial" and step.converted else str(BEGINNINGS[kind])
    channel = CHANNELS.get(step.channel, "")
    # Names of marketplace orders are numbers: the marketplace says more in a short note. Elsewhere a purchase is its name.
    named, short = (channel, str(BEGINNINGS[kind])) if channel else (step.order_name, "" if kind == "initial" else what)
    return _supply_event(step.order_name, what, change, "renewal" if kind == "renewal" else "added", named, short)


def _end_or_change(steps: list[SupplyStep], what: str, marker: str = "") -> Event:
    change, name = sum(step.change for step in steps), steps[0].order_name
    return _supply_event(name, what, change, marker or ("added" if change > 0 else "expiry"), name, what)


def _supply_event(name: str, what: str, change: int, marker: str, named: str, short: str) -> Event:
    text = _("%(name)s: %(what)s, %(change)s credits") % {"name": name, "what": what, "change": _signed(change)}
    return Event(text, marker, change, named, short)


def _demand_event(step: DemandStep, before: int, feature: FeatureRow, line: LineRow) -> Event:
    name = f"{feature.name} ({line.label})" if line.label else feature.name
    after = before + step.units_change
    if step.units_change == 0:
        text = _("%(name)s: re-priced, %(change)s credits") % {"name": name, "change": _signed(step.change)}
    elif step.act == "billing.switch":
        text = _("%(name)s: switched to another billing model") % {"name": name}
    elif step.act.startswith("order.") and step.units_change > 0:
        text = _("%(name)s: %(units)s kept in use") % {"name": name, "units": in_units(step.units_change, line.unit)}
    elif before == 0:
        text = _("%(name)s: %(units)s set up") % {"name": name, "units": in_units(after, line.unit)}
    elif after == 0:
        text = _("%(name)s: %(units)s released") % {"name": name, "units": in_units(before, line.unit)}
    elif step.units_change > 0:
        text = _("%(name)s: %(units)s added") % {"name": name, "units": in_units(step.units_change, line.unit)}
    else:
        text = _("%(name)s: %(units)s removed") % {"name": name, "units": in_units(-step.units_change, line.unit)}
    return Event(text, "changed", step.change)


def _signed(number: int) -> str:
    return f"{number:+,}".replace("-", "−")


def credit_history(points: list[Point]) -> dict[str, list[Any]]:
    """The series behind the graph: one point per day that changed and both ends; its last point is the day shown."""
    return {
        "days": [point.day.isoformat() for point in points],
        "valid": [point.valid for point in points],
        "allocated": [point.allocated for point in points],
    }
