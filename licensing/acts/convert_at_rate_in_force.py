"""What units of a product are worth in credits by the rate in force, or why they are worth none."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from licensing.errors import NoRate
from licensing.models import ConversionRate, Product
from licensing.rules.units_times_rate import credits_for


def converted(product: Product, units: int, *, trial: bool, starts_on: date) -> tuple[Decimal | None, int]:
    """(rate, credits) of `units` of a product whose license starts on a day. One statement; none for a trial.

    A pay-as-you-go contract may have no rate and is then worth no credits. Raises NoRate for anything else without one.
    """
    if trial:
        return None, 0
    rate = ConversionRate.objects.filter(product=product).in_force_on(starts_on).first()
    if rate is None or rate.credits_per_unit is None:
        if product.kind == Product.Kind.PAY_AS_YOU_GO:
            return None, 0
        raise NoRate(product, starts_on)
    return rate.credits_per_unit, credits_for(units, rate.credits_per_unit)
