"""The figures behind donut and graph: validated by plotly, the same numbers as the tables, and no markup from names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go
import pytest

from credits.charts.donut import donut
from credits.charts.history import history
from credits.models import Offering
from credits.reading.annual_credits import LegendRow
from credits.reading.credit_summary import CreditSummary
from credits.reading.history_rows import Event, HistoryRow
from credits.rules.balance_over_days import Point
from credits.rules.rounded_shares import shares
from licensing.acts.units.top_up import top_up_order
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_feature, make_license, make_offering, make_user, new_key
from tests.pages import browser_of, clock_at, page

EVIL = '<a href="javascript:alert(1)">&lt;b&gt; <b>Gains</b><br>&amp;'
TAG = re.compile(r"<[^<>]*>")
EXTRA = "<extra></extra>"


def legend(*credits: int, name: str = "Offering") -> list[LegendRow]:
    return [
        LegendRow(f"o-{number}", f"{name} {number}", number, 1, amount, share)
        for number, (amount, share) in enumerate(zip(credits, shares(credits), strict=True), start=1)
    ]


def summary(valid: int, allocated: int) -> CreditSummary:
    return CreditSummary(on=TODAY, purchased_credits=valid, converted_credits=0, allocated_credits=allocated)


# --- Donut


def test_the_donut_has_a_slice_per_offering_with_its_color_and_its_filter() -> None:
    figure = donut(legend(600, 300, 100), summary(2_000, 1_000))
    (pie,) = figure["data"]
    assert pie["labels"] == ["Offering 1", "Offering 2", "Offering 3"]
    assert pie["values"] == [600, 300, 100]
    assert pie["text"] == ["60.0%", "30.0%", "10.0%"]
    assert pie["customdata"] == ["o-1", "o-2", "o-3"]
    assert pie["marker"]["colors"] == ["var(--slot-1)", "var(--slot-2)", "var(--slot-3)"]


def test_eight_offerings_are_slices_and_of_more_the_smallest_fold_into_one() -> None:
    (eight,) = donut(legend(*range(80, 0, -10)), summary(1_000, 360))["data"]
    assert len(eight["labels"]) == 8
    rows = legend(*range(90, 0, -10))
    (nine,) = donut(rows, summary(1_000, 450))["data"]
    assert nine["labels"][7] == "Other (2)"
    assert (nine["customdata"][7], nine["values"][7]) == ("other", 30)
    assert nine["text"][7] == f"{rows[7].share + rows[8].share}%"
    assert sum(nine["values"]) == 450
    assert sum(Decimal(each[:-1]) for each in nine["text"]) == 100


def test_an_arc_outside_shows_what_valid_credits_do_not_cover() -> None:
    figure = donut(legend(1_000), summary(800, 1_000))
    inner, arc = figure["data"]
    assert arc["values"] == [800, 200]
    assert inner["domain"]["x"] == [0.045, 0.955]


def test_with_nothing_allocated_the_ring_is_empty() -> None:
    (pie,) = donut([], summary(1_000, 0))["data"]
    assert (pie["values"], pie["hoverinfo"]) == ([1], "skip")


# --- History


def points(*totals: tuple[int, int]) -> list[Point]:
    first = TODAY - timedelta(days=365)
    return [Point(first + timedelta(days=73 * number), *each) for number, each in enumerate(totals)]


def graph(found: list[Point], rows: list[HistoryRow] | None = None) -> dict[str, Any]:
    return history(found, rows or [])


def traces(figure: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in figure["data"] if "name" in each}


def test_valid_is_solid_allocated_dotted_and_both_are_steps() -> None:
    found = points((100, 0), (100, 50), (200, 150))
    lines = traces(graph(found))
    assert set(lines) == {"Total valid", "Allocated"}
    assert lines["Total valid"]["y"] == [100, 100, 200]
    assert lines["Allocated"]["y"] == [0, 50, 150]
    assert all(each["line"]["shape"] == "hv" for each in lines.values())
    assert lines["Allocated"]["line"]["dash"] == "dot"
    assert "dash" not in lines["Total valid"]["line"]
    assert lines["Total valid"]["x"] == [point.day.isoformat() for point in found]


def test_the_area_between_shows_where_more_is_allocated_than_valid() -> None:
    figure = graph(points((100, 50), (100, 150), (100, 120), (200, 120)))
    filled = next(each for each in figure["data"] if "fill" in each)
    assert filled["y"] == [100, 150, 120, 200]


def test_the_tooltip_knows_what_happened_on_each_day_and_not_too_much() -> None:
    events = tuple(Event(f"change {number}", "added", 1) for number in range(40))
    rows = [HistoryRow(TODAY, events, 40, 0)]
    meta = graph(points((0, 0), (40, 0)), rows)["layout"]["meta"]
    assert meta["events"] == {str(TODAY): ["change 0", "change 1", "change 2", "change 3", "and 36 more"]}
    assert meta["words"] == ["Total valid", "Allocated", "Balance", "Valid if renewed"]


def test_a_history_of_one_value_and_of_nothing_still_draws() -> None:
    for found in (points((0, 0), (0, 0)), [Point(TODAY, 5, 5)], points((10**15, 1), (1, 10**15))):
        assert json.loads(json.dumps(graph(found)))["data"]


def test_plotlys_own_classes_take_each_figure_as_it_is() -> None:
    figures = [
        donut(legend(600, 300, 100), summary(2_000, 1_000)),
        donut(legend(*range(240, 0, -10)), summary(100, 3_000)),
        donut([], summary(1_000, 0)),
        donut(legend(1_000), summary(0, 1_000)),
        graph(points((100, 50), (100, 150), (100, 120), (200, 120)), [HistoryRow(TODAY, (Event("x", "added", 1),), 1, 0)]),
        graph([Point(TODAY, 0, 0)]),
    ]
    for figure in figures:
        seen = go.Figure(figure).to_plotly_json()
        seen["layout"].pop("template", None)
        assert seen == figure


# --- Text in charts is text


def literal_texts(value: Any, key: str = "") -> Iterator[str]:
    """Every text that plotly would look for markup in."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from literal_texts(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from literal_texts(each, key)
    elif isinstance(value, str) and key in ("text", "labels", "name", "ticktext", "hovertemplate", "hovertext", "title"):
        yield value.removesuffix(EXTRA)


