"""A year in a line: valid and allocated credits as steps, from zero, small enough for a row of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from console.templatetags.formats import credits as written
from credits.rules.balance_over_days import Point

WIDE, HIGH, EDGE = 120, 28, 2
"""Pixels of the drawing, and what it keeps free above and below."""


def sparkline(points: Sequence[Point]) -> SafeString:
    """An SVG with both lines, and the balance of the first and the last day as its words. `points` are never empty."""
    first, last = points[0], points[-1]
    words = _("Balance over one year: %(first)s to %(last)s, at the least %(least)s") % {
        "first": written(first.balance),
        "last": written(last.balance),
        "least": written(min(point.balance for point in points)),
    }
    most = max(1, *(max(point.valid, point.allocated) for point in points))
    valid = _steps(points, lambda point: point.valid, most)
    allocated = _steps(points, lambda point: point.allocated, most)
    return format_html(
        '<svg class="sparkline" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<path class="sparkline-valid" d="{}"/><path class="sparkline-allocated" d="{}"/></svg>',
        *(WIDE, HIGH, words, valid, allocated),
    )


def _steps(points: Sequence[Point], value: Callable[[Point], int], most: int) -> str:
    days = max(1, (points[-1].day - points[0].day).days)

    def across(point: Point) -> float:
        return round((point.day - points[0].day).days / days * WIDE, 1)

    def down(point: Point) -> float:
        return round(HIGH - EDGE - value(point) / most * (HIGH - 2 * EDGE), 1)

    drawn, height = f"M0 {down(points[0]):g}", down(points[0])
    for point in points[1:]:
        if down(point) != height:
            height = down(point)
            drawn += f"H{across(point):g}V{height:g}"
    return f"{drawn}H{WIDE}"
