"""What is ahead, day by day: as contracted, and if what is to be renewed is renewed, under suppositions. Pure, and exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from credits.rules.balance_over_days import total_on
from credits.rules.runway.advice import added
from credits.rules.runway.renewals import NextTerm
from licensing.rules.calendar_arithmetic import add_months


@dataclass(frozen=True)
class ForecastPoint:
    """Totals at the end of a day."""

    day: date
    valid: int
    """As contracted."""
    allocated: int
    """As planned."""
    renewed: int
    """Valid if what is to be renewed is renewed."""


def a_year_after(day: date) -> date:
    """As far ahead as a forecast goes; the last day of the calendar where that is nearer."""
    try:
        return add_months(day, 12)
    except OverflowError:
        return date.max


def to_be_renewed(terms: Iterable[NextTerm], suppositions: Mapping[int, bool], *, on: date) -> list[NextTerm]:
    """The terms that end after `on` and are to be renewed, and those that are supposed to be, less those supposed not to be.

    A supposition is about a license, by its id: whichever of the term it is.
    """
    found = []
    for term in terms:
        said = next((suppositions[pk] for pk in term.licenses if pk in suppositions), None)
        if said or (said is None and term.renews and term.ends_on > on):
            found.append(term)
    return found


def forecast(
    supply: Mapping[date, int], demand: Mapping[date, int], renewed: Iterable[NextTerm], *, on: date, last: date
) -> list[ForecastPoint]:
    """One point per day from `on` to `last` on which a total changes, and both ends."""
    after = added(supply, *(term.until(last) for term in renewed))
    valid, allocated, held = (total_on(each, on) for each in (supply, demand, after))
    points = [ForecastPoint(on, valid, allocated, held)]
    for day in sorted({day for each in (supply, demand, after) for day in each if on < day <= last}):
        valid, allocated, held = valid + supply.get(day, 0), allocated + demand.get(day, 0), held + after.get(day, 0)
        point = ForecastPoint(day, valid, allocated, held)
        if _totals(point) != _totals(points[-1]):
            points.append(point)
    if points[-1].day != last:
        points.append(ForecastPoint(last, valid, allocated, held))
    return points


def _totals(point: ForecastPoint) -> tuple[int, int, int]:
    return point.valid, point.allocated, point.renewed
