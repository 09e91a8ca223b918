"""Projections as plotly figures. Python builds and validates them; the browser draws them.

Colors are names of custom properties, `var(--slot-1)`, which the browser looks up for the theme it shows.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from credits.reading.annual_credits import CreditSummary, LegendRow
from credits.reading.history_rows import HistoryRow
from credits.rules.balance_over_days import Point, over_allocated

INK, INK_2, INK_3 = "var(--ink)", "var(--ink-2)", "var(--ink-3)"
PRIMARY, DANGER, SURFACE, BORDER = "var(--primary)", "var(--danger)", "var(--surface)", "var(--border)"
CLEAR = "rgba(0,0,0,0)"
FONT = {"family": "Inter Variable, system-ui, sans-serif", "size": 12, "color": INK_2}
LARGEST_SLICES = 8
MAX_NOTES = 5
LEAST_TOP = 5
"""Of the graph's axis, which has whole numbers alone."""


def donut(legend: list[LegendRow], summary: CreditSummary) -> dict[str, Any]:
    """Shares of the offerings in what is allocated; a thin outer arc for the part that valid credits do not cover."""
    shown = legend if len(legend) <= LARGEST_SLICES else legend[: LARGEST_SLICES - 1]
    tail = legend[len(shown) :]
    labels = [_plain(row.name) for row in shown]
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
    return _figure(
        traces,
        height=300,
        margin={"l": 18, "r": 18, "t": 18, "b": 18},
        annotations=[
            _center(f"{summary.allocated_credits:,}", 0.58, 30, INK, 650),
            _center(_("credits allocated"), 0.46, 13, INK_3, 400),
            _center(of_valid, 0.375, 14, DANGER if summary.current_balance < 0 else INK_2, 600),
        ],
    )


def history(points: list[Point], rows: list[HistoryRow]) -> dict[str, Any]:
    """Both totals over the window as steps, the area where more is allocated than valid, and marks for what happened."""
    days = [point.day.isoformat() for point in points]
    valid = [point.valid for point in points]
    allocated = [point.allocated for point in points]
    hv = {"shape": "hv"}
    higher = [max(pair) for pair in zip(valid, allocated, strict=True)]
    over = {"fill": "tonexty", "fillcolor": "var(--over-allocated)"}
    traces = [
        go.Scatter(x=days, y=valid, mode="lines", line={**hv, "width": 0}, hoverinfo="skip"),
        go.Scatter(x=days, y=higher, mode="lines", line={**hv, "width": 0}, hoverinfo="skip", **over),
        _line(_("Total valid"), days, valid, {"color": PRIMARY, "width": 2.5, **hv}),
        _line(_("Allocated"), days, allocated, {"color": INK, "width": 2.5, "dash": "dot", **hv}),
        *_markers(rows),
    ]
    first, last = points[0].day, points[-1].day
    top = max([*valid, *allocated, LEAST_TOP])
    return _figure(
        traces,
        height=340,
        margin={"l": 56, "r": 132, "t": 14, "b": 34},
        hovermode="x unified",
        hoverlabel={"bgcolor": SURFACE, "bordercolor": BORDER, "font": {**FONT, "color": INK}},
        xaxis={
            "type": "date",
            "anchor": "free",
            "position": 0,
            "range": [first.isoformat(), last.isoformat()],
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
            "tickvals": [month.isoformat() for month in _months(first, last)],
            "ticktext": _month_names(first, last),
            "hoverformat": "%b %-d, %Y",
            "ticklabelstandoff": 4,
        },
        yaxis={
            "fixedrange": True,
            "domain": [0.1, 1],
            "range": [0, top * 1.12],
            "nticks": 6,
            "tickformat": "~s",
            "ticklabelstandoff": 8,
            "gridcolor": BORDER,
            "gridwidth": 1,
            "zeroline": True,
            "zerolinecolor": "var(--control-border)",
            "zerolinewidth": 1,
        },
        yaxis2={"fixedrange": True, "domain": [0, 0.075], "range": [0, 1], "visible": False},
        annotations=[*_end_labels(points[-1], top), *_notes(rows, first, last), *_overs(points)],
    )


def _figure(traces: list[Any], **layout: Any) -> dict[str, Any]:
    """A validated figure, JSON-ready. Built in one go: adding to a figure costs plotly several times as much."""
    common = {"paper_bgcolor": CLEAR, "plot_bgcolor": CLEAR, "font": FONT, "showlegend": False}
    # The page's own colors and fonts say everything; plotly's default template would be 6 kB of others.
    figure = go.Figure(data=traces, layout={**common, **layout, "template": "none"}).to_plotly_json()
    figure["layout"].pop("template", None)
    return {"data": figure["data"], "layout": figure["layout"]}


