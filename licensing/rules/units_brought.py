"""What an act, or an order, brings of products sold in seats: units more than before, from a day on. Pure: no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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


def brought_by_licenses(licenses: Iterable[License], facts: Mapping[int, LicenseFacts]) -> list[Brought]:
    """What licenses bring that an act has issued, by day: trials, and what is not sold in seats, bring nothing."""
    found = []
    for each in licenses:
        if each.kind in BRINGS_ALL and _counts_seats(each):
            starts_on = facts[each.pk].starts_on
            found.append(Brought(each.product_id, facts[each.pk].units_on(starts_on), starts_on))
    return sorted((each for each in found if each.units), key=lambda each: each.day)


def brought_by_terms(terms: Sequence[Term], day: date) -> list[Brought]:
    """What an order brings from a day on, as if it began then: its units on that day, then each rise over the day before."""
    found = []
    before = 0
    for term in terms:
        for each in term.change_days(max(day, term.starts_on), term.expires_on):
            units, plan = term.units_at(each), term.plan_on(each)
            if units > before and plan is not None and _counts_seats(plan.leader):
                found.append(Brought(plan.leader.product_id, units - before, each))
            before = units
    return found


def _counts_seats(license: License) -> bool:
    return license.product.kind == "seats" and not license.trial
