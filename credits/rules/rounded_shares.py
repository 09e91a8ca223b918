"""Percentages of a whole, rounded together so that they sum to 100.0. Pure: no Django, no database."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction


def shares(amounts: Iterable[int]) -> list[Decimal]:
    """Percentages to one decimal, rounded together by largest remainder so that they sum to 100.0.

    Of equal remainders the earlier amount gains. All zero when the whole is 0. Amounts are not negative.
    """
    amounts = list(amounts)
    whole = sum(amounts)
    if whole == 0:
        return [Decimal("0.0") for _ in amounts]
    exact = [Fraction(amount * 1000, whole) for amount in amounts]
    tenths = [int(each) for each in exact]
    by_remainder = sorted(range(len(amounts)), key=lambda index: (tenths[index] - exact[index], index))
    for index in by_remainder[: 1000 - sum(tenths)]:
        tenths[index] += 1
    return [Decimal(each).scaleb(-1) for each in tenths]


def share(part: int, whole: int) -> Decimal | None:
    """Percentage to one decimal, rounded by itself (half up); None where the whole is 0. May exceed 100."""
    if whole == 0:
        return None
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.1"), ROUND_HALF_UP)
