"""What an act, or an order, brings of products sold in seats: units more than before, from a day on. Pure: no database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from licensing.rules.license_profile import LicenseFacts
from licensing.rules.terms import Term

if TYPE_CHECKING:
    from licensing.models import License

BRINGS_ALL = ("initial", "goodwill", "top-up")
"""The kinds of licenses whose units are all new; a renewal goes on with those of the term before, a changed plan with its own."""


@dataclass(frozen=True)
class Brought:
    """`units` more of the product with this id than before, from `day` on."""

    product: int
    units: int
    day: date


def brought_by_licenses(licenses: Iterable[License], facts: Mapping[int, LicenseFacts], day: date) -> list[Brought]:
    """What licenses bring from a day on that an act has issued: trials, and what is not sold in seats, bring nothing.

    One act may issue several for the same units: one for each term, or for each plan of a term. So it brings, of each product,
    what they all count on the day, and later only what is more than that.
    """
    issued: dict[int, list[LicenseFacts]] = defaultdict(list)
    for each in licenses:
        if each.kind in BRINGS_ALL and _counts_seats(each):
            issued[each.product_id].append(facts[each.pk])
    found: list[Brought] = []
    for product, of_product in issued.items():
        days = {each.starts_on for each in of_product} | {said.day for each in of_product for said in each.said}
        counts = {
            on: sum(_units_running(each, on) for each in of_product) for on in {day, *(each for each in days if each > day)}
        }
        found += _rises(product, counts)
    return sorted(found, key=lambda each: each.day)


def brought_by_terms(terms: Sequence[Term], day: date) -> list[Brought]:
    """What an order brings from a day on, as if it began then: its units on that day, and later what is more than before."""
    counts: dict[int, dict[date, int]] = defaultdict(dict)
    for term in terms:
        for on in term.change_days(max(day, term.starts_on), term.expires_on):
            plan = term.plan_on(on)
            if plan is not None and _counts_seats(plan.leader):
                counts[plan.leader.product_id][on] = term.units_at(on)
    found = [each for product, of_product in counts.items() for each in _rises(product, of_product)]
    return sorted(found, key=lambda each: each.day)


def _units_running(facts: LicenseFacts, day: date) -> int:
    """Units on a day on which it has begun, has not expired and is not cancelled, be it suspended or not."""
    runs = facts.starts_on <= day < facts.expires_on and facts.state_on(day) != "cancelled"
    return facts.units_on(day) if runs else 0


def _rises(product: int, counts: Mapping[date, int]) -> Iterator[Brought]:
    """What comes with each day on which there are more units than on any day before."""
    most = 0
    for day, units in sorted(counts.items()):
        if units > most:
            yield Brought(product, units - most, day)
        most = max(most, units)


def _counts_seats(license: License) -> bool:
    return license.product.kind == "seats" and not license.trial
