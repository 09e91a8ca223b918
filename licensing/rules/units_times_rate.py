"""What units are worth in credits. Pure: no Django, no database."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal, localcontext

MAX_UNITS = 1_000_000_000
"""The largest number of units anything may have; with the largest rate the credits still fit 64 bits."""


def credits_for(units: int, rate: Decimal) -> int:
    """Whole credits for `units` at `rate` credits each, rounded up, so that nothing of value is lost.

    The total is rounded once; exact for every number of units up to MAX_UNITS and rates of six decimals.
    """
    with localcontext(prec=60):
        return int((Decimal(units) * rate).to_integral_value(rounding=ROUND_CEILING))
