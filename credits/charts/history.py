"""The history as a plotly figure: lines and area of the graph, drawn in their place. Words and marks stay where they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from credits.charts.ahead.parts import Ahead
from credits.charts.figure import INK, PRIMARY, figure_of
from credits.charts.scale import scale_of
from credits.reading.history_rows import HistoryRow
from credits.reading.runway.rows_ahead import credit_forecast
from credits.rules.balance_over_days import Point

MOST_TOLD = 4
"""Events of a day that the tooltip names; the table has all."""


def history(points: Sequence[Point], rows: Sequence[HistoryRow], ahead: Ahead | None = None) -> dict[str, Any]:
    """Both totals over the window as steps, and the area where more is allocated than valid.

    `layout.meta` holds what the tooltip says: `events` by day, in words, and the names of the three numbers; `ahead` has the
    series of the days after the one shown. The browser adds the days between the points, which answer to the pointer too.
    """
    scale = scale_of([*points, *(ahead.contracted + ahead.renewed if ahead else [])])
    days = [point.day.isoformat() for point in points]
    valid = [point.valid for point in points]
    allocated = [point.allocated for point in points]
    higher = [max(pair) for pair in zip(valid, allocated, strict=True)]
    over = {"fill": "tonexty", "fillcolor": "var(--over-allocated)"}
    unseen = {"shape": "hv", "width": 0}
    traces = [
        _line(days, valid, unseen),
        {**_line(days, higher, unseen), **over},
        {**_line(days, valid, {"shape": "hv", "color": PRIMARY, "width": 2.5}), "name": _("Total valid")},
        {**_line(days, allocated, {"shape": "hv", "color": INK, "width": 2.5, "dash": "dot"}), "name": _("Allocated")},
    ]
    if ahead:
        traces += _ahead(ahead)
    axis = {"fixedrange": True, "showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    return figure_of(
        traces,
        margin={"l": 0, "r": 0, "t": 0, "b": 0, "pad": 0},
        hovermode="x",
        xaxis={
            **axis,
            "type": "date",
            "range": [scale.first.isoformat(), scale.last.isoformat()],
        },
        yaxis={**axis, "range": [0, scale.top]},
        meta={
            "events": {row.day.isoformat(): _told(row) for row in (*(ahead.rows if ahead else ()), *rows) if row.events},
            "words": [_("Total valid"), _("Allocated"), _("Balance"), _("Valid if renewed")],
            **({"ahead": credit_forecast(ahead.points)} if ahead else {}),
        },
    )


def _ahead(ahead: Ahead) -> list[dict[str, Any]]:
    days = [point.day.isoformat() for point in ahead.points]
    lines = [
        (_("Contracted"), [point.valid for point in ahead.points], {"color": PRIMARY, "width": 2, "dash": "7px,4px"}),
        (_("Planned"), [point.allocated for point in ahead.points], {"color": INK, "width": 1.75, "dash": "dot"}),
    ]
    if ahead.has_renewals:
        renewed = [point.renewed for point in ahead.points]
        lines.append((_("If renewed"), renewed, {"color": PRIMARY, "width": 1.5, "dash": "2px,3px"}))
    return [{**_line(days, values, {"shape": "hv", **line}), "name": name} for name, values, line in lines]


def _line(days: list[str], values: list[int], line: dict[str, Any]) -> dict[str, Any]:
    return {"type": "scatter", "x": days, "y": values, "mode": "lines", "line": line, "hoverinfo": "skip", "cliponaxis": False}


def _told(row: HistoryRow) -> list[str]:
    told = [event.text for event in row.events[:MOST_TOLD]]
    left = len(row.events) - len(told)
    return [*told, _("and %(number)s more") % {"number": left}] if left else told
