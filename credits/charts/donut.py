"""The donut as a plotly figure: the slices of the ring, drawn in its place. What stands in its center stays where it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from console.templatetags.formats import percent
from credits.charts.figure import CLEAR, DANGER, SURFACE, figure_of, plain
from credits.charts.ring import ARC_HOLE, HOLE, INSET, OUTER, SIZE
from credits.charts.slices import slices_of
from credits.reading.annual_credits import LegendRow
from credits.reading.credit_summary import CreditSummary

COMMON = {"type": "pie", "sort": False, "direction": "clockwise", "textinfo": "none"}


def donut(legend: Sequence[LegendRow], summary: CreditSummary) -> dict[str, Any]:
    """Shares of the offerings in what is allocated; a thin outer arc for the part that valid credits do not cover."""
    found = slices_of(legend)
    uncovered = min(summary.shortfall, summary.allocated_credits)
    inset = INSET if uncovered else 0.0
    domain = {"x": [inset, 1 - inset], "y": [inset, 1 - inset]}
    colors = [f"var(--slot-{each.slot})" if each.slot else "var(--ink-3)" for each in found]
    shapes = ["" if each.slot <= 8 else "/" if each.slot <= 16 else "." for each in found]
    line = {"width": 2, "color": SURFACE}
    pattern = {"shape": shapes, "size": 6, "solidity": 0.3, "fgcolor": [SURFACE] * len(found), "bgcolor": colors}
    traces: list[dict[str, Any]] = [
        {
            **COMMON,
            "labels": [plain(each.name) for each in found],
            "values": [each.credits for each in found],
            "customdata": [each.slug for each in found],
            "text": [percent(each.share) for each in found],
            "hole": HOLE,
            "hoverinfo": "none",
            "marker": {"colors": colors, "line": line, "pattern": pattern},
            "domain": domain,
        }
        if found
        else {
            **COMMON,
            "values": [1],
            "customdata": [""],
            "hole": HOLE,
            "hoverinfo": "skip",
            "marker": {"colors": ["var(--neutral-tint)"], "line": line},
        }
    ]
    if uncovered:
        traces.append(
            {
                **COMMON,
                "values": [summary.allocated_credits - uncovered, uncovered],
                "customdata": ["", ""],
                "hole": ARC_HOLE,
                "hoverinfo": "skip",
                "marker": {"colors": [CLEAR, DANGER], "line": {"width": 0}},
            }
        )
    margin = SIZE / 2 - OUTER
    return figure_of(traces, height=SIZE, width=SIZE, margin={"l": margin, "r": margin, "t": margin, "b": margin})
