"""The donut: the allocated credits by offering, the balance in its center, small slices gathered in one."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from credits.charts.figure import CLEAR, DANGER, FONT, INK, INK_2, INK_3, SURFACE, figure_of, plain
from credits.reading.annual_credits import LegendRow
from credits.reading.credit_summary import CreditSummary

LARGEST_SLICES = 8


def donut(legend: list[LegendRow], summary: CreditSummary) -> dict[str, Any]:
    """Shares of the offerings in what is allocated; a thin outer arc for the part that valid credits do not cover."""
    shown = legend if len(legend) <= LARGEST_SLICES else legend[: LARGEST_SLICES - 1]
    tail = legend[len(shown) :]
    labels = [plain(row.name) for row in shown]
    values = [row.credits for row in shown]
    shares = [f"{row.share}%" for row in shown]
    slugs = [row.slug for row in shown]
    colors = [f"var(--slot-{row.slot})" for row in shown]
    shapes = [_pattern(row.slot) for row in shown]
    if tail:
        labels.append(_("Other (%(number)s)") % {"number": len(tail)})
        values.append(sum(row.credits for row in tail))
        shares.append(f"{sum(row.share for row in tail)}%")
        slugs.append("other")
        colors.append("var(--ink-3)")
        shapes.append("")
    uncovered = min(summary.shortfall, summary.allocated_credits)
    inner = [0.045, 0.955] if uncovered else [0.0, 1.0]
    traces = []
    if summary.allocated_credits:
        traces.append(
            go.Pie(
                labels=labels,
                values=values,
                customdata=slugs,
                text=shares,
                hole=0.70,
                sort=False,
                direction="clockwise",
                textinfo="none",
                hovertemplate="%{label}: %{value:,} " + _("credits") + ", %{text}<extra></extra>",
                marker={
                    "colors": colors,
                    "line": {"width": 2, "color": SURFACE},
                    "pattern": {
                        "shape": shapes,
                        "size": 6,
                        "solidity": 0.3,
                        "fgcolor": [SURFACE] * len(shapes),
                        "bgcolor": colors,
                    },
                },
                domain={"x": inner, "y": inner},
            )
        )
    else:
        traces.append(
            go.Pie(
                labels=[_("Nothing is allocated")],
                values=[1],
                customdata=[""],
                hole=0.70,
                textinfo="none",
                hoverinfo="skip",
                marker={"colors": ["var(--neutral-tint)"], "line": {"width": 2, "color": SURFACE}},
            )
        )
    if uncovered:
        traces.append(
            go.Pie(
                labels=[_("Covered"), _("Not covered by valid credits")],
                values=[summary.allocated_credits - uncovered, uncovered],
                customdata=["", ""],
                hole=0.955,
                sort=False,
                direction="clockwise",
                textinfo="none",
                hoverinfo="skip",
                marker={"colors": [CLEAR, DANGER], "line": {"width": 0}},
            )
        )
    share = summary.allocated_share_of_valid
    of_valid = _("%(share)s%% of valid") % {"share": share} if share is not None else _("no valid credits")
    return figure_of(
        traces,
        height=300,
        margin={"l": 18, "r": 18, "t": 18, "b": 18},
        annotations=[
            _center(f"{summary.allocated_credits:,}", 0.58, 30, INK, 650),
            _center(_("credits allocated"), 0.46, 13, INK_3, 400),
            _center(of_valid, 0.375, 14, DANGER if summary.current_balance < 0 else INK_2, 600),
        ],
    )


def _pattern(slot: int) -> str:
    return "" if slot <= 8 else "/" if slot <= 16 else "."


def _center(text: str, y: float, size: int, color: str, weight: int) -> dict[str, Any]:
    return {
        "text": text,
        "x": 0.5,
        "y": y,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "center",
        "yanchor": "middle",
        "showarrow": False,
        "font": {**FONT, "size": size, "color": color, "weight": weight},
    }
