"""From how much use in a year credits cost less than pay-as-you-go. Pure: no Django, no database."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

HOURS_A_DAY, DAYS_A_YEAR = 24, 365


def cheaper_from(credits_per_unit: Decimal, price_of_a_credit: Decimal, price: Decimal) -> int | None:
    """The smallest whole amount of use of which pay-as-you-go costs more than the credits of one unit for a year.

    `price` is that of one measure of use: an hour, a scan, a GB. None where it is 0: credits are then never cheaper.
    """
    if not price:
        return None
    # Credits cost less, not the same: on the point itself nobody gains.
    return Fraction(credits_per_unit) * Fraction(price_of_a_credit) // Fraction(price) + 1


def cheaper_from_day(credits_per_unit: Decimal, price_of_a_credit: Decimal, price_of_an_hour: Decimal) -> int | None:
    """The same in whole days of use around the clock; None where no year has as many."""
    days = cheaper_from(credits_per_unit, price_of_a_credit, price_of_an_hour * HOURS_A_DAY)
    return days if days is not None and days <= DAYS_A_YEAR else None
