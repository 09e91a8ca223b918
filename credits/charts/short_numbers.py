"""Large numbers in a chart as people read them: 45B, never 45G. Pure. The whole number stands in the table beside it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from credits.charts.text_width import width

LETTERS = ((3, "K"), (6, "M"), (9, "B"), (12, "T"))
"""Powers of ten, the largest for all that is larger."""
MINUS = "\N{MINUS SIGN}"


def whole(number: int) -> str:
    """1,250,000 or −1,250,000."""
    return f"{number:,}".replace("-", MINUS)


def short(number: int) -> str:
    """Three figures and a letter: 950, 1.25K, 147K, 45B; what rounds up to the next letter takes that one."""
    size, sign = abs(number), MINUS if number < 0 else ""
    if size < 1000:
        return whole(number)
    for power, letter in LETTERS:
        value = Decimal(size).scaleb(-power)
        value = value.quantize(Decimal(1).scaleb(min(0, value.adjusted() - 2)), ROUND_HALF_UP)
        if value < 1000 or (power, letter) == LETTERS[-1]:
            written = f"{value:,f}"
            return f"{sign}{written.rstrip('0').rstrip('.') if '.' in written else written}{letter}"
    raise AssertionError("the largest letter takes all that is larger")


def fitting(number: int, most: float, size: float, weight: int, words: str = "%s") -> str:
    """`words` with the whole number where that fits into `most` pixels, else with the short one."""
    text = words % whole(number)
    return text if width(text, size, weight) <= most else words % short(number)