def test_a_name_with_markup_is_drawn_as_it_is_written() -> None:
    (pie,) = donut(legend(10, name=EVIL), summary(10, 10))["data"]
    assert pie["labels"] == [
        '&lt;a href="javascript:alert(1)"&gt;&amp;lt;b&amp;gt; &lt;b&gt;Gains&lt;/b&gt;&lt;br&gt;&amp;amp; 1'
    ]


@pytest.mark.django_db
def test_no_name_a_company_or_a_vendor_writes_becomes_markup_in_a_chart() -> None:
    company = make_company(name=EVIL)
    license = make_license(company=company, name=EVIL, units=1_000, today=TODAY - timedelta(days=200))
    top_up_order(license.order, units=500, today=TODAY, by=SYSTEM, key=new_key())
    offering = make_offering()
    Offering.objects.filter(pk=offering.pk).update(name=EVIL)
    feature = make_feature(name=EVIL, offering=offering)
    allocate(company, feature.lines.get(), 2_000)
    with clock_at(TODAY):
        tab = page(browser_of(make_user(company=company, roles=["viewer"])), "credits:annual-credits", company)
    names = list(literal_texts(tab.data("donut-figure")))
    assert any("&lt;b&gt;Gains" in text for text in names)
    assert not [text for text in (*names, *literal_texts(tab.data("history-figure"))) if TAG.search(text)]
    # The tooltip of the graph writes these as text.
    assert any(EVIL in text for day in tab.data("history-figure")["layout"]["meta"]["events"].values() for text in day)
    assert not [each for each in tab.by_id("content").all() if each.tag in ("b", "br") or "javascript" in each.get("href")]
    assert EVIL in tab.by_id("legend").text


def test_a_figure_is_plain_data_without_plotlys_own_template() -> None:
    for figure in (donut(legend(10), summary(20, 10)), graph(points((1, 1), (2, 2)))):
        assert set(figure) == {"data", "layout"}
        assert "template" not in figure["layout"]
        assert json.loads(json.dumps(figure)) == figure
