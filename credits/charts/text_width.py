"""How wide a text in a chart will be, and what is left of one that is too long. Pure.

Letters are added up without kerning, which only draws them closer; what the table does not know counts as a full em.
"""

from __future__ import annotations

from functools import lru_cache

from credits.charts.letters import LETTERS, WIDTHS

_BY_LETTER = {weight: dict(zip(LETTERS, widths, strict=True)) for weight, widths in WIDTHS.items()}
ELLIPSIS = "…"


@lru_cache(maxsize=4096)  # a note is measured at each place that is tried
def width(text: str, size: float, weight: int = 400) -> float:
    """Pixels that `text` takes at most, at a size in pixels; `weight` is 400, 600 or 650."""
    known = _BY_LETTER[weight]
    return sum(known.get(letter, 1000) for letter in text) * size / 1000


def cut(text: str, most: float, size: float, weight: int = 400) -> str:
    """`text`, or as much of its beginning as fits into `most` pixels with an ellipsis."""
    if width(text, size, weight) <= most:
        return text
    known = _BY_LETTER[weight]
    left = most * 1000 / size - known[ELLIPSIS]
    kept = ""
    for letter in text:
        left -= known.get(letter, 1000)
        if left < 0:
            break
        kept += letter
    return kept.rstrip() + ELLIPSIS
