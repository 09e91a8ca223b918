"""What is ahead in words: what is known to change on each day after the one shown, and what is supposed to be renewed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from console.templatetags.formats import credits as written
from credits.reading.annual_credits import AnnualCredits
from credits.reading.history_rows import Event, HistoryRow, events_by_day
from credits.rules.runway.forecast import ForecastPoint
from credits.rules.runway.renewals import NextTerm


def rows_ahead(tab: AnnualCredits, points: Sequence[ForecastPoint], renewed: Sequence[NextTerm]) -> list[HistoryRow]:
    """A row per day after the one shown on which something is known or supposed, and the last; newest first."""
    on, last = points[0].day, points[-1].day
    events = events_by_day(tab, until=last)
    supposed = _supposed(tab, renewed, on, last)
    rows, point = [], points[0]
    by_day = {each.day: each for each in points}
    for day in sorted({last, *(each.day for each in points), *events, *supposed}):
        point = by_day.get(day, point)
        if day <= on:
            continue
        told = [*events.get(day, ()), *supposed.get(day, ())]
        if not told and day == last:
            told = [Event(_("The last day shown"), "", 0)]
        held = point.renewed if point.renewed != point.valid else None
        rows.append(HistoryRow(day, tuple(told), point.valid, point.allocated, held))
    return rows[::-1]


def _supposed(tab: AnnualCredits, renewed: Sequence[NextTerm], on: date, last: date) -> dict[date, list[Event]]:
    names = {step.order_id: step.order_name for step in tab.ledger.supply}
    found: dict[date, list[Event]] = defaultdict(list)
    for term in renewed:
        for day, change in sorted(term.until(last).items()):
            if on < day <= last:
                values = {"name": names.get(term.order_id, ""), "change": f"{'+' if change > 0 else ''}{written(change)}"}
                found[day].append(Event(_("If renewed: %(name)s, %(change)s credits") % values, "", 0))
    return dict(found)


def credit_forecast(points: Sequence[ForecastPoint]) -> dict[str, list[Any]]:
    """The series behind the part of the graph that is ahead: its first point is the day shown and equals the summary."""
    return {
        "days": [point.day.isoformat() for point in points],
        "valid": [point.valid for point in points],
        "allocated": [point.allocated for point in points],
        "valid_if_renewed": [point.renewed for point in points],
    }
