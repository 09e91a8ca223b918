"""What the charts of Annual credits show: the ring with its legend, the history with its range, each as SVG and as a figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import partial
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.http import QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.templatetags.formats import credits, percent
from credits.charts.donut import donut
from credits.charts.graph import graph_of
from credits.charts.history import history as history_figure
from credits.charts.ring import ring_of
from credits.pages.annual_credits.ahead_shown import ahead_shown
from credits.pages.annual_credits.one_address_for_many import address_for_each
from credits.reading.annual_credits import AnnualCredits, LegendRow
from credits.reading.history_rows import credit_history, history_rows
from credits.reading.runway.rows_ahead import credit_forecast
from credits.rules.balance_over_days import points_from
from licensing.pages.day_shown import FIRST_DAY, AsOf
from licensing.rules.a_year_before import a_year_before

YEAR, ALL = "1y", "all"
RANGES = {
    "30d": gettext_lazy("30 days"),
    "90d": gettext_lazy("90 days"),
    YEAR: gettext_lazy("1 year"),
    ALL: gettext_lazy("All"),
}
A_DAY = "a-day"
"""Stands for the day in the address that the days of the history share."""
DAYS = {"30d": 30, "90d": 90}
TABLE = "history"
"""`?table=history` has the table of the history in the page at once."""


def range_asked_for(filters: Mapping[str, Any]) -> str:
    """`?range=` of the address, else a year."""
    asked = filters.get("range", "")
    return asked if asked in RANGES else YEAR


def first_to_read(filters: Mapping[str, Any]) -> date | None:
    """Where the history has to be read from; None for a year."""
    return FIRST_DAY - timedelta(days=1) if range_asked_for(filters) == ALL else None


def charts_shown(
    tab: AnnualCredits,
    filters: QueryDict,
    offering: str,
    url: Callable[..., str],
    explained: Callable[[object], str],
    as_of: AsOf,
) -> dict[str, Any]:
    """Context of the templates of ring, legend and history.

    `filters` are the parameters of the page's address, `offering` the one the features are filtered by, `url` the page's address
    with some of them changed, `explained` where a figure is explained, by its name. The figures are called by the template, and
    only by the parts that show them.
    """
    range_shown = range_asked_for(filters)
    first = _first_shown(tab, range_shown)
    points = points_from(tab.ledger.points, first)
    rows = history_rows(tab, first)
    ahead, ahead_context = ahead_shown(tab, filters, url, as_of)
    return {
        "legend": tab.legend,
        "legend_rows": [
            legend_row(row, url(offering=row.slug, q="", state="") + "#features", explained, chosen=row.slug == offering)
            for row in tab.legend
        ],
        "ring": partial(ring_of, tab.legend, tab.summary, offering),
        "graph": partial(graph_of, points, rows, address_for_each(url(on=A_DAY), A_DAY), ahead),
        "donut_figure": partial(donut, tab.legend, tab.summary),
        "history_figure": partial(history_figure, points, rows, ahead),
        "credit_history": partial(credit_history, points),
        "credit_forecast": partial(credit_forecast, ahead.points) if ahead else None,
        "history": {
            "first_day": first,
            "last_day": tab.on,
            "is_year": range_shown == YEAR,
            "rows": [*ahead.rows, *rows] if ahead else rows,
            "ahead": ahead_context,
            "ranges": [
                {"label": label, "url": url(range="" if key == YEAR else key) + "#history", "chosen": key == range_shown}
                for key, label in RANGES.items()
            ],
            "table_url": url(table=TABLE),
            "table_shown": filters.get("table", "") == TABLE,
            "day_urls": partial(_day_urls, [*ahead.rows, *rows] if ahead else rows, url),
        },
    }


def legend_row(row: LegendRow, url: str, explained: Callable[[object], str], *, chosen: bool) -> SafeString:
    """An offering in the table beside the ring; joined here, as a template takes ten times as long."""
    name, url = escape(row.name), escape(url)
    label = escape(_("%(name)s, show its features") % {"name": row.name})
    current = ' aria-current="true"' if chosen else ""
    return SafeString(
        f'<tr data-offering="{row.slug}"><th scope="row"><a class="offering" href="{url}"{current} id="legend-{row.slug}"'
        f' aria-label="{label}" hx-get="{url}"><span class="slot slot-{row.slot}" aria-hidden="true"></span>\n{name}</a></th>'
        f'<td class="end column-features">{row.features}</td>'
        f'<td class="end" data-figure="offering-credits"><a class="explains" href="{explained(f"offering-credits.{row.slug}")}">'
        f'<data value="{row.credits}">{credits(row.credits)}</data></a></td>'
        f'<td class="end" data-figure="offering-share"><a class="explains" href="{explained(f"offering-share.{row.slug}")}">'
        f'<data value="{row.share}">{percent(row.share)}</data></a></td></tr>'
    )


def _day_urls(rows: list[Any], url: Callable[..., str]) -> list[tuple[Any, str, str]]:
    """Each row with the page of its day, and the parameters by which its figures are explained."""
    found = []
    for row in rows:
        address = url(on=str(row.day))
        asked = dict(parse_qsl(urlsplit(address).query))
        found.append((row, address, urlencode({"on": row.day, **({"known": asked["known"]} if "known" in asked else {})})))
    return found


def _first_shown(tab: AnnualCredits, range_shown: str) -> date:
    """The first day of the range; of all, the day before anything was counted."""
    if range_shown in DAYS:
        return tab.on - timedelta(days=DAYS[range_shown])
    if range_shown == ALL:
        changed = [day for day in (*tab.ledger.supply_by_day, *tab.ledger.demand_by_day) if tab.ledger.first < day <= tab.on]
        return min([*(day - timedelta(days=1) for day in changed), tab.on - timedelta(days=DAYS["30d"])])
    return a_year_before(tab.on)