def _plain(text: str) -> str:
    """A name as plotly shows it literally: in chart text it would read tags and entities as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


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


def _line(name: str, x: list[str], y: list[int], line: dict[str, Any]) -> go.Scatter:
    return go.Scatter(x=x, y=y, name=name, mode="lines", line=line, hovertemplate="%{y:,}")


MARKERS = {
    "added": ("triangle-up", 10, PRIMARY),
    "renewal": ("diamond", 10, PRIMARY),
    "expiry": ("triangle-down", 10, DANGER),
    "changed": ("line-ns", 10, INK_2),
}


def _markers(rows: list[HistoryRow]) -> list[go.Scatter]:
    """One trace per kind of event, in the strip below the graph."""
    traces = []
    for kind, (symbol, size, color) in MARKERS.items():
        days = sorted(row.day for row in rows if any(event.marker == kind for event in row.events))
        if not days:
            continue
        marker: dict[str, Any] = {"symbol": symbol, "size": size, "color": color}
        if kind == "changed":
            marker["line"] = {"width": 1.5, "color": color}
        traces.append(
            go.Scatter(
                x=[day.isoformat() for day in days],
                y=[0.5] * len(days),
                mode="markers",
                marker=marker,
                yaxis="y2",
                hoverinfo="skip",
                cliponaxis=False,
            )
        )
    return traces


def _end_labels(last: Point, top: int) -> list[dict[str, Any]]:
    """Both last values at the right end, pushed apart where the lines lie close."""
    shift = 0.0
    if abs(last.valid - last.allocated) < top * 0.07:
        shift = 9.0
    higher_is_valid = last.valid >= last.allocated
    return [
        {
            "text": text,
            "x": 1,
            "xref": "paper",
            "xanchor": "left",
            "xshift": 6,
            "y": value,
            "yshift": shift if up else -shift,
            "showarrow": False,
            "align": "left",
            "font": {**FONT, "size": 13, "color": color, "weight": 600},
        }
        for text, value, color, up in (
            (_("%(credits)s valid") % {"credits": f"{last.valid:,}"}, last.valid, PRIMARY, higher_is_valid),
            (_("%(credits)s allocated") % {"credits": f"{last.allocated:,}"}, last.allocated, INK, not higher_is_valid),
        )
    ]


def _notes(rows: list[HistoryRow], first: date, last: date) -> list[dict[str, Any]]:
    """Short notes at the largest steps of supply, those near the right end written to the left."""
    steps = [(row, event) for row in rows for event in row.events if event.note and event.change and row.day > first]
    largest = sorted(steps, key=lambda step: -abs(step[1].change))
    chosen: list[tuple[HistoryRow, Any]] = []
    for row, event in largest:
        if len(chosen) < MAX_NOTES and all(abs((row.day - other.day).days) > 45 for other, _event in chosen):
            chosen.append((row, event))
    window = max((last - first).days, 1)
    return [
        {
            "text": _plain(event.note),
            "x": row.day.isoformat(),
            "y": max(row.valid, row.valid - event.change),
            "xanchor": "right" if (last - row.day).days < window * 0.3 else "left",
            "xshift": -6 if (last - row.day).days < window * 0.3 else 6,
            "yanchor": "bottom",
            "yshift": 3,
            "showarrow": False,
            "bgcolor": SURFACE,  # no grid line runs through the words
            "font": {**FONT, "color": INK_2},
        }
        for row, event in chosen
    ]


def _overs(points: list[Point]) -> list[dict[str, Any]]:
    """A sentence at each longer stretch in which more was allocated than valid, at most two."""
    stretches = sorted(over_allocated(points), key=lambda each: -each[2])[:2]
    last = points[-1].day
    return [
        {
            "text": _("Over by up to %(credits)s") % {"credits": f"{most:,}"},
            "x": start.isoformat(),
            "y": min(point.valid for point in points if start <= point.day <= end),
            "xanchor": "right" if (last - start).days < 90 else "left",
            "yshift": -14,
            "showarrow": False,
            "bgcolor": SURFACE,
            "font": {**FONT, "color": DANGER, "weight": 600},
        }
        for start, end, most in stretches
    ]


def _months(first: date, last: date) -> list[date]:
    """The firsts of the months inside the window."""
    months = []
    day = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    while day <= last:
        months.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    return months


def _month_names(first: date, last: date) -> list[str]:
    """Jan, Feb, …; the year at its first month in the window."""
    names, year = [], None
    for month in _months(first, last):
        names.append(f"{month:%b %Y}" if month.year != year else f"{month:%b}")
        year = month.year
    return names
