"""Corrected units hold from their day; without one for every day, and what was stated before counts no more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from console.models import ActInProgress
from licensing.acts.order_in_hand import OrderInHand
from licensing.models import License, LicenseStatement
from licensing.rules.license_profile import Said


def say_corrected_units(
    act: ActInProgress, held: OrderInHand, license: License, units: int, on: date | None, begins: date, dates: dict[str, date]
) -> None:
    kind, facts = LicenseStatement.Kind.CORRECTED, held.facts[license.pk]
    if on is None:
        held.say_units(act, license, kind, begins, units, every_day=True, **dates)
        return
    held.say_units(act, license, kind, on, units, **dates)
    for day in days_of_units_overruled(facts.quantities, on, begins):
        held.say_units(act, license, kind, day, units)


def days_of_units_overruled(said: Sequence[Said], on: date, begins: date) -> list[date]:
    """The days after `on` for which units were stated before the license begins: on them, too, it is to have the new ones."""
    return sorted({each.day for each in said[1:] if on < each.day <= begins})
