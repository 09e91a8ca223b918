"""The one-year history as a plotly figure: valid and allocated credits, what happened noted where it happened."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from credits.charts.figure import BORDER, DANGER, FONT, INK, INK_2, PRIMARY, SURFACE, figure_of, plain
from credits.reading.history_rows import Event, HistoryRow
from credits.rules.balance_over_days import Point, over_allocated

MAX_NOTES = 5


LEAST_TOP = 5
"""Of the graph's axis, which has whole numbers alone."""


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
    return figure_of(
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
    """Short notes on the days of the largest steps of supply, all of a day together; leftwards near the right end."""
    steps = [
        (row, told)
        for row in rows
        if row.day > first and (told := [event for event in row.events if event.note and event.change])
    ]
    largest = sorted(steps, key=lambda step: -abs(_change(step[1])))
    chosen: list[tuple[HistoryRow, list[Event]]] = []
    for row, told in largest:
        if len(chosen) < MAX_NOTES and all(abs((row.day - other.day).days) > 45 for other, _told in chosen):
            chosen.append((row, told))
    window = max((last - first).days, 1)
    return [
        {
            "text": plain(", ".join(event.note for event in told)),
            "x": row.day.isoformat(),
            "y": max(row.valid, row.valid - _change(told)),
            "xanchor": "right" if (last - row.day).days < window * 0.3 else "left",
            "xshift": -6 if (last - row.day).days < window * 0.3 else 6,
            "yanchor": "bottom",
            "yshift": 3,
            "showarrow": False,
            "bgcolor": SURFACE,  # no grid line runs through the words
            "font": {**FONT, "color": INK_2},
        }
        for row, told in chosen
    ]


def _change(told: list[Event]) -> int:
    return sum(event.change for event in told)


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
