"""Days on which two terms of an order, or two plans of a term, would both count. Pure: no Django, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from licensing.rules.terms import Period, Term, plan_periods


@dataclass(frozen=True)
class Collision:
    """Days on which two terms of one order, or two plans of one term, would both count."""

    first: date
    last: date
    one: Term
    other: Term


def new_collision(before: Sequence[Term], after: Sequence[Term]) -> Collision | None:
    """The first days on which two of an order count after an act, and did not before it."""
    counted = [_stretches(before), _stretches(after)]
    days = sorted({day for stretches in counted for _term, periods in stretches for period in periods for day in period})
    found: Collision | None = None
    for day, next_day in pairwise(days):
        were, are = (
            [term for term, periods in stretches if any(first <= day < end for first, end in periods)] for stretches in counted
        )
        is_new = len(are) > 1 and len(are) > len(were)
        if found is not None and not (is_new and found.last == day - timedelta(days=1)):
            return found
        if is_new:
            found = Collision(found.first if found else day, next_day - timedelta(days=1), are[0], are[1])
    return found


def _stretches(terms: Sequence[Term]) -> list[tuple[Term, list[Period]]]:
    return [(term, plan_periods(plan, term.facts)) for term in terms for plan in term.plans]
