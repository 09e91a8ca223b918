"""What every plotly figure shares: colors by name, a figure as plain JSON. A test has plotly's own classes validate each of them:
at a request that would cost more than the page."""

from __future__ import annotations

from typing import Any

INK, PRIMARY = "var(--ink)", "var(--primary)"
DANGER, SURFACE = "var(--danger)", "var(--surface)"
CLEAR = "rgba(0,0,0,0)"


def figure_of(traces: list[dict[str, Any]], **layout: Any) -> dict[str, Any]:
    return {"data": traces, "layout": {"paper_bgcolor": CLEAR, "plot_bgcolor": CLEAR, "showlegend": False, **layout}}


def plain(text: str) -> str:
    """A name as plotly shows it literally: in chart text it would read tags and entities as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
