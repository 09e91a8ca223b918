"""A threshold of a customer: from how many allocated credits on it is over. Pure: no Django, no database.

A manual threshold is so many credits. A dynamic one, on a day, is the average of what was allocated at the end of each of the
days before it, from the same calendar day three months earlier on (clamped to the month's end), that day included and the day
itself not; each day weighs the same. It is rounded down: allocated credits are whole, so they are above the average exactly when
they are above that. There is none as long as the first allocation is younger than those three months.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from licensing.rules.calendar_arithmetic import add_months

NONE, MANUAL, DYNAMIC = "none", "manual", "dynamic"
MONTHS = 3


@dataclass(frozen=True)
class Threshold:
    """What was stated to hold from `day` on; `credits` of a manual one alone."""

    day: date
    kind: str
    credits: int | None = None


def threshold_on(stated: Iterable[Threshold], day: date) -> Threshold | None:
    """What holds on a day, of statements in the order in which they were recorded; None where nothing was stated by then.

    Each holds from its day on, and replaces what was stated before it for later days: the one recorded last of those that
    have begun.
    """
    found = None
    for each in stated:
        if each.day <= day:
            found = each
    return None if found is None or found.kind == NONE else found


def limit_on(threshold: Threshold | None, demand: Mapping[date, int], day: date) -> int | None:
    """The credits above which a customer is over on `day`; None where there is no threshold, or none yet.

    `demand` are the changes of allocated credits, day by day.
    """
    if threshold is None:
        return None
    return threshold.credits if threshold.kind == MANUAL else average_before(demand, day)


def average_before(demand: Mapping[date, int], day: date) -> int | None:
    """Allocated credits at the end of each day of the three months before `day`, on average, rounded down."""
    first = add_months(day, -MONTHS)
    if not any(each <= first for each in demand):
        return None
    days = (day - first).days
    total = sum(change * min(days, (day - each).days) for each, change in demand.items() if each < day)
    return total // days


def over_by(threshold: Threshold | None, demand: Mapping[date, int], day: date) -> int:
    """By how many credits a customer is over its threshold at the end of `day`; 0 where it is not."""
    limit = limit_on(threshold, demand, day)
    return 0 if limit is None else max(0, sum(change for each, change in demand.items() if each <= day) - limit)


def over_since(stated: Iterable[Threshold], demand: Mapping[date, int], day: date) -> date | None:
    """The first day of the stretch, up to `day`, on each day of which the customer is over; None where it is not on `day`."""
    stated = list(stated)
    if not stated:
        return None
    earliest, since = min(each.day for each in stated), None
    allocated = _allocated(demand, add_months(earliest, -MONTHS), day)
    sums = dict(zip(allocated, accumulate(allocated.values()), strict=True))  # of each day with all before it
    began = min(demand, default=None)
    while day >= earliest:
        threshold = threshold_on(stated, day)
        limit = threshold.credits if threshold and threshold.kind == MANUAL else None
        if threshold and threshold.kind == DYNAMIC:
            first = add_months(day, -MONTHS)
            if began is not None and began <= first:
                before = sums.get(first - timedelta(days=1), 0)
                limit = (sums[day - timedelta(days=1)] - before) // (day - first).days
        if limit is None or allocated[day] <= limit:
            break
        since, day = day, day - timedelta(days=1)
    return since


def _allocated(demand: Mapping[date, int], first: date, last: date) -> dict[date, int]:
    """Allocated credits at the end of each day of [first, last]."""
    total = sum(change for each, change in demand.items() if each < first)
    found = {}
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        total += demand.get(day, 0)
        found[day] = total
    return found
